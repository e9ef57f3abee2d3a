//! Promises that the server breaks on request, so that each check can be shown to fail.
//!
//! A fault names one promise, not one contract: what it breaks in each contract is listed beside the vendors. The code
//! that keeps a promise asks [`Faults::is_on`] at the one place where the promise is kept.
//!
//! A fault is on for everybody, or for a single request: which, a rule decides when the request comes in (see
//! [`crate::disturbance`]), once, so that all that is asked within one request is answered alike.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rescind_specs::Vendor;

macro_rules! faults {
    ($($variant:ident $name:literal $about:literal,)*) => {
        /// A promise to break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Fault {
            $(#[doc = $about] $variant,)*
        }

        impl Fault {
            /// All faults, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the command line: `accepted-after-revocation`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What the server does while the fault is on, in a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)*
                }
            }
        }

        const COUNT: usize = [$($name),*].len();
    };
}

faults! {
    // What revocation does.
    AcceptedAfterRevocation "accepted-after-revocation" "A revoked credential is accepted for ever.",
    RevokedMayRevoke "revoked-may-revoke" "A revoked credential is accepted where credentials are revoked.",
    SlowRevocation "slow-revocation" "A revoked credential is refused some minutes later than documented.",
    SlidingCache "sliding-cache" "Each use of a credential renews the time for which it is accepted unchecked.",
    RegistrationFillsCache "registration-fills-cache" "A new credential counts as used, so that its revocation is delayed although nobody used it.",
    RevivedByTime "revived-by-time" "A revoked credential is refused at first and accepted again an hour later.",
    RevocationNotStored "revocation-not-stored" "A revocation is acknowledged without being done.",
    TokensDieWithCredential "tokens-die-with-credential" "Revoking a credential ends the tokens it was exchanged for.",
    TokenLifetimeTooLong "token-lifetime-too-long" "A token lives twice as long as documented.",
    ExpiredTokenAccepted "expired-token-accepted" "A token is accepted past its own expiry.",
    ExpiredCodeIsGeneric "expired-code-is-generic" "An expired token is refused with the code for an unknown one.",
    RevokeRevokesSiblings "revoke-revokes-siblings" "Revoking a credential revokes the other ones of its tenant.",
    RevokeRevokesCaller "revoke-revokes-caller" "Revoking a credential revokes the caller's as well.",
    RepeatRevocationServerError "repeat-revocation-server-error" "Revoking a second time is answered 500.",
    RepeatRevocationRevives "repeat-revocation-revives" "Revoking a second time makes the credential live again.",
    RepeatRevocationSucceeds "repeat-revocation-succeeds" "Revoking a second time is answered as the first time was.",
    ConcurrentRevocationsAllSucceed "concurrent-revocations-all-succeed" "Each of several revocations at one time is told that it was the one.",
    RevocationCodeIsGeneric "revocation-code-is-generic" "A revoked credential is refused with the code for an unknown one.",
    SelfRevocationRefused "self-revocation-refused" "A credential cannot be used to revoke itself.",
    RevocationLostUnderLoad "revocation-lost-under-load" "A revocation is acknowledged and not done while another request presents the credential.",
    RevocationStaysLocal "revocation-stays-local" "Each replica honours the revocations that it did itself, and no others.",
    ServiceKeyOutlivesRevocation "service-key-outlives-revocation" "A service key is accepted although it was revoked.",
    CacheSurvivesRestart "cache-survives-restart" "Who was remembered before a restart is remembered after it.",
    RevocationNeedsOwner "revocation-needs-owner" "Only the caller that made a credential may revoke it.",

    // What is done beside the API.
    RowEditIgnored "row-edit-ignored" "A pair that was made inactive in the table is accepted.",
    RowEditNotFinal "row-edit-not-final" "A pair that was made inactive in the table can be revoked, and registered again.",
    RowEditRaisesAlarm "row-edit-raises-alarm" "A pair that was made inactive in the table is reported, once, as a violated row.",
    OutageSaysUnauthorized "outage-says-unauthorized" "While the store is down, whoever is not remembered is refused.",

    // Whom the server listens to.
    UnknownIdSuccess "unknown-id-success" "Revoking an id that never existed is answered as a success.",
    ForeignIdForbidden "foreign-id-forbidden" "Another tenant's id is answered 403, which tells that it exists.",
    ForeignRevocationSucceeds "foreign-revocation-succeeds" "Another tenant's credential can be revoked.",
    ForeignRefusalHasEffect "foreign-refusal-has-effect" "Revoking somebody else's credential is refused and done all the same.",
    ForeignIdHasAMember "foreign-id-has-a-member" "Another tenant's id is answered as an unknown one, with one member more.",
    ForeignIdNamesDependent "foreign-id-names-dependent" "Another tenant's id is answered with the guard's refusal.",
    UnknownIdSaysSo "unknown-id-says-so" "An id that never existed is answered otherwise than one of somebody else.",
    MissingCredentialAccepted "missing-credential-accepted" "A call without credentials is let through.",
    HalfCredentialAccepted "half-credential-accepted" "A right identifier is accepted with a wrong secret.",
    UnauthenticatedRevocationSucceeds "unauthenticated-revocation-succeeds" "A revocation that is answered 401 is carried out.",
    SecretAcceptedAsToken "secret-accepted-as-token" "A credential is accepted where only a token exchanged for it may be.",
    TokenMayDelete "token-may-delete" "An end user's token may do what is reserved for the service key.",
    ExpiredStillAccepted "expired-still-accepted" "A credential is accepted past its expiry.",
    ExpiryIsForgotten "expiry-is-forgotten" "The expiry asked for is dropped without a word.",
    CredentialNotUsableAfterIssue "credential-not-usable-after-issue" "A new credential is refused for its first minute.",
    RefusalIsRemembered "refusal-is-remembered" "Who was refused is refused for a minute more, even if registered meanwhile.",
    UnverifiedRegistration "unverified-registration" "A pair is registered although its secret is not the one of its key.",
    ExistingKeySaysSo "existing-key-says-so" "Registering an existing key with a wrong secret tells that the key exists.",
    RepeatedRegistrationSucceeds "repeated-registration-succeeds" "Registering a live pair again is answered as the first time was.",

    // Guards, names, idempotency.
    GuardIgnored "guard-ignored" "A credential in use is deleted, and its dependents lose their reference.",
    GuardNamesWrongDependent "guard-names-wrong-dependent" "The guard names a dependent that does not exist.",
    GuardNamesNothing "guard-names-nothing" "The guard names no dependent.",
    GuardOutlivesReference "guard-outlives-reference" "The guard still refuses after the reference was cleared.",
    RefusedDeleteClearsReference "refused-delete-clears-reference" "A refused deletion clears the reference that prevented it.",
    DeletedStaysReferable "deleted-stays-referable" "A deleted credential can be referred to.",
    GuardRaces "guard-races" "The guard is asked a while before the deletion, so that a reference made meanwhile dangles.",
    LastActiveRaces "last-active-races" "The last active credential is looked for a while before the revocation, so that two at once leave none.",
    LastPairKept "last-pair-kept" "The only active pair cannot be revoked.",
    LastActiveRevocable "last-active-revocable" "A tenant's last active credential can be revoked.",
    ReregistrationRevives "reregistration-revives" "Registering a revoked pair again makes it live.",
    ReplayRevives "replay-revives" "Replaying the creation of a revoked credential makes it live.",
    ReplayCreatesAnother "replay-creates-another" "Replaying a creation creates once more.",
    NameStaysTaken "name-stays-taken" "The name of a deleted credential cannot be used again.",
    DuplicateNameAccepted "duplicate-name-accepted" "Two credentials of a tenant may have one name.",
    NameConflictNamesAnother "name-conflict-names-another" "The refusal of a taken name names a credential that does not exist.",
    SameIdReissued "same-id-reissued" "Asking anew after a revocation gives the old credential, live again.",

    // Lists.
    ListHidesRevoked "list-hides-revoked" "The list leaves revoked credentials out.",
    ListKeepsDeleted "list-keeps-deleted" "The list still shows deleted credentials.",
    ListShowsActive "list-shows-active" "The list shows revoked credentials as active.",
    ListShowsForeign "list-shows-foreign" "The list shows other tenants' credentials.",
    ListSkipsAtPageEnd "list-skips-at-page-end" "A credential is lost between two pages of the list.",
    LastUsedMovesWhenRefused "last-used-moves-when-refused" "A refused use is recorded as a use.",
    LastUsedStandsStill "last-used-stands-still" "No use is recorded.",
    IdentityChangesOnRevocation "identity-changes-on-revocation" "Revoking a credential changes its name in the list.",

    // What an answer looks like.
    WrongMediaType "wrong-media-type" "Errors are sent as another media type than documented.",
    UndocumentedStatus "undocumented-status" "Refusals are sent with a status that no document names.",
    WrongSuccessStatus "wrong-success-status" "A revocation is answered with another success status than documented.",
    MissingRequiredMember "missing-required-member" "Errors lack a member that is documented as required.",
    RevocationBodyMissingMember "revocation-body-missing-member" "The answer to a revocation lacks its body or a member of it.",
    EchoWrongId "echo-wrong-id" "The answer to a revocation names another credential.",
    WrongProblemType "wrong-problem-type" "Errors say that they are of no kind in particular.",
    ProblemStatusMismatch "problem-status-mismatch" "The status inside an error differs from the one of the answer.",
    SecretEchoedInList "secret-echoed-in-list" "Later answers about a credential repeat its secret.",
    SecretEchoedInError "secret-echoed-in-error" "Errors repeat the secret that was presented or sent.",
    StackTraceInError "stack-trace-in-error" "Errors carry a stack trace.",
    RateLimitHeadersMissing "rate-limit-headers-missing" "Answers lack the headers that tell the rate limit.",
    SelfDescriptionWrongPath "self-description-wrong-path" "The answer that issues a credential describes a revocation that does not work.",
    ProductionIssued "production-issued" "A request for production access gets a credential.",
    ProductionAccessClaimed "production-access-claimed" "Answers claim production access.",
    RefusalIssues "refusal-issues" "An answer that refuses a credential carries one all the same.",

    // What a request may look like.
    LengthBoundOffByOne "length-bound-off-by-one" "A text one character longer than documented is accepted.",
    OptionalBodyRequired "optional-body-required" "A body that is documented as optional is demanded.",
    InvalidBodyAccepted "invalid-body-accepted" "A body that breaks its schema is accepted.",
    MalformedJsonServerError "malformed-json-server-error" "A body that is no JSON is answered 500.",
    RefusedRevocationHasEffect "refused-revocation-has-effect" "A revocation that is refused for its body is carried out.",
    HeadHasEffect "head-has-effect" "A HEAD request does what the documented method does.",
    UndocumentedMethodAnswered "undocumented-method-answered" "A method that no document names is answered as a success.",
    OversizedBodyServerError "oversized-body-server-error" "A body beyond all limits is answered 500.",
    EncodedPathRefused "encoded-path-refused" "A path with a percent-encoded character is refused.",
}

