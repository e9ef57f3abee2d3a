//! Which documented media type an answer has (RFC 9110 §8.3.1, §12.5.1).

use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// A media type or range with its parameters, in lower case where case has no meaning.
struct MediaType {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = parts(text).into_iter();
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (kind, subtype) = (kind.trim(), subtype.trim());
        if kind.is_empty() || subtype.is_empty() {
            return None;
        }
        let parameters = parts
            .filter_map(|part| {
                let (name, value) = part.split_once('=')?;
                let value = value.trim();
                let value =
                    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
                Some((name.trim().to_ascii_lowercase(), value.to_owned()))
            })
            // A charset says how a text is written and not which one it is.
            .filter(|(name, _)| name != "charset" && name != "q")
            .collect();
        Some(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), parameters })
    }

    /// How closely this documented type or range describes `received`: `None` if it does not.
    fn closeness(&self, received: &Self) -> Option<usize> {
        let exact = self.kind == received.kind && self.subtype == received.subtype;
        let range = self.subtype == "*" && (self.kind == "*" || self.kind == received.kind);
        if !exact && !range {
            return None;
        }
        let agree = self.parameters.iter().all(|parameter| received.parameters.contains(parameter));
        let specific = if exact { 4 } else { usize::from(self.kind != "*") * 2 };
        // Without the right parameters it is still nearer than any wider range.
        Some(if agree { specific * 100 + self.parameters.len() + 1 } else { specific * 100 })
    }

    fn is_json(&self) -> bool {
        matches!((self.kind.as_str(), self.subtype.as_str()), ("application" | "text", "json"))
            || self.subtype.ends_with("+json")
    }

    /// Whether it says no more than that there are bytes.
    fn is_generic(&self) -> bool {
        matches!((self.kind.as_str(), self.subtype.as_str()), ("application" | "binary", "octet-stream"))
    }
}

/// The text between semicolons that do not stand within quotes.
fn parts(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|sign| {
        quoted ^= sign == '"';
        sign == ';' && !quoted
    })
    .collect()
}

/// What a body turns out to be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormKind {
    /// JSON, which shows on its own whether it is that.
    Json,
    /// Text.
    Text,
    /// Bytes of any kind.
    Binary,
}

/// One documented body of a response.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    kind: FormKind,
    media_types: &'static [&'static str],
}

impl Form {
    /// JSON under one of `media_types`.
    pub const fn json(media_types: &'static [&'static str]) -> Self {
        Self { kind: FormKind::Json, media_types }
    }

    /// Text under one of `media_types`.
    pub const fn text(media_types: &'static [&'static str]) -> Self {
        Self { kind: FormKind::Text, media_types }
    }

    /// Bytes under one of `media_types`.
    pub const fn binary(media_types: &'static [&'static str]) -> Self {
        Self { kind: FormKind::Binary, media_types }
    }
}

/// The place in `forms` of the documented body that an answer with `headers` has.
///
/// The closest media type wins: the same with all its parameters, the same, `image/*`, `*/*`. Where none is documented:
/// * a JSON body is tried, since only JSON of the documented shape can be taken for it;
/// * another text is taken for the text, where no other body is documented;
/// * without `Content-Type`, or with `application/octet-stream`, the first body is taken;
/// * anything else is `None`.
pub(crate) fn choose(headers: &HeaderMap, forms: &[Form]) -> Option<usize> {
    let received = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(MediaType::parse);
    if let Some(received) = &received {
        let closeness = |form: &Form| {
            let documented = form.media_types.iter().filter_map(|text| MediaType::parse(text));
            documented.filter_map(|documented| documented.closeness(received)).max()
        };
        let mut best: Option<(usize, usize)> = None;
        for (place, form) in forms.iter().enumerate() {
            // The first of several that are equally close.
            if let Some(close) = closeness(form)
                && best.is_none_or(|(_, known)| close > known)
            {
                best = Some((place, close));
            }
        }
        if let Some((place, _)) = best {
            return Some(place);
        }
    }
    let json = forms.iter().position(|form| form.kind == FormKind::Json);
    match (&received, forms) {
        // JSON of any kind goes to the JSON body that is documented, if one is.
        (Some(received), _) if received.is_json() && json.is_some() => json,
        (Some(received), [form]) if received.kind == "text" && form.kind == FormKind::Text => Some(0),
        _ if json.is_some() => json,
        (None, [_, ..]) => Some(0),
        (Some(received), [_, ..]) if received.is_generic() => Some(0),
        _ => None,
    }
}

/// How the characters of a text are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Latin1,
}

/// The charset that `Content-Type` names; one that nobody knows is taken for UTF-8, which shows when it is not.
pub(crate) fn charset(headers: &HeaderMap) -> Charset {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = parts(value).into_iter().skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    match named.as_deref() {
        Some("iso-8859-1" | "latin1" | "iso_8859-1") => Charset::Latin1,
        _ => Charset::Utf8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
        }
        headers
    }

    const JSON: Form = Form::json(&["application/json", "application/vnd.a+json"]);
    const PROBLEM: Form = Form::json(&["application/problem+json"]);
    const TEXT: Form = Form::text(&["text/plain"]);
    const CSV: Form = Form::text(&["text/csv; header=present"]);
    const BARE_CSV: Form = Form::text(&["text/csv; header=absent"]);
    const IMAGE: Form = Form::binary(&["image/*"]);
    const PNG: Form = Form::binary(&["image/png"]);
    const ANY: Form = Form::binary(&["*/*"]);

    #[test]
    fn the_closest_media_type_wins() {
        for (received, forms, documented) in [
            (Some("application/json"), &[JSON, PROBLEM] as &[Form], Some(0)),
            (Some("Application/Problem+JSON; charset=utf-8"), &[JSON, PROBLEM], Some(1)),
            (Some("application/vnd.a+json"), &[PROBLEM, JSON], Some(1)),
            (Some("image/png"), &[ANY, IMAGE, PNG], Some(2)),
            (Some("image/jpeg"), &[ANY, IMAGE, PNG], Some(1)),
            (Some("video/mp4"), &[ANY, IMAGE, PNG], Some(0)),
            (Some("text/csv; header=absent"), &[CSV, BARE_CSV], Some(1)),
            (Some("text/csv;Header=\"present\""), &[BARE_CSV, CSV], Some(1)),
            (Some("text/csv"), &[BARE_CSV, CSV], Some(0)),
            // Beside the documented ones.
            (Some("application/vnd.b+json"), &[TEXT, PROBLEM, JSON], Some(1)),
            (Some("text/html"), &[TEXT], Some(0)),
            (Some("text/html"), &[TEXT, CSV], None),
            (Some("text/html"), &[TEXT, JSON], Some(1)),
            (Some("application/json"), &[TEXT], None),
            (Some("image/jpeg"), &[PNG], None),
            (Some("application/octet-stream"), &[PNG], Some(0)),
            (Some("nonsense"), &[PNG], Some(0)),
            (None, &[PNG, JSON], Some(1)),
            (None, &[TEXT, PNG], Some(0)),
            (None, &[], None),
        ] {
            assert_eq!(choose(&headers(received), forms), documented, "{received:?} {forms:?}");
        }
    }

    #[test]
    fn charsets() {
        for (content_type, documented) in [
            (None, Charset::Utf8),
            (Some("text/plain"), Charset::Utf8),
            (Some("text/plain; Charset=\"ISO-8859-1\""), Charset::Latin1),
            (Some("text/plain; a=\"charset=latin1;\""), Charset::Utf8),
        ] {
            assert_eq!(charset(&headers(content_type)), documented, "{content_type:?}");
        }
    }
}
