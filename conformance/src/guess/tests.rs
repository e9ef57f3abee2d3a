//! How good the guesses are: on the bundled contracts, whose lifecycle documents say what is right, and on small
//! documents in the styles of other APIs.

use rescind_specs::lifecycle::CredentialKind;
use rescind_specs::{Contract, Document, Vendor};

use super::{Draft, Operator, draft};

/// The operations of a kind, or of a draft of it: issue, probe, listed, revoke.
type Roles = [Option<String>; 4];

const ROLES: [&str; 4] = ["issue", "probe", "listed", "revoke"];

fn guessed(draft: &Draft) -> Roles {
    [
        draft.issue.as_ref().map(|guess| guess.value.call.operation.0.clone()),
        draft.probe.as_ref().map(|guess| guess.value.call.operation.0.clone()),
        draft.listed.as_ref().map(|guess| guess.value.call.operation.0.clone()),
        draft.revoke.as_ref().map(|guess| guess.value.call.operation.0.clone()),
    ]
}

fn known(kind: &CredentialKind) -> Roles {
    [
        kind.issue.as_ref().map(|issue| issue.call.operation.0.clone()),
        kind.probe.as_ref().map(|probe| probe.call.operation.0.clone()),
        kind.listed.as_ref().map(|listed| listed.call.operation.0.clone()),
        kind.revoke.as_ref().map(|revoke| revoke.call.operation.0.clone()),
    ]
}

fn of(text: &str) -> Draft {
    let document = Document::parse("openapi.yaml", text).unwrap();
    draft(&Contract::new("api", document, None).unwrap_or_else(|error| panic!("{error}")))
}

fn shown(roles: &Roles) -> Vec<&str> {
    roles.iter().map(|role| role.as_deref().unwrap_or("-")).collect()
}

/// Fifteen of sixteen roles are right. The wrong one: the best probe of EntryTarget is one whose success is a 404.
#[test]
fn the_bundled_contracts_are_guessed_right_but_for_one_probe() {
    let mut right = 0;
    let mut wrong = Vec::new();
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        let (_, kind) = contract.lifecycle().unwrap().kind(None).unwrap();
        let draft = draft(&contract);
        for ((role, known), guessed) in ROLES.iter().zip(known(kind)).zip(guessed(&draft)) {
            if known == guessed {
                right += 1;
            } else {
                wrong.push(format!("{vendor} {role}: {guessed:?}, not {known:?}"));
            }
        }
    }
    assert_eq!(wrong, ["entrytarget probe: Some(\"getIntegrity\"), not Some(\"getAccount\")"]);
    assert_eq!(right, 15);
}

/// Identifier, secret, exchange and caller of the bundled contracts.
#[test]
fn the_members_of_the_bundled_contracts_are_found() {
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        let (_, kind) = contract.lifecycle().unwrap().kind(None).unwrap();
        let (known, draft) = (kind.issue.as_ref().unwrap(), draft(&contract));
        let guessed = &draft.issue.as_ref().unwrap().value;
        assert_eq!(guessed.id.value, known.id.as_str(), "{vendor}");
        let secret = guessed.secret.as_ref().map(|secret| secret.value.as_str());
        assert_eq!(secret, known.secret.as_ref().map(rescind_specs::lifecycle::Template::as_str), "{vendor}");
        assert_eq!(guessed.call.actor, known.call.actor.to_string(), "{vendor}");
        assert_eq!(guessed.idempotency_key, known.idempotency_key, "{vendor}");
        assert_eq!(guessed.self_description.is_some(), known.self_description.is_some(), "{vendor}");
        let exchange = draft.token.as_ref().map(|token| token.value.exchange.operation.clone());
        assert_eq!(
            exchange,
            kind.tokens.values().next().map(|token| token.exchange.operation.clone()),
            "{vendor}"
        );
        let presented: Vec<_> =
            draft.present.iter().flat_map(|guess| &guess.value.0).map(|(name, _)| name).collect();
        assert_eq!(presented, kind.present.keys().collect::<Vec<_>>(), "{vendor}");
        let revoke = kind.revoke.as_ref().unwrap();
        let guessed = &draft.revoke.as_ref().unwrap().value;
        assert_eq!(guessed.call.actor, revoke.call.actor.to_string(), "{vendor}");
        assert_eq!(guessed.call.parameters.len(), revoke.call.parameters.len(), "{vendor}");
    }
}

