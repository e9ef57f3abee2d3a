//! A draft as `lifecycle.yaml`, to be completed by whoever knows the API.

use rescind_specs::Contract;
use serde_json::{Map, Value, json};

use super::yaml::Yaml;
use crate::guess::{
    CallDraft, Draft, Guess, IssueDraft, ListDraft, Operator, Paging, Placement, PresentDraft, ProbeDraft,
    RevokeDraft, TokenDraft, WayDraft,
};

/// The lifecycle document that a draft comes to; `source` is the OpenAPI document as its user calls it.
pub fn lifecycle(contract: &Contract, source: &str, draft: &Draft) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(&format!(
        "What the calls of {} mean over time: a draft, guessed from {source}.",
        title(contract)
    ));
    yaml.comment(
        "Nothing in it was tried. Each comment says why something was guessed; what ends with a question mark is to be \
         answered by you, from the documentation of the API. `rescind lint` lists what is left. \
         `rescind schema lifecycle` prints the JSON Schema of this file, for editors.",
    );
    yaml.blank();
    callers(&mut yaml, draft);
    yaml.blank();
    yaml.section("credentials", |yaml| {
        yaml.section(&draft.kind, |yaml| credential(yaml, draft));
        if let Some(Guess { value: Operator::Another(present, probe), .. }) = &draft.operator {
            yaml.section("operator_credential", |yaml| {
                yaml.text("about", "Which credential does the operator present?");
                presented(yaml, present);
                match probe {
                    Some(found) => yaml.section("probe", |yaml| probe_of(yaml, found)),
                    None => yaml.comment("No call was found that shows whether it works."),
                }
            });
        }
    });
    if let Some(obtained) = &draft.obtained {
        yaml.blank();
        guessed(&mut yaml, obtained);
        yaml.section("obtained", |yaml| {
            yaml.section("csrf", |yaml| {
                yaml.text("about", "The token against forged requests.");
                call(yaml, &obtained.value.call);
                yaml.entry("success", &status(&obtained.value.success));
                yaml.entry("values", &json!({ "token": obtained.value.token }));
            });
        });
    }
    if !draft.supplied.is_empty() {
        yaml.blank();
        yaml.comment("Values that only the operator of a run knows; write them into the calls where they are always the same.");
        yaml.section("supplied", |yaml| {
            for (name, about) in &draft.supplied {
                yaml.entry(name, &json!({ "about": about }));
            }
        });
    }
    if !draft.incomplete.is_empty() {
        yaml.blank();
        yaml.comment("Undocumented statuses of these are no finding. Take out what you complete in the OpenAPI document.");
        yaml.section("incomplete", |yaml| {
            for (operation, why) in &draft.incomplete {
                yaml.text(&operation.0, why);
            }
        });
    }
    yaml.blank();
    requirements(&mut yaml, draft);
    yaml.finish()
}

fn title(contract: &Contract) -> String {
    let title = contract.title().trim();
    if title.is_empty() { contract.name().to_owned() } else { title.to_owned() }
}

fn callers(yaml: &mut Yaml, draft: &Draft) {
    let Some(operator) = &draft.operator else {
        yaml.comment("Nobody was found to be needed beside the credentials themselves.");
        yaml.entry("callers", &json!({}));
        return;
    };
    let holds = match operator.value {
        Operator::SameKind => draft.kind.as_str(),
        Operator::Another(..) => "operator_credential",
    };
    yaml.section("callers", |yaml| {
        guessed(yaml, operator);
        yaml.section("operator", |yaml| {
            yaml.text("about", "Who issues and revokes here?");
            yaml.text("holds", holds);
        });
        yaml.comment(
            "Somebody of another tenant shows whether identifiers are hidden (`foreign_credential`):",
        );
        yaml.disabled(&[
            "outsider:",
            "  about: Another tenant's operator.",
            &format!("  holds: {holds}"),
            "  need: optional",
        ]);
    });
}

