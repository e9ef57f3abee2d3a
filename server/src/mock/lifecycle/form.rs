//! A documented answer in which some places are still to be filled: planned from what the conditions of the lifecycle
//! document say of it, filled for each request.

use http::{HeaderMap, StatusCode};
use rescind_specs::lifecycle::{Condition, Expression, JsonTemplate, Payload};
use rescind_specs::{
    Content, Contract, Direction, MediaType, Operation, PathTemplate, Pointer, Schema, Validator,
};
use serde_json::{Map, Value, json};

use crate::runtime::{Answer, AnswerBody, example, refuse_in_words};

/// A planned answer.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    content: Option<Body>,
    /// Values that a condition names, by place.
    edits: Vec<(Pointer, JsonTemplate)>,
    named_headers: Vec<(String, JsonTemplate)>,
}

#[derive(Clone, Debug)]
struct Body {
    media_type: String,
    value: Value,
    schema: Option<Schema>,
    validator: Option<Validator>,
}

/// Lists of conditions: of each list one has to hold, an earlier one rather than a later one.
pub(super) type Demands<'d> = Vec<Vec<&'d Condition>>;

/// What an answer is made for when no documented one meets what is demanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Otherwise {
    /// The status, if the demands leave one open.
    pub(super) status: StatusCode,
    /// What is wrong, in words.
    pub(super) text: &'static str,
}

/// Values of runtime expressions.
pub(super) type Values<'v> = &'v dyn Fn(&Expression) -> Option<Value>;

impl Form {
    /// The documented answer that meets all demands with the fewest changes; of several, the first.
    pub(super) fn documented(
        contract: &Contract,
        operation: &Operation,
        demands: &Demands<'_>,
    ) -> Option<Self> {
        let mut best: Option<(usize, Self)> = None;
        for candidate in candidates(contract, operation, demands) {
            let Some((changes, form)) = candidate.adapted(demands) else { continue };
            if best.as_ref().is_none_or(|(known, _)| changes < *known) {
                best = Some((changes, form));
            }
        }
        best.map(|(_, form)| form)
    }

    /// The first documented success.
    pub(super) fn success(contract: &Contract, operation: &Operation) -> Option<Self> {
        let success = of_status(&json!("2XX"))?;
        Self::documented(contract, operation, &vec![vec![&success]])
    }

    /// As [`Form::documented`], or else an answer made up for the occasion, in the form that other errors have.
    pub(super) fn refusal(
        contract: &Contract,
        operation: &Operation,
        demands: &Demands<'_>,
        otherwise: Otherwise,
    ) -> Self {
        // The usual status, unless a demand says another one.
        let usual = of_status(&json!(otherwise.status.as_u16()));
        let usual = usual.iter().map(|usual| vec![usual]);
        let narrowed: Demands<'_> = demands.iter().cloned().chain(usual).collect();
        let names_status = demands.iter().flatten().any(|condition| condition.status.is_some());
        let found = Self::documented(contract, operation, &narrowed)
            .or_else(|| names_status.then(|| Self::documented(contract, operation, demands)).flatten());
        if let Some(mut form) = found {
            if !form.edits.is_empty() {
                form.reword(otherwise.text);
            }
            return form;
        }
        let statuses = demands.iter().filter_map(|list| list.first()?.status.as_ref());
        let fits = |status: StatusCode| {
            demands.iter().all(|list| {
                list.iter().any(|condition| {
                    condition.status.as_ref().is_none_or(|set| set.contains(status.as_u16()))
                })
            })
        };
        let usual = Some(otherwise.status).filter(|status| fits(*status));
        let named = statuses.flat_map(rescind_specs::lifecycle::StatusSet::patterns).find_map(|pattern| {
            let status = match pattern {
                rescind_specs::StatusPattern::Exact(code) => *code,
                rescind_specs::StatusPattern::Range(class) => u16::from(*class) * 100,
                rescind_specs::StatusPattern::Default => return None,
            };
            StatusCode::from_u16(status).ok().filter(|status| fits(*status))
        });
        let status = usual.or(named).unwrap_or(otherwise.status);
        let answer = refuse_in_words(contract, operation, status, otherwise.text);
        let made = Self::of(answer);
        match made.clone().adapted(demands) {
            Some((_, form)) => form,
            None => made,
        }
    }

    fn of(answer: Answer) -> Self {
        let content = match &answer.body {
            AnswerBody::Of { media_type, bytes } => {
                let media_type = media_type.to_str().unwrap_or("application/json").to_owned();
                serde_json::from_slice(bytes).ok().map(|value| Body {
                    media_type,
                    value,
                    schema: None,
                    validator: None,
                })
            }
            AnswerBody::None | AnswerBody::Stream { .. } => None,
        };
        Self {
            status: answer.status,
            headers: answer.headers,
            content,
            edits: Vec::new(),
            named_headers: Vec::new(),
        }
    }

