//! Texts of a deployment for readers that would obey some of them: terminals, parsers of XML and Markdown, browsers.

use std::borrow::Cow;

/// The text with its control characters made visible: a terminal would obey them, and XML has no way to write them.
/// Line ends and tabs stay. What turns the direction of writing is replaced as well.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_plain(c) { c } else { picture(c) }).collect())
}

fn is_plain(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    }
}

/// The picture of a control character (`␛`), or of something that cannot be shown.
fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// The text on one line.
pub(crate) fn line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(['\n', '\r', '\t']).map(str::trim).filter(|word| !word.is_empty()).collect();
    visible(&words.join(" ")).into_owned()
}

/// The text as prose of Markdown on one line, none of it obeyed as markup.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            // An entity cannot be taken for a tag by whoever reads HTML first.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if "\\`*_{}[]()#+!|~@$".contains(c) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The text as a span of code of Markdown, which shows each character as it is. Within a table, a bar would end the
/// cell even so; it is written as an entity by whoever needs that.
pub(crate) fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // Without the blanks, a tick at an end would be taken for a part of the fence.
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines as a block of code of Markdown.
pub(crate) fn block(language: &str, lines: &[String]) -> String {
    let text = lines.join("\n");
    let text = visible(&text);
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// The length of the longest run of ticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// `1 promise`, `2 promises`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("plain, é, 漢\n\ttext", "plain, é, 漢\n\ttext");
        check("\u{1b}[31mred\u{7}\r\u{0}", "␛[31mred␇␍␀");
        check("a\u{7f}b\u{9b}c\u{202e}d\u{ffff}", "a␡b\u{fffd}c\u{fffd}d\u{fffd}");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line(" a\n\n  b\r\nc\td\u{8}"), "a b c d␈");
    }

    #[test]
    fn markup_is_not_obeyed() {
        assert_eq!(
            markdown("<img src=x> [a](b) *c* `d` | {e}\n# f & @g"),
            "&lt;img src=x&gt; \\[a\\]\\(b\\) \\*c\\* \\`d\\` \\| \\{e\\} \\# f &amp; \\@g"
        );
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`a` ``b"), "``` `a` ``b ```");
        assert_eq!(code(""), "");
        assert_eq!(block("sh", &["a".to_owned(), "```".to_owned()]), "````sh\na\n```\n````\n");
    }
}
