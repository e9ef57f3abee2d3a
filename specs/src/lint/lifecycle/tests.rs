//! Each rule is shown a document that it catches, beside one that is clean; the bundled contracts are clean.

use std::collections::BTreeSet;

use super::{RULES, lint_lifecycle};
use crate::{Contract, Document, Vendor};

const OPENAPI: &str = "\
openapi: 3.0.3
info: { title: Keys, version: '1' }
components:
  securitySchemes:
    bearer: { type: http, scheme: bearer }
    other: { type: apiKey, in: header, name: X-Other }
  schemas:
    Key:
      type: object
      properties:
        id: { type: string }
        secret: { type: string, format: password }
        status: { type: string }
security: [{ bearer: [] }]
paths:
  /keys:
    post:
      operationId: createKey
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties: { name: { type: string, maxLength: 64 } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Key' } } } }
        '401': { description: refused }
    get:
      operationId: listKeys
      parameters: [{ name: limit, in: query, schema: { type: integer } }]
      responses:
        '200':
          description: all
          content:
            application/json:
              schema:
                type: object
                properties: { data: { type: array, items: { $ref: '#/components/schemas/Key' } } }
  /keys/{id}:
    delete:
      operationId: deleteKey
      parameters: [{ name: id, in: path, required: true, schema: { type: string, pattern: '^key_[0-9a-f]{32}$' } }]
      responses:
        '204': { description: gone }
        '401': { description: refused }
        '404':
          description: none
          content:
            application/json: { schema: { type: object, properties: { code: { type: string } } } }
  /me:
    get:
      operationId: whoAmI
      responses:
        '200': { description: somebody }
        '401': { description: refused }
  /health:
    get:
      operationId: health
      security: []
      responses:
        '200': { description: well }
";

const LIFECYCLE: &str = "\
callers:
  operator: { about: A partner., holds: key }
credentials:
  key:
    about: A key.
    issue:
      call: { operation: createKey, as: operator, body: { name: 'rescind {$unique}' } }
      success: { status: 201 }
      id: $response.body#/id
      unknown_id: 'key_{$unique}'
      secret: $response.body#/secret
    present: { bearer: $credential.secret }
    probe:
      call: { operation: whoAmI, as: $credential }
      accepted: { status: 200 }
      refused: { status: 401 }
    listed:
      call: { operation: listKeys, as: operator }
      items: /data
      id: /id
      state: { pointer: /status, active: active, revoked: revoked }
    revoke:
      call: { operation: deleteKey, as: operator, parameters: { id: $credential.id } }
      success: { status: 204 }
      propagation_delay: 30s
requirements:
  - id: R1
    text: A revoked key is refused.
    basis: contract
    source: delete a key
    check:
      - use_after_revocation: { within: 30s, watch: 5m }
  - id: R2
    text: An unknown key is answered 404.
    basis: documentation
    source: errors
    check:
      - unknown_credential: { answer: [{ status: 404, body: { /code: not_found } }] }
";

/// The end of what is said of the revocation, and a further way after it.
const DELAY: &str = "      propagation_delay: 30s\n";
const WAY: &str = "      propagation_delay: 30s
      ways:
        own:
          about: By its secret.
          call: { operation: deleteKey, as: operator, parameters: { id: $credential.secret } }
          success: { status: 204 }
";

/// A requirement that is about that way.
const BY_WAY: (&str, &str) = (
    "use_after_revocation: { within: 30s, watch: 5m }",
    "use_after_revocation: { within: 30s, watch: 5m, by: { way: own } }",
);

fn contract(openapi: &str, lifecycle: &str) -> Contract {
    let lifecycle = Document::parse("lifecycle.yaml", lifecycle).unwrap();
    let openapi = Document::parse("openapi.yaml", openapi).unwrap();
    Contract::new("keys", openapi, Some(&lifecycle)).unwrap_or_else(|error| panic!("{error}"))
}

fn found(openapi: &str, lifecycle: &str) -> Vec<(&'static str, String)> {
    let found = lint_lifecycle(&contract(openapi, lifecycle));
    found.iter().map(|diagnostic| (diagnostic.rule().unwrap(), diagnostic.to_string())).collect()
}

/// The rule, what is replaced in whichever document has it, and a part of what is said.
type Caught = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// What each rule catches.
const CAUGHT: &[Caught] = &[
    (
        "open_question",
        &[("about: A key.", "about: 'Which key is that?'")],
        "lifecycle.yaml:5:12: this is still a question",
    ),
    (
        "open_question",
        &[("'rescind {$unique}'", "'What name may it have?'")],
        "this value is still a question",
    ),
    (
        "nothing_is_judged",
        &[
            (
                "    revoke:\n      call: { operation: deleteKey, as: operator, parameters: { id: $credential.id } }\n      success: { status: 204 }\n      propagation_delay: 30s\n",
                "",
            ),
            (
                "requirements:\n  - id: R1",
                "requirements:\n  - id: R9\n    text: Later.\n    basis: inference\n    source: none\n    not_observed: No way.\n  - id: R1",
            ),
            (
                "    check:\n      - use_after_revocation: { within: 30s, watch: 5m }",
                "    not_observed: No way.",
            ),
            (
                "    check:\n      - unknown_credential: { answer: [{ status: 404, body: { /code: not_found } }] }",
                "    not_observed: No way.",
            ),
        ],
        "in `key` `revoke` is missing",
    ),
    (
        "nothing_shows_revocation",
        &[
            (
                "    probe:\n      call: { operation: whoAmI, as: $credential }\n      accepted: { status: 200 }\n      refused: { status: 401 }\n",
                "",
            ),
            (
                "    listed:\n      call: { operation: listKeys, as: operator }\n      items: /data\n      id: /id\n      state: { pointer: /status, active: active, revoked: revoked }\n",
                "",
            ),
        ],
        "nothing shows whether a `key` was revoked",
    ),
    (
        "revokes_whatever",
        &[("{ id: $credential.id }", "{ id: key_1 }")],
        "does not say which `key` it revokes",
    ),
    (
        "overlapping_probe",
        &[("accepted: { status: 200 }", "accepted: { status: [200, 401] }")],
        "can be accepted as well",
    ),
    ("overlapping_probe", &[("refused: { status: 401 }", "refused: {}")], "can be accepted as well"),
    (
        "probe_needs_no_credential",
        &[
            ("operation: whoAmI", "operation: health"),
            ("refused: { status: 401 }", "refused: { status: 401 }"),
            ("  key:\n    about", "  key:\n    about"),
        ],
        "health may be called without any credential",
    ),
    (
        "cannot_present",
        &[("present: { bearer: $credential.secret }", "present: { other: $credential.secret }")],
        "requires `bearer`",
    ),
    (
        "unused_presentation",
        &[("present: { bearer:", "present: { other: $credential.id, bearer:")],
        "no operation requires `other`",
    ),
    ("invalid_call", &[(", body: { name: 'rescind {$unique}' }", "")], "createKey requires a body"),
    ("invalid_call", &[("{ name: 'rescind {$unique}' }", "{ names: x }")], "/name"),
    (
        "invalid_call",
        &[("in: query, schema", "in: query, required: true, schema")],
        "listKeys requires the query parameter `limit`",
    ),
    (
        "undocumented_status",
        &[("success: { status: 201 }", "success: { status: [200, 201] }")],
        "createKey documents no 200",
    ),
    (
        "undocumented_status",
        &[("accepted: { status: 200 }", "accepted: { status: 3XX }")],
        "whoAmI documents no 3XX",
    ),
    (
        "no_documented_success",
        &[("'200': { description: well }", "'503': { description: ill }")],
        "health documents no success",
    ),
    (
        "unknown_member",
        &[("$response.body#/id", "$response.body#/ident")],
        "no documented answer of createKey has `/ident`",
    ),
    (
        "unknown_member",
        &[("$response.body#/secret", "$request.body#/secret")],
        "no documented request body of createKey has `/secret`",
    ),
    ("unknown_member", &[("pointer: /status", "pointer: /state")], "did you mean `/status`?"),
    (
        "unknown_member",
        &[("{ /code: not_found }", "{ /error/code: not_found }")],
        "no documented answer of deleteKey has `/error/code`",
    ),
    (
        "unknown_id_form",
        &[("unknown_id: 'key_{$unique}'", "unknown_id: '{$unique}'")],
        "deleteKey refuses `id` of this form",
    ),
    (
        "contradictory_condition",
        &[("success: { status: 204 }", "success: { status: 204, present: [/id] }")],
        "has no body",
    ),
    (
        "contradictory_condition",
        &[("success: { status: 201 }", "success: { status: 201, present: [/id], absent: [/id] }")],
        "`/id` has to be there and not to be there",
    ),
    (
        "preferred_is_no_answer",
        &[(
            "{ answer: [{ status: 404, body: { /code: not_found } }] }",
            "{ answer: [{ status: 404 }], preferred: { status: 401 } }",
        )],
        "one of `answer`",
    ),
    ("contradictory_times", &[("within: 30s", "within: 10s")], "refused within 10s, where 30s may pass"),
    ("contradictory_times", &[("watch: 5m", "watch: 0s")], "nothing is looked at"),
    ("contradictory_times", &[("within: 30s", "within: 30s, preferred: 30s")], "no shorter than"),
    ("binding_without_source", &[("source: errors", "source: '-'")], "R2 is binding and has no source"),
    (
        "pending_requirement",
        &[(
            "check:\n      - unknown_credential: { answer: [{ status: 404, body: { /code: not_found } }] }",
            "pending: A check of this.",
        )],
        "nothing checks R2",
    ),
    ("no_requirements", &[("requirements:\n", "requirements: []\nold:\n")], "there is no requirement"),
    (
        "unused_name",
        &[(
            "credentials:\n  key:",
            "obtained:\n  csrf:\n    about: A token.\n    call: { operation: health, as: nobody }\n    success: { status: 200 }\n    values: { token: $response.cookie.csrf }\ncredentials:\n  key:",
        )],
        "nothing uses `$obtained.csrf`",
    ),
    ("unused_name", &[(DELAY, WAY)], "no requirement is about the way `own`"),
    (
        "revokes_whatever",
        &[(DELAY, WAY), BY_WAY, ("{ id: $credential.secret }", "{ id: key_1 }")],
        "does not say which `key`",
    ),
    (
        "contradictory_ways",
        &[(DELAY, WAY), BY_WAY, ("{ id: $credential.secret }", "{ id: $credential.id }")],
        "this is the call of `revoke` itself",
    ),
    (
        "contradictory_ways",
        &[
            (DELAY, WAY),
            (
                "          success: { status: 204 }\n",
                "          success: { status: 204 }\n          ends: all\n",
            ),
            ("use_after_revocation: { within: 30s, watch: 5m }", "others_unaffected: { by: { way: own } }"),
        ],
        "the way `own` ends every credential of its holder",
    ),
    (
        "contradictory_issue",
        &[(
            "      secret: $response.body#/secret\n",
            "      secret: $response.body#/secret\n      expires_at: $response.body#/status\n      expires_in: $response.body#/status\n",
        )],
        "the expiry is told twice",
    ),
    (
        "contradictory_issue",
        &[
            ("      secret: $response.body#/secret\n", "      ids: reused\n"),
            ("present: { bearer: $credential.secret }", "present: { bearer: $credential.id }"),
        ],
        "nothing tells a `key` from the one that had its identifier before",
    ),
    (
        "unaccounted_operation",
        &[(
            "  /me:",
            "  /keys/{id}/rotate:\n    post:\n      operationId: rotateKey\n      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]\n      responses:\n        '200': { description: rotated }\n        '401': { description: refused }\n  /me:",
        )],
        "nothing says what rotateKey (POST /keys/{id}/rotate) does to a credential",
    ),
    (
        "unused_name",
        &[("  operator: {", "  outsider: { about: Another., holds: key }\n  operator: {")],
        "nothing is called by `outsider`",
    ),
];

#[test]
fn a_sound_document_is_clean() {
    assert_eq!(found(OPENAPI, LIFECYCLE), []);
}

#[test]
fn each_rule_catches_what_it_is_for_and_nothing_else_is_said() {
    for (rule, changes, says) in CAUGHT {
        let (mut openapi, mut lifecycle) = (OPENAPI.to_owned(), LIFECYCLE.to_owned());
        for (from, to) in *changes {
            assert!(lifecycle.contains(from) || openapi.contains(from), "{rule}: {from}");
            lifecycle = lifecycle.replace(from, to);
            openapi = openapi.replace(from, to);
        }
        if let Some(at) = lifecycle.find("old:\n") {
            lifecycle.truncate(at);
        }
        let found = found(&openapi, &lifecycle);
        assert!(found.iter().any(|(by, text)| by == rule && text.contains(says)), "{rule}: {found:#?}");
        let others: Vec<_> = found.iter().filter(|(by, _)| by != rule && !follows(rule, by)).collect();
        assert!(others.is_empty(), "{rule}: {others:#?}");
    }
}

/// What one rule finds another may find as well, from its own side.
fn follows(rule: &str, by: &str) -> bool {
    matches!(
        (rule, by),
        ("cannot_present", "unused_presentation")
            | ("overlapping_probe", "undocumented_status")
            | ("nothing_is_judged", "unaccounted_operation")
            | (
                "contradictory_condition" | "probe_needs_no_credential",
                "unknown_member" | "undocumented_status"
            )
    )
}

#[test]
fn every_rule_is_proved_and_explained() {
    let proved: BTreeSet<&str> = CAUGHT.iter().map(|(rule, ..)| *rule).collect();
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(proved, all);
    for rule in RULES {
        assert!(rule.page.len() > 100 && rule.finds.ends_with('.'), "{}", rule.id);
        let file = format!("{}/src/lint/lifecycle/{}.rs", env!("CARGO_MANIFEST_DIR"), rule.id);
        assert!(std::path::Path::new(&file).exists(), "{file}");
    }
}

#[test]
fn what_is_listed_as_incomplete_is_left_alone() {
    let lifecycle = LIFECYCLE
        .replace("success: { status: 201 }", "success: { status: [200, 201] }")
        .replace("requirements:", "incomplete:\n  createKey: Not all was seen.\nrequirements:");
    assert_eq!(found(OPENAPI, &lifecycle), []);
}

#[test]
fn the_bundled_contracts_are_clean() {
    for vendor in Vendor::ALL {
        let found = lint_lifecycle(&Contract::of(vendor).unwrap());
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_finding_shows_its_rule_and_its_place() {
    let lifecycle = LIFECYCLE.replace("pointer: /status", "pointer: /state");
    let found = lint_lifecycle(&contract(OPENAPI, &lifecycle));
    insta::assert_snapshot!(crate::report(&found, false));
}
