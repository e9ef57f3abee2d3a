//! The manual: what each check does, read from its own source, and what each requirement says.

use std::fmt::Write as _;
use std::sync::LazyLock;

use rescind_specs::lifecycle::{CheckSpec, Coverage, Requirement};
use rescind_specs::{Contract, LIFECYCLE_RULES, LifecycleRule, Severity, Vendor};
use serde_json::Value;

use crate::exit_code::ExitCode;
use crate::report::human::wrap;

/// A check as the manual knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its identifier: `use_after_revocation`.
    pub id: &'static str,
    /// What it looks at.
    pub group: Group,
    /// What it asks, in a sentence.
    pub question: String,
    /// Its manual page, in Markdown; empty where it has none as yet.
    pub page: String,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A history of calls.
    Lifecycle,
    /// Every single answer.
    Response,
    /// Answers to generated requests.
    Request,
    /// Random histories of calls.
    Machine,
}

impl Group {
    /// All of them, in report order.
    pub const ALL: [Self; 4] = [Self::Lifecycle, Self::Response, Self::Request, Self::Machine];

    /// What its checks look at, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Lifecycle => {
                "Lifecycle checks: what calls mean over time, as requirements of a contract name them"
            }
            Self::Response => "Response checks: every single answer of a run",
            Self::Request => "Request checks: answers to generated requests, valid and not",
            Self::Machine => "Sequences: random ones, held against what all requirements say together",
        }
    }
}

/// Folder, name and text of each file with a check.
const SOURCES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Every check, in report order.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
        let schema = schemars::schema_for!(CheckSpec).to_value();
        let lifecycle = CheckSpec::IDS.iter().map(|id| Check {
            id,
            group: Group::Lifecycle,
            question: description(&schema, id),
            page: source("lifecycle", id).map(page).unwrap_or_default(),
        });
        let single = |folder: &'static str, group: Group| {
            SOURCES.iter().filter(move |(of, ..)| *of == folder).filter_map(move |(_, id, text)| {
                let page = page(text);
                let check = Check { id, group, question: question(text), page };
                check.page.contains("# What it does").then_some(check)
            })
        };
        lifecycle
            .chain(single("response", Group::Response))
            .chain(single("request", Group::Request))
            .chain(single("machine", Group::Machine))
            .collect()
    });
    CHECKS.iter()
}

fn source(folder: &str, id: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(of, name, _)| *of == folder && *name == id).map(|(.., text)| *text)
}

/// What the lifecycle language says of a check.
fn description(schema: &Value, id: &str) -> String {
    let variants = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let mut named =
        variants.filter(|variant| variant.pointer("/required/0").and_then(Value::as_str) == Some(id));
    let text = named.next().and_then(|variant| variant.get("description")).and_then(Value::as_str);
    text.unwrap_or_default().replace('\n', " ")
}

/// The first line of a file: what it asks.
fn question(source: &str) -> String {
    source.lines().next().unwrap_or_default().trim_start_matches("//!").trim().to_owned()
}

/// The doc comment of the first type of a file that is a manual page.
fn page(source: &str) -> String {
    let mut page = String::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("///") {
            page.push_str(text.strip_prefix(' ').unwrap_or(text));
            page.push('\n');
        } else if line.starts_with("#[") {
            // An attribute may stand between a page and its type.
        } else if page.contains("# What it does") {
            return page;
        } else {
            page.clear();
        }
    }
    String::new()
}

/// The list of checks.
pub fn list_checks() -> String {
    let width = checks().map(|check| check.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for group in Group::ALL {
        if checks().all(|check| check.group != group) {
            continue;
        }
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "{gap}{}", group.title());
        for check in checks().filter(|check| check.group == group) {
            let _ = writeln!(text, "  {:<width$}  {}", check.id, check.question);
        }
    }
    text
}

/// The list of requirements, each with how it is seen.
pub fn list_requirements(contracts: &[Contract]) -> String {
    let mut text = String::new();
    for contract in contracts {
        let requirements = contract.lifecycle().map(|lifecycle| lifecycle.requirements.as_slice());
        let requirements = requirements.unwrap_or_default();
        let gap = if text.is_empty() { "" } else { "\n" };
        let (name, title, count) = (contract.name(), contract.title(), requirements.len());
        let checked = requirements.iter().filter(|known| matches!(known.coverage(), Coverage::Checked(_)));
        let checked = checked.count();
        let _ = writeln!(text, "{gap}{name}: {title}, {count} requirements, {checked} of them checked");
        for requirement in requirements {
            let _ = writeln!(
                text,
                "  {:<4} {:<14} {}",
                requirement.id.0,
                requirement.basis.to_string(),
                seen(requirement)
            );
            let _ = writeln!(text, "       {}", requirement.text);
            if let Coverage::Pending(why) | Coverage::NotObserved(why) = requirement.coverage() {
                let _ = writeln!(text, "       Why not: {why}");
            }
        }
    }
    text
}

/// The checks of a requirement, each once, or that it has none.
fn seen(requirement: &Requirement) -> String {
    match requirement.coverage() {
        Coverage::Checked(checks) => {
            let mut ids: Vec<&str> = Vec::new();
            for id in checks.iter().map(CheckSpec::id) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            ids.join(", ")
        }
        Coverage::Pending(_) => "pending".to_owned(),
        Coverage::NotObserved(_) => "not observed".to_owned(),
    }
}

