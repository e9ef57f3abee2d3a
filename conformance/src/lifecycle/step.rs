//! One step of a sequence, in terms of the contract and not of requests.

use std::fmt;
use std::time::Duration;

use rescind_specs::lifecycle::{
    BodyCase, Call, CallerName, DependentName, HookName, JsonTemplate, Period, TokenName, WayName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::{Letter, Number, period};

/// A place for a credential within a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "Letter", try_from = "Letter")]
#[schemars(with = "Letter")]
pub struct Slot(pub u8);

/// A place for a token within a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "Number", try_from = "Number")]
#[schemars(with = "Number")]
pub struct TokenSlot(pub u8);

/// A place for a dependent within a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "Number", try_from = "Number")]
#[schemars(with = "Number")]
pub struct DependentSlot(pub u8);

/// How a credential is issued.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuing {
    /// The slot whose name, or pair, is asked for once more; `None`: those of the slot itself, made up on first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Slot>,
    /// What differs from the documented body.
    #[serde(default)]
    pub patch: Patch,
    /// The idempotency key.
    #[serde(default)]
    pub key: Key,
    /// The caller who issues it; absent: whoever the contract says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallerName>,
}

/// What differs from the documented issuing body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Patch {
    /// Nothing.
    #[default]
    Nothing,
    /// A short life is asked for.
    Expiring,
    /// These members (RFC 7396).
    Body(JsonTemplate),
}

/// The idempotency key of an issuing call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// One of its own.
    #[default]
    Fresh,
    /// That of the call it is like: the same request once more.
    Same,
}

/// What is to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The credential of a slot.
    Slot(Slot),
    /// An identifier that no credential has.
    Unknown,
}

/// Who revokes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Whoever the contract says.
    Documented,
    /// The credential of a slot.
    Slot(Slot),
    /// A token.
    Token(TokenSlot),
    /// A caller.
    Caller(CallerName),
    /// Nobody: no credential is presented.
    Nobody,
    /// A well-formed credential that is nobody's.
    Unknown,
    /// The credential to be revoked, with a wrong secret.
    WrongSecret,
    /// Whoever the contract says, without this one of several required values.
    Without(usize),
    /// Identifier and secret of the credential to be revoked, as HTTP Basic.
    BasicPair,
    /// The secret of the credential to be revoked, as a bearer.
    BareSecret,
    /// A fresh token of a caller that is not meant for this operation.
    TokenOf(CallerName, TokenName),
}

/// Until when to wait, by the deployment's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// So long from now.
    For(
        #[serde(with = "period")]
        #[schemars(with = "Period")]
        Duration,
    ),
    /// So long after the revocation of a slot was acknowledged.
    AfterRevocation(
        Slot,
        #[serde(with = "period")]
        #[schemars(with = "Period")]
        Duration,
    ),
    /// So many seconds after (or before) the credential of a slot expires.
    Expiry(Slot, i64),
    /// So many seconds after (or before) a token expires.
    TokenExpiry(TokenSlot, i64),
    /// So long after a token was received.
    TokenAge(
        TokenSlot,
        #[serde(with = "period")]
        #[schemars(with = "Period")]
        Duration,
    ),
}

