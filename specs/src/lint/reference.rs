//! `$ref`: it leads somewhere, within the document, to an object of the right kind.

use serde_json::Value;

use super::{Repair, kind::Kind, meta::Survey};
use crate::{lint::closest, pointer::Pointer};

pub(super) fn check(survey: &mut Survey<'_>) {
    let document = survey.document;
    let mut next = 0;
    // A target outside of the known places is walked when it is met, which may add references.
    while let Some((at, wanted)) = survey.references.get(next).cloned() {
        next += 1;
        let (place, value) = match document.resolve(&at) {
            Ok(found) => found,
            Err(diagnostic) => {
                survey.push(diagnostic, Repair::Broken(at, wanted));
                continue;
            }
        };
        match survey.kind(&place) {
            None => survey.walk_as(wanted, &place, value),
            Some(found) if found == wanted || is_scheme(found, wanted) => {}
            Some(found) => {
                let message = format!(
                    "`$ref` leads to {}, but {} belongs here",
                    found.with_article(),
                    wanted.with_article()
                );
                let diagnostic = document.diagnostic(&at.join("$ref"), message);
                let help = format!("refer to {}", wanted.with_article());
                survey.push(diagnostic.with_help(help), Repair::Broken(at, wanted));
            }
        }
    }
    discriminators(survey);
}

/// A security scheme is known by its type.
fn is_scheme(found: Kind, wanted: Kind) -> bool {
    wanted.words() == "security scheme" && found.words().ends_with("scheme")
}

fn discriminators(survey: &mut Survey<'_>) {
    let document = survey.document;
    let schemas = Pointer::root().join("components").join("schemas");
    for at in survey.places(Kind::DISCRIMINATOR) {
        let place = at.join("mapping");
        let Some(mapping) = document.get(&place).and_then(Value::as_object) else { continue };
        for (value, target) in mapping {
            let Some(target) = target.as_str() else { continue };
            let pointer = match Pointer::parse_fragment(target) {
                Ok(pointer) => pointer,
                // A name, or a file, which cannot be told apart in general.
                Err(_) if target.contains(['/', '.', '#']) => continue,
                Err(_) => schemas.join(target),
            };
            if document.get(&pointer).is_none() {
                let diagnostic = document.diagnostic(
                    &place.join(value),
                    format!("there is no schema `{target}` to map `{value}` to"),
                );
                let names = document.get(&schemas).and_then(Value::as_object);
                let names = names.into_iter().flat_map(|names| names.keys().map(String::as_str));
                let meant = closest(&pointer.last().unwrap_or_default(), names);
                let diagnostic = diagnostic.with_help(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a schema of `components.schemas`".to_owned(),
                });
                survey.push(diagnostic, Repair::Drop(place.join(value)));
            }
        }
    }
}
