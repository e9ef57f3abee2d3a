//! Which requirements fall with those that a fault is about: they rest on the same promise. Where a revocation has no
//! effect, say, whatever is revoked in another way stays alive as well.

use rescind_specs::Vendor::{self, Dinie, EntryTarget, ShiftAgent, WattShift};

use crate::fault::Fault;

type Broken = &'static [(Vendor, &'static [&'static str])];

/// The requirements, by contract, that are broken beside those of [`super::breaks::of`].
pub fn of(fault: Fault) -> impl Iterator<Item = (Vendor, &'static [&'static str])> {
    broken(fault).iter().copied()
}

#[expect(clippy::match_same_arms, reason = "a table, one line a fault")]
fn broken(fault: Fault) -> Broken {
    match fault {
        Fault::AcceptedAfterRevocation => &[
            (WattShift, &["R3", "R6", "R9", "R11", "R15", "R19"]),
            (Dinie, &["R9", "R10", "R14", "R17", "R20"]),
            (
                EntryTarget,
                &["R3", "R4", "R5", "R6", "R7", "R8", "R9", "R11", "R12", "R15", "R22", "R23", "R27", "R29"],
            ),
        ],
        Fault::SlowRevocation => &[
            (WattShift, &["R3"]),
            (Dinie, &["R5"]),
            (EntryTarget, &["R3", "R4", "R5", "R6", "R7", "R15", "R29"]),
        ],
        Fault::SlidingCache => &[(EntryTarget, &["R2", "R3", "R5", "R7", "R22"])],
        Fault::RevivedByTime => &[(Dinie, &["R17"])],
        Fault::RevocationNotStored => &[
            (WattShift, &["R3", "R4", "R5", "R6", "R9", "R11", "R15", "R19"]),
            (Dinie, &["R5", "R6", "R9", "R10", "R14", "R17", "R20", "R22"]),
            (ShiftAgent, &["R10", "R12", "R16", "R18", "R19", "R20", "R21", "R22"]),
            (
                EntryTarget,
                &["R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R15", "R27", "R29"],
            ),
        ],
        Fault::TokensDieWithCredential => &[(Dinie, &["R10"])],
        Fault::TokenLifetimeTooLong => &[(Dinie, &["R15"])],
        Fault::ExpiredTokenAccepted => &[(Dinie, &["R15"])],
        Fault::RepeatRevocationServerError => &[
            (WattShift, &["R19"]),
            (Dinie, &["R20"]),
            (ShiftAgent, &["R12", "R22"]),
            (EntryTarget, &["R10", "R23", "R27"]),
        ],
        Fault::RepeatRevocationRevives => &[(Dinie, &["R20"]), (EntryTarget, &["R23", "R27"])],
        Fault::RepeatRevocationSucceeds => {
            &[(ShiftAgent, &["R12", "R22"]), (EntryTarget, &["R10", "R23", "R27"])]
        }
        Fault::SelfRevocationRefused => &[(WattShift, &["R12", "R15", "R19"]), (EntryTarget, &["R13"])],
        Fault::UnknownIdSuccess => &[(Dinie, &["R13"]), (ShiftAgent, &["R12"])],
        Fault::ForeignIdForbidden => &[(ShiftAgent, &["R13"])],
        Fault::ForeignRevocationSucceeds => &[(WattShift, &["R8", "R9", "R13"]), (ShiftAgent, &["R13"])],
        Fault::ForeignRefusalHasEffect => &[(WattShift, &["R9"])],
        Fault::MissingCredentialAccepted => &[(WattShift, &["R13"])],
        Fault::UnauthenticatedRevocationSucceeds => {
            &[(WattShift, &["R3"]), (Dinie, &["R16"]), (ShiftAgent, &["R15"]), (EntryTarget, &["R15"])]
        }
        Fault::CredentialNotUsableAfterIssue => &[
            (WattShift, &["R9", "R12", "R15", "R19"]),
            (Dinie, &["R5"]),
            (EntryTarget, &["R12", "R13", "R17", "R19", "R26"]),
        ],
        Fault::GuardIgnored => &[(ShiftAgent, &["R4", "R5", "R8"])],
        Fault::GuardOutlivesReference => &[(ShiftAgent, &["R8"])],
        Fault::RefusedDeleteClearsReference => &[(ShiftAgent, &["R3", "R4", "R8"])],
        Fault::DeletedStaysReferable => &[(ShiftAgent, &["R21"])],
        Fault::ReregistrationRevives => &[(EntryTarget, &["R23"])],
        Fault::SameIdReissued => &[(WattShift, &["R14"]), (Dinie, &["R7", "R17"])],
        Fault::ListHidesRevoked => &[(Dinie, &["R22"])],
        Fault::ListKeepsDeleted => &[(ShiftAgent, &["R9", "R10", "R16", "R18", "R19", "R22"])],
        Fault::ListShowsActive => &[(Dinie, &["R22"])],
        Fault::WrongMediaType => &[
            (WattShift, &["R10", "R12"]),
            (Dinie, &["R11", "R12", "R15"]),
            (ShiftAgent, &["R3", "R11", "R14"]),
        ],
        Fault::UndocumentedStatus => &[
            (WattShift, &["R7", "R8", "R9", "R10", "R11", "R12", "R19"]),
            (Dinie, &["R11", "R12", "R13", "R15", "R16", "R20"]),
            (ShiftAgent, &["R3", "R4", "R5", "R8", "R10", "R11", "R12", "R13", "R14", "R18", "R22"]),
            (EntryTarget, &["R8", "R9", "R10", "R17", "R19", "R23", "R26", "R27"]),
        ],
        Fault::WrongSuccessStatus => &[
            (WattShift, &["R9", "R12", "R15", "R19"]),
            (Dinie, &["R9", "R10", "R20"]),
            (ShiftAgent, &["R6", "R7", "R8", "R16", "R22"]),
            (EntryTarget, &["R11", "R12", "R13", "R27"]),
        ],
        Fault::MissingRequiredMember => &[
            (WattShift, &["R3", "R10", "R12", "R17"]),
            (EntryTarget, &["R8", "R9", "R10", "R17", "R19", "R23", "R27"]),
        ],
        Fault::RevocationBodyMissingMember => &[(EntryTarget, &["R12"])],
        Fault::EchoWrongId => &[(EntryTarget, &["R12"])],
        Fault::ProductionAccessClaimed => &[(WattShift, &["R16"])],
        Fault::LengthBoundOffByOne => &[(WattShift, &["R13"])],
        Fault::OptionalBodyRequired => &[(WattShift, &["R1", "R7", "R8", "R9", "R15", "R19"])],
        Fault::RefusedRevocationHasEffect => &[(WattShift, &["R12"])],
        _ => &[],
    }
}
