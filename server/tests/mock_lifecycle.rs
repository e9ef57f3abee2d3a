//! Mocks that keep state: what a stranger or a careless caller must not reach, and what must not be written down.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use http::{Method, StatusCode};
use rescind_server::bootstrap::Pair;
use rescind_server::journal::Filter;
use rescind_server::mock::Mock;
use rescind_server::store::{Collection, Deletion, References};
use rescind_server::{Clock, Database, Running, Server};
use rescind_specs::Document;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Nothing in it says that a secret is one; only the lifecycle document does.
const OPENAPI: &str = r"
openapi: 3.0.3
info: { title: Lockers, version: '1' }
paths:
  /keys:
    post:
      operationId: issueKey
      security: [{ number: [], word: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Wish' } } }
      responses:
        '201':
          description: issued
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Key' }
              example: { id: k-0, secret: EXAMPLE-EXAMPLE-EXAMPLE, name: one }
        '401': { description: refused }
        '409': { description: taken }
        '422': { description: refused }
  /keys/{id}:
    delete:
      operationId: dropKey
      security: [{ number: [], word: [] }]
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        '204': { description: dropped }
        '401': { description: refused }
        '404': { description: unknown }
  /logout:
    post:
      operationId: dropAll
      security: [{ number: [], word: [] }]
      responses: { '204': { description: dropped }, '401': { description: refused } }
  /form:
    post:
      operationId: dropByForm
      requestBody:
        required: true
        content: { application/json: { schema: { type: object } } }
      responses:
        '204': { description: dropped }
        '401': { description: refused }
        '404': { description: unknown }
  /me:
    get:
      operationId: me
      security: [{ number: [], word: [] }]
      responses: { '200': { description: known }, '401': { description: refused } }
  /signed:
    get:
      operationId: signed
      security: [{ number: [], word: [], signature: [] }]
      responses: { '200': { description: known }, '401': { description: refused } }
components:
  securitySchemes:
    number: { type: apiKey, in: header, name: X-Number }
    word: { type: apiKey, in: header, name: X-Word }
    signature: { type: apiKey, in: header, name: X-Signature }
  schemas:
    Wish:
      type: object
      required: [name]
      properties: { name: { type: string }, id: { type: string } }
    Key:
      type: object
      required: [id, secret]
      properties: { id: { type: string }, secret: { type: string, minLength: 16 }, name: { type: string } }
";

const LIFECYCLE: &str = r"
callers:
  keeper: { about: Whoever minds the lockers., holds: key }

credentials:
  key:
    about: A key.
    issue:
      call: { operation: issueKey, as: keeper, body: { name: 'n {$unique}' } }
      success: { status: 201 }
      id: $response.body#/id
      unknown_id: 'k-{$unique}'
      secret: $response.body#/secret
    present: { number: $credential.id, word: 'Word {$credential.secret}' }
    probe:
      call: { operation: me, as: $credential }
      accepted: { status: 200 }
      refused: { status: 401 }
    revoke:
      call: { operation: dropKey, as: keeper, parameters: { id: $credential.id } }
      success: { status: 204 }
      propagation_delay: 0s
      ways:
        all:
          about: The keeper drops all.
          call: { operation: dropAll, as: keeper }
          success: { status: 204 }
          ends: all
        form:
          about: Somebody drops a key by a form.
          call:
            operation: dropByForm
            as: keeper
            body: { number: $caller.id, word: $caller.secret, key: $credential.id }
          success: { status: 204 }

requirements:
  - { id: R1, text: It works., basis: contract, source: here, check: [usable_after_issue: {}] }
";

fn mock(lifecycle: &str) -> Mock {
    let openapi = Document::parse("lockers.yaml", OPENAPI).unwrap();
    let lifecycle = Document::parse("lifecycle.yaml", lifecycle).unwrap();
    Mock::new("lockers", openapi, Some(&lifecycle)).unwrap()
}

async fn start() -> Lockers {
    start_as(LIFECYCLE).await
}

async fn start_as(lifecycle: &str) -> Lockers {
    let server = Server::builder().seed(1).clock(Clock::virtual_from_now()).mock(mock(lifecycle));
    let running = server.spawn().await.unwrap();
    let keeper = running.target("lockers").callers["keeper"].clone();
    Lockers { running, keeper }
}

struct Lockers {
    running: Running,
    keeper: Pair,
}

impl Lockers {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = headers.collect::<Vec<_>>().concat();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.running.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(text).unwrap_or_default())
    }

    fn shown(pair: &Pair) -> [(&'static str, String); 2] {
        [("x-number", pair.id.clone()), ("x-word", format!("Word {}", pair.secret.expose()))]
    }

    async fn issued(&self, name: &str) -> Pair {
        let body = json!({ "name": name });
        let (status, key) = self.ask(Method::POST, "/keys", &Self::shown(&self.keeper), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED);
        Pair::new(key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())
    }

    async fn works(&self, pair: &Pair) -> bool {
        self.ask(Method::GET, "/me", &Self::shown(pair), None).await.0 == StatusCode::OK
    }
}

#[tokio::test]
async fn what_only_the_lifecycle_document_calls_a_secret_is_in_no_journal() {
    let lockers = start().await;
    let key = lockers.issued("one").await;
    let form = json!({ "number": lockers.keeper.id, "word": lockers.keeper.secret.expose(), "key": key.id });
    lockers.ask(Method::POST, "/form", &[], Some(form)).await;
    let entries = lockers.running.journal().entries(&Filter::default());
    assert_eq!(entries.len(), 2);
    let text = serde_json::to_string(&entries).unwrap();
    assert!(text.contains(&key.id));
    for secret in [&key.secret, &lockers.keeper.secret] {
        assert!(!text.contains(secret.expose()));
    }
}

#[tokio::test]
async fn a_contract_has_its_lifecycle_document_wherever_it_is_looked_for() {
    let mock = mock(LIFECYCLE);
    assert!(mock.contract().lifecycle().is_some());
    assert_eq!(mock.contract().lifecycle_document().unwrap().name(), "lifecycle.yaml");
}

#[tokio::test]
async fn a_secret_that_is_written_in_another_way_is_not_left_out() {
    let lockers = start().await;
    let key = lockers.issued("one").await;
    let [number, word] = Lockers::shown(&key);
    let status =
        async |path: &str, headers: &[(&str, String)]| lockers.ask(Method::GET, path, headers, None).await.0;
    assert_eq!(status("/me", &[number.clone(), word.clone()]).await, StatusCode::OK);
    for wrong in ["x", "", "Word", "Word x", key.secret.expose()] {
        let wrong = ("x-word", wrong.to_owned());
        assert_eq!(status("/me", &[number.clone(), wrong]).await, StatusCode::UNAUTHORIZED);
    }
    // A scheme that the lifecycle document does not know neither opens nor shuts.
    let signature = ("x-signature", "s".to_owned());
    let all = [number.clone(), word, signature.clone()];
    assert_eq!(status("/signed", &all).await, StatusCode::OK);
    let wrong = [number.clone(), ("x-word", "Word x".to_owned()), signature.clone()];
    assert_eq!(status("/signed", &wrong).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_a_form_names_has_to_prove_it() {
    let lockers = start().await;
    let key = lockers.issued("one").await;
    let other = lockers.issued("two").await;
    let drop_key = async |word: Option<&str>| {
        let form = json!({ "number": lockers.keeper.id, "word": word, "key": key.id });
        lockers.ask(Method::POST, "/form", &[], Some(form)).await.0
    };
    assert_eq!(drop_key(Some("x")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(drop_key(Some(other.secret.expose())).await, StatusCode::UNAUTHORIZED);
    assert_eq!(drop_key(None).await, StatusCode::UNAUTHORIZED);
    assert!(lockers.works(&key).await);
    assert_eq!(drop_key(Some(lockers.keeper.secret.expose())).await, StatusCode::NO_CONTENT);
    assert!(!lockers.works(&key).await);
}

#[tokio::test]
async fn all_that_is_ended_is_ended_whatever_it_is_called() {
    let lockers = start().await;
    let keys = [lockers.issued("one").await, lockers.issued("keeper").await];
    let (status, _) = lockers.ask(Method::POST, "/logout", &Lockers::shown(&keys[0]), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for key in &keys {
        assert!(!lockers.works(key).await, "{}", key.id);
    }
    // What the server gives out at its start it could not give out again.
    assert!(lockers.works(&lockers.keeper).await);
}

/// The caller chooses the identifier.
#[tokio::test]
async fn of_several_who_want_one_identifier_one_gets_it() {
    let chosen = LIFECYCLE.replace("id: $response.body#/id", "id: $request.body#/id");
    let chosen = chosen.replace("{ name: 'n {$unique}' }", "{ name: 'n {$unique}', id: 'k-{$unique}' }");
    let lockers = start_as(&chosen).await;
    let body = json!({ "name": "one", "id": "k-7" });
    let shown = Lockers::shown(&lockers.keeper);
    let asked = (0..8).map(|_| lockers.ask(Method::POST, "/keys", &shown, Some(body.clone())));
    let mut statuses: Vec<u16> =
        futures::future::join_all(asked).await.iter().map(|(status, _)| status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    // No engine has to find room for just anything.
    let long = json!({ "name": "one", "id": "k".repeat(1025) });
    assert_eq!(
        lockers.ask(Method::POST, "/keys", &shown, Some(long)).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// What a second credential of one name is answered with, before and after the first was revoked.
async fn named_twice(repeated: u16, reissue: &str) -> [(StatusCode, Value); 2] {
    let repeated = format!("repeated_issue: {{ answer: [{{ status: {repeated} }}] }}");
    let unique = LIFECYCLE
        .replace("[usable_after_issue: {}]", &format!("[usable_after_issue: {{}}, {repeated}{reissue}]"));
    let lockers = start_as(&unique).await;
    let key = lockers.issued("one").await;
    let shown = Lockers::shown(&lockers.keeper);
    let issue = async || lockers.ask(Method::POST, "/keys", &shown, Some(json!({ "name": "one" }))).await;
    let before = issue().await;
    let (status, _) = lockers.ask(Method::DELETE, &format!("/keys/{}", key.id), &shown, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let after = issue().await;
    assert_ne!(after.1["id"].as_str(), Some(&*key.id));
    assert!(!lockers.works(&key).await);
    [before, after]
}

#[tokio::test]
async fn a_name_is_free_again_after_a_revocation_where_the_document_says_so() {
    let refused = ", reissue: { gives: refusal, answer: [{ status: 422 }] }";
    // What is said of another kind of revocation says nothing of this one.
    let elsewhere = ", reissue: { by: { way: form }, gives: another }";
    for (repeated, reissue, answers) in [
        (409, ", reissue: { gives: another }", [409, 201]),
        (409, refused, [409, 422]),
        (409, &format!("{refused}{elsewhere}"), [409, 422]),
        // Where nothing is said, the name is taken as it was.
        (422, "", [422, 422]),
    ] {
        let answered = named_twice(repeated, reissue).await.map(|(status, _)| status.as_u16());
        assert_eq!(answered, answers, "{reissue}");
    }
}

#[tokio::test]
async fn two_contracts_of_one_path_are_told() {
    let two = ["a b", "a-b"]
        .map(|name| Mock::new(name, Document::parse("lockers.yaml", OPENAPI).unwrap(), None).unwrap());
    let [one, other] = two;
    let error = Server::builder().mock(one).mock(other).spawn().await.unwrap_err();
    assert_eq!(error.to_string(), "two contracts are to be served under /a-b; give one of them another path");
}

/// A caller whose credential was deleted is followed by another one, as one is whose credential was revoked.
#[tokio::test]
async fn a_deleted_caller_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = async || {
        let database = Database::File(folder.path().join("facts.db"));
        Server::builder().database(database).mock(mock(LIFECYCLE)).spawn().await.unwrap()
    };
    let first = spawn().await;
    let keeper = first.target("lockers").callers["keeper"].clone();
    let keys = Collection::named("lockers", "key");
    let store = first.state().store();
    let tenant = store.credential(keys, &keeper.id).await.unwrap().unwrap().tenant;
    let deletion = store.delete(keys.of(&tenant), &keeper.id, References::Prevent).await.unwrap();
    assert_eq!(deletion, Deletion::Deleted);
    first.shutdown().await;
    let running = spawn().await;
    let next = running.target("lockers").callers["keeper"].clone();
    assert_ne!(next, keeper);
    running.reset().await.unwrap();
    let lockers = Lockers { running, keeper: next.clone() };
    assert!(lockers.works(&next).await && !lockers.works(&keeper).await);
    // It is known as one that a caller was given, also after a reset.
    let key = lockers.issued("one").await;
    let dropped = lockers.ask(Method::POST, "/logout", &Lockers::shown(&key), None).await;
    assert_eq!(dropped.0, StatusCode::NO_CONTENT);
    assert!(lockers.works(&next).await && !lockers.works(&key).await);
}