fn credential(yaml: &mut Yaml, draft: &Draft) {
    let kind = draft.kind.replace('_', " ");
    yaml.text("about", &format!("What is a {kind} of this API, in a sentence?"));
    if let Some(issue) = &draft.issue {
        guessed(yaml, issue);
        yaml.section("issue", |yaml| issue_of(yaml, &issue.value));
    } else {
        yaml.comment(
            "No operation was found that issues credentials. Where only the operator has some, leave it out:",
        );
        yaml.disabled(&[
            "issue:",
            "  call: { operation: …, as: operator, body: { name: 'rescind {$unique}' } }",
            "  success: { status: 201 }",
            "  id: $response.body#/id",
            "  unknown_id: '{$unique}'",
            "  secret: $response.body#/secret",
        ]);
    }
    match &draft.present {
        Some(present) => {
            guessed(yaml, present);
            presented(yaml, &present.value);
        }
        None if draft.issue.is_some() => {
            yaml.comment(
                "How it is put on a request was not found: it may be sent in a body, or be kept for later and presented \
                 to nobody. Otherwise:",
            );
            yaml.disabled(&["present: { …: $credential.secret }"]);
        }
        None => {}
    }
    if let Some(token) = &draft.token {
        guessed(yaml, token);
        yaml.section("tokens", |yaml| yaml.section("access", |yaml| token_of(yaml, &token.value)));
    }
    if let Some(probe) = &draft.probe {
        guessed(yaml, probe);
        yaml.section("probe", |yaml| probe_of(yaml, &probe.value));
    } else {
        yaml.comment(
                "No call was found that a live credential may make and a revoked one may not. Without one, only the list \
                 shows whether it is there:",
            );
        yaml.disabled(&[
            "probe:",
            "  call: { operation: …, as: $credential }",
            "  accepted: { status: 200 }",
            "  refused: { status: 401 }",
        ]);
    }
    if let Some(listed) = &draft.listed {
        guessed(yaml, listed);
        yaml.section("listed", |yaml| list_of(yaml, &listed.value));
    }
    if let Some(revoke) = &draft.revoke {
        guessed(yaml, revoke);
        yaml.section("revoke", |yaml| {
            revoke_of(yaml, &revoke.value);
            if !draft.ways.is_empty() {
                yaml.section("ways", |yaml| draft.ways.iter().for_each(|way| way_of(yaml, way)));
            }
        });
    } else {
        yaml.comment("No operation was found that revokes credentials:");
        yaml.disabled(&[
            "revoke:",
            "  call: { operation: …, as: operator, parameters: { id: $credential.id } }",
            "  success: { status: 204 }",
            "  propagation_delay: 0s",
        ]);
    }
}

fn issue_of(yaml: &mut Yaml, issue: &IssueDraft) {
    call(yaml, &issue.call);
    yaml.entry("success", &status(&issue.success));
    guessed(yaml, &issue.id);
    yaml.text("id", &issue.id.value);
    guessed(yaml, &issue.unknown_id);
    yaml.text("unknown_id", &issue.unknown_id.value);
    if let Some(secret) = &issue.secret {
        guessed(yaml, secret);
        yaml.text("secret", &secret.value);
    }
    if let Some(expires_at) = &issue.expires_at {
        yaml.text("expires_at", expires_at);
    }
    if let Some(member) = &issue.expiring {
        let body: Map<String, Value> = [(member.clone(), Value::from("$expiry"))].into_iter().collect();
        yaml.comment(&format!("guessed: `{member}` of the body asks for an expiry"));
        yaml.section("expiring", |yaml| {
            yaml.text("lifetime", "2m");
            yaml.entry("body", &Value::Object(body));
        });
    }
    if let Some((method, path)) = &issue.self_description {
        yaml.section("self_description", |yaml| {
            yaml.text("method", method);
            yaml.text("path", path);
        });
    }
    if let Some(header) = &issue.idempotency_key {
        yaml.text("idempotency_key", header);
    }
}

fn token_of(yaml: &mut Yaml, token: &TokenDraft) {
    yaml.section("exchange", |yaml| members(yaml, &token.exchange));
    yaml.entry("success", &status(&token.success));
    yaml.text("token", &token.token);
    if let Some(expires_in) = &token.expires_in {
        yaml.text("expires_in", expires_in);
    }
    yaml.comment("guessed: an hour is usual; the document does not say how long one lives");
    yaml.text("lifetime", "1h");
    yaml.comment("`survives` or `dies`, where the documentation says what becomes of it at the revocation");
    yaml.text("after_revocation", "unspecified");
    let present: Map<String, Value> =
        token.present.iter().map(|scheme| (scheme.0.clone(), Value::from("$token"))).collect();
    yaml.entry("present", &Value::Object(present));
    if let Some(probe) = &token.probe {
        guessed(yaml, probe);
        yaml.section("probe", |yaml| probe_of(yaml, &probe.value));
    }
}

fn probe_of(yaml: &mut Yaml, probe: &ProbeDraft) {
    call(yaml, &probe.call);
    yaml.entry("accepted", &probe.accepted);
    yaml.entry("refused", &probe.refused);
}