/// Which of two calls at once has the time of another call's start, so that races of different lengths are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lead {
    /// Neither.
    #[default]
    Neither,
    /// The revocation.
    Revocation,
    /// The creation of the dependent.
    Creation,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Makes up what a credential will be, so that it is known before it is issued.
    Reserve(Slot),
    /// Puts the credential that the operator supplied for a caller into a slot.
    Adopt(Slot, CallerName),
    /// Issues a credential.
    Issue(Slot, Issuing),
    /// Presents a credential, at each replica: is it accepted?
    Present(Slot),
    /// Presents a revoked credential again and again, at each replica.
    PresentEvery {
        /// Which.
        slot: Slot,
        /// The time between two uses.
        #[serde(with = "period")]
        #[schemars(with = "Period")]
        every: Duration,
        /// When to stop, counted from the answer to its revocation.
        #[serde(with = "period")]
        #[schemars(with = "Period")]
        until: Duration,
    },
    /// Exchanges a credential for a token.
    Exchange(Slot, TokenName, TokenSlot),
    /// Presents a token: is it accepted?
    PresentToken(TokenSlot),
    /// Asks for a revocation.
    Revoke {
        /// Of what.
        target: Target,
        /// As whom.
        by: By,
        /// With this body instead of the documented one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<BodyCase>,
    },
    /// Revokes a credential in one of the further ways.
    RevokeBy(WayName, Slot),
    /// Asks for a revocation with the method and path that the issuing answer gave.
    RevokeAsDescribed(Slot),
    /// Asks for several revocations of one credential at once.
    RevokeMany(Slot, u8),
    /// Revokes several credentials of one caller at once, as that caller.
    RevokeTogether(Vec<Slot>, CallerName),
    /// Revokes a credential while so many uses of it are under way at each moment, and goes on using it for a while.
    RaceUse(Slot, u8),
    /// Revokes a credential and creates a dependent that refers to it, at once.
    RaceReference(DependentName, DependentSlot, Slot, Lead),
    /// A step outside of the API, about the credential of a slot or about none.
    Hook(HookName, Option<Slot>),
    /// Makes a call that the contract describes, about the credential of a slot.
    Call(Box<Call>, Slot),
    /// Lists the credentials, all pages: as the contract says, or as a caller.
    List(Option<CallerName>),
    /// Lists the credentials in pages so short that there are several.
    ListInShortPages,
    /// Ends the sequence unless the credential of the slot is the only active one of its caller.
    StopUnlessOnlyActive(Slot),
    /// Lets time pass.
    Wait(Until),
    /// Creates a dependent that refers to a credential.
    Create(DependentName, DependentSlot, Slot),
    /// Reads a dependent.
    Read(DependentSlot),
    /// Makes a dependent refer to another credential.
    Repoint(DependentSlot, Slot),
    /// Clears the reference of a dependent.
    Clear(DependentSlot),
    /// Deletes a dependent.
    Delete(DependentSlot),
}

impl Step {
    /// Issues a credential as documented.
    pub fn issue(slot: u8) -> Self {
        Self::Issue(Slot(slot), Issuing::default())
    }

    /// Presents a credential.
    pub fn present(slot: u8) -> Self {
        Self::Present(Slot(slot))
    }

    /// Revokes a credential as documented.
    pub fn revoke(slot: u8) -> Self {
        Self::revoke_by(slot, By::Documented)
    }

    /// Revokes a credential as somebody.
    pub fn revoke_by(slot: u8, by: By) -> Self {
        Self::Revoke { target: Target::Slot(Slot(slot)), by, body: None }
    }

    /// Whether it makes calls at once, so that what comes of it is a matter of chance.
    pub fn races(&self) -> bool {
        matches!(
            self,
            Self::RaceReference(..) | Self::RaceUse(..) | Self::RevokeTogether(..) | Self::RevokeMany(..)
        )
    }

