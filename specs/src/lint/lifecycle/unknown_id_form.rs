//! An identifier that nobody has and that the deployment would refuse for its form.

use serde_json::Value;

use super::{Rule, Survey};
use crate::lifecycle::{Expression, Template};
use crate::{Direction, Severity};

pub(super) const RULE: Rule = Rule {
    id: "unknown_id_form",
    severity: Severity::Error,
    finds: "`unknown_id` does not have the form that the revoking operation documents for an identifier.",
    page: "\
`unknown_id` is a well-formed identifier that no credential has. Where it does not satisfy the schema of the parameter
that carries identifiers, a deployment refuses it for its form, and the run learns nothing about unknown ones.

Write it as identifiers of this API look, with `{$unique}` where they differ.",
    check,
};

/// A word as `$unique` makes them.
pub(super) const UNIQUE: &str = "0123456789abcdef0123456789abcdef";

fn check(survey: &mut Survey<'_>) {
    for (at, _, kind) in survey.kinds() {
        let (Some(issue), Some(revoke)) = (&kind.issue, &kind.revoke) else { continue };
        let Some(operation) = survey.operation(&revoke.call.operation) else { continue };
        let Some(sample) = sample(&issue.unknown_id) else { continue };
        for (name, value) in &revoke.call.parameters {
            if value.as_value().as_str() != Some("$credential.id") {
                continue;
            }
            let parameter =
                operation.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name));
            let Some(schema) = parameter.and_then(|parameter| parameter.schema.as_ref()) else { continue };
            let Ok(validator) = survey.contract.validator(schema, Direction::Request) else { continue };
            // Text stands for numbers in a path.
            let number = sample.parse::<i64>().map(Value::from).ok();
            let text = Value::from(sample.as_str());
            if validator.is_valid(&text) || number.is_some_and(|number| validator.is_valid(&number)) {
                continue;
            }
            let why: Vec<String> =
                validator.violations(&text).into_iter().map(|violation| violation.message).collect();
            survey.find(
                &at.join("issue").join("unknown_id"),
                format!("{} refuses `{name}` of this form", operation.id),
                format!("documented: {}; `{{$unique}}` stands for 32 hexadecimal digits", why.join(", ")),
            );
        }
    }
}

/// The identifier as one call would send it; `None` where it depends on more than the call.
fn sample(template: &Template) -> Option<String> {
    let value = template.render(&mut |expression| match expression {
        Expression::Unique => Some(Value::from(UNIQUE)),
        _ => None,
    });
    value.ok()?.as_str().map(str::to_owned)
}
