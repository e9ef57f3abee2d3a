//! Texts that match a pattern of JSON Schema (ECMA-262), built along its syntax tree.
//!
//! Look-around and back-references have no place in the tree, so patterns with them yield no candidates. A real ECMA
//! engine has the last word on each candidate.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longest candidate, in characters.
const LONGEST: usize = 4096;

/// An engine that matches as JSON Schema demands.
pub(super) fn engine(pattern: &str) -> Option<regress::Regex> {
    regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::new(pattern)).ok()
}

/// Texts that should match, shortest repetitions first; lengths are in characters.
pub(crate) fn candidates(pattern: &str, least: usize, most: usize) -> Vec<String> {
    let parser = ParserBuilder::new().nest_limit(64).build().parse(&ascii_classes(pattern));
    let Ok(hir) = parser else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    // How often an open repetition is repeated beyond its minimum.
    for extra in [0, 1, 2, 4, 8, 12, 16, 24, 32, 64, 128, 256] {
        let mut text = String::new();
        if build(&hir, extra, &mut text).is_none() {
            break;
        }
        if !found.contains(&text) {
            found.push(text);
        }
    }
    let lengths: Vec<usize> = found.iter().map(|text| text.chars().count()).collect();
    // The exact number of repetitions for the least length, where one open repetition is all that grows.
    if let ([first, second, ..], Some(text)) = (lengths.as_slice(), found.first()) {
        let (grown, start) = (second.saturating_sub(*first), *first);
        if grown > 0 && start < least {
            let mut exact = String::new();
            if build(&hir, (least - start).div_ceil(grown), &mut exact).is_some() {
                found.insert(0, exact);
            }
        } else if text.is_empty() && most > 0 {
            // An empty text matches and shows nothing.
            found.rotate_left(1);
        }
    }
    // A pattern without anchors leaves room around its match.
    let padded: Vec<String> = found
        .iter()
        .filter(|text| text.chars().count() < least)
        .flat_map(|text| {
            let room = "x".repeat(least.min(LONGEST).saturating_sub(text.chars().count()));
            [format!("{text}{room}"), format!("{room}{text}")]
        })
        .collect();
    found.extend(padded);
    found
}

/// ECMA's `\d`, `\w` and `\s` are of ASCII, or nearly so.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut signs = pattern.chars();
    let mut bracketed = false;
    let mut class = false;
    while let Some(sign) = signs.next() {
        // Behind a class such as `\w`, a hyphen is no range.
        if std::mem::take(&mut class) && bracketed && sign == '-' {
            out.push_str("\\-");
            continue;
        }
        class = sign == '\\' && signs.as_str().starts_with(['d', 'w', 's']);
        match sign {
            '\\' => match signs.next() {
                Some('d') => out.push_str(if bracketed { "0-9" } else { "[0-9]" }),
                Some('w') => out.push_str(if bracketed { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('s') => out.push_str(if bracketed { " " } else { "[ ]" }),
                Some('/') => out.push('/'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            '[' => {
                // A bracket within brackets is a plain character in ECMA-262.
                out.push_str(if bracketed { "\\[" } else { "[" });
                bracketed = true;
            }
            ']' => {
                out.push(']');
                bracketed = false;
            }
            '&' | '~' if bracketed => {
                out.push('\\');
                out.push(sign);
            }
            sign => out.push(sign),
        }
    }
    out
}

fn build(hir: &Hir, extra: usize, out: &mut String) -> Option<()> {
    if out.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = || class.ranges().iter();
            let within = |sign: char| ranges().any(|range| (range.start()..=range.end()).contains(&sign));
            let sign = ['a', 'A', '1', '0', '-', '_', '.'].into_iter().find(|sign| within(*sign));
            let sign = sign.or_else(|| ('!'..='~').find(|sign| within(*sign)));
            out.push(sign.or_else(|| ranges().next().map(regex_syntax::hir::ClassUnicodeRange::start))?);
        }
        HirKind::Class(Class::Bytes(class)) => out.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            let least = usize::try_from(repetition.min).ok()?;
            let most = repetition.max.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
            for _ in 0..least.saturating_add(extra).min(most) {
                let before = out.len();
                build(&repetition.sub, extra, out)?;
                if out.len() == before {
                    break;
                }
            }
        }
        HirKind::Capture(capture) => build(&capture.sub, extra, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| build(part, extra, out))?,
        HirKind::Alternation(forms) => build(forms.first()?, extra, out)?,
    }
    Some(())
}
