//! The lifecycle: what is promised over time, compared word by word in its typed form.

use rescind_specs::lifecycle::{Lifecycle, Period};
use rescind_specs::{Document, Pointer, StatusPattern};
use serde_json::{Map, Value, json};

use super::rules::{GUARDS, RESTRICTING, Rule, Verdict, is_map, rule};
use super::{Change, Class, Comparison, Side};

/// A lifecycle as a tree in which nothing depends on order: requirements go by their number, checks by their name.
struct Tree<'e> {
    root: Value,
    document: &'e Document,
    lifecycle: &'e Lifecycle,
}

impl<'e> Tree<'e> {
    fn of(lifecycle: &'e Lifecycle, document: &'e Document) -> Option<Self> {
        // The typed form and not the text: what is said in two ways is the same here.
        let mut root = serde_json::to_value(lifecycle).ok()?;
        let requirements = root.get_mut("requirements")?.as_array_mut().map(std::mem::take)?;
        let mut named = Map::new();
        for mut requirement in requirements {
            let id = requirement.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let members = requirement.as_object_mut()?;
            members.shift_remove("id");
            if let Some(Value::Array(checks)) = members.shift_remove("check") {
                let mut by_name = Map::new();
                for (name, with) in
                    checks.into_iter().filter_map(|check| check.as_object()?.clone().into_iter().next())
                {
                    let mut key = name.clone();
                    let mut number = 1;
                    while by_name.contains_key(&key) {
                        number += 1;
                        key = format!("{name}#{number}");
                    }
                    by_name.insert(key, with);
                }
                members.insert("check".to_owned(), Value::Object(by_name));
            }
            named.insert(id, requirement);
        }
        root.as_object_mut()?.insert("requirements".to_owned(), Value::Object(named));
        Some(Self { root, document, lifecycle })
    }

    /// Where the value of a path stands in the document.
    fn pointer(&self, path: &[String]) -> Pointer {
        let mut at = Pointer::root();
        let mut steps = path.iter();
        if path.first().is_some_and(|first| first == "requirements") {
            at = at.join("requirements");
            steps.next();
            let Some(id) = steps.next() else { return at };
            let found = self.lifecycle.requirements.iter().position(|requirement| requirement.id.0 == *id);
            let Some(index) = found else { return at };
            at = at.index(index);
            if path.get(2).is_some_and(|word| word == "check") {
                at = at.join("check");
                steps.next();
                let Some(key) = steps.next() else { return at };
                let (name, number) = key.split_once('#').unwrap_or((key, "1"));
                let number: usize = number.parse().unwrap_or(1);
                let checks = self.lifecycle.requirements[index].check.iter().enumerate();
                let mut same = checks.filter(|(_, check)| check.id() == name);
                let Some((check, _)) = same.nth(number.saturating_sub(1)) else { return at };
                at = at.index(check).join(name);
            }
        }
        steps.fold(at, |at, step| at.join(step))
    }

    fn side(&self, path: &[String], value: Option<&Value>) -> Side {
        Side::new(self.document, &self.pointer(path), value.map(words))
    }
}

/// A value as a person reads it.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.contains_key("text") => {
            members.get("text").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

/// `R3, use_after_revocation, within`.
fn label(path: &[String]) -> String {
    match path {
        [first, id, check, rest @ ..] if first == "requirements" && check == "check" => {
            [std::slice::from_ref(id), rest].concat().join(", ")
        }
        [first, rest @ ..] if first == "requirements" => rest.join(", "),
        [first, name, rest @ ..] if first == "credentials" => {
            [&[format!("credential {name}")][..], rest].concat().join(", ")
        }
        other => other.join(", "),
    }
}

impl Comparison<'_> {
    pub(super) fn lifecycle(&mut self) {
        let (old, new) = (self.old, self.new);
        let document = |edition: &super::Edition| match &edition.lifecycle {
            Some((_, document)) => document.clone(),
            None => edition.contract.document().clone(),
        };
        match (old.lifecycle.is_some(), new.lifecycle.is_some()) {
            (false, false) => {}
            (true, true) => self.lifecycles(),
            (before, after) => {
                let (class, what, why) = if before {
                    (Class::Breaking, "there is no lifecycle any more", "nothing is promised over time")
                } else {
                    (Class::Compatible, "there is a lifecycle", "callers may rely on it")
                };
                let text = |there: bool| there.then(|| "a lifecycle".to_owned());
                let root = Pointer::root();
                self.changes.push(Change {
                    class,
                    rule: "lifecycle",
                    operation: None,
                    what: what.to_owned(),
                    why: why.to_owned(),
                    was: Side::new(&document(old), &root, text(before)),
                    now: Side::new(&document(new), &root, text(after)),
                });
            }
        }
    }

    fn lifecycles(&mut self) {
        let (Some(old), Some(new)) = (&self.old.lifecycle, &self.new.lifecycle) else { return };
        let (Some(from), Some(to)) = (Tree::of(&old.0, &old.1), Tree::of(&new.0, &new.1)) else { return };
        let mut walk = Walk { old: &from, new: &to, path: Vec::new(), changes: Vec::new() };
        walk.values(Some(&from.root), Some(&to.root));
        self.changes.append(&mut walk.changes);
    }
}

