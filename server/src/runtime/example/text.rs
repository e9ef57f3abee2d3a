//! Texts of a length, a format and a pattern.

use rescind_specs::Schema;

use super::pattern;

/// Longest text that is made.
const LONGEST: usize = 65_536;

/// A text that satisfies all schemas, as far as length and patterns go.
pub(super) fn make(schemas: &[Schema]) -> Option<String> {
    let count = |keyword: &str| {
        schemas
            .iter()
            .filter_map(move |schema| schema.count(keyword))
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
            .collect::<Vec<_>>()
    };
    let least = count("minLength").into_iter().max().unwrap_or(0);
    let most = count("maxLength").into_iter().min().unwrap_or(usize::MAX);
    if least > LONGEST || least > most {
        return None;
    }
    let format = schemas.iter().find_map(Schema::format);
    let patterns: Vec<&str> =
        schemas.iter().filter_map(|schema| schema.keyword("pattern")?.as_str()).collect();
    let mut candidates: Vec<String> = Vec::new();
    if let Some(sample) = format.and_then(sample) {
        candidates.push(lengthened(sample, format, least));
    }
    let plain = format!("text{}", "x".repeat(least.saturating_sub(4)));
    if patterns.is_empty() {
        candidates.push(plain.chars().take(most).collect());
    } else {
        candidates.push(plain);
        candidates.extend(patterns.iter().flat_map(|pattern| pattern::candidates(pattern, least, most)));
    }
    let engines: Vec<_> = patterns.iter().filter_map(|pattern| pattern::engine(pattern)).collect();
    candidates.into_iter().find(|text| {
        (least..=most).contains(&text.chars().count())
            && engines.len() == patterns.len()
            && engines.iter().all(|engine| engine.find(text).is_some())
    })
}

fn sample(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00Z",
        "duration" => "PT1H",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "uri" | "url" | "iri" => "https://example.org/",
        "uri-reference" | "iri-reference" => "/",
        "uri-template" => "/{id}",
        "email" | "idn-email" => "someone@example.org",
        "hostname" | "idn-hostname" => "example.org",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" | "base64" => "AAAA",
        "json-pointer" => "/a",
        "regex" => "^a$",
        _ => return None,
    })
}

/// The sample with as many characters more as its format lets it have.
fn lengthened(sample: &str, format: Option<&str>, least: usize) -> String {
    let missing = least.saturating_sub(sample.chars().count());
    match format {
        Some("email" | "idn-email") => format!("{}{sample}", "x".repeat(missing)),
        Some("byte" | "base64") => format!("{sample}{}", "A".repeat(missing.next_multiple_of(4))),
        Some("date" | "date-time" | "time" | "uuid" | "ipv4" | "ipv6" | "duration") => sample.to_owned(),
        _ => format!("{sample}{}", "x".repeat(missing)),
    }
}
