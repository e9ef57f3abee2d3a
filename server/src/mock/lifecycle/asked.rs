//! A request as the lifecycle document sees it, and what stands in it where a documented call has an expression.

use rescind_specs::lifecycle::{Call, Expression, Piece, Template};
use rescind_specs::{Operation, Pointer};
use serde_json::Value;

use crate::runtime::{Admitted, AdmittedBody, Context, Rejection};

/// A request that keeps the contract. Without a `Debug`, because it may hold secrets.
pub(super) struct Asked<'o> {
    pub(super) operation: &'o Operation,
    pub(super) context: Context,
    pub(super) body: Option<Value>,
    parameters: Vec<Option<Value>>,
}

impl<'o> Asked<'o> {
    pub(super) async fn read(operation: &'o Operation, mut admitted: Admitted) -> Result<Self, Rejection> {
        let body = match admitted.raw_body().await? {
            Some(AdmittedBody::Json(value)) => Some(value),
            Some(AdmittedBody::Text(text)) => Some(Value::String(text)),
            Some(AdmittedBody::Multipart(form)) => Some(Value::Object(form.fields().clone())),
            Some(AdmittedBody::Raw(_)) | None => None,
        };
        let parameters =
            (0..operation.parameters.len()).map(|place| admitted.value(place).cloned()).collect();
        Ok(Self { operation, context: admitted.context, body, parameters })
    }

    /// The value of a parameter, wherever it travels; names of headers compare without case.
    pub(super) fn parameter(&self, name: &str) -> Option<&Value> {
        let place = self.operation.parameters.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        self.parameters.get(place?)?.as_ref()
    }

    /// The value of a parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.parameter(name).map(plain)
    }

    /// A value of the body.
    pub(super) fn at(&self, pointer: &Pointer) -> Option<&Value> {
        pointer.get(self.body.as_ref()?)
    }

    /// What stands where `call` has `wanted`.
    pub(super) fn find(&self, call: &Call, wanted: &Expression) -> Option<String> {
        let in_parameters = call.parameters.iter().find_map(|(name, template)| {
            read_out(template.as_value().as_str()?, &plain(self.parameter(name)?), wanted)
        });
        in_parameters.or_else(|| {
            places(call, wanted)
                .into_iter()
                .find_map(|(pointer, template)| read_out(&template, &plain(self.at(&pointer)?), wanted))
        })
    }

    /// Whether everything that `call` says outright is so in this request.
    pub(super) fn is_like(&self, call: &Call) -> bool {
        let parameters = call.parameters.iter().all(|(name, template)| {
            !template.expressions().is_empty()
                || self.parameter(name).is_some_and(|given| plain(given) == plain(template.as_value()))
        });
        let body = call.body.as_ref().is_none_or(|body| match &self.body {
            Some(given) => contains(given, body.as_value()),
            None => false,
        });
        parameters && body
    }
}

/// Whether `given` has all constants of `template`; text with an expression may be anything.
pub(super) fn contains(given: &Value, template: &Value) -> bool {
    match template {
        Value::Object(members) => {
            members.iter().all(|(name, member)| given.get(name).is_some_and(|given| contains(given, member)))
        }
        Value::Array(items) => given.as_array().is_some_and(|given| {
            given.len() == items.len() && given.iter().zip(items).all(|(given, item)| contains(given, item))
        }),
        Value::String(text) if is_open(text) => true,
        constant => given == constant,
    }
}

/// Whether a text has an expression in it.
pub(super) fn is_open(text: &str) -> bool {
    text.parse::<Template>().is_ok_and(|template| template.expressions().next().is_some())
}

/// Where the body of a call has an expression, with the whole text there.
pub(super) fn places(call: &Call, wanted: &Expression) -> Vec<(Pointer, String)> {
    let mut found = Vec::new();
    if let Some(body) = &call.body {
        collect(body.as_value(), &Pointer::root(), &mut |pointer, text| {
            let template = text.parse::<Template>();
            if template.is_ok_and(|template| template.expressions().any(|known| known == wanted)) {
                found.push((pointer.clone(), text.to_owned()));
            }
        });
    }
    found
}

/// Visits every text of a value.
pub(super) fn collect(value: &Value, at: &Pointer, visit: &mut dyn FnMut(&Pointer, &str)) {
    match value {
        Value::String(text) => visit(at, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, &at.index(index), visit));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(member, &at.join(name), visit));
        }
        _ => {}
    }
}

/// A scalar as it stands in a path or a header.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn read_out(template: &str, text: &str, wanted: &Expression) -> Option<String> {
    let found = unrender(&template.parse().ok()?, text)?;
    found.into_iter().find(|(expression, _)| expression == wanted).map(|(_, text)| text)
}

/// The texts that a template's expressions stand for in a rendered text; `None` if it is no rendering of the template.
pub(super) fn unrender(template: &Template, text: &str) -> Option<Vec<(Expression, String)>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut pieces = template.pieces().iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Piece::Expression(expression) => {
                let end = match pieces.peek() {
                    Some(Piece::Text(literal)) => rest.find(literal.as_str())?,
                    // Where two stand side by side, nothing says where the first ends.
                    Some(Piece::Expression(_)) => return None,
                    None => rest.len(),
                };
                let (value, behind) = rest.split_at(end);
                found.push((expression.clone(), value.to_owned()));
                rest = behind;
            }
        }
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_template_stands_for_is_read_out_of_a_text() {
        let read = |template: &str, text: &str| {
            let found = unrender(&template.parse().unwrap(), text)?;
            Some(
                found
                    .into_iter()
                    .map(|(expression, text)| format!("{expression}={text}"))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(read("$credential.id", "a.b"), Some(vec!["$credential.id=a.b".to_owned()]));
        assert_eq!(
            read("k:{$credential.id}.{$credential.secret}", "k:a.b.c"),
            Some(vec!["$credential.id=a".to_owned(), "$credential.secret=b.c".to_owned()])
        );
        assert_eq!(read("k:{$credential.id}", "x:a"), None);
        assert_eq!(read("same", "same"), Some(Vec::new()));
        assert_eq!(read("same", "same not"), None);
    }

    #[test]
    fn constants_have_to_be_there_and_the_rest_may_be_anything() {
        let template = json!({ "kind": "fixed", "name": "a {$unique}", "tags": ["x"] });
        assert!(contains(&json!({ "kind": "fixed", "name": 1, "tags": ["x"], "more": 2 }), &template));
        for given in [
            json!({ "kind": "other", "name": 1, "tags": ["x"] }),
            json!({ "kind": "fixed", "name": 1, "tags": [] }),
            json!({ "kind": "fixed", "tags": ["x"] }),
        ] {
            assert!(!contains(&given, &template), "{given}");
        }
    }
}
