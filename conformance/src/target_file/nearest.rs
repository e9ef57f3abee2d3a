//! Which key was meant by one that there is not.

/// For each so many letters of a name one slip is forgiven.
const LETTERS: usize = 3;

/// The message of a parser, with the key that was probably meant where it complains of an unknown one.
pub(super) fn suggested(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let (Some(unknown), true) = (names.next(), message.starts_with("unknown field")) else {
        return message.to_owned();
    };
    match nearest(unknown, names) {
        Some(known) => format!("{message}; did you mean `{known}`?"),
        None => message.to_owned(),
    }
}

/// The name that is most like `unknown`, if one is like it.
pub(crate) fn nearest<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // A dash and an underscore are the same slip.
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let scored = known.map(|name| (strsim::osa_distance(&plain(unknown), &plain(name)), name));
    let (slips, name) = scored.min_by_key(|(slips, _)| *slips)?;
    (slips <= unknown.len().div_ceil(LETTERS)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant_is_told() {
        let check = |message: &str, expected: &str| assert_eq!(suggested(message), expected);
        check(
            "unknown field `ulr`, expected one of `url`, `replicas`, `callers`",
            "unknown field `ulr`, expected one of `url`, `replicas`, `callers`; did you mean `url`?",
        );
        check(
            "unknown field `allow_writes`, expected `allow-writes` or `only`",
            "unknown field `allow_writes`, expected `allow-writes` or `only`; did you mean `allow-writes`?",
        );
        check("unknown field `zzz`, expected `url`", "unknown field `zzz`, expected `url`");
        check("missing field `url`", "missing field `url`");
    }
}