/// The groups of the catalogue, each with its first fault.
const GROUPS: [(Fault, &str); 7] = [
    (Fault::AcceptedAfterRevocation, "What revocation does"),
    (Fault::RowEditIgnored, "What is done beside the API"),
    (Fault::UnknownIdSuccess, "Whom the server listens to"),
    (Fault::GuardIgnored, "Guards, names, idempotency"),
    (Fault::ListHidesRevoked, "Lists"),
    (Fault::WrongMediaType, "What an answer looks like"),
    (Fault::LengthBoundOffByOne, "What a request may look like"),
];

impl Fault {
    /// The contracts in which the fault breaks something.
    pub fn contracts(self) -> impl Iterator<Item = Vendor> {
        crate::vendor::breaks::of(self).map(|(vendor, _)| vendor)
    }

    /// What it is about, in a few words: the group of the catalogue that it stands in.
    pub fn group(self) -> &'static str {
        let group = GROUPS.iter().rev().find(|(first, _)| *first <= self);
        group.map_or("", |(_, group)| group)
    }

    /// Whether it shows only where several servers share one database.
    pub fn needs_replicas(self) -> bool {
        self == Self::RevocationStaysLocal
    }

    /// The requirements it is about, as `contract/R2`. None where it breaks the OpenAPI document alone.
    pub fn requirements(self) -> impl Iterator<Item = String> {
        crate::vendor::breaks::of(self)
            .flat_map(|(vendor, ids)| ids.iter().map(move |id| format!("{vendor}/{id}")))
    }

    /// The requirements that fall with them, because they rest on the same promise.
    pub fn besides(self) -> impl Iterator<Item = String> {
        crate::vendor::besides::of(self)
            .flat_map(|(vendor, ids)| ids.iter().map(move |id| format!("{vendor}/{id}")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No fault has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {0:?}; `rescind-server faults` lists them")]
pub struct UnknownFault(String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let found = Self::ALL.iter().find(|fault| fault.name() == name);
        found.copied().ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

impl serde::Serialize for Fault {
    /// Its name.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Fault {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Fault {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fault".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<_> = Self::ALL.iter().map(|fault| fault.name()).collect();
        schemars::json_schema!({ "type": "string", "description": "A promise to break.", "enum": names })
    }
}

const WORDS: usize = COUNT.div_ceil(64);

/// Some faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FaultSet([u64; WORDS]);

impl FromIterator<Fault> for FaultSet {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut set = Self::default();
        faults.into_iter().for_each(|fault| set.insert(fault));
        set
    }
}

impl FaultSet {
    pub(crate) fn insert(&mut self, fault: Fault) {
        self.0[fault.word()] |= fault.bit();
    }

    pub(crate) fn contains(self, fault: Fault) -> bool {
        self.0[fault.word()] & fault.bit() != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl Fault {
    fn word(self) -> usize {
        self as usize / 64
    }

    fn bit(self) -> u64 {
        1 << (self as usize % 64)
    }
}

tokio::task_local! {
    /// The promises that are broken for the request that the present task answers.
    static BROKEN_HERE: FaultSet;
}

/// Answers a request with these promises broken for it alone.
pub(crate) async fn breaking<T>(faults: FaultSet, answer: impl Future<Output = T>) -> T {
    if faults.is_empty() { answer.await } else { BROKEN_HERE.scope(faults, answer).await }
}

/// The faults that are on. Clones are handles on the same set.
#[derive(Clone)]
pub struct Faults(Arc<[AtomicU64; WORDS]>);

impl Faults {
    /// A set with no fault.
    pub fn none() -> Self {
        Self(Arc::new([const { AtomicU64::new(0) }; WORDS]))
    }

    /// Whether the server breaks this promise now: for everybody, or for the request that the present task answers.
    pub fn is_on(&self, fault: Fault) -> bool {
        self.0[fault.word()].load(Ordering::SeqCst) & fault.bit() != 0
            || BROKEN_HERE.try_with(|here| here.contains(fault)).unwrap_or(false)
    }

    /// Breaks this promise from now on, for everybody.
    pub fn set(&self, fault: Fault) {
        self.0[fault.word()].fetch_or(fault.bit(), Ordering::SeqCst);
    }

    /// Keeps this promise from now on, except for requests that a rule is about.
    pub fn clear(&self, fault: Fault) {
        self.0[fault.word()].fetch_and(!fault.bit(), Ordering::SeqCst);
    }

    /// Keeps every promise from now on, except for requests that a rule is about.
    pub fn clear_all(&self) {
        for word in self.0.iter() {
            word.store(0, Ordering::SeqCst);
        }
    }

    /// The faults that are on, in the order of the catalogue; see [`is_on`](Self::is_on).
    pub fn on(&self) -> impl Iterator<Item = Fault> + use<> {
        let mut set = BROKEN_HERE.try_with(|here| *here).unwrap_or_default();
        for (all, word) in set.0.iter_mut().zip(self.0.iter()) {
            *all |= word.load(Ordering::SeqCst);
        }
        // Nearly always there is none, and nothing to look through.
        let known: &[Fault] = if set.is_empty() { &[] } else { Fault::ALL };
        known.iter().copied().filter(move |fault| set.contains(*fault))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.on().map(Fault::name)).finish()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<T: IntoIterator<Item = Fault>>(faults: T) -> Self {
        let set = Self::none();
        for fault in faults {
            set.set(fault);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_words_that_parse_back() {
        let names: HashSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(*fault));
            assert!(fault.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{fault}");
            assert!(fault.about().ends_with('.'), "{fault}");
        }
        assert_eq!("nothing".parse::<Fault>(), Err(UnknownFault("nothing".to_owned())));
    }

    #[test]
    fn every_fault_is_in_a_group() {
        assert_eq!(Fault::ALL[0].group(), "What revocation does");
        assert_eq!(Fault::ALL[Fault::ALL.len() - 1].group(), "What a request may look like");
        let mut groups: Vec<_> = Fault::ALL.iter().map(|fault| fault.group()).collect();
        groups.dedup();
        assert_eq!(groups, GROUPS.map(|(_, group)| group));
    }

    #[test]
    fn every_fault_breaks_something() {
        for fault in Fault::ALL {
            assert!(fault.contracts().next().is_some(), "{fault} breaks nothing");
        }
    }

    #[test]
    fn a_set_is_shared_by_its_handles() {
        let faults = Faults::none();
        let handle = faults.clone();
        handle.set(Fault::SlidingCache);
        assert!(faults.is_on(Fault::SlidingCache));
        assert!(!faults.is_on(Fault::SlowRevocation));
        assert_eq!(format!("{faults:?}"), r#"{"sliding-cache"}"#);
        faults.clear_all();
        assert_eq!(handle.on().count(), 0);
    }

    #[test]
    fn each_fault_has_a_place_of_its_own() {
        let faults = Faults::none();
        for (count, fault) in Fault::ALL.iter().enumerate() {
            assert!(!faults.is_on(*fault), "{fault}");
            assert_eq!(faults.on().count(), count);
            faults.set(*fault);
        }
        assert!(faults.on().eq(Fault::ALL.iter().copied()));
        for fault in Fault::ALL {
            faults.clear(*fault);
            assert!(!faults.is_on(*fault), "{fault}");
        }
    }

    #[tokio::test]
    async fn a_fault_of_one_request_is_on_within_it_alone() {
        let faults = Faults::none();
        let mut broken = FaultSet::default();
        broken.insert(Fault::GuardIgnored);
        let inside = breaking(broken, async {
            // Another request that is answered meanwhile has a task, or a scope, of its own.
            let other = tokio::spawn({
                let faults = faults.clone();
                async move { faults.is_on(Fault::GuardIgnored) }
            });
            tokio::task::yield_now().await;
            assert!(!other.await.unwrap());
            assert!(!faults.is_on(Fault::SlidingCache));
            assert!(faults.on().eq([Fault::GuardIgnored]));
            faults.is_on(Fault::GuardIgnored)
        });
        assert!(inside.await);
        assert!(!faults.is_on(Fault::GuardIgnored));
        assert_eq!(faults.on().count(), 0);
    }
}
