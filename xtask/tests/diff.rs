//! Each kind of change is made by a small edit of a sound contract: it is found with the right class, and so is its
//! reverse.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use rescind_specs::{Document, Lifecycle, Prepared};
use xtask::diff::{Change, Class, Edition, compare, markdown, text};

const API: &str = r"
openapi: 3.0.3
info: { title: Keys, version: '1' }
servers: [{ url: 'https://one.example.com' }]
security: [{ bearer: [] }]
paths:
  /keys:
    get:
      operationId: listKeys
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100, default: 10 } }
        - { name: tag, in: query, style: form, explode: true, schema: { type: array, items: { type: string } } }
      responses:
        '200':
          description: The keys.
          headers:
            X-Total: { required: true, schema: { type: integer } }
          content:
            application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Key' } } }
        '401': { description: Refused. }
    post:
      operationId: createKey
      security: [{ bearer: [] }, { user: [], secret: [] }]
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/NewKey' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/NewKey' } }
      responses:
        '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Key' } } } }
        4XX: { description: Refused. }
  /keys/{id}:
    delete:
      operationId: deleteKey
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: X-Reason, in: header, schema: { type: string } }
      responses:
        '204': { description: Gone. }
components:
  securitySchemes:
    bearer: { type: http, scheme: bearer }
    user: { type: apiKey, in: header, name: X-User }
    secret: { type: apiKey, in: header, name: X-Secret }
  schemas:
    NewKey:
      type: object
      required: [name]
      additionalProperties: false
      properties:
        name: { type: string, minLength: 1, maxLength: 40, pattern: '^[a-z]+$' }
        kind: { type: string, enum: [read, write] }
        note: { type: string, nullable: true }
    Key:
      type: object
      required: [id, state]
      properties:
        id: { type: string, format: uuid }
        state: { type: string, enum: [active, revoked] }
        size: { type: integer, format: int32 }
        parent: { $ref: '#/components/schemas/Key' }
        owner: { oneOf: [{ $ref: '#/components/schemas/User' }, { $ref: '#/components/schemas/Team' }] }
        labels: { type: object, additionalProperties: { type: string } }
        text: { type: string }
    User: { type: object, required: [login], properties: { login: { type: string } } }
    Team: { type: object, required: [team], properties: { team: { type: string } } }
    Robot: { type: object, required: [model], properties: { model: { type: string } } }
";

fn document(name: &str, text: &str) -> Document {
    Document::parse(name, text).unwrap_or_else(|error| panic!("{error}"))
}

fn edition(name: &str, api: &str, lifecycle: Option<&str>) -> Edition {
    let prepared = Prepared::new("keys", document(name, api)).unwrap_or_else(|error| panic!("{error}"));
    let lifecycle = lifecycle.map(|text| document("lifecycle.yaml", text));
    Edition::new(prepared, lifecycle).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

fn told(changes: &[Change]) -> Vec<(Class, &'static str)> {
    changes.iter().map(|change| (change.class, change.rule)).collect()
}

fn edited(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "`{from}` has to occur once");
    text.replace(from, to)
}

const B: Class = Class::Breaking;
const U: Class = Class::Unclassified;
const W: Class = Class::Warning;
const C: Class = Class::Compatible;

/// From, to, what that is, and what the way back is.
type Case = (&'static str, &'static str, (Class, &'static str), (Class, &'static str));

