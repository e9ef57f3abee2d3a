//! A caller of each contract: how it issues, how it revokes, what shows whether a credential works.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::Callers;
use crate::wire::{Answer, Wire};

/// Every contract that can issue and revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contract {
    WattShift,
    Dinie,
    ShiftAgent,
    EntryTarget,
}

impl Contract {
    pub(crate) const ALL: [Self; 4] = [Self::WattShift, Self::Dinie, Self::ShiftAgent, Self::EntryTarget];
}

/// What identifies a credential, and what proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A credential to ask for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// A key. Asking again gives another one.
    WattShift,
    /// A client credential, under an idempotency key.
    Dinie { key: String },
    /// A secret to be kept, under an idempotency key, which is its name as well.
    ShiftAgent { key: String },
    /// The registration of a pair that is there already.
    EntryTarget(Pair),
}

impl Wanted {
    pub(crate) fn contract(&self) -> Contract {
        match self {
            Self::WattShift => Contract::WattShift,
            Self::Dinie { .. } => Contract::Dinie,
            Self::ShiftAgent { .. } => Contract::ShiftAgent,
            Self::EntryTarget(_) => Contract::EntryTarget,
        }
    }
}

/// What became of a wish for a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// It is there now, or was before and the first answer was given again.
    Made(Pair),
    /// It was there before, and the contract has no other word for that.
    Exists,
}

/// The ids of ShiftAgent's list, which is all that shows whether a credential is there.
pub(crate) struct Listed(HashSet<String>);

/// A caller with a connection of its own.
pub(crate) struct Client {
    wire: Wire,
    callers: Arc<Callers>,
}

/// What a caller was told that was neither of the answers that it can do something with, as when the database is gone.
fn unsettled((status, body): Answer) -> io::Error {
    io::Error::other(format!("{status} {body}"))
}

const JSON: (&str, &str) = ("content-type", "application/json");

impl Client {
    pub(crate) fn new(wire: Wire, callers: Arc<Callers>) -> Self {
        Self { wire, callers }
    }

    /// What to ask a contract for next.
    pub(crate) fn wish(&self, contract: Contract, key: String) -> Wanted {
        match contract {
            Contract::WattShift => Wanted::WattShift,
            Contract::Dinie => Wanted::Dinie { key },
            Contract::ShiftAgent => Wanted::ShiftAgent { key },
            Contract::EntryTarget => {
                let pair = self.callers.pool.lock().unwrap().pop();
                Wanted::EntryTarget(pair.unwrap_or_else(|| panic!("the pool of pairs is used up")))
            }
        }
    }

    pub(crate) async fn exchange(&mut self, pair: &Pair) -> io::Result<Answer> {
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", pair.id, pair.secret)));
        let headers = [("authorization", &*basic), ("content-type", "application/x-www-form-urlencoded")];
        self.wire.call(("POST", "/dinie/v3/auth/token"), &headers, "grant_type=client_credentials").await
    }

    pub(crate) async fn issue(&mut self, wanted: &Wanted) -> io::Result<Issue> {
        let callers = self.callers.clone();
        let (path, headers, body) = match wanted {
            Wanted::WattShift => {
                let body = json!({
                    "organization_name": "Example Energy Lab",
                    "user_name": "Robin Example",
                    "assignment": "Check that revoked keys are refused.",
                    "requested_scopes": ["calculate"],
                });
                ("/wattshift/v1/agent-credentials", vec![JSON], body)
            }
            Wanted::Dinie { key } => {
                let headers = vec![JSON, ("authorization", &*callers.partner), ("idempotency-key", key)];
                ("/dinie/v3/auth/credentials", headers, json!({ "name": "a" }))
            }
            Wanted::ShiftAgent { key } => {
                let headers = vec![JSON, ("authorization", &*callers.service), ("idempotency-key", key)];
                let body = json!({ "name": key, "type": "generic_secret", "secret": "planted-2f9c41d07b" });
                ("/shiftagent/credentials", headers, body)
            }
            Wanted::EntryTarget(pair) => {
                let body = json!({ "api_key": pair.id, "api_secret": pair.secret });
                ("/entrytarget/credentials", vec![JSON], body)
            }
        };
        let (status, body) = self.wire.call(("POST", path), &headers, &body.to_string()).await?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let (id, secret) = match (wanted, status) {
            (Wanted::WattShift, 200) => (text("credential_id"), text("credential")),
            (Wanted::Dinie { .. }, 201) => (text("client_id"), text("client_secret")),
            // Whoever asks chose the secret.
            (Wanted::ShiftAgent { .. }, 201) => (text("id"), Some(String::new())),
            (Wanted::EntryTarget(pair), 201) => (text("api_key"), Some(pair.secret.clone())),
            (Wanted::EntryTarget(_), 409) => return Ok(Issue::Exists),
            _ => (None, None),
        };
        match id.zip(secret) {
            Some((id, secret)) => Ok(Issue::Made(Pair { id, secret })),
            None => Err(unsettled((status, body))),
        }
    }

