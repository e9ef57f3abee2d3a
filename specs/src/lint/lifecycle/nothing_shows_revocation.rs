//! A kind of credential whose end nobody could see.

use super::{Rule, Survey};
use crate::Severity;

pub(super) const RULE: Rule = Rule {
    id: "nothing_shows_revocation",
    severity: Severity::Error,
    finds: "A kind can be revoked, and has neither a probe nor a list that would show it.",
    page: "\
Whether a revocation had its effect is seen with a `probe`, a call that a live credential may make and a revoked one may
not, or in the list of credentials (`listed`). With neither, an acknowledged revocation looks like one that did nothing.

Name a probe: an operation that requires the credential, changes nothing, and documents how it refuses. Where nothing
takes the credential itself, name the list that shows it.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for (at, name, kind) in survey.kinds() {
        if kind.revoke.is_some() && kind.probe.is_none() && kind.listed.is_none() {
            let message = format!("nothing shows whether a `{name}` was revoked");
            survey.find_key(
                &at,
                message,
                "add `probe`, or `listed` where nothing takes the credential itself",
            );
        }
    }
}