struct Walk<'t> {
    old: &'t Tree<'t>,
    new: &'t Tree<'t>,
    path: Vec<String>,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn values(&mut self, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        let path: Vec<String> = self
            .path
            .iter()
            .map(|step| step.split_once('#').map_or(step.as_str(), |(name, _)| name).to_owned())
            .collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some(rule) = rule(&path) {
            return self.apply(rule, &path, old, new);
        }
        let empty = json!({});
        let (old, new) =
            if is_map(&path) { (old.or(Some(&empty)), new.or(Some(&empty))) } else { (old, new) };
        self.within(old, new);
    }

    /// The members of two objects; whatever else differs is unclassified.
    fn within(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(Value::Object(from)), Some(Value::Object(to))) => {
                let added = to.keys().filter(|key| !from.contains_key(*key));
                for key in from.keys().chain(added) {
                    self.path.push(key.clone());
                    self.values(from.get(key), to.get(key));
                    self.path.pop();
                }
            }
            _ => self.tell(
                (Class::Unclassified, "nothing is known of what this difference means"),
                "lifecycle-unclassified",
                "differs",
                old,
                new,
            ),
        }
    }

    fn tell(
        &mut self,
        verdict: Verdict,
        rule: &'static str,
        what: &str,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        self.changes.push(Change {
            class: verdict.0,
            rule,
            operation: None,
            what: format!("{} {what}", label(&self.path)),
            why: verdict.1.to_owned(),
            was: self.old.side(&self.path, old),
            now: self.new.side(&self.path, new),
        });
    }

    fn apply(&mut self, rule: Rule, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        let unknown = (Class::Unclassified, "nothing is known of what this difference means");
        match rule {
            Rule::Silent => {}
            Rule::Always(verdict) => self.tell(verdict, "lifecycle-changed", "differs", old, new),
            Rule::Each { removed, added, changed } => match (old, new) {
                (Some(_), None) => self.tell(removed, "lifecycle-removed", "is gone", old, new),
                (None, Some(_)) => self.tell(added, "lifecycle-added", "is new", old, new),
                _ => match changed {
                    Some(verdict) => self.tell(verdict, "lifecycle-changed", "differs", old, new),
                    None => self.within(old, new),
                },
            },
            Rule::Time { longer, shorter } => {
                let period = |value: Option<&Value>| value?.as_str()?.parse::<Period>().ok();
                match (period(old), period(new)) {
                    (Some(from), Some(to)) if to > from => {
                        self.tell(longer, "lifecycle-longer", "is longer", old, new);
                    }
                    (Some(_), Some(_)) => self.tell(shorter, "lifecycle-shorter", "is shorter", old, new),
                    _ => self.tell(unknown, "lifecycle-unclassified", "differs", old, new),
                }
            }
            Rule::Answers => self.answers(path, old, new),
            Rule::Set { removed, added } => {
                let items = |value: Option<&Value>| match value {
                    None => Some(Vec::new()),
                    Some(value) => value.as_array().cloned(),
                };
                let (Some(from), Some(to)) = (items(old), items(new)) else {
                    return self.tell(unknown, "lifecycle-unclassified", "differs", old, new);
                };
                for item in from.iter().filter(|item| !to.contains(item)) {
                    self.tell(removed, "lifecycle-removed", &format!("{} is gone", words(item)), old, new);
                }
                for item in to.iter().filter(|item| !from.contains(item)) {
                    self.tell(added, "lifecycle-added", &format!("{} is new", words(item)), old, new);
                }
            }
            Rule::Words(known) => {
                let word = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
                let (from, to) = (word(old), word(new));
                let found =
                    known.iter().find(|(a, b, _)| from.as_deref() == Some(*a) && to.as_deref() == Some(*b));
                let verdict = found.map_or(unknown, |(_, _, verdict)| *verdict);
                self.tell(verdict, "lifecycle-changed", "differs", old, new);
            }
            Rule::Sentence => {
                let checked = self.new.root.pointer(&format!("/requirements/{}/check", path[1])).is_some();
                let verdict = if checked {
                    (Class::Compatible, "it says so in other words; what is checked is compared on its own")
                } else {
                    (Class::Unclassified, "no check says what the words mean")
                };
                self.tell(verdict, "requirement-reworded", "is in other words", old, new);
            }
            Rule::Basis => {
                let strength = |value: Option<&Value>| match value.and_then(Value::as_str) {
                    Some("contract") => 2,
                    Some("documentation") => 1,
                    _ => 0,
                };
                let verdict = if strength(new) < strength(old) {
                    (Class::Warning, "it is promised less firmly")
                } else {
                    (Class::Compatible, "it is promised more firmly")
                };
                self.tell(verdict, "requirement-basis", "rests on something else", old, new);
            }
            Rule::Promise => self.promise(path, old, new),
        }
    }

    /// A requirement or a check that came or went.
    fn promise(&mut self, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        let names = |value: &Value| -> Vec<String> {
            if let Some(name) = path.get(3) {
                return vec![(*name).to_owned()];
            }
            let checks = value.get("check").and_then(Value::as_object);
            checks.into_iter().flat_map(|checks| checks.keys()).cloned().collect()
        };
        let has = |value: &Value, known: &[&str]| {
            names(value).iter().any(|name| known.contains(&name.split('#').next().unwrap_or_default()))
        };
        match (old, new) {
            (Some(value), None) => {
                let why = if has(value, GUARDS) {
                    "it hurts the owners of credentials: nothing guards one that is needed any more"
                } else if has(value, &["hidden_identifiers"]) {
                    "it hurts whoever was hidden: a stranger may learn which identifiers exist"
                } else {
                    "what was promised may not be kept any more"
                };
                self.tell(
                    (Class::Breaking, why),
                    "requirement-removed",
                    "is not promised any more",
                    old,
                    new,
                );
            }
            (None, Some(value)) => {
                let verdict = if has(value, RESTRICTING) {
                    (Class::Breaking, "something that was not excluded before may be refused now")
                } else {
                    (Class::Compatible, "callers may rely on it")
                };
                self.tell(verdict, "requirement-added", "is promised now", old, new);
            }
            _ => self.within(old, new),
        }
    }

    /// Answers that can come: none may be new.
    fn answers(&mut self, path: &[&str], old: Option<&Value>, new: Option<&Value>) {
        // A condition that is not there excludes nothing.
        let single = path.last().is_some_and(|last| ["accepted", "refused", "success"].contains(last));
        if !single && (old.is_none() || new.is_none()) {
            let verdict =
                (Class::Unclassified, "where no answer is named, another word says which one is right");
            return self.tell(verdict, "lifecycle-unclassified", "differs", old, new);
        }
        let (from, to) = (conditions(old), conditions(new));
        let grown = to.iter().any(|new| !from.iter().any(|old| is_within(new, old)));
        let shrunk = from.iter().any(|old| !to.iter().any(|new| is_within(old, new)));
        if !grown && !shrunk {
            return;
        }
        let succeeds = |list: &[Value]| list.iter().any(|condition| status_class(condition) == Some(2));
        let verdict = match (grown, path.get(3).copied()) {
            (true, Some("repeated_revocation" | "concurrent_revocation"))
                if succeeds(&from) && !succeeds(&to) =>
            {
                (Class::Breaking, "what was harmless to repeat is an error now")
            }
            (true, _) => (Class::Breaking, "an answer can come that callers do not know"),
            (false, _) => (Class::Compatible, "callers know every answer that can come"),
        };
        self.tell(verdict, "lifecycle-answers", "is answered in another way", old, new);
    }
}