/// What `id` means; `None` if nothing has that name. The nearest names that there are: [`similar()`].
pub fn explain(id: &str) -> Option<String> {
    if let Some(code) = ExitCode::ALL.into_iter().find(|code| code.to_string() == id) {
        return Some(format!("Exit code {code}: {}.\n\n{}\n", code.meaning(), filled(code.explanation())));
    }
    if let Some(check) = checks().find(|check| check.id == id) {
        let page =
            if check.page.is_empty() { "Its manual page is still to be written.\n" } else { &check.page };
        return Some(format!("{}: {}\n\n{page}{}", check.id, check.question, users(check.id)));
    }
    if let Some(rule) = LIFECYCLE_RULES.iter().find(|rule| rule.id == id) {
        return Some(explain_rule(rule));
    }
    let (name, number) = id.split_once('/')?;
    let contract = Contract::of(name.parse::<Vendor>().ok()?).ok()?;
    Some(explain_requirement(&contract, contract.lifecycle()?.requirement(number)?))
}

/// The list of the rules of the lint.
pub fn list_rules() -> String {
    let width = LIFECYCLE_RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text =
        "Rules of the lint: what may be missing or contradictory in a lifecycle document\n".to_owned();
    for rule in LIFECYCLE_RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<width$}  {:<7}  {}", rule.id, severity(rule), rule.finds);
    }
    text
}

fn severity(rule: &LifecycleRule) -> &'static str {
    match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn explain_rule(rule: &LifecycleRule) -> String {
    let pages: Vec<String> = rule.page.split("\n\n").map(|part| filled(&part.replace('\n', " "))).collect();
    format!("{} ({}): {}\n\n{}\n", rule.id, severity(rule), rule.finds, pages.join("\n\n"))
}

/// Prose in lines of at most 80 columns.
fn filled(text: &str) -> String {
    wrap(text, 80).join("\n")
}

/// The requirements of bundled contracts that a check covers.
fn users(id: &str) -> String {
    let contracts = Vendor::ALL.into_iter().filter_map(|vendor| Contract::of(vendor).ok());
    let mut users = Vec::new();
    for contract in contracts {
        let requirements = contract.lifecycle().map(|lifecycle| lifecycle.requirements.iter());
        for requirement in requirements.into_iter().flatten() {
            if requirement.check.iter().any(|check| check.id() == id) {
                users.push(format!("{}/{}", contract.name(), requirement.id));
            }
        }
    }
    if users.is_empty() { String::new() } else { format!("\n# Covers\n{}\n", filled(&users.join(", "))) }
}

fn explain_requirement(contract: &Contract, requirement: &Requirement) -> String {
    let mut text = format!("{}/{}: {}\n\n", contract.name(), requirement.id, requirement.text);
    let (basis, source) = (requirement.basis, &requirement.source);
    let _ = writeln!(text, "Basis:   {basis}");
    let _ = writeln!(text, "Source:  {source}");
    match requirement.coverage() {
        Coverage::Pending(what) => {
            let _ = writeln!(text, "Seen by: nothing as yet. Pending: {what}");
        }
        Coverage::NotObserved(why) => {
            let _ = writeln!(text, "Seen by: nothing. {why}");
        }
        Coverage::Checked(specs) => {
            for spec in specs {
                let question =
                    checks().find(|check| check.id == spec.id()).map(|check| check.question.as_str());
                let _ = writeln!(text, "Seen by: {}: {}", spec.id(), question.unwrap_or_default());
                let parameters = serde_json::to_value(spec).ok();
                let parameters = parameters.as_ref().and_then(|spec| spec.get(spec_key(spec)?));
                for (name, value) in parameters.and_then(Value::as_object).into_iter().flatten() {
                    let _ = writeln!(text, "         {name} = {value}");
                }
            }
            let _ = writeln!(
                text,
                "\n`rescind explain {}` says how that is judged.",
                specs.first().map_or("", CheckSpec::id)
            );
        }
    }
    text
}

fn spec_key(spec: &Value) -> Option<&str> {
    spec.as_object()?.keys().next().map(String::as_str)
}

/// Names like `id`: the ones to choose from when it is unknown.
pub fn similar(id: &str) -> Vec<String> {
    let contracts = Vendor::ALL.into_iter().filter_map(|vendor| Contract::of(vendor).ok());
    let requirements = contracts.flat_map(|contract| {
        let lifecycle = contract.lifecycle();
        let ids = lifecycle.into_iter().flat_map(|lifecycle| lifecycle.requirements.iter());
        ids.map(|requirement| format!("{}/{}", contract.name(), requirement.id)).collect::<Vec<_>>()
    });
    let lower = id.to_lowercase();
    let bare = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let word = lower.split(['_', '-', ' ']).max_by_key(|word| word.len()).unwrap_or_default().to_owned();
    checks()
        .map(|check| check.id.to_owned())
        .filter(|name| word.len() > 2 && name.contains(&word))
        .chain(
            LIFECYCLE_RULES
                .iter()
                .map(|rule| rule.id.to_owned())
                .filter(|name| word.len() > 2 && name.contains(&word)),
        )
        .chain(requirements.filter(|name| bare(name) == lower || name.to_lowercase() == lower))
        .take(8)
        .collect()
}