    /// This answer with what every demand says of it, and how many places changed.
    fn adapted(self, demands: &Demands<'_>) -> Option<(usize, Self)> {
        let mut form = self;
        let mut changes = 0;
        for list in demands.iter().filter(|list| !list.is_empty()) {
            let (more, adapted) = list.iter().find_map(|condition| form.clone().adapt(condition))?;
            changes += more;
            form = adapted;
        }
        Some((changes, form))
    }

    fn adapt(mut self, condition: &Condition) -> Option<(usize, Self)> {
        let Condition { status, media_type, payload, body, matches, present, absent, headers } = condition;
        let mut changes = 0;
        if status.as_ref().is_some_and(|set| !set.contains(self.status.as_u16())) {
            return None;
        }
        let given = || self.content.as_ref().and_then(|body| body.media_type.parse::<MediaType>().ok());
        if media_type.as_ref().is_some_and(|wanted| !given().is_some_and(|given| wanted.accepts(&given))) {
            return None;
        }
        match payload {
            Some(Payload::Empty) if self.content.is_some() => return None,
            Some(Payload::Some) if self.content.is_none() => return None,
            _ => {}
        }
        for (pointer, template) in body {
            let content = self.content.as_mut()?;
            let known = pointer.get(&content.value).cloned();
            if template.expressions().is_empty() {
                // A demand before this one has said something else.
                if self.edits.iter().any(|(place, other)| place == pointer && other != template) {
                    return None;
                }
                if known.as_ref() == Some(template.as_value()) {
                    continue;
                }
                content.set(pointer, template.as_value().clone())?;
            } else if known.is_none() {
                content.set(pointer, Value::String("text".to_owned()))?;
            }
            changes += usize::from(template.expressions().is_empty());
            self.edits.push((pointer.clone(), template.clone()));
        }
        for (pointer, pattern) in matches {
            let content = self.content.as_mut()?;
            let is_right = |value: &Value| value.as_str().is_some_and(|text| pattern.is_match(text));
            if pointer.get(&content.value).is_some_and(is_right) {
                continue;
            }
            let made = example::matching(pattern.as_str(), 0, 4096);
            let made = made.into_iter().find(|text| pattern.is_match(text))?;
            content.set(pointer, Value::String(made))?;
            changes += 1;
        }
        for pointer in present {
            let content = self.content.as_ref()?;
            pointer.get(&content.value)?;
        }
        for pointer in absent {
            let Some(content) = &mut self.content else { continue };
            if pointer.get(&content.value).is_some() {
                content.remove(pointer)?;
                changes += 1;
            }
        }
        for (name, template) in headers {
            self.named_headers.push((name.clone(), template.clone()));
        }
        Some((changes, self))
    }

    /// Lets the message of the answer say `text`; codes stay.
    fn reword(&mut self, text: &str) {
        if let Some(content) = &mut self.content {
            let reworded = crate::runtime::reworded(&content.value, text);
            if content.fits(&reworded) {
                content.value = reworded;
            }
        }
    }

    /// The body as it was planned.
    pub(super) fn body(&self) -> Option<&Value> {
        self.content.as_ref().map(|content| &content.value)
    }

    /// Whether the body may be this.
    pub(super) fn fits(&self, value: &Value) -> bool {
        self.content.as_ref().is_none_or(|content| content.fits(value))
    }

    /// Whether the schema of the body has a member of that name.
    pub(super) fn declares(&self, name: &str) -> bool {
        let schema = self.content.as_ref().and_then(|content| content.schema.as_ref());
        schema.is_some_and(|schema| {
            schema.property(name).is_some()
                || schema.branches("allOf").iter().any(|part| part.property(name).is_some())
        })
    }

    /// The answer with what the conditions say of it. `body` is what came of the planned one; `values` what their
    /// expressions stand for.
    pub(super) fn fill(&self, body: Option<Value>, values: Values<'_>) -> Answer {
        let mut answer = Answer::empty(self.status);
        answer.headers.clone_from(&self.headers);
        let mut body = body;
        if let (Some(value), Some(content)) = (&mut body, &self.content) {
            for (pointer, template) in &self.edits {
                let known = value.clone();
                let rendered = template.render(&mut |expression| match expression {
                    Expression::ResponseBody(pointer) => pointer.get(&known).cloned(),
                    other => values(other),
                });
                if let Ok(rendered) = rendered {
                    set(value, pointer, rendered);
                }
            }
            let written = content.written(self.status, value);
            answer.body = written.body;
        }
        for (name, template) in &self.named_headers {
            let rendered = template.render(&mut |expression| values(expression));
            if let Ok(rendered) = rendered {
                if let Ok(name) = http::HeaderName::try_from(name) {
                    answer.headers.remove(name);
                }
                answer = answer.with_header(name, &super::asked::plain(&rendered));
            }
        }
        answer
    }
}

