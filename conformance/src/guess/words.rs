//! The words of an operation: what it is about, and what it does to that.

use rescind_specs::{Operation, PathPiece};

/// What credentials are called, with how sure one may be.
const NOUNS: [(&str, i32); 17] = [
    ("credential", 6),
    ("apikey", 6),
    ("key", 5),
    ("pat", 5),
    ("token", 5),
    ("secret", 4),
    ("session", 3),
    ("client", 3),
    ("certificate", 3),
    ("grant", 3),
    ("login", 2),
    ("password", 2),
    ("authorization", 2),
    ("auth", 1),
    ("application", 1),
    ("account", 1),
    ("device", 1),
];

/// What issuing is called.
const ISSUE: [(&str, i32); 12] = [
    ("issue", 4),
    ("generate", 4),
    ("mint", 4),
    ("create", 3),
    ("register", 3),
    ("provision", 3),
    ("request", 2),
    ("obtain", 2),
    ("new", 2),
    ("add", 2),
    ("insert", 2),
    ("login", 2),
];

/// What revoking is called.
const REVOKE: [(&str, i32); 12] = [
    ("revoke", 8),
    ("revocation", 8),
    ("invalidate", 5),
    ("logout", 5),
    ("deactivate", 4),
    ("destroy", 3),
    ("expire", 3),
    ("disable", 3),
    ("terminate", 3),
    ("delete", 2),
    ("remove", 2),
    ("end", 1),
];

/// What an operation does that neither issues nor is a harmless look.
const OTHER: [&str; 20] = [
    "rotate",
    "refresh",
    "regenerate",
    "renew",
    "exchange",
    "verify",
    "validate",
    "introspect",
    "search",
    "update",
    "reset",
    "sync",
    "test",
    "check",
    "restore",
    "import",
    "replace",
    "import",
    "query",
    "lookup",
];

/// The words of an operation.
pub(super) struct Words {
    /// Those of the last part of the path that is no parameter.
    pub(super) place: Vec<String>,
    /// Those of the whole path.
    pub(super) path: Vec<String>,
    /// Those of its identifier, then of its summary.
    pub(super) name: Vec<String>,
}

impl Words {
    pub(super) fn of(operation: &Operation) -> Self {
        let literals = operation.path.pieces().iter().filter_map(|piece| match piece {
            PathPiece::Literal(text) => Some(text.as_str()),
            PathPiece::Parameter(_) => None,
        });
        let segments: Vec<&str> =
            literals.flat_map(|text| text.split('/')).filter(|text| !text.is_empty()).collect();
        let mut name = split(&operation.id.0);
        name.extend(split(operation.summary.as_deref().unwrap_or_default()));
        Self {
            place: segments.last().map(|last| split(last)).unwrap_or_default(),
            path: segments.iter().flat_map(|segment| split(segment)).collect(),
            name,
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.path.iter().chain(&self.name)
    }

    /// The noun for a credential that it speaks of most plainly, and how plainly.
    pub(super) fn noun(&self) -> Option<(&'static str, i32)> {
        let best = |words: &[String]| -> Option<(&'static str, i32)> {
            let known = words.iter().filter_map(|word| NOUNS.into_iter().find(|(noun, _)| noun == word));
            known.max_by_key(|(_, score)| *score)
        };
        let spoken = best(&self.name);
        match (best(&self.place).or_else(|| best(&self.path)), spoken) {
            (Some((noun, score)), Some((_, also))) => Some((noun, score + also / 2)),
            (Some(found), None) => Some(found),
            (None, Some((noun, score))) => Some((noun, score / 2)),
            (None, None) => None,
        }
    }

    /// How much it sounds like issuing, with the word.
    pub(super) fn issues(&self) -> (i32, Option<&'static str>) {
        best(self.all(), &ISSUE)
    }

    /// How much it sounds like revoking, with the word.
    pub(super) fn revokes(&self) -> (i32, Option<&'static str>) {
        best(self.all(), &REVOKE)
    }

    /// Whether it sounds like something else than issuing, revoking and reading.
    pub(super) fn does_something_else(&self) -> Option<&'static str> {
        OTHER.into_iter().find(|other| self.name.iter().chain(&self.place).any(|word| word == other))
    }

    /// Whether one of these words is among its own.
    pub(super) fn has(&self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|wanted| self.all().any(|word| word == wanted))
    }
}

fn best<'w, const N: usize>(
    words: impl Iterator<Item = &'w String>,
    known: &[(&'static str, i32); N],
) -> (i32, Option<&'static str>) {
    let found = words.filter_map(|word| known.iter().find(|(verb, _)| verb == word));
    found.max_by_key(|(_, score)| *score).map_or((0, None), |(verb, score)| (*score, Some(verb)))
}

/// The words of a name or a sentence, in lower case and in the singular; `api key` is one word.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = text.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (at
                .checked_sub(1)
                .and_then(|before| letters.get(before))
                .is_some_and(|before| before.is_lowercase())
                || next.is_some_and(|next| next.is_lowercase()));
        if (begins || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(singular(&std::mem::take(&mut word)));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(singular(&word));
    }
    let mut joined: Vec<String> = Vec::new();
    for word in words {
        match joined.last_mut() {
            Some(last) if last == "api" && word == "key" => "apikey".clone_into(last),
            Some(last) if last == "log" && word == "out" => "logout".clone_into(last),
            _ => joined.push(word),
        }
    }
    joined
}

fn singular(word: &str) -> String {
    let plain = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix("ies") {
        Some(stem) if word.len() > 4 => format!("{stem}y"),
        _ if plain || word.len() < 4 => word.to_owned(),
        _ => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

/// A name without case and separators, to compare names by.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_and_sentences_are_split_alike() {
        let check = |text: &str, words: &[&str]| assert_eq!(split(text), words, "{text}");
        check("createAPIKey", &["create", "apikey"]);
        check("revoke_api_keys", &["revoke", "apikey"]);
        check("/v1/agent-credentials", &["v1", "agent", "credential"]);
        check("List the user's policies", &["list", "the", "user", "s", "policy"]);
        check("OAuthToken", &["o", "auth", "token"]);
        check("access status", &["access", "status"]);
    }
}