/// Conditions with one status each.
fn conditions(value: Option<&Value>) -> Vec<Value> {
    let list = match value {
        None => vec![json!({})],
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    };
    let mut split = Vec::new();
    for condition in list {
        match condition.get("status").and_then(Value::as_array) {
            Some(statuses) => split.extend(statuses.iter().map(|status| {
                let mut one = condition.clone();
                one["status"] = status.clone();
                one
            })),
            None => split.push(condition),
        }
    }
    split
}

fn pattern(condition: &Value) -> Option<StatusPattern> {
    let status = condition.get("status")?;
    status.as_str().map_or_else(|| status.to_string(), str::to_owned).parse().ok()
}

fn status_class(condition: &Value) -> Option<u16> {
    match pattern(condition)? {
        StatusPattern::Exact(code) => Some(code / 100),
        StatusPattern::Range(class) => Some(class.into()),
        StatusPattern::Default => None,
    }
}

/// Whether every answer that satisfies `inner` satisfies `outer`.
fn is_within(inner: &Value, outer: &Value) -> bool {
    let status = match (pattern(inner), pattern(outer)) {
        (_, None) => outer.get("status").is_none(),
        (None, Some(_)) => false,
        (Some(StatusPattern::Exact(code)), Some(outer)) => outer.covers(code),
        (Some(inner), Some(outer)) => inner == outer,
    };
    let same = |word: &str| outer.get(word).is_none_or(|outer| inner.get(word) == Some(outer));
    let members = |word: &str| {
        let wanted = outer.get(word).and_then(Value::as_object);
        wanted
            .into_iter()
            .flatten()
            .all(|(name, value)| inner.get(word).and_then(|inner| inner.get(name)) == Some(value))
    };
    let list = |condition: &Value, word: &str| -> Vec<Value> {
        condition.get(word).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    // What has a value is there.
    let is_there = |at: &Value| {
        list(inner, "present").contains(at)
            || at.as_str().is_some_and(|at| {
                ["body", "matches"].iter().any(|word| inner.get(word).and_then(|body| body.get(at)).is_some())
            })
    };
    status
        && same("media_type")
        && same("payload")
        && members("body")
        && members("matches")
        && members("headers")
        && list(outer, "present").iter().all(is_there)
        && list(outer, "absent").iter().all(|at| list(inner, "absent").contains(at))
}
