//! Texts that are no document at all.

use insta::assert_snapshot;

use crate::report;

#[test]
fn nothing_in_the_file() {
    assert_snapshot!(report("api.yaml", ""));
}

#[test]
fn only_a_comment() {
    assert_snapshot!(report("api.yaml", "# only a comment\n"));
}

#[test]
fn tab_as_indentation() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\npaths:\n  /keys:\n\tget: {}\n"));
}

#[test]
fn bracket_never_closed() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\ntags: [a, b\n"));
}

#[test]
fn colon_within_a_plain_text() {
    assert_snapshot!(report("api.yaml", "info:\n  title: Keys: how to revoke them\n"));
}

#[test]
fn quoted_text_continued_too_far_left() {
    assert_snapshot!(report(
        "api.yaml",
        "openapi: 3.0.3\npaths: {}\ninfo:\n  version: '1'\n  title: \"Keys\n  and tokens\"\n"
    ));
    // A quote that is forgotten is found where the next one does not fit.
    assert_snapshot!(
        "forgotten quote",
        report("api.yaml", "openapi: 3.0.3\ninfo:\n  title: \"Keys\n  version: \"1\"\n")
    );
}

#[test]
fn duplicate_keys() {
    let text = "openapi: 3.0.3\npaths:\n  /keys: {}\n  /tokens: {}\n  '/keys': {}\nopenapi: 3.0.2\n";
    assert_snapshot!(report("api.yaml", text));
}

#[test]
fn key_that_is_a_sequence() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\n? [a, b]\n: c\n"));
}

#[test]
fn key_missing_before_its_colon() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\n: c\n"));
}

#[test]
fn second_document_in_one_file() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\n---\nopenapi: 3.0.3\n"));
}

#[test]
fn root_that_is_a_sequence() {
    assert_snapshot!(report("api.yaml", "- openapi: 3.0.3\n- paths: {}\n"));
}

#[test]
fn number_that_json_cannot_express() {
    assert_snapshot!(report("api.yaml", "limit: .inf\n"));
}

#[test]
fn unknown_tag() {
    assert_snapshot!(report("api.yaml", "paths: !include paths.yaml\n"));
}

#[test]
fn alias_within_its_own_anchor() {
    assert_snapshot!(report("api.yaml", "paths: &all\n  again: *all\n"));
}

#[test]
fn aliases_that_grow_without_bound() {
    let first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let others = (1..12).map(|level| {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("a{level}: &a{level} [{inner}]\n")
    });
    let text: String = std::iter::once(first).chain(others).collect();
    assert_snapshot!(report("api.yaml", &text));
}

#[test]
fn aliases_that_nest_without_bound() {
    let others = (1..200).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1));
    let text: String = std::iter::once("a0: &a0 x\n".to_owned()).chain(others).collect();
    assert_snapshot!(report("api.yaml", &text));
}

#[test]
fn nesting_without_end() {
    assert_snapshot!(report("api.yaml", &format!("a: {}", "[".repeat(100_000))));
}

#[test]
fn json_with_a_comma_missing() {
    assert_snapshot!(report("api.json", "{\n\t\"openapi\": \"3.0.3\"\n\t\"paths\": {}\n}\n"));
}
