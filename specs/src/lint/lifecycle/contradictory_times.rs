//! Bounds in time that contradict each other.

use super::{Rule, Survey};
use crate::lifecycle::{CheckSpec, Period, Traffic};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "contradictory_times",
    severity: Severity::Error,
    finds: "Two bounds in time contradict each other, or one leaves nothing to look at.",
    page: "\
A revoked credential may be accepted for `propagation_delay`; a requirement that wants it refused earlier (`within`)
contradicts that, unless it is about a credential that was never used (`traffic: unused`). `preferred` recommends a
shorter time than `within`, so it has to be shorter. `watch: 0s` ends at the bound itself, where nothing can be seen.
A token that is documented to live for `lifetime` cannot have to be dead before that (`at_most`).

Correct the one that the documentation does not bear out.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let zero = Period::default();
    let mut found: Vec<(Pointer, String, &str)> = Vec::new();
    for (at, _, kind) in survey.kinds() {
        let expiring = kind.issue.as_ref().and_then(|issue| issue.expiring.as_ref());
        if expiring.is_some_and(|expiring| expiring.lifetime == zero) {
            let message = "a credential that lives for no time cannot be seen to work".to_owned();
            found.push((
                at.join("issue").join("expiring").join("lifetime"),
                message,
                "write a short time, such as `2m`",
            ));
        }
    }
    for (at, check) in survey.checks() {
        let kind = survey.lifecycle.kind(check.kind()).map(|(_, kind)| kind);
        let delay = kind.and_then(|kind| kind.revoke.as_ref()).map(|revoke| revoke.propagation_delay);
        let early = |within: Period| delay.filter(|delay| within < *delay);
        match check {
            CheckSpec::UseAfterRevocation(with) => {
                let own = with.by.hook().is_none() && with.held_by.is_none() && with.then.is_none();
                if let Some(delay) = early(with.within).filter(|_| own && with.traffic != Traffic::Unused) {
                    let message = format!(
                        "refused within {}, where {delay} may pass (`propagation_delay`)",
                        with.within
                    );
                    found.push((
                        at.join("within"),
                        message,
                        "make it as long, or shorten `propagation_delay`",
                    ));
                }
                if with.watch == zero {
                    let message = "nothing is looked at after the bound".to_owned();
                    found.push((at.join("watch"), message, "watch it for a while, such as `5m`"));
                }
                if let Some(preferred) = with.preferred.filter(|preferred| *preferred >= with.within) {
                    let message =
                        format!("`preferred` ({preferred}) is no shorter than `within` ({})", with.within);
                    found.push((at.join("preferred"), message, "recommend a shorter time, or none"));
                }
            }
            CheckSpec::RacingUse(with) => {
                if let Some(delay) = early(with.within) {
                    let message = format!(
                        "refused within {}, where {delay} may pass (`propagation_delay`)",
                        with.within
                    );
                    found.push((
                        at.join("within"),
                        message,
                        "make it as long, or shorten `propagation_delay`",
                    ));
                }
            }
            CheckSpec::TokenLifetime(with) => {
                let token = kind.and_then(|kind| kind.tokens.get(&with.token));
                if let Some(token) = token.filter(|token| with.at_most < token.lifetime) {
                    let message = format!(
                        "at most {}, where the token is said to live for {}",
                        with.at_most, token.lifetime
                    );
                    found.push((at.join("at_most"), message, "correct it, or `lifetime` of the token"));
                }
            }
            CheckSpec::ReplayedIssue(with) if with.window == zero => {
                let message = "an answer that is kept for no time cannot be replayed".to_owned();
                found.push((at.join("window"), message, "write how long it is kept, such as `24h`"));
            }
            _ => {}
        }
    }
    for (at, message, help) in found {
        survey.find(&at, message, help);
    }
}