    /// Waits until so long after a revocation.
    pub fn after_revocation(slot: u8, time: Duration) -> Self {
        Self::Wait(Until::AfterRevocation(Slot(slot), time))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Letters read better than numbers; no scenario needs more than a few.
        let letter = char::from(b'A' + self.0 % 26);
        write!(f, "{letter}")
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documented => f.write_str("as documented"),
            Self::Slot(slot) => write!(f, "as {slot}"),
            Self::Token(token) => write!(f, "with token {}", token.0 + 1),
            Self::Caller(name) => write!(f, "as {name}"),
            Self::Nobody => f.write_str("without any credential"),
            Self::Unknown => f.write_str("with a credential that is nobody's"),
            Self::WrongSecret => f.write_str("with a wrong secret"),
            Self::Without(index) => write!(f, "without required value {}", index + 1),
            Self::BasicPair => f.write_str("with its own pair as HTTP Basic"),
            Self::BareSecret => f.write_str("with its own secret as a bearer"),
            Self::TokenOf(caller, token) => write!(f, "with a {token} token of {caller}"),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |seconds: i64| if seconds < 0 { "before" } else { "after" };
        match self {
            Self::For(time) => write!(f, "for {} s", time.as_secs()),
            Self::AfterRevocation(slot, time) => {
                write!(f, "until {} s after the revocation of {slot}", time.as_secs())
            }
            Self::Expiry(slot, seconds) => {
                write!(f, "until {} s {} {slot} expires", seconds.unsigned_abs(), side(*seconds))
            }
            Self::TokenExpiry(token, seconds) => {
                let number = token.0 + 1;
                write!(f, "until {} s {} token {number} expires", seconds.unsigned_abs(), side(*seconds))
            }
            Self::TokenAge(token, time) => {
                write!(f, "until token {} is {} s old", token.0 + 1, time.as_secs())
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserve(slot) => write!(f, "prepare credential {slot}"),
            Self::Adopt(slot, caller) => write!(f, "take the credential of {caller} as {slot}"),
            Self::Issue(slot, issuing) => {
                write!(f, "issue credential {slot}")?;
                match (&issuing.like, issuing.key) {
                    (Some(like), Key::Same) => write!(f, " with the very request of {like}")?,
                    (Some(like), Key::Fresh) => write!(f, " like {like}")?,
                    (None, _) => {}
                }
                if let Some(caller) = &issuing.by {
                    write!(f, " as {caller}")?;
                }
                match &issuing.patch {
                    Patch::Nothing => Ok(()),
                    Patch::Expiring => f.write_str(" with a short life"),
                    Patch::Body(body) => write!(f, " with {}", body.as_value()),
                }
            }
            Self::Present(slot) => write!(f, "present {slot}"),
            Self::PresentEvery { slot, every, until } => {
                let (every, until) = (Period::from(*every), Period::from(*until));
                write!(f, "present {slot} every {every} until {until} after its revocation")
            }
            Self::Exchange(slot, token, into) => {
                write!(f, "exchange {slot} for {token} token {}", into.0 + 1)
            }
            Self::PresentToken(token) => write!(f, "present token {}", token.0 + 1),
            Self::Revoke { target, by, body } => {
                match target {
                    Target::Slot(slot) => write!(f, "revoke {slot} {by}")?,
                    Target::Unknown => write!(f, "revoke an unknown identifier {by}")?,
                }
                match body {
                    None => Ok(()),
                    Some(BodyCase::Absent(_)) => f.write_str(", without a body"),
                    Some(BodyCase::Json(body)) => write!(f, ", with the body {}", body.as_value()),
                    Some(BodyCase::LongText { member, length }) => {
                        write!(f, ", with {length} characters in {member}")
                    }
                }
            }
            Self::RevokeBy(way, slot) => write!(f, "revoke {slot} by {way}"),
            Self::RevokeAsDescribed(slot) => write!(f, "revoke {slot} as its issuing answer says"),
            Self::RevokeMany(slot, parallel) => write!(f, "revoke {slot} {parallel} times at once"),
            Self::RevokeTogether(slots, caller) => {
                let names: Vec<String> = slots.iter().map(Slot::to_string).collect();
                write!(f, "revoke {} at once as {caller}", names.join(" and "))
            }
            Self::RaceUse(slot, uses) => write!(f, "revoke {slot} while {uses} uses of it are under way"),
            Self::RaceReference(name, into, slot, lead) => {
                write!(f, "revoke {slot} and create {name} {} that refers to it, at once", into.0 + 1)?;
                match lead {
                    Lead::Neither => Ok(()),
                    Lead::Revocation => f.write_str(", the revocation a moment earlier"),
                    Lead::Creation => f.write_str(", the creation a moment earlier"),
                }
            }
            Self::Hook(name, None) => write!(f, "run the hook {name}"),
            Self::Hook(name, Some(slot)) => write!(f, "run the hook {name} on {slot}"),
            Self::Call(call, _) => write!(f, "call {} as {}", call.operation, call.actor),
            Self::ListInShortPages => f.write_str("list the credentials in short pages"),
            Self::List(None) => f.write_str("list the credentials"),
            Self::List(Some(caller)) => write!(f, "list the credentials as {caller}"),
            Self::StopUnlessOnlyActive(slot) => write!(f, "make sure that {slot} is the only active one"),
            Self::Wait(until) => write!(f, "wait {until}"),
            Self::Create(name, into, slot) => {
                write!(f, "create {name} {} that refers to {slot}", into.0 + 1)
            }
            Self::Read(dependent) => write!(f, "read dependent {}", dependent.0 + 1),
            Self::Repoint(dependent, slot) => {
                write!(f, "make dependent {} refer to {slot}", dependent.0 + 1)
            }
            Self::Clear(dependent) => write!(f, "clear the reference of dependent {}", dependent.0 + 1),
            Self::Delete(dependent) => write!(f, "delete dependent {}", dependent.0 + 1),
        }
    }
}
