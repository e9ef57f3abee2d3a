//! Whether two findings are the same breach, seen in two runs.

use crate::finding::Finding;

/// Whether they are of the same check, verdict and operation and of the same kind: numbers may differ, a status may not.
pub(crate) fn same(one: &Finding, other: &Finding) -> bool {
    one.check == other.check
        && one.verdict == other.verdict
        && one.operation == other.operation
        && kind(&one.message) == kind(&other.message)
        && kind(&unquoted(&one.documented)) == kind(&unquoted(&other.documented))
        && status(&one.received) == status(&other.received)
}

/// A text with each number in it made the same.
fn kind(text: &str) -> String {
    let mut kind = String::with_capacity(text.len());
    for letter in text.chars() {
        match (letter.is_ascii_digit(), kind.ends_with('#')) {
            (true, true) => {}
            (true, false) => kind.push('#'),
            (false, _) => kind.push(letter),
        }
    }
    kind
}

/// A text without the values in it, which a rerun may have others of.
fn unquoted(text: &str) -> String {
    text.split('"').step_by(2).collect()
}

/// The status that a text begins with.
pub(crate) fn status(text: &str) -> Option<&str> {
    let digits = text.split(|letter: char| !letter.is_ascii_digit()).next()?;
    (digits.len() == 3).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;

    fn finding(message: &str, received: &str) -> Finding {
        Finding {
            check: "use_after_revocation".to_owned(),
            verdict: Verdict::Fail,
            operation: Some("use".into()),
            message: message.to_owned(),
            documented: "refused".to_owned(),
            received: received.to_owned(),
            place: None,
            exchanges: Vec::new(),
            requirement: None,
            sequence: None,
        }
    }

    #[test]
    fn numbers_may_differ_and_a_status_may_not() {
        let check = |message: &str, received: &str, expected: bool| {
            let first = finding("accepted 905 s after 12", "200, application/json");
            assert_eq!(same(&first, &finding(message, received)), expected, "{message} {received}");
        };
        check("accepted 305 s after 2", "200", true);
        check("accepted 305 s after 2", "404", false);
        check("refused 905 s after 12", "200", false);
        assert_eq!(unquoted(r#"/name is "rescind a1", of text"#), "/name is , of text");
        assert!(same(&finding("8 of 8 succeed", "8 succeed"), &finding("2 of 2 succeed", "2 succeed")));
    }
}
