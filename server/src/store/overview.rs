//! All credentials of a deployment, whoever's they are: for whoever runs it, never for a caller.

use jiff::Timestamp;

use super::{Credential, Pair, Pending, State};

/// Which credentials are wanted. What is not named does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Those of this contract.
    pub contract: Option<&'a str>,
    /// Those of this kind.
    pub kind: Option<&'a str>,
    /// Those in this state at the time below.
    pub state: Option<State>,
    /// Those with this text in their id, name or tenant, in any case (of ASCII letters).
    pub text: Option<&'a str>,
    /// The present time.
    pub now: Timestamp,
}

/// A credential with where it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The contract that it belongs to.
    pub contract: String,
    /// Its kind within the contract.
    pub kind: String,
    /// Its place in the order of issue.
    pub place: i64,
    /// The credential.
    pub credential: Credential,
}

/// What a deployment holds, latest first.
pub trait Overview {
    /// A page of the credentials of all collections and tenants, from before this place on.
    fn all_credentials<'a>(
        &'a self,
        wanted: Wanted<'a>,
        before: Option<i64>,
        limit: u32,
    ) -> Pending<'a, Vec<Placed>>;

    /// A page of the pairs, from before the one that was registered at this time with this key. A pair has no contract,
    /// kind, name or tenant to go by.
    fn all_pairs<'a>(
        &'a self,
        wanted: Wanted<'a>,
        before: Option<(Timestamp, &'a str)>,
        limit: u32,
    ) -> Pending<'a, Vec<Pair>>;
}

impl Wanted<'_> {
    /// The state as a word, for a statement.
    pub(super) fn state_word(&self) -> Option<&'static str> {
        self.state.map(|state| match state {
            State::Active => "active",
            State::Expired => "expired",
            State::Revoked => "revoked",
        })
    }

    /// The names of the wanted collections, as a pattern of `LIKE` with `!` before what stands for itself.
    pub(super) fn collections(&self) -> String {
        let part = |name: Option<&str>| name.map_or_else(|| "%".to_owned(), escaped);
        format!("{}/{}", part(self.contract), part(self.kind))
    }

    /// The text in lower case, as such a pattern.
    pub(super) fn pattern(&self) -> Option<String> {
        self.text.map(|text| format!("%{}%", escaped(&text.to_ascii_lowercase())))
    }
}

fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern
}
