//! Which requirement of which contract each fault is about. A contract without a requirement beside it is broken in its
//! OpenAPI document alone. What falls with these is in [`super::besides`].

use rescind_specs::Vendor::{self, Dinie, EntryTarget, ShiftAgent, WattShift};

use crate::fault::Fault;

type Broken = &'static [(Vendor, &'static [&'static str])];

/// The contracts a fault breaks, and the requirements in each.
pub fn of(fault: Fault) -> impl Iterator<Item = (Vendor, &'static [&'static str])> {
    broken(fault).iter().copied()
}

#[expect(clippy::too_many_lines, clippy::match_same_arms, reason = "a table, one line a fault")]
fn broken(fault: Fault) -> Broken {
    match fault {
        Fault::AcceptedAfterRevocation => {
            &[(WattShift, &["R2", "R4", "R5"]), (Dinie, &["R2", "R5"]), (EntryTarget, &["R2"])]
        }
        Fault::SlowRevocation => &[(WattShift, &["R4"]), (Dinie, &["R2"]), (EntryTarget, &["R2"])],
        Fault::SlidingCache => &[(EntryTarget, &["R4"])],
        Fault::RegistrationFillsCache => &[(EntryTarget, &["R6"])],
        Fault::RevokedMayRevoke => &[(EntryTarget, &["R15"])],
        Fault::ForeignRefusalHasEffect => &[(WattShift, &["R7", "R13"])],
        Fault::RefusalIsRemembered => &[(EntryTarget, &["R21"])],
        Fault::ExistingKeySaysSo => &[(EntryTarget, &["R19"])],
        Fault::RepeatedRegistrationSucceeds => &[(EntryTarget, &["R18"])],
        Fault::ProductionAccessClaimed => &[(WattShift, &["R18"])],
        Fault::RevivedByTime => &[(WattShift, &["R5"]), (Dinie, &["R5"]), (EntryTarget, &["R7"])],
        Fault::RevocationNotStored => {
            &[(WattShift, &["R2"]), (Dinie, &["R2"]), (ShiftAgent, &["R2", "R9"]), (EntryTarget, &["R2"])]
        }
        Fault::TokensDieWithCredential => &[(Dinie, &["R3"])],
        Fault::TokenLifetimeTooLong | Fault::ExpiredTokenAccepted => &[(Dinie, &["R4"])],
        Fault::ExpiredCodeIsGeneric => &[(Dinie, &["R4"])],
        Fault::RevokeRevokesSiblings => &[(Dinie, &["R8"]), (EntryTarget, &["R16"])],
        Fault::RevokeRevokesCaller => &[(Dinie, &["R8"]), (EntryTarget, &["R16"])],
        Fault::RepeatRevocationServerError => {
            &[(WattShift, &["R11"]), (Dinie, &["R14"]), (ShiftAgent, &["R10"]), (EntryTarget, &["R9"])]
        }
        Fault::RepeatRevocationRevives => &[(WattShift, &["R11"]), (Dinie, &["R14"]), (EntryTarget, &["R9"])],
        Fault::RepeatRevocationSucceeds => &[(ShiftAgent, &["R10"]), (EntryTarget, &["R9"])],
        Fault::ConcurrentRevocationsAllSucceed => &[(ShiftAgent, &["R22"]), (EntryTarget, &["R27"])],
        Fault::RevocationCodeIsGeneric => &[(WattShift, &["R3"])],
        Fault::SelfRevocationRefused => {
            &[(WattShift, &["R1", "R9"]), (Dinie, &["R10"]), (EntryTarget, &["R12"])]
        }
        Fault::RevocationLostUnderLoad => &[(WattShift, &["R4"]), (Dinie, &["R2"]), (EntryTarget, &["R2"])],
        Fault::RevocationStaysLocal => {
            &[(WattShift, &["R2", "R4"]), (Dinie, &["R2"]), (EntryTarget, &["R2"])]
        }
        Fault::ServiceKeyOutlivesRevocation => &[(ShiftAgent, &["R23"])],
        Fault::CacheSurvivesRestart => &[(EntryTarget, &["R29"])],
        Fault::RowEditIgnored => &[(EntryTarget, &["R22", "R23"])],
        Fault::RowEditNotFinal => &[(EntryTarget, &["R23"])],
        Fault::RowEditRaisesAlarm => &[(EntryTarget, &["R24"])],
        Fault::OutageSaysUnauthorized => &[(EntryTarget, &["R26"])],
        Fault::LastPairKept => &[(EntryTarget, &["R13"])],
        Fault::LastUsedStandsStill => &[(Dinie, &["R22"])],
        Fault::GuardRaces => &[(ShiftAgent, &["R21"])],
        Fault::LastActiveRaces => &[(Dinie, &["R20"])],
        Fault::RevocationNeedsOwner => &[(Dinie, &["R9"]), (ShiftAgent, &["R16"]), (EntryTarget, &["R11"])],
        Fault::UnknownIdSuccess => {
            &[(WattShift, &["R8"]), (Dinie, &["R12"]), (ShiftAgent, &["R11"]), (EntryTarget, &["R10"])]
        }
        Fault::ForeignIdForbidden => &[(Dinie, &["R13"]), (ShiftAgent, &["R12"])],
        Fault::ForeignRevocationSucceeds => {
            &[(WattShift, &["R7"]), (Dinie, &["R13"]), (ShiftAgent, &["R12"])]
        }
        Fault::ForeignIdHasAMember => &[(ShiftAgent, &["R12"])],
        Fault::ForeignIdNamesDependent => &[(ShiftAgent, &["R13"])],
        Fault::UnknownIdSaysSo => &[(WattShift, &["R8"]), (EntryTarget, &["R10"])],
        Fault::MissingCredentialAccepted => {
            &[(WattShift, &["R10"]), (Dinie, &["R15"]), (ShiftAgent, &["R14"]), (EntryTarget, &["R14"])]
        }
        Fault::HalfCredentialAccepted => &[(Dinie, &[]), (EntryTarget, &["R14"])],
        Fault::UnauthenticatedRevocationSucceeds => &[
            (WattShift, &["R10", "R13"]),
            (Dinie, &["R15"]),
            (ShiftAgent, &["R14"]),
            (EntryTarget, &["R14"]),
        ],
        Fault::SecretAcceptedAsToken => &[(Dinie, &["R16"])],
        Fault::TokenMayDelete => &[(ShiftAgent, &["R15"])],
        Fault::ExpiredStillAccepted => &[(WattShift, &["R17"]), (Dinie, &["R18"])],
        Fault::ExpiryIsForgotten => &[(WattShift, &["R17"]), (Dinie, &["R18"])],
        Fault::CredentialNotUsableAfterIssue => &[(WattShift, &[]), (Dinie, &[]), (EntryTarget, &["R21"])],
        Fault::UnverifiedRegistration => &[(EntryTarget, &["R17"])],
        Fault::GuardIgnored => &[(ShiftAgent, &["R3"])],
        Fault::GuardNamesWrongDependent | Fault::GuardNamesNothing => &[(ShiftAgent, &["R4"])],
        Fault::GuardOutlivesReference => &[(ShiftAgent, &["R6", "R7"])],
        Fault::RefusedDeleteClearsReference => &[(ShiftAgent, &["R5"])],
        Fault::DeletedStaysReferable => &[(ShiftAgent, &["R20"])],
        Fault::LastActiveRevocable => &[(Dinie, &["R11"])],
        Fault::ReregistrationRevives => &[(EntryTarget, &["R7", "R8"])],
        Fault::ReplayRevives => &[(Dinie, &["R17"]), (ShiftAgent, &["R19"])],
        Fault::ReplayCreatesAnother => &[(Dinie, &["R17"]), (ShiftAgent, &["R19"])],
        Fault::NameStaysTaken | Fault::DuplicateNameAccepted => &[(ShiftAgent, &["R18"])],
        Fault::NameConflictNamesAnother => &[(ShiftAgent, &["R18"])],
        Fault::SameIdReissued => &[(WattShift, &["R6"]), (Dinie, &["R5"]), (ShiftAgent, &["R18"])],
        Fault::ListHidesRevoked | Fault::ListShowsActive => &[(Dinie, &["R6"])],
        Fault::ListKeepsDeleted => &[(ShiftAgent, &["R2"])],
        Fault::ListShowsForeign => &[(Dinie, &["R13"]), (ShiftAgent, &["R12"])],
        Fault::ListSkipsAtPageEnd => &[(Dinie, &["R6"]), (ShiftAgent, &["R2"])],
        Fault::LastUsedMovesWhenRefused => &[(Dinie, &["R22"])],
        Fault::IdentityChangesOnRevocation => &[(Dinie, &["R6"])],
        Fault::WrongMediaType | Fault::UndocumentedStatus | Fault::MissingRequiredMember => {
            &[(WattShift, &[]), (Dinie, &[]), (ShiftAgent, &[]), (EntryTarget, &[])]
        }
        Fault::WrongSuccessStatus => {
            &[(WattShift, &["R1"]), (Dinie, &["R1"]), (ShiftAgent, &["R1"]), (EntryTarget, &["R1"])]
        }
        Fault::RevocationBodyMissingMember => &[(WattShift, &["R1"]), (EntryTarget, &["R1"])],
        Fault::EchoWrongId => &[(WattShift, &["R1"]), (EntryTarget, &["R1"])],
        Fault::WrongProblemType => &[(ShiftAgent, &["R3", "R10", "R11", "R12", "R18"])],
        Fault::ProblemStatusMismatch => &[(Dinie, &[]), (ShiftAgent, &[])],
        Fault::SecretEchoedInList => {
            &[(WattShift, &["R14"]), (Dinie, &["R7"]), (ShiftAgent, &["R17"]), (EntryTarget, &["R20"])]
        }
        Fault::SecretEchoedInError => {
            &[(WattShift, &["R14"]), (Dinie, &["R7"]), (ShiftAgent, &["R17"]), (EntryTarget, &["R20"])]
        }
        Fault::StackTraceInError => &[(WattShift, &[]), (Dinie, &[]), (ShiftAgent, &[]), (EntryTarget, &[])],
        Fault::RateLimitHeadersMissing => &[(Dinie, &[])],
        Fault::SelfDescriptionWrongPath => &[(WattShift, &["R15"])],
        Fault::ProductionIssued | Fault::RefusalIssues => &[(WattShift, &["R16"])],
        Fault::LengthBoundOffByOne => &[(WattShift, &["R12"]), (ShiftAgent, &[])],
        Fault::OptionalBodyRequired => &[(WattShift, &["R12"])],
        Fault::InvalidBodyAccepted | Fault::MalformedJsonServerError => {
            &[(WattShift, &[]), (Dinie, &[]), (ShiftAgent, &[]), (EntryTarget, &[])]
        }
        Fault::RefusedRevocationHasEffect => &[(WattShift, &["R13"])],
        Fault::HeadHasEffect
        | Fault::UndocumentedMethodAnswered
        | Fault::OversizedBodyServerError
        | Fault::EncodedPathRefused => {
            &[(WattShift, &[]), (Dinie, &[]), (ShiftAgent, &[]), (EntryTarget, &[])]
        }
    }
}