/// A token that is its own identifier, revoked by its value and looked up by introspection (RFC 7009, RFC 7662).
#[test]
fn an_authorization_server_is_understood() {
    let draft = of("\
openapi: 3.1.0
info: { title: Login, version: '1' }
components:
  securitySchemes:
    client: { type: http, scheme: basic }
    bearer: { type: http, scheme: bearer }
security: [{ client: [] }]
paths:
  /oauth/token:
    post:
      operationId: token
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, required: [grant_type], properties: { grant_type: { type: string } } }
      responses:
        '200':
          description: a token
          content:
            application/json:
              schema:
                type: object
                properties: { access_token: { type: string }, expires_in: { type: integer } }
        '401': { description: refused }
  /oauth/revoke:
    post:
      operationId: revoke
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, required: [token], properties: { token: { type: string } } }
      responses: { '200': { description: done }, '401': { description: refused } }
  /oauth/introspect:
    post:
      operationId: introspect
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, required: [token], properties: { token: { type: string } } }
      responses:
        '200':
          description: about it
          content:
            application/json: { schema: { type: object, properties: { active: { type: boolean } } } }
        '401': { description: refused }
");
    assert_eq!(shown(&guessed(&draft)), ["token", "introspect", "-", "revoke"]);
    let (issue, revoke) = (&draft.issue.as_ref().unwrap().value, &draft.revoke.as_ref().unwrap().value);
    assert_eq!(issue.id.value, "$response.body#/access_token");
    assert_eq!(issue.secret.as_ref().unwrap().value, "$response.body#/access_token");
    assert_eq!(revoke.call.body, Some(serde_json::json!({ "token": "$credential.secret" })));
    assert_eq!(draft.probe.as_ref().unwrap().value.refused["body"], serde_json::json!({ "/active": false }));
    assert!(matches!(draft.operator.as_ref().unwrap().value, Operator::Another(..)));
}

/// Keys below a project, named in camel case, whose creation answers with a wrapper.
#[test]
fn keys_below_something_else_ask_for_it() {
    let draft = of("\
openapi: 3.0.3
info: { title: Projects, version: '1' }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-API-Key } }
security: [{ key: [] }]
paths:
  /projects/{projectId}/apiKeys:
    parameters: [{ name: projectId, in: path, required: true, schema: { type: string } }]
    post:
      operationId: createApiKey
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [label], properties: { label: { type: string, maxLength: 20 } } }
      responses:
        '200':
          description: made
          content:
            application/json:
              schema:
                type: object
                properties:
                  data:
                    type: object
                    properties: { keyId: { type: string }, apiKey: { type: string, format: password } }
    get:
      operationId: listApiKeys
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      responses:
        '200':
          description: all
          content:
            application/json:
              schema: { type: array, items: { type: object, properties: { keyId: { type: string } } } }
  /projects/{projectId}/apiKeys/{keyId}:
    parameters:
      - { name: projectId, in: path, required: true, schema: { type: string } }
      - { name: keyId, in: path, required: true, schema: { type: string, format: uuid } }
    delete:
      operationId: deleteApiKey
      description: Requests may be accepted for another 30 seconds.
      responses: { '204': { description: gone }, '404': { description: none } }
    post:
      operationId: rotateApiKey
      responses: { '200': { description: another } }
  /me: { get: { operationId: me, responses: { '200': { description: you }, '401': { description: refused } } } }
  /projects: { get: { operationId: projects, responses: { '200': { description: all } } } }