fn list_of(yaml: &mut Yaml, list: &ListDraft) {
    call(yaml, &list.call);
    yaml.text("items", list.items.as_str());
    yaml.text("id", list.id.as_str());
    match &list.paging {
        Paging::One => {}
        Paging::ByItem { more, parameter, last, size } => {
            let mut next = json!({ "more": more.as_str(), "parameter": parameter, "last": last.as_str() });
            if let (Some(size), Some(members)) = (size, next.as_object_mut()) {
                members.insert("size".to_owned(), Value::from(size.as_str()));
            }
            yaml.entry("next", &next);
        }
        Paging::Otherwise(parameters) => {
            yaml.comment(&format!(
                "The list has pages ({}) of a kind that `next` has no words for, so only the first is read; ask for a \
                 long one.",
                parameters.join(", ")
            ));
        }
    }
    match &list.state {
        Some((pointer, active, revoked)) => {
            yaml.entry(
                "state",
                &json!({ "pointer": pointer.as_str(), "active": active, "revoked": revoked }),
            );
        }
        None => yaml.comment("no `state`: a revoked one is taken to be gone from the list"),
    }
}

fn revoke_of(yaml: &mut Yaml, revoke: &RevokeDraft) {
    call(yaml, &revoke.call);
    yaml.entry("success", &status(&revoke.success));
    guessed(yaml, &revoke.delay);
    yaml.text("propagation_delay", &revoke.delay.value.to_string());
}

fn way_of(yaml: &mut Yaml, way: &Guess<WayDraft>) {
    guessed(yaml, way);
    yaml.section(&way.value.name, |yaml| {
        yaml.text("about", &format!("What does {} end?", way.value.call.operation));
        call(yaml, &way.value.call);
        yaml.entry("success", &status(&way.value.success));
        if way.value.all {
            yaml.text("ends", "all");
        }
    });
}

fn requirements(yaml: &mut Yaml, draft: &Draft) {
    if draft.questions.is_empty() {
        yaml.comment(
            "What a deployment promises comes here, once there is something to issue and to revoke.",
        );
        yaml.entry("requirements", &json!([]));
        return;
    }
    yaml.comment(
        "What one would ask of a deployment. With `basis: inference` nothing fails for it. Make each a promise: write its \
         sentence, its source, and `basis: contract` or `documentation` where the documentation says it; take out what \
         it does not say.",
    );
    yaml.section("requirements", |yaml| {
        for (number, question) in draft.questions.iter().enumerate() {
            yaml.item(|yaml| {
                yaml.text("id", &format!("R{}", number + 1));
                yaml.text("text", &question.text);
                yaml.text("basis", "inference");
                yaml.text("source", &format!("guessed from: {}", question.source));
                yaml.section("check", |yaml| {
                    for check in &question.checks {
                        let Some((name, parameters)) =
                            check.as_object().and_then(|check| check.iter().next())
                        else {
                            continue;
                        };
                        yaml.item(|yaml| yaml.block(name, parameters));
                    }
                });
            });
        }
    });
}

fn call(yaml: &mut Yaml, call: &CallDraft) {
    yaml.section("call", |yaml| members(yaml, call));
}

fn members(yaml: &mut Yaml, call: &CallDraft) {
    yaml.text("operation", &call.operation.0);
    yaml.text("as", &call.actor);
    if !call.parameters.is_empty() {
        let parameters: Map<String, Value> =
            call.parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        yaml.block("parameters", &Value::Object(parameters));
    }
    if let Some(body) = &call.body {
        yaml.block("body", body);
    }
}

fn presented(yaml: &mut Yaml, present: &PresentDraft) {
    let value = |placement: &Placement| match placement {
        Placement::Pair => json!({ "username": "$credential.id", "password": "$credential.secret" }),
        Placement::Id => json!("$credential.id"),
        Placement::Secret => json!("$credential.secret"),
        Placement::Token => json!("$token"),
        Placement::Obtained => json!("$obtained.csrf.token"),
    };
    if present.0.is_empty() {
        return;
    }
    yaml.section("present", |yaml| {
        for (scheme, placement) in &present.0 {
            yaml.entry(&scheme.0, &value(placement));
        }
    });
}

fn status(patterns: &[rescind_specs::StatusPattern]) -> Value {
    json!({ "status": crate::guess::statuses(patterns) })
}

/// Why something was guessed, and what else was possible.
fn guessed<T>(yaml: &mut Yaml, guess: &Guess<T>) {
    yaml.comment(&format!("guessed: {}", guess.why));
    if !guess.others.is_empty() {
        yaml.comment(&format!("also possible: {}", guess.others.join("; ")));
    }
}