    /// Whether a credential was revoked now; if not, there was nothing to revoke.
    pub(crate) async fn revoke(&mut self, contract: Contract, pair: &Pair) -> io::Result<bool> {
        let callers = self.callers.clone();
        let Pair { id, secret } = pair;
        let (method, path, headers, body) = match contract {
            Contract::WattShift => {
                let path = format!("/wattshift/v1/agent-credentials/{id}/revoke");
                ("POST", path, vec![JSON, ("x-ws-api-key", secret)], "{}")
            }
            Contract::Dinie => {
                let path = format!("/dinie/v3/auth/credentials/{id}");
                ("DELETE", path, vec![("authorization", &*callers.partner)], "")
            }
            Contract::ShiftAgent => {
                let path = format!("/shiftagent/credentials/{id}");
                ("DELETE", path, vec![("authorization", &*callers.service)], "")
            }
            Contract::EntryTarget => {
                ("DELETE", format!("/entrytarget/credentials/{id}"), ledger(&callers.ledger), "")
            }
        };
        match self.wire.call((method, &path), &headers, body).await? {
            (200 | 204, _) => Ok(true),
            (404, _) => Ok(false),
            answer => Err(unsettled(answer)),
        }
    }

    /// What ShiftAgent lists, on all pages.
    pub(crate) async fn list(&mut self) -> io::Result<Listed> {
        let callers = self.callers.clone();
        let mut listed = HashSet::new();
        let mut path = "/shiftagent/credentials?limit=100".to_owned();
        loop {
            let headers = [("authorization", &*callers.service)];
            let (status, page) = self.wire.call(("GET", &path), &headers, "").await?;
            let Some(data) = page["data"].as_array().filter(|_| status == 200) else {
                return Err(unsettled((status, page)));
            };
            listed.extend(data.iter().filter_map(|entry| Some(entry["id"].as_str()?.to_owned())));
            match &page["next_cursor"] {
                Value::String(next) => {
                    path = format!("/shiftagent/credentials?limit=100&starting_after={next}");
                }
                _ => return Ok(Listed(listed)),
            }
        }
    }

    /// Whether a credential works; `listed` is what was listed since anything was done to it.
    pub(crate) async fn is_accepted(
        &mut self,
        contract: Contract,
        pair: &Pair,
        listed: &Listed,
    ) -> io::Result<bool> {
        let answer = match contract {
            Contract::WattShift => {
                let look = json!({ "zipcode": "94107", "detailLevel": "minimal" }).to_string();
                let headers = [JSON, ("x-ws-api-key", &*pair.secret)];
                self.wire.call(("POST", "/wattshift/v1/utility/get"), &headers, &look).await?
            }
            Contract::Dinie => self.exchange(pair).await?,
            Contract::ShiftAgent => return Ok(listed.0.contains(&pair.id)),
            Contract::EntryTarget => return self.is_let_in(pair).await,
        };
        match answer {
            (200, _) => Ok(true),
            (401, _) => Ok(false),
            answer => Err(unsettled(answer)),
        }
    }

    /// Whether EntryTarget lets a pair in. One that it lets in is in its cache from then on.
    pub(crate) async fn is_let_in(&mut self, pair: &Pair) -> io::Result<bool> {
        // Nobody has this account; who is let in is told so.
        let path = "/entrytarget/account/00000000-0000-4000-8000-000000000000";
        match self.wire.call(("GET", path), &ledger(pair), "").await? {
            (404, _) => Ok(true),
            (401, _) => Ok(false),
            answer => Err(unsettled(answer)),
        }
    }
}

/// How EntryTarget is told who calls.
fn ledger(pair: &Pair) -> Vec<(&str, &str)> {
    vec![("x-api-key", &*pair.id), ("x-api-secret", &*pair.secret)]
}
