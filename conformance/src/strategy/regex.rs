//! Strings that match a pattern of JSON Schema (ECMA-262), and strings that do not.
//!
//! The generator of proptest knows neither anchors nor ECMA's character classes. So classes are spelled out, anchors
//! are taken away, open ends are padded, and a real ECMA engine has the last word on every candidate.

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex_parsed;
use proptest::test_runner::TestRunner;
use regex_syntax::hir::{Hir, HirKind};

/// The attempts after which a pattern counts as out of reach.
const ATTEMPTS: usize = 80;

/// A string that matches all `patterns` and has `shortest` to `longest` characters; `None` where none was found.
pub(super) fn matching(
    runner: &mut TestRunner,
    patterns: &[String],
    shortest: usize,
    longest: usize,
) -> Option<String> {
    let engines = engines(patterns)?;
    let core = string_regex_parsed(&unanchored(patterns.first()?)?).ok()?;
    (0..ATTEMPTS).find_map(|_| {
        let core = core.new_tree(runner).ok()?.current();
        candidates(&core, shortest, longest).into_iter().find(|text| {
            let length = text.chars().count();
            (shortest..=longest).contains(&length)
                && !text.chars().any(char::is_control)
                && engines.iter().all(|engine| engine.find(text).is_some())
        })
    })
}

/// A string like `valid` in length that does not match `pattern`; `None` where none was found.
pub(super) fn breaking(pattern: &str, valid: &str) -> Option<String> {
    let engine = engine(pattern)?;
    let length = valid.chars().count();
    let mut candidates = vec![
        "!".repeat(length.max(1)),
        format!("!{}", valid.chars().skip(1).collect::<String>()),
        format!("{}!", valid.chars().take(length.saturating_sub(1)).collect::<String>()),
        " ".repeat(length.max(1)),
        "0".repeat(length.max(1)),
        "x".repeat(length.max(1)),
        format!("!{valid}"),
        format!("{valid}!"),
    ];
    candidates.push(String::new());
    candidates.into_iter().find(|text| engine.find(text).is_none())
}

/// The candidate itself, and the candidate padded at either end up to the wanted length.
fn candidates(core: &str, shortest: usize, longest: usize) -> Vec<String> {
    let length = core.chars().count();
    let missing = shortest.saturating_sub(length);
    let pad = |count: usize| "a1B2c3D4e5F6".chars().cycle().take(count).collect::<String>();
    let mut out = Vec::new();
    // A bare prefix such as `ak_` makes a poor identifier where the pattern leaves room behind it.
    let room = longest.saturating_sub(length).min(missing.max(8));
    if room > 0 {
        out.push(format!("{core}{}", pad(room)));
    }
    out.push(core.to_owned());
    if room > 0 {
        out.push(format!("{}{core}", pad(room)));
        out.push(format!("{}{core}{}", pad(room - room / 2), pad(room / 2)));
    }
    if length > longest {
        out.push(core.chars().take(longest).collect());
    }
    out
}

fn engine(pattern: &str) -> Option<regress::Regex> {
    regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::new(pattern)).ok()
}

fn engines(patterns: &[String]) -> Option<Vec<regress::Regex>> {
    patterns.iter().map(|pattern| engine(pattern)).collect()
}

/// The pattern without its anchors, in the terms of the generator.
fn unanchored(pattern: &str) -> Option<Hir> {
    let hir = regex_syntax::Parser::new().parse(&spelled_out(pattern)).ok()?;
    Some(strip(&hir))
}

/// ECMA's `\d`, `\w` and `\s` mean ASCII, or are rare beyond it; the generator's would be mostly beyond it.
fn spelled_out(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[A-Za-z0-9_]"),
            Some('W') => out.push_str("[^A-Za-z0-9_]"),
            Some('s') => out.push_str("[ ]"),
            Some('S') => out.push_str("[!-~]"),
            Some('/') => out.push('/'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push_str("\\\\"),
        }
    }
    out
}

/// Takes every anchor and boundary away; whether the result still matches is for the engine to say.
fn strip(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Capture(capture) => strip(&capture.sub),
        HirKind::Repetition(repetition) => {
            let mut repetition = repetition.clone();
            repetition.sub = Box::new(strip(&repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(strip).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(strip).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, shortest: usize, longest: usize) {
        let mut runner = TestRunner::deterministic();
        let engine = engine(pattern).unwrap();
        for _ in 0..20 {
            let text = matching(&mut runner, &[pattern.to_owned()], shortest, longest)
                .unwrap_or_else(|| panic!("nothing matches {pattern}"));
            assert!(engine.find(&text).is_some(), "{text:?} does not match {pattern}");
            assert!((shortest..=longest).contains(&text.chars().count()), "{text:?} has the wrong length");
        }
        if let Some(wrong) = breaking(pattern, "valid") {
            assert!(engine.find(&wrong).is_none());
        }
    }

    #[test]
    fn strings_match_their_pattern() {
        check("^ak_", 0, 40);
        check("^crd_[A-Za-z0-9]+$", 0, 400);
        check(r"^(?:0{0,4}[0-9]{1,5}|[0-9]{3})(?:[-\s][0-9]{4})?$", 0, 40);
        check("^[Bb][Ee][Aa][Rr][Ee][Rr]$", 0, 40);
        check(r"^\d{4}-\d{2}$", 7, 7);
        check(r"[a-c]\w*", 12, 12);
        check(r"^[\w.-]+\/[\w.-]+$", 0, 200);
        check("(^a|b$)", 0, 20);
    }

    #[test]
    fn what_cannot_be_matched_is_none() {
        let mut runner = TestRunner::deterministic();
        assert_eq!(matching(&mut runner, &["^a{5}$".to_owned()], 0, 3), None);
        assert_eq!(matching(&mut runner, &["[".to_owned()], 0, 3), None);
        assert_eq!(matching(&mut runner, &[], 0, 3), None);
        assert_eq!(breaking(".*", "abc"), None);
    }
}
