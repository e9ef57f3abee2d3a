//! What a difference in a lifecycle document means: one line for each word of that language.
//!
//! A word without a line here is unclassified wherever it differs.

use super::Class::{self, Breaking, Compatible, Warning};

/// A class and why.
pub(super) type Verdict = (Class, &'static str);

/// How two values of one word are compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Words for people.
    Silent,
    /// Any difference means the same.
    Always(Verdict),
    /// It may come, go, or be another; no verdict on the last looks into it.
    Each { removed: Verdict, added: Verdict, changed: Option<Verdict> },
    /// A length of time.
    Time { longer: Verdict, shorter: Verdict },
    /// Conditions on an answer: one more that can come breaks.
    Answers,
    /// A list whose order does not matter.
    Set { removed: Verdict, added: Verdict },
    /// One of a few words, by before and after.
    Words(&'static [(&'static str, &'static str, Verdict)]),
    /// The sentence of a requirement.
    Sentence,
    /// What a requirement rests on.
    Basis,
    /// A whole requirement, or one of its checks.
    Promise,
}

use Rule::{Always, Answers, Basis, Each, Promise, Sentence, Set, Silent, Time, Words};

const OF_A_RUN: Verdict = (Compatible, "it is about how a run is made, and no promise");
const ELSEWHERE: Verdict = (Breaking, "callers look for it where it was");
const NOT_ANY_MORE: Verdict = (Breaking, "callers rely on it");
const MORE: Verdict = (Compatible, "callers may rely on it");
const OTHER_CALL: Verdict = (Breaking, "callers that make the call of before do not get what they want");
const OTHER_REQUEST: Verdict =
    (Warning, "another request is documented; what is accepted is compared in the OpenAPI document");
const LATER: Verdict = (Breaking, "it hurts whoever revokes: a revoked credential is accepted for longer");
const SOONER: Verdict = (Compatible, "a revocation is in effect sooner");
const RENEW: Verdict = (Breaking, "it hurts the holders of tokens: they have to get new ones sooner");
const STOLEN: Verdict = (Warning, "no holder breaks, and a token in wrong hands works for longer");
const LESS_SHOWN: Verdict = (Breaking, "it hurts whoever was hidden: more can be told apart than before");

const fn part(removed: Verdict, added: Verdict) -> Rule {
    Each { removed, added, changed: None }
}

const fn place(removed: Verdict, added: Verdict) -> Rule {
    Each { removed, added, changed: Some(ELSEWHERE) }
}

/// By path: `*` is any one step, and `**` at the beginning any number of them. The first that fits counts.
const RULES: &[(&str, Rule)] = &[
    ("callers/*", part(OF_A_RUN, OF_A_RUN)),
    ("**/about", Silent),
    ("callers/*/holds", Always(OF_A_RUN)),
    ("callers/*/need", Always(OF_A_RUN)),
    ("hooks/*", part(OF_A_RUN, OF_A_RUN)),
    ("hooks/*/does", Always(OF_A_RUN)),
    ("supplied/*", part(OF_A_RUN, OF_A_RUN)),
    (
        "incomplete/*",
        Each {
            removed: (Compatible, "all of its answers are documented now"),
            added: (Breaking, "answers that are not documented can come"),
            changed: Some((Warning, "what is not documented of it is told in other words")),
        },
    ),
    ("credentials/*", part((Breaking, "there is no such credential any more"), MORE)),
    ("credentials/*/issue", part((Breaking, "nobody can have one issued any more"), MORE)),
    ("credentials/*/issue/id", Always(ELSEWHERE)),
    ("credentials/*/issue/unknown_id", Always(OF_A_RUN)),
    (
        "credentials/*/issue/ids",
        Each {
            removed: (Compatible, "an identifier means one credential for good"),
            added: (Breaking, "an identifier that somebody kept may come to mean another credential"),
            changed: None,
        },
    ),
    ("credentials/*/issue/secret", place((Breaking, "callers find no secret"), MORE)),
    (
        "credentials/*/issue/expires_at",
        place((Breaking, "nothing says any more when it expires"), (Warning, "a credential may expire now")),
    ),
    (
        "credentials/*/issue/expires_in",
        place(
            (Breaking, "nothing says any more how long it lives"),
            (Warning, "a credential may expire now"),
        ),
    ),
    ("credentials/*/issue/expiring", part((Breaking, "a short life cannot be asked for any more"), MORE)),
    ("credentials/*/issue/expiring/lifetime", Always(OF_A_RUN)),
    ("credentials/*/issue/expiring/body", Always(OTHER_REQUEST)),
    ("credentials/*/issue/self_description", place(NOT_ANY_MORE, MORE)),
    (
        "credentials/*/issue/idempotency_key",
        place((Breaking, "a repeat of the call is not harmless any more"), MORE),
    ),
    ("credentials/*/present/*", place((Breaking, "callers that present it so are refused"), MORE)),
    ("credentials/*/tokens/*", part((Breaking, "there is no such token any more"), MORE)),
    ("credentials/*/tokens/*/exchange/operation", Always(OTHER_CALL)),
    ("credentials/*/tokens/*/exchange/parameters", Always(OTHER_REQUEST)),
    ("credentials/*/tokens/*/exchange/body", Always(OTHER_REQUEST)),
    ("credentials/*/tokens/*/token", Always(ELSEWHERE)),
    ("credentials/*/tokens/*/expires_in", place(NOT_ANY_MORE, MORE)),
    ("credentials/*/tokens/*/lifetime", Time { longer: STOLEN, shorter: RENEW }),
    (
        "credentials/*/tokens/*/after_revocation",
        Words(&[
            (
                "survives",
                "dies",
                (Breaking, "it hurts the holders of tokens: what they do with one fails at the revocation"),
            ),
            (
                "dies",
                "survives",
                (Breaking, "it hurts whoever revokes: tokens of a revoked credential go on working"),
            ),
            (
                "survives",
                "unspecified",
                (Breaking, "it hurts the holders of tokens: nothing is promised any more"),
            ),
            ("dies", "unspecified", (Breaking, "it hurts whoever revokes: nothing is promised any more")),
            ("unspecified", "survives", MORE),
            ("unspecified", "dies", MORE),
        ]),
    ),
    ("credentials/*/tokens/*/present/*", place((Breaking, "callers that present it so are refused"), MORE)),
    ("**/probe", part((Warning, "nothing shows any more whether it works"), MORE)),
    ("**/probe/accepted", Answers),
    ("**/probe/refused", Answers),
    ("**/success", Answers),
    ("**/call/operation", Always(OTHER_CALL)),
    ("**/call/parameters", Always(OTHER_REQUEST)),
    ("**/call/body", Always(OTHER_REQUEST)),
    ("credentials/*/listed", part(NOT_ANY_MORE, MORE)),
    ("credentials/*/listed/items", Always(ELSEWHERE)),
    ("credentials/*/listed/id", Always(ELSEWHERE)),
    (
        "credentials/*/listed/next",
        place(
            (Warning, "the list comes in one piece now"),
            (Breaking, "callers that read one page miss the rest"),
        ),
    ),
    ("credentials/*/listed/state", place(NOT_ANY_MORE, MORE)),
    ("credentials/*/revoke", part((Breaking, "it cannot be revoked any more"), MORE)),
    ("credentials/*/revoke/propagation_delay", Time { longer: LATER, shorter: SOONER }),
    ("credentials/*/revoke/ways/*", part((Breaking, "it cannot be revoked in this way any more"), MORE)),
    (
        "credentials/*/revoke/ways/*/ends",
        Words(&[
            ("one", "all", (Breaking, "it hurts the holder: whatever else it has ends as well")),
            (
                "all",
                "one",
                (Breaking, "it hurts whoever revokes: whatever else the holder has goes on working"),
            ),
        ]),
    ),
    (
        "obtained/*",
        part(
            (Compatible, "callers need not obtain it any more"),
            (Breaking, "callers have to obtain it first"),
        ),
    ),
    ("obtained/*/values/*", place(NOT_ANY_MORE, MORE)),
    ("dependents/*", part((Warning, "nothing is documented any more of what refers to a credential"), MORE)),
    ("dependents/*/id", Always(ELSEWHERE)),
    ("dependents/*/reference", Always(ELSEWHERE)),
    ("dependents/*/repoint", part(NOT_ANY_MORE, MORE)),
    ("dependents/*/clear", part(NOT_ANY_MORE, MORE)),
    ("requirements/*", Promise),
    ("requirements/*/text", Sentence),
    ("requirements/*/source", Silent),
    ("requirements/*/basis", Basis),
    (
        "requirements/*/pending",
        Each {
            removed: MORE,
            added: (Warning, "nothing checks it any more"),
            changed: Some((Compatible, "it is still not checked")),
        },
    ),
    (
        "requirements/*/not_observed",
        Each {
            removed: MORE,
            added: (Warning, "nothing checks it any more"),
            changed: Some((Compatible, "it is still not checked")),
        },
    ),
    ("requirements/*/check/*", Promise),
    ("requirements/*/check/use_after_revocation/within", Time { longer: LATER, shorter: SOONER }),
    ("requirements/*/check/others_revoked/within", Time { longer: LATER, shorter: SOONER }),
    ("requirements/*/check/racing_use/within", Time { longer: LATER, shorter: SOONER }),
    ("requirements/*/check/use_after_revocation/watch", Always(OF_A_RUN)),
    ("requirements/*/check/use_after_revocation/traffic", Always(OF_A_RUN)),
    (
        "requirements/*/check/use_after_revocation/settles",
        Words(&[
            (
                "at-first-refusal",
                "at-bound",
                (Breaking, "it hurts whoever revokes: a refused credential may be accepted again"),
            ),
            ("at-bound", "at-first-refusal", (Compatible, "once it is refused it stays refused")),
        ]),
    ),
    ("requirements/*/check/token_lifetime/at_most", Time { longer: STOLEN, shorter: RENEW }),
    (
        "requirements/*/check/hidden_identifiers/states",
        Set { removed: LESS_SHOWN, added: (Compatible, "less can be told apart than before") },
    ),
    (
        "requirements/*/check/hidden_identifiers/except",
        Set { removed: (Compatible, "less can be told apart than before"), added: LESS_SHOWN },
    ),
    (
        "requirements/*/check/unauthorized_revocation/with",
        Set {
            removed: (Breaking, "it hurts the owners of credentials: nothing refuses this any more"),
            added: (Compatible, "one more that must not revoke is refused"),
        },
    ),
    (
        "requirements/*/check/revocation_body/accepted",
        Set { removed: (Breaking, "requests that have it may be refused now"), added: MORE },
    ),
    (
        "requirements/*/check/revocation_body/rejected",
        Set {
            removed: (Compatible, "more is accepted than before"),
            added: (Breaking, "requests that have it are refused now"),
        },
    ),
    ("requirements/*/check/guard/names_dependent", place(NOT_ANY_MORE, MORE)),
    (
        "requirements/*/check/guard_lifted/ways",
        Set { removed: (Breaking, "callers that lift the guard so cannot revoke"), added: MORE },
    ),
    (
        "requirements/*/check/listed_after_revocation/listed",
        Always((Breaking, "callers find a revoked credential where it was, or as it was")),
    ),
    ("requirements/*/check/listed_after_revocation/keeps", Set { removed: NOT_ANY_MORE, added: MORE }),
    ("requirements/*/check/listed_after_revocation/moves", Set { removed: NOT_ANY_MORE, added: MORE }),
    (
        "requirements/*/check/reissue/gives",
        Always((Breaking, "callers that issue the same again get something else")),
    ),
    (
        "requirements/*/check/replayed_issue/window",
        Time {
            longer: (Compatible, "a repeat is harmless for longer"),
            shorter: (Breaking, "a repeat is harmless for less time"),
        },
    ),
    (
        "requirements/*/check/concurrent_revocation/successes",
        Words(&[
            ("one", "at-least-one", (Breaking, "a caller cannot tell any more whether it was the one")),
            ("at-least-one", "one", (Breaking, "a caller that was not the first gets an error")),
        ]),
    ),
    (
        "requirements/*/check/last_active/then",
        Words(&[
            (
                "kept",
                "restored",
                (
                    Breaking,
                    "it hurts the owners of credentials: the last active one can be revoked, and nobody is let in",
                ),
            ),
            (
                "restored",
                "kept",
                (Breaking, "it hurts whoever revokes: the last active one cannot be revoked any more"),
            ),
        ]),
    ),
    ("requirements/*/check/usable_after_issue/first", Always(OF_A_RUN)),
    ("requirements/*/check/secret_shown_once/also", Always(OF_A_RUN)),
    ("requirements/*/check/*/uses", Always(OF_A_RUN)),
    ("requirements/*/check/*/rounds", Always(OF_A_RUN)),
    ("requirements/*/check/*/parallel", Always(OF_A_RUN)),
    ("requirements/*/check/guard/dependents", Always(OF_A_RUN)),
    ("requirements/*/check/*/answer", Answers),
    ("requirements/*/check/*/others", Answers),
    ("requirements/*/check/*/refused", Answers),
    (
        "requirements/*/check/*/preferred",
        Always((Warning, "what is right stays right; what is recommended is something else")),
    ),
];

/// Words whose absence is an empty object.
const MAPS: &[&str] = &[
    "callers",
    "credentials",
    "dependents",
    "hooks",
    "supplied",
    "obtained",
    "obtained/*/values",
    "incomplete",
    "requirements",
    "credentials/*/present",
    "credentials/*/tokens",
    "credentials/*/tokens/*/present",
    "credentials/*/revoke/ways",
    "requirements/*/check",
];

/// Checks whose promise is that something is refused: a new one breaks whoever does it.
pub(super) const RESTRICTING: &[&str] = &[
    "guard",
    "last_active",
    "last_two_active",
    "refused_issue",
    "expiry",
    "token_lifetime",
    "revocation_body",
    "foreign_credential",
    "unauthorized_revocation",
    "revoked_reference",
];

/// Checks whose promise keeps a credential from being revoked while somebody needs it.
pub(super) const GUARDS: &[&str] =
    &["guard", "last_active", "last_two_active", "racing_reference", "revoked_reference"];

/// How the values at a path are compared.
pub(super) fn rule(path: &[&str]) -> Option<Rule> {
    RULES.iter().find(|(pattern, _)| fits(pattern, path)).map(|(_, rule)| *rule)
}

/// Whether the value at a path may be left out where it is empty.
pub(super) fn is_map(path: &[&str]) -> bool {
    MAPS.iter().any(|pattern| fits(pattern, path))
}

fn fits(pattern: &str, path: &[&str]) -> bool {
    let (pattern, path) = match pattern.strip_prefix("**/") {
        Some(rest) => {
            let steps = rest.split('/').count();
            if path.len() <= steps {
                return false;
            }
            (rest, &path[path.len() - steps..])
        }
        None => (pattern, path),
    };
    let mut steps = path.iter();
    pattern.split('/').all(|word| steps.next().is_some_and(|step| word == "*" || word == *step))
        && steps.next().is_none()
}
