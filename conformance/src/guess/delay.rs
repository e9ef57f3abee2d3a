//! How long a revocation may take to have its effect, as the description of the operation says it.

use std::time::Duration;

use rescind_specs::Operation;
use rescind_specs::lifecycle::Period;

use super::Guess;

/// Numbers that are written out.
const NUMBERS: [(&str, u64); 13] = [
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("five", 5),
    ("ten", 10),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("sixty", 60),
    ("ninety", 90),
    ("several", 5),
];

/// The time that the description of a revocation speaks of.
pub(super) fn of(operation: &Operation) -> Guess<Period> {
    let described = operation.responses.iter().map(|response| response.description.as_str());
    let texts =
        operation.description.as_deref().into_iter().chain(operation.summary.as_deref()).chain(described);
    for text in texts {
        if let Some((period, phrase)) = period(text) {
            return Guess::new(
                period,
                format!("the description says `{phrase}`; make sure that it is about this"),
            );
        }
    }
    Guess::new(Period::default(), "no delay is documented, and none is the strictest reading")
}

/// The first length of time in a text, with the words that say it.
fn period(text: &str) -> Option<(Period, String)> {
    text.split(['.', ';', '\n']).find_map(in_sentence)
}

fn in_sentence(text: &str) -> Option<(Period, String)> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    // How long tokens live is another matter.
    if words
        .iter()
        .any(|word| ["token", "tokens", "session", "sessions", "expire", "expires"].contains(&&**word))
    {
        return None;
    }
    words.windows(2).find_map(|pair| {
        let [count, unit] = pair else { return None };
        let number = count.parse::<u64>().ok().filter(|number| (1..10_000).contains(number));
        let number =
            number.or_else(|| NUMBERS.iter().find(|(word, _)| word == count).map(|(_, number)| *number))?;
        let seconds = match unit.trim_end_matches('s') {
            "second" | "sec" => 1,
            "minute" | "min" => 60,
            "hour" => 3600,
            _ => return None,
        };
        Some((Period::from(Duration::from_secs(number * seconds)), format!("{count} {unit}")))
    })
}

#[cfg(test)]
mod tests {
    use super::period;

    #[test]
    fn a_time_is_found_in_words_and_digits() {
        let check = |text: &str, found: Option<&str>| {
            assert_eq!(period(text).map(|(period, _)| period.to_string()).as_deref(), found, "{text}");
        };
        check("A revoked key may be accepted for up to five minutes.", Some("5m"));
        check("Takes effect within 30 seconds", Some("30s"));
        check("It is gone within an hour.", Some("1h"));
        check("Tokens of it live for one hour. It stops within ten seconds.", Some("10s"));
        check("Revokes 5 keys at once", None);
        check("", None);
    }
}