const CASES: &[Case] = &[
    // Operations and where they are.
    (
        "    get:\n      operationId: listKeys",
        "    options:\n      operationId: listKeys",
        (B, "operation-removed"),
        (B, "operation-removed"),
    ),
    ("/keys/{id}:", "/key/{id}:", (B, "operation-removed"), (B, "operation-removed")),
    ("operationId: deleteKey", "operationId: removeKey", (C, "operation-renamed"), (C, "operation-renamed")),
    (
        "operationId: deleteKey",
        "operationId: deleteKey\n      deprecated: true",
        (W, "deprecated"),
        (C, "deprecation-removed"),
    ),
    ("https://one", "https://two", (B, "server-removed"), (B, "server-removed")),
    (
        "[{ url: 'https://one.example.com' }]",
        "[{ url: 'https://one.example.com' }, { url: 'https://two.example.com' }]",
        (C, "server-added"),
        (B, "server-removed"),
    ),
    // Parameters.
    (
        "        - { name: X-Reason, in: header, schema: { type: string } }\n",
        "",
        (B, "parameter-removed"),
        (C, "parameter-added"),
    ),
    (
        "{ name: X-Reason, in: header, schema",
        "{ name: X-Reason, in: header, required: true, schema",
        (B, "parameter-required"),
        (C, "parameter-optional"),
    ),
    (
        "        - { name: tag,",
        "        - { name: new, in: query, required: true, schema: { type: string } }\n        - { name: tag,",
        (B, "required-parameter-added"),
        (B, "parameter-removed"),
    ),
    ("explode: true", "explode: false", (B, "parameter-style"), (B, "parameter-style")),
    ("maximum: 100", "maximum: 50", (B, "maximum"), (C, "maximum")),
    ("minimum: 1,", "minimum: 0,", (C, "minimum"), (B, "minimum")),
    ("default: 10", "default: 20", (B, "default"), (B, "default")),
    (
        "explode: true, schema: { type: array, items: { type: string }",
        "explode: true, schema: { type: array, items: { type: string, maxLength: 5 }",
        (B, "maxLength"),
        (C, "maxLength"),
    ),
    // Bodies of requests.
    (
        "        required: true\n        content:",
        "        content:",
        (C, "body-optional"),
        (B, "body-required"),
    ),
    (
        "          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/NewKey' } }\n",
        "",
        (B, "media-type-removed"),
        (C, "media-type-added"),
    ),
    ("required: [name]", "required: [name, kind]", (B, "member-required"), (C, "member-optional")),
    (
        "        note: { type: string, nullable: true }\n",
        "",
        (B, "request-member-removed"),
        (C, "request-member-added"),
    ),
    (
        "note: { type: string, nullable: true }",
        "note: { type: string }",
        (B, "nullable-removed"),
        (C, "nullable-added"),
    ),
    ("enum: [read, write]", "enum: [read]", (B, "enum-value-removed"), (C, "enum-value-added")),
    (
        "kind: { type: string, enum: [read, write] }",
        "kind: { type: string }",
        (C, "enum-removed"),
        (B, "enum-added"),
    ),
    ("minLength: 1,", "minLength: 2,", (B, "minLength"), (C, "minLength")),
    ("pattern: '^[a-z]+$'", "pattern: '^[a-z0-9]+$'", (B, "pattern"), (B, "pattern")),
    (", pattern: '^[a-z]+$'", "", (C, "pattern"), (B, "pattern")),
    (
        "additionalProperties: false",
        "additionalProperties: true",
        (C, "additionalProperties"),
        (B, "additionalProperties"),
    ),
    ("name: { type: string, minLength: 1", "name: { type: integer, minLength: 1", (B, "type"), (B, "type")),
    (
        "note: { type: string, nullable: true }",
        "note: { type: string, nullable: true, deprecated: true }",
        (W, "deprecated"),
        (W, ""),
    ),
    (
        "note: { type: string, nullable: true }",
        "note: { type: string, nullable: true, not: { enum: [x] } }",
        (U, "not"),
        (U, "not"),
    ),
    // Answers.
    (
        "        '204': { description: Gone. }",
        "        '200': { description: Gone. }",
        (B, "status-removed"),
        (B, "status-removed"),
    ),
    (
        "        '204': { description: Gone. }",
        "        '204': { description: Gone. }\n        '202': { description: Soon. }",
        (B, "status-added"),
        (B, "status-removed"),
    ),
    (
        "        '401': { description: Refused. }",
        "        '401': { description: Refused. }\n        '429': { description: Later. }",
        (W, "status-added"),
        (C, "status-removed"),
    ),
    (
        "            X-Total: { required: true, schema: { type: integer } }\n",
        "            X-Total: { required: true, schema: { type: integer } }\n            X-More: { schema: { type: integer } }\n",
        (C, "header-added"),
        (B, "header-removed"),
    ),
    (
        "X-Total: { required: true, schema",
        "X-Total: { schema",
        (B, "header-optional"),
        (C, "header-required"),
    ),
    (
        "application/json: { schema: { type: array,",
        "text/json: { schema: { type: array,",
        (B, "media-type-removed"),
        (B, "media-type-removed"),
    ),
    ("        text: { type: string }\n", "", (B, "response-member-removed"), (C, "response-member-added")),
    ("required: [id, state]", "required: [id]", (B, "member-optional"), (C, "member-required")),
    (
        "enum: [active, revoked]",
        "enum: [active, revoked, expired]",
        (B, "enum-value-added"),
        (C, "enum-value-removed"),
    ),
    (
        "text: { type: string }",
        "text: { type: string, nullable: true }",
        (B, "nullable-added"),
        (C, "nullable-removed"),
    ),
    ("format: int32", "format: int64", (B, "format"), (C, "format")),
    ("format: uuid", "format: date", (B, "format"), (B, "format")),
    (
        "{ $ref: '#/components/schemas/Team' }]",
        "{ $ref: '#/components/schemas/Team' }, { $ref: '#/components/schemas/Robot' }]",
        (B, "alternative-added"),
        (C, "alternative-removed"),
    ),
    (
        "parent: { $ref: '#/components/schemas/Key' }",
        "parent: { nullable: true, anyOf: [{ $ref: '#/components/schemas/Key' }, { nullable: true, enum: [null] }] }",
        (B, "alternative-added"),
        (C, "alternative-removed"),
    ),
    (
        "additionalProperties: { type: string }",
        "additionalProperties: { type: string, maxLength: 3 }",
        (C, "maxLength"),
        (B, "maxLength"),
    ),
    (
        "labels: { type: object, additionalProperties: { type: string } }",
        "labels: { type: object }",
        (B, "additionalProperties"),
        (C, "additionalProperties"),
    ),
    (
        "properties: { login: { type: string } }",
        "properties: { login: { type: number } }",
        (B, "type"),
        (B, "type"),
    ),
    // Who may call.
    (
        "security: [{ bearer: [] }, { user: [], secret: [] }]",
        "security: [{ bearer: [] }]",
        (B, "security-alternative-removed"),
        (C, "security-alternative-added"),
    ),
    (
        "security: [{ bearer: [] }, { user: [], secret: [] }]",
        "security: [{ bearer: [] }, { user: [] }]",
        (C, "security-alternative-added"),
        (B, "security-stricter"),
    ),
    (
        "operationId: deleteKey",
        "operationId: deleteKey\n      security: []",
        (C, "security-alternative-added"),
        (B, "security-stricter"),
    ),
    (
        "name: X-User",
        "name: X-Login",
        (B, "security-alternative-removed"),
        (B, "security-alternative-removed"),
    ),
];

