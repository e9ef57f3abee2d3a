//! Bodies: urlencoded forms, and media types within ranges.

use serde_json::{Map, Value};

use super::style::Style;

/// The members as an urlencoded form.
pub(super) fn form(members: &Map<String, Value>, styles: &[(&str, Style)]) -> String {
    let mut out = String::new();
    for (name, value) in members {
        if value.is_null() {
            continue;
        }
        let style = styles.iter().find(|(known, _)| known == name).map(|(_, style)| *style);
        let style = style.unwrap_or(match value {
            Value::Object(_) => Style::json(),
            _ => Style::form().exploded(),
        });
        style.query(name, value, &mut out);
    }
    // A form writes a space as `+`; a plus sign itself is encoded by now.
    out.replace("%20", "+")
}

/// Whether `media_type` is a media type that `range` covers.
pub(super) fn is_within(media_type: &str, range: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    if kind.is_empty() || subtype.is_empty() || subtype == "*" {
        return false;
    }
    match range.split_once('/') {
        Some(("*", _)) => true,
        Some((documented, _)) => documented == kind,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_written_by_their_style() {
        let body = json!({
            "text": "a b+c", "list": [1, 2], "joined": ["a", "b"], "object": { "a": 1 }, "deep": { "a": { "b": "c" } },
            "none": null, "flag": true, "exploded": { "x": "y" }
        });
        let styles = [
            ("joined", Style::space_delimited()),
            ("deep", Style::deep_object()),
            ("exploded", Style::form().exploded()),
        ];
        let Value::Object(members) = &body else { panic!() };
        let mut pairs: Vec<String> = form(members, &styles).split('&').map(str::to_owned).collect();
        pairs.sort();
        assert_eq!(
            pairs,
            [
                "deep%5Ba%5D%5Bb%5D=c",
                "flag=true",
                "joined=a+b",
                "list=1",
                "list=2",
                "object=%7B%22a%22%3A1%7D",
                "text=a+b%2Bc",
                "x=y"
            ]
        );
    }
}
