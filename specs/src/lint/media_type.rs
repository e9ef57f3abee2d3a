//! Keys of `content`: media types or ranges of them.

use serde_json::Value;

use super::{Repair, kind::Kind, meta::Survey, shown_text};
use crate::media_type::MediaType;

pub(super) fn check(survey: &mut Survey<'_>) {
    content(survey);
    encodings(survey);
}

/// `contentType` of an encoding: a list of media types.
fn encodings(survey: &mut Survey<'_>) {
    let document = survey.document;
    for at in survey.places(Kind::ENCODING) {
        let place = at.join("contentType");
        let listed = document.get(&place).and_then(Value::as_str).unwrap_or_default();
        let mut names = listed.split(',').map(str::trim).filter(|name| !name.is_empty());
        if let Some(wrong) = names.find(|name| name.parse::<MediaType>().is_err()) {
            let message = format!("`{}` is no media type", shown_text(wrong));
            let diagnostic = document
                .diagnostic(&place, message)
                .with_help("write `type/subtype`, or several with commas between them");
            survey.push(diagnostic, Repair::Drop(place));
        }
    }
}

/// The keys of `content`.
fn content(survey: &mut Survey<'_>) {
    let document = survey.document;
    for kind in [Kind::REQUEST_BODY, Kind::RESPONSE, Kind::PARAMETER, Kind::HEADER] {
        for at in survey.places(kind) {
            let place = at.join("content");
            let content = document.get(&place).and_then(Value::as_object);
            for name in content.into_iter().flat_map(|content| content.keys()) {
                if name.parse::<MediaType>().is_ok() {
                    continue;
                }
                let at = place.join(name);
                let help = match name.as_str() {
                    "json" | "xml" => format!("did you mean `application/{name}`?"),
                    _ => "write `type/subtype`, for example `application/json`".to_owned(),
                };
                let message = format!("`{}` is no media type", shown_text(name));
                let diagnostic = document.diagnostic(&at, message).with_help(help).at_key();
                survey.push(diagnostic, Repair::Broken(at, Kind::MEDIA_TYPE));
            }
        }
    }
}