#[test]
fn every_kind_of_change_is_found_both_ways() {
    let old = edition("api.yaml", API, None);
    let mut wrong = Vec::new();
    for (from, to, forth, back) in CASES {
        let new = edition("api.yaml", &edited(API, from, to), None);
        for (before, after, expected) in [(&old, &new, forth), (&new, &old, back)] {
            let changes = compare(before, after);
            let found = told(&changes);
            let right =
                if expected.1.is_empty() { found.is_empty() } else { found.first() == Some(expected) };
            if !right {
                wrong.push(format!("`{from}` to `{to}`: expected {expected:?}\n{}", text(&changes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_words_for_the_same_are_no_change() {
    let old = edition("api.yaml", API, None);
    for (from, to) in [
        // Another name of a component, of a parameter in a path, and of a scheme.
        ("#/components/schemas/User' }", "#/components/schemas/Person' }"),
        ("description: The keys.", "description: All of the keys."),
        (
            "text: { type: string }",
            "text: { type: string, format: password, example: a, description: Said. }",
        ),
        ("        text: { type: string }", "        text: { allOf: [{ type: string }] }"),
        (
            "parent: { $ref: '#/components/schemas/Key' }",
            "parent: { allOf: [{ $ref: '#/components/schemas/Key' }] }",
        ),
        (
            "[{ $ref: '#/components/schemas/User' }, { $ref: '#/components/schemas/Team' }]",
            "[{ $ref: '#/components/schemas/Team' }, { $ref: '#/components/schemas/User' }]",
        ),
        ("required: [id, state]", "required: [state, id]"),
        (
            "4XX: { description: Refused. }",
            "'404': { description: No. }\n        4XX: { description: Refused. }",
        ),
    ] {
        let mut changed = edited(API, from, to);
        if to.contains("Person") {
            changed = changed.replace("    User:", "    Person:");
        }
        let new = edition("api.yaml", &changed, None);
        for changes in [compare(&old, &new), compare(&new, &old)] {
            assert!(changes.is_empty(), "`{from}` to `{to}`:\n{}", text(&changes));
        }
    }
    let renamed = API.replace("{id}", "{key}").replace("name: id, in: path", "name: key, in: path");
    assert!(compare(&old, &edition("api.yaml", &renamed, None)).is_empty());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Texts of a bundled contract.
fn bundled(name: &str) -> (String, String) {
    let read = |file: &str| std::fs::read_to_string(root().join("specs").join(name).join(file)).unwrap();
    (read("openapi.yaml"), read("lifecycle.yaml"))
}

/// Contract, from, to, what that is, and what the way back is.
type Promise = (&'static str, &'static str, &'static str, (Class, &'static str), (Class, &'static str));

const PROMISES: &[Promise] = &[
    (
        "dinie",
        "propagation_delay: 0s",
        "propagation_delay: 5m",
        (B, "lifecycle-longer"),
        (C, "lifecycle-shorter"),
    ),
    (
        "dinie",
        "after_revocation: survives",
        "after_revocation: dies",
        (B, "lifecycle-changed"),
        (B, "lifecycle-changed"),
    ),
    (
        "dinie",
        "after_revocation: survives",
        "after_revocation: unspecified",
        (B, "lifecycle-changed"),
        (C, "lifecycle-changed"),
    ),
    (
        "dinie",
        "        lifetime: 1h",
        "        lifetime: 30m",
        (B, "lifecycle-shorter"),
        (W, "lifecycle-longer"),
    ),
    (
        "dinie",
        "answer: [{ status: [204, 404, 409] }]\n  - id: R15",
        "answer: [{ status: [404, 409] }]\n  - id: R15",
        (C, "lifecycle-answers"),
        (B, "lifecycle-answers"),
    ),
    (
        "dinie",
        "answer: [{ status: [204, 404, 409] }]\n  - id: R15",
        "answer: [{ status: 410 }]\n  - id: R15",
        (B, "lifecycle-answers"),
        (B, "lifecycle-answers"),
    ),
    // The same answers, said in another way.
    (
        "dinie",
        "answer: [{ status: [204, 404, 409] }]\n  - id: R15",
        "answer: [{ status: 409 }, { status: 404 }, { status: 204 }]\n  - id: R15",
        (C, ""),
        (C, ""),
    ),
    (
        "dinie",
        "states: [unknown, foreign]",
        "states: [unknown]",
        (B, "lifecycle-removed"),
        (C, "lifecycle-added"),
    ),
    (
        "dinie",
        "except: [/detail, /instance]",
        "except: [/detail]",
        (C, "lifecycle-removed"),
        (B, "lifecycle-added"),
    ),
    (
        "dinie",
        "    check:\n      - last_active:\n          by: outsider\n          answer: [{ status: 409, media_type: application/problem+json }]",
        "    not_observed: Nobody looks.",
        (B, "requirement-removed"),
        (B, "requirement-added"),
    ),
    (
        "dinie",
        "with: [nobody, unknown, expired-token]",
        "with: [nobody, unknown]",
        (B, "lifecycle-removed"),
        (C, "lifecycle-added"),
    ),
    (
        "dinie",
        "listed_after_revocation: { listed: revoked, keeps",
        "listed_after_revocation: { listed: gone, keeps",
        (B, "lifecycle-changed"),
        (B, "lifecycle-changed"),
    ),
    ("dinie", "window: 24h", "window: 1h", (B, "lifecycle-shorter"), (C, "lifecycle-longer")),
    (
        "dinie",
        "      idempotency_key: Idempotency-Key\n",
        "",
        (B, "lifecycle-removed"),
        (C, "lifecycle-added"),
    ),
    (
        "dinie",
        "      secret: $response.body#/client_secret",
        "      secret: $response.body#/secret",
        (B, "lifecycle-changed"),
        (B, "lifecycle-changed"),
    ),
    (
        "dinie",
        "  createToken: The answers to a wrong or revoked pair were not seen.\n",
        "",
        (C, "lifecycle-removed"),
        (B, "lifecycle-added"),
    ),
    (
        "dinie",
        "    text: Revoking one credential leaves the partner's others alone.",
        "    text: Others live on.",
        (C, "requirement-reworded"),
        (C, "requirement-reworded"),
    ),
    (
        "dinie",
        "    text: Sandbox and production are separate; a",
        "    text: A",
        (U, "requirement-reworded"),
        (U, "requirement-reworded"),
    ),
    (
        "dinie",
        "as: operator\n        parameters: { client_id",
        "as: outsider\n        parameters: { client_id",
        (U, "lifecycle-unclassified"),
        (U, "lifecycle-unclassified"),
    ),
    (
        "dinie",
        "gives: another",
        "gives: refusal, answer: [{ status: 409 }]",
        (B, "lifecycle-changed"),
        (B, "lifecycle-changed"),
    ),
    (
        "dinie",
        "    about: A client_id and client_secret that are exchanged for bearer tokens.",
        "    about: A pair.",
        (C, ""),
        (C, ""),
    ),
    (
        "dinie",
        "hooks:\n  restart: { about: Restarts the service., does: restart }\n",
        "",
        (C, "lifecycle-removed"),
        (C, "lifecycle-added"),
    ),
];

#[test]
fn every_promise_is_compared_both_ways() {
    let mut wrong = Vec::new();
    for (contract, from, to, forth, back) in PROMISES {
        let (api, lifecycle) = bundled(contract);
        let old = edition("api.yaml", &api, Some(&lifecycle));
        let new = edition("api.yaml", &api, Some(&edited(&lifecycle, from, to)));
        for (before, after, expected) in [(&old, &new, forth), (&new, &old, back)] {
            let changes = compare(before, after);
            let found = told(&changes);
            let right =
                if expected.1.is_empty() { found.is_empty() } else { found.first() == Some(expected) };
            if !right {
                wrong.push(format!("`{from}` to `{to}`: expected {expected:?}\n{}", text(&changes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every folder with a document, here and in the golden tests, against itself, and against itself without lifecycle.
#[test]
fn a_contract_against_itself_says_nothing() {
    let mut count = 0;
    for folder in ["specs", "xtask/tests/golden"] {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for folder in entries.iter().filter(|path| path.join("openapi.yaml").is_file()) {
            let read = || Edition::read(&folder.display().to_string(), None).unwrap();
            let changes = compare(&read(), &read());
            assert!(changes.is_empty(), "{}:\n{}", folder.display(), text(&changes));
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
    let (api, lifecycle) = bundled("dinie");
    let (whole, bare) = (edition("api.yaml", &api, Some(&lifecycle)), edition("api.yaml", &api, None));
    assert_eq!(told(&compare(&whole, &bare)), [(B, "lifecycle")]);
    assert_eq!(told(&compare(&bare, &whole)), [(C, "lifecycle")]);
}

/// Whatever word of a lifecycle is taken out or altered is told.
#[test]
fn no_difference_in_a_lifecycle_is_silent() {
    for contract in ["dinie", "wattshift"] {
        let (api, text) = bundled(contract);
        let old = edition("api.yaml", &api, Some(&text));
        let lines: Vec<&str> = text.lines().collect();
        let mut told = 0;
        for index in 0..lines.len() {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, line)| *line).collect();
            let Ok(changed) = Document::parse("lifecycle.yaml", rest.join("\n")) else { continue };
            let api = &old.contract;
            let Ok(read) = Lifecycle::read(&changed, api.operations(), api.schemes()) else {
                continue;
            };
            let new =
                Edition { contract: api.clone(), lifecycle: Some((read, changed)), left_out: Vec::new() };
            let same = old.lifecycle.as_ref().unwrap().0 == new.lifecycle.as_ref().unwrap().0;
            let silent = compare(&old, &new).is_empty();
            assert_eq!(same, silent, "{contract}: without line {}: {}", index + 1, lines[index]);
            told += usize::from(!same);
        }
        assert!(told > 5, "{contract}: {told}");
    }
}

/// Whatever line of the description is taken out is told, if it says anything about requests or answers.
#[test]
fn no_difference_in_a_description_is_silent() {
    let old = edition("api.yaml", API, None);
    let lines: Vec<&str> = API.lines().collect();
    let mut silent = Vec::new();
    for index in 0..lines.len() {
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, line)| *line).collect();
        let Ok(changed) = Document::parse("api.yaml", rest.join("\n")) else { continue };
        let Ok(prepared) = Prepared::new("keys", changed) else { continue };
        let new = Edition::new(prepared, None).unwrap();
        if compare(&old, &new).is_empty() {
            silent.push(lines[index].trim());
        }
    }
    let told_by_nothing = [
        "",
        "info: { title: Keys, version: '1' }",
        "description: The keys.",
        // A parameter of a path that nobody describes is a string all the same, and `bearer` names a scheme of its own.
        "- { name: id, in: path, required: true, schema: { type: string } }",
        "bearer: { type: http, scheme: bearer }",
        // Nothing refers to it.
        "Robot: { type: object, required: [model], properties: { model: { type: string } } }",
    ];
    assert_eq!(silent, told_by_nothing);
}

#[test]
fn what_a_person_reads() {
    let (api, lifecycle) = bundled("dinie");
    let old = edition("old.yaml", &api, Some(&lifecycle));
    let api =
        edited(&api, "operationId: listCredentials", "operationId: listCredentials\n      deprecated: true");
    let lifecycle = edited(&lifecycle, "propagation_delay: 0s", "propagation_delay: 5m");
    let new = edition("new.yaml", &api, Some(&lifecycle));
    let changes = compare(&old, &new);
    insta::assert_snapshot!(format!("{}\n---\n{}", text(&changes), markdown(&changes)));
}

/// Documents that nest, recur and refer to nothing come to an end.
#[test]
fn awkward_schemas_come_to_an_end() {
    let schemas = [
        "A: { $ref: '#/components/schemas/A' }",
        "A: { allOf: [{ $ref: '#/components/schemas/A' }, { type: object }] }",
        "A: { anyOf: [{ $ref: '#/components/schemas/A' }, { type: array, items: { $ref: '#/components/schemas/A' } }] }",
        "A: { oneOf: [{ $ref: '#/components/schemas/B' }, { type: string }] }\n    B: { oneOf: [{ $ref: '#/components/schemas/A' }, { type: integer }] }",
        "A: { allOf: [{ type: object, properties: { a: { allOf: [{ $ref: '#/components/schemas/A' }] } } }, { properties: { a: { $ref: '#/components/schemas/A' } } }] }",
    ];
    let editions: Vec<Edition> = schemas
        .iter()
        .filter_map(|schemas| {
            let text = format!(
                "openapi: 3.0.3\ninfo: {{ title: Keys, version: '1' }}\npaths:\n  /a:\n    get:\n      operationId: a\n      responses: {{ '200': {{ description: It., content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/A' }} }} }} }} }}\ncomponents:\n  schemas:\n    {schemas}\n"
            );
            let prepared = Prepared::new("keys", document("api.yaml", &text)).ok()?;
            Edition::new(prepared, None).ok()
        })
        .collect();
    assert!(editions.len() >= 3);
    for old in &editions {
        for new in &editions {
            let changes = compare(old, new);
            assert!(!std::ptr::eq(old, new) || changes.is_empty(), "{}", text(&changes));
        }
    }
}
