//! The values that a retelling speaks of without showing them: what they are called in words and in a shell.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::ExposeSecret as _;

use super::Scene;
use crate::exchange::{Exchange, ExchangeId, OriginKind, Place};

/// Shorter values occur everywhere by chance, so they stay as they are.
const SHORTEST: usize = 3;

/// A value with its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// In a shell: `CLIENT_SECRET_1`.
    pub(super) variable: String,
    /// In words: `client_secret of step 1`.
    pub(super) words: String,
    /// Where it comes from.
    pub(super) from: From,
}

/// Where a named value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// An answer.
    Answer(ExchangeId, Place),
    /// The secret of a caller or of a pair, which the environment has to supply.
    Secret,
    /// The identifier beside such a secret; `Some`: it is no secret, and goes by default.
    Id(Option<String>),
}

/// All named values of a retelling.
#[derive(Debug)]
pub(super) struct Names {
    by_text: BTreeMap<Hidden, Name>,
    steps: BTreeMap<ExchangeId, usize>,
}

/// A value that no `Debug` prints.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Names {
    pub(super) fn new(scene: Scene<'_>, needed: &[&Exchange]) -> Self {
        let steps = needed.iter().enumerate().map(|(number, exchange)| (exchange.id, number + 1)).collect();
        let mut names = Self { by_text: BTreeMap::new(), steps };
        let origins = needed.iter().flat_map(|exchange| &exchange.request.origins);
        for origin in origins.clone().filter(|origin| origin.expose().len() >= SHORTEST) {
            let OriginKind::Response { exchange, place } = &origin.from else { continue };
            let step = names.step(*exchange);
            let field = match place {
                Place::Body(pointer) => pointer.last().unwrap_or_else(|| "body".to_owned()),
                Place::Header(name) | Place::Cookie(name) => name.clone(),
            };
            let text = Hidden(origin.expose().to_owned());
            if names.by_text.contains_key(&text) {
                continue;
            }
            let mut name = Name {
                variable: format!("{}_{step}", word(&field)),
                words: format!("{field} of step {step}"),
                from: From::Answer(*exchange, place.clone()),
            };
            // Two of that name in one answer: the whole place tells them apart.
            if names.by_text.values().any(|known| known.variable == name.variable) {
                let whole = match place {
                    Place::Body(pointer) => pointer.to_string(),
                    Place::Header(name) => format!("header {name}"),
                    Place::Cookie(name) => format!("cookie {name}"),
                };
                name.variable = format!("{}_{step}", word(whole.trim_start_matches('/')));
                name.words = format!("{whole} of step {step}");
            }
            names.by_text.insert(text, name);
        }
        let supplied: BTreeSet<&str> = origins
            .filter_map(|origin| match &origin.from {
                OriginKind::Supplied(variable) => Some(variable.as_str()),
                OriginKind::Response { .. } => None,
            })
            .collect();
        names.add_supplied(scene, &supplied);
        names.add_headers(scene);
        names
    }

    fn add_supplied(&mut self, scene: Scene<'_>, used: &BTreeSet<&str>) {
        let callers = scene.deployment.callers.iter().map(|(caller, pair)| (pair, caller.0.clone(), true));
        let pool = scene.deployment.pool.iter().enumerate();
        let pool = pool.map(|(number, pair)| (pair, format!("pair {} of the pool", number + 1), false));
        for (pair, who, lasting) in
            callers.chain(pool).filter(|(pair, ..)| used.contains(pair.source.as_str()))
        {
            let secret =
                Name { variable: word(&pair.source), words: format!("secret of {who}"), from: From::Secret };
            self.by_text.insert(Hidden(pair.secret.expose_secret().to_owned()), secret);
            if pair.id.len() >= SHORTEST {
                let variable = format!("{}_ID", word(pair.source.trim_end_matches("_SECRET")));
                // A pair of the pool is used up; a repetition needs another one.
                let default = lasting.then(|| pair.id.clone());
                let id = Name { variable, words: format!("id of {who}"), from: From::Id(default) };
                self.by_text.entry(Hidden(pair.id.clone())).or_insert(id);
            }
        }
    }

    /// The headers of the operator that are sent with every request, as far as they are secret.
    fn add_headers(&mut self, scene: Scene<'_>) {
        for header in &scene.deployment.access.headers {
            let Some(source) = &header.source else { continue };
            let name = Name {
                variable: word(source),
                words: format!("the header {} of every request", header.name),
                from: From::Secret,
            };
            self.by_text.insert(Hidden(header.value.expose_secret().to_owned()), name);
        }
    }

    /// The number of the step that an exchange is.
    pub(super) fn step(&self, exchange: ExchangeId) -> usize {
        self.steps.get(&exchange).copied().unwrap_or_default()
    }

    /// Every value with its name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Name)> {
        self.by_text.iter().map(|(text, name)| (text.0.as_str(), name))
    }

    /// What to take from the answer of an exchange, each once.
    pub(super) fn taken_from(&self, exchange: ExchangeId) -> Vec<(&Name, &Place)> {
        let mut taken: Vec<(&Name, &Place)> = self
            .by_text
            .values()
            .filter_map(|name| match &name.from {
                From::Answer(from, place) if *from == exchange => Some((name, place)),
                _ => None,
            })
            .collect();
        taken.sort_by(|(one, _), (other, _)| one.variable.cmp(&other.variable));
        taken
    }
}

/// A name that a shell allows.
fn word(text: &str) -> String {
    let letters = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    let name: String = letters.collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("V_{name}") } else { name }
}