impl Body {
    /// The answer that says this value in the media type of the body.
    fn written(&self, status: StatusCode, value: &Value) -> Answer {
        let media_type = self.media_type.parse::<MediaType>().ok();
        let plain = super::asked::plain;
        match (media_type, value) {
            (Some(media_type), Value::Object(fields)) if media_type.is_form() => {
                // Percent-encoded as a segment of a path is, a field is read alike everywhere.
                let encoded = |text: &str| PathTemplate::new("{field}").fill(|_| Some(text));
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, value)| format!("{}={}", encoded(name), encoded(&plain(value))));
                Answer::text(status, &self.media_type, fields.collect::<Vec<_>>().join("&"))
            }
            (Some(media_type), _) if media_type.is_text() && !media_type.is_json() => {
                Answer::text(status, &self.media_type, plain(value))
            }
            _ => Answer::json(status, &self.media_type, value),
        }
    }

    fn fits(&self, value: &Value) -> bool {
        self.validator.as_ref().is_none_or(|validator| validator.is_valid(value))
    }

    /// Sets a value, unless the schema forbids it.
    fn set(&mut self, pointer: &Pointer, value: Value) -> Option<()> {
        let was_right = self.fits(&self.value);
        let mut changed = self.value.clone();
        set(&mut changed, pointer, value);
        if was_right && !self.fits(&changed) {
            return None;
        }
        self.value = changed;
        Some(())
    }

    fn remove(&mut self, pointer: &Pointer) -> Option<()> {
        let mut changed = self.value.clone();
        remove(&mut changed, pointer);
        let is_gone = pointer.get(&changed).is_none() && (self.fits(&changed) || !self.fits(&self.value));
        is_gone.then(|| self.value = changed)
    }
}

/// The condition that an answer has this status.
fn of_status(status: &Value) -> Option<Condition> {
    serde_json::from_value(json!({ "status": status })).ok()
}

/// Sets the value at a place; objects on the way are made.
pub(super) fn set(value: &mut Value, pointer: &Pointer, fresh: Value) {
    let mut place = value;
    for token in pointer.tokens() {
        if let Value::Array(items) = place {
            let Some(item) = token.parse::<usize>().ok().and_then(|index| items.get_mut(index)) else {
                return;
            };
            place = item;
            continue;
        }
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else { return };
        place = members.entry(token.into_owned()).or_insert(Value::Null);
    }
    *place = fresh;
}

/// Takes the member at a place away.
pub(super) fn remove(value: &mut Value, pointer: &Pointer) {
    let (Some(parent), Some(name)) = (pointer.parent(), pointer.last()) else { return };
    if let Some(Value::Object(members)) = value.pointer_mut(parent.as_str()) {
        members.shift_remove(&name);
    }
}

/// Removes every member with this text.
pub(super) fn remove_text(value: &mut Value, text: &str) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| member.as_str() != Some(text));
            members.values_mut().for_each(|member| remove_text(member, text));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove_text(item, text)),
        _ => {}
    }
}

/// Every documented answer of the operation whose status some demand names, by each of its examples.
fn candidates(contract: &Contract, operation: &Operation, demands: &Demands<'_>) -> Vec<Form> {
    let wanted = |status: u16| {
        demands.iter().filter(|list| !list.is_empty()).all(|list| {
            list.iter().any(|condition| condition.status.as_ref().is_none_or(|set| set.contains(status)))
        })
    };
    let mut found = Vec::new();
    for response in &operation.responses {
        let status = example::status(response).filter(|status| wanted(status.as_u16()));
        let Some(status) = status else { continue };
        let mut blank = Answer::empty(status);
        // A header that cannot be made does not spoil what can be said.
        let _ = example::add_headers(contract, response, &mut blank);
        let form = Form {
            status,
            headers: blank.headers,
            content: None,
            edits: Vec::new(),
            named_headers: Vec::new(),
        };
        if response.content.is_empty() {
            found.push(form.clone());
        }
        let can_be_made = |content: &&Content| {
            let media_type = &content.media_type;
            media_type.is_json() || media_type.is_form() || media_type.is_text()
        };
        for content in response.content.iter().filter(can_be_made) {
            let schema = content.schema.as_ref();
            let validator = schema.and_then(|schema| contract.validator(schema, Direction::Response).ok());
            let made = schema.and_then(|schema| example::make(contract, schema, Direction::Response));
            let examples = content.examples.iter().map(|(_, example)| example.clone());
            let examples =
                examples.filter(|value| validator.as_ref().is_none_or(|validator| validator.is_valid(value)));
            let media_type = if content.media_type.is_range() {
                "application/json".to_owned()
            } else {
                content.media_type.to_string()
            };
            for value in examples.chain(made) {
                let (schema, validator) = (content.schema.clone(), validator.clone());
                let body = Body { media_type: media_type.clone(), value, schema, validator };
                found.push(Form { content: Some(body), ..form.clone() });
            }
        }
    }
    found
}