");
    assert_eq!(shown(&guessed(&draft)), ["createApiKey", "me", "listApiKeys", "deleteApiKey"]);
    assert_eq!(draft.kind, "api_key");
    let (issue, revoke) = (&draft.issue.as_ref().unwrap().value, &draft.revoke.as_ref().unwrap().value);
    assert_eq!(issue.id.value, "$response.body#/data/keyId");
    assert_eq!(issue.secret.as_ref().unwrap().value, "$response.body#/data/apiKey");
    assert_eq!(issue.call.body, Some(serde_json::json!({ "label": "{$unique}" })));
    assert_eq!(issue.call.parameters["projectId"], "$supplied.projectId");
    assert_eq!(revoke.call.parameters["keyId"], "$credential.id");
    assert_eq!(revoke.delay.value.to_string(), "30s");
    assert_eq!(draft.supplied.keys().collect::<Vec<_>>(), ["projectId"]);
    assert_eq!(draft.operator.as_ref().unwrap().value, Operator::SameKind);
}

/// What issues nothing is not made to.
#[test]
fn where_there_is_nothing_nothing_is_guessed() {
    let draft = of("\
openapi: 3.0.3
info: { title: Pets, version: '1' }
paths:
  /pets:
    post: { operationId: addPet, responses: { '201': { description: made } } }
    get: { operationId: listPets, responses: { '200': { description: all } } }
  /pets/{id}:
    delete:
      operationId: deletePet
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { '204': { description: gone } }
");
    assert_eq!(shown(&guessed(&draft)), ["-", "-", "-", "-"]);
    assert!(draft.questions.is_empty());
}

/// The operations and expressions that a draft has for the examples of servers that others wrote.
fn example(name: &str) -> (Contract, Draft) {
    let folder = format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(format!("{folder}/openapi.yaml")).unwrap();
    let contract = Contract::new(name, Document::parse("openapi.yaml", text).unwrap(), None).unwrap();
    let draft = draft(&contract);
    (contract, draft)
}

#[test]
fn the_session_of_a_browser_is_a_cookie_and_needs_a_token_against_forgery() {
    let (_, draft) = example("allauth");
    assert_eq!(
        guessed(&draft).map(Option::unwrap_or_default),
        ["login", "session", "", "logout"].map(str::to_owned)
    );
    let issue = &draft.issue.as_ref().unwrap().value;
    assert_eq!(issue.call.actor, "operator");
    assert_eq!(
        issue.call.body,
        Some(serde_json::json!({ "username": "$caller.id", "password": "$caller.secret" }))
    );
    assert_eq!(issue.id.value, "$response.cookie.sessionid");
    assert_eq!(issue.secret.as_ref().unwrap().value, "$response.cookie.sessionid");
    let obtained = &draft.obtained.as_ref().unwrap().value;
    assert_eq!(
        (obtained.call.operation.0.as_str(), obtained.token.as_str()),
        ("config", "$response.cookie.csrftoken")
    );
}

/// What ends every credential of its holder would end that of whoever runs the judge as well.
#[test]
fn several_ways_to_revoke_are_found() {
    let answers = "responses: { '204': { description: gone }, '401': { description: refused } }";
    let id = "parameters: [{ name: id, in: path, required: true, schema: { type: string } }]";
    let draft = of(&format!(
        "\
openapi: 3.0.3
info: {{ title: Keys, version: '1' }}
components:
  securitySchemes:
    bearer: {{ type: http, scheme: bearer }}
security: [{{ bearer: [] }}]
paths:
  /keys:
    post:
      operationId: createKey
      responses:
        '201':
          description: made
          content:
            application/json:
              schema:
                type: object
                properties: {{ id: {{ type: string }}, secret: {{ type: string, format: password }} }}
  /keys/{{id}}:
    delete: {{ operationId: deleteKey, {id}, {answers} }}
  /keys/{{id}}/revoke:
    post: {{ operationId: revokeKey, {id}, {answers} }}
  /keys/revoke-all:
    post: {{ operationId: revokeAllKeys, {answers} }}
"
    ));
    let ways = draft.ways.iter().map(|way| way.value.call.operation.0.as_str());
    let mut all: Vec<&str> = ways.collect();
    all.push(&draft.revoke.as_ref().unwrap().value.call.operation.0);
    all.sort_unstable();
    assert_eq!(all, ["deleteKey", "revokeKey"]);
}
