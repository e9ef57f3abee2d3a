//! How the parts of a step are written down: a credential as a letter, a token as a number, a time with its unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::step::{DependentSlot, Slot, TokenSlot};

/// Letters of the alphabet.
const LETTERS: u8 = 26;

/// The name of a credential within a sequence: `A`, and after `Z` comes `A1`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Letter(String);

/// The number of a token or dependent within a sequence, from 1.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Number(u8);

impl From<Slot> for Letter {
    fn from(slot: Slot) -> Self {
        let letter = char::from(b'A' + slot.0 % LETTERS);
        let round = slot.0 / LETTERS;
        Self(if round == 0 { letter.to_string() } else { format!("{letter}{round}") })
    }
}

impl TryFrom<Letter> for Slot {
    type Error = String;

    fn try_from(text: Letter) -> Result<Self, Self::Error> {
        let error = || format!("{:?} names no credential of a sequence; write a letter, such as `A`", text.0);
        let letter = text.0.bytes().next().filter(u8::is_ascii_uppercase).ok_or_else(error)?;
        let round = match text.0.get(1..) {
            None | Some("") => 0,
            Some(digits) => digits.parse::<u8>().map_err(|_| error())?,
        };
        let number = round.checked_mul(LETTERS).and_then(|start| start.checked_add(letter - b'A'));
        number.map(Self).ok_or_else(error)
    }
}

macro_rules! numbered {
    ($($slot:ident),*) => {$(
        impl From<$slot> for Number {
            fn from(slot: $slot) -> Self {
                Self(slot.0.saturating_add(1))
            }
        }

        impl TryFrom<Number> for $slot {
            type Error = &'static str;

            fn try_from(number: Number) -> Result<Self, Self::Error> {
                number.0.checked_sub(1).map(Self).ok_or("tokens and dependents are numbered from 1")
            }
        }
    )*};
}

numbered!(TokenSlot, DependentSlot);

/// A length of time with its unit, as in lifecycle documents.
pub(super) mod period {
    use std::time::Duration;

    use rescind_specs::lifecycle::Period;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        Period::from(*time).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Period::deserialize(deserializer).map(Period::duration)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::step::{By, Issuing, Slot, Step, Target, TokenSlot, Until};

    #[test]
    fn steps_are_written_for_people_and_read_again() {
        let check = |step: Step, written: serde_json::Value| {
            assert_eq!(serde_json::to_value(&step).unwrap(), written);
            assert_eq!(serde_json::from_value::<Step>(written).unwrap(), step);
        };
        check(Step::present(0), json!({ "present": "A" }));
        check(Step::present(27), json!({ "present": "B1" }));
        check(
            Step::Issue(Slot(1), Issuing { like: Some(Slot(0)), ..Issuing::default() }),
            json!({ "issue": ["B", { "like": "A", "patch": "nothing", "key": "fresh" }] }),
        );
        check(
            Step::Revoke { target: Target::Slot(Slot(0)), by: By::Token(TokenSlot(0)), body: None },
            json!({ "revoke": { "target": { "slot": "A" }, "by": { "token": 1 } } }),
        );
        check(
            Step::Wait(Until::AfterRevocation(Slot(0), Duration::from_millis(300_500))),
            json!({ "wait": { "after-revocation": ["A", "300500ms"] } }),
        );
        check(Step::List(None), json!({ "list": null }));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for written in [
            json!({ "present": "a" }),
            json!({ "present": "Z9" }),
            json!({ "present-token": 0 }),
            json!("dance"),
        ] {
            assert!(serde_json::from_value::<Step>(written.clone()).is_err(), "{written}");
        }
    }
}
