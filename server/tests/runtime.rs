//! The gate: every way to be rejected, by real requests through the router; and that it neither panics nor lets
//! anything through that breaks the contract.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use proptest::prelude::*;
use rescind_server::runtime::{
    Admitted, AdmittedBody, Answer, Context, CredentialSet, Gate, Handler, Limits, Matched, Mode, Presented,
    Refused, Rejection, Secret, serve,
};
use rescind_specs::{Contract, Direction, Document};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const FIXTURE: &str = r"
openapi: 3.0.3
info: { title: Fixture, version: '1' }
paths:
  /open/{id}:
    get:
      operationId: open
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }
        - { name: limit, in: query, schema: { type: integer, maximum: 100, default: 25 } }
        - { name: tag, in: query, schema: { type: array, items: { type: string }, maxItems: 2 } }
        - { name: X-Trace, in: header, required: true, schema: { type: string, maxLength: 8 } }
        - { name: theme, in: cookie, schema: { type: string, enum: [dark, light] } }
      responses: { '204': { description: done } }
  /keys:
    post:
      operationId: create
      security: [{ pair_id: [], pair_secret: [] }, { token: [] }]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              additionalProperties: false
              properties:
                name: { type: string, minLength: 1, maxLength: 8 }
                scopes: { type: array, items: { type: string, enum: [read, write] } }
                count: { type: integer }
          application/x-www-form-urlencoded:
            schema: { type: object, required: [name], properties: { name: { type: string }, count: { type: integer } } }
      responses:
        '201':
          description: made
          headers: { X-Count: { required: true, schema: { type: integer }, example: 3 } }
          content: { application/vnd.key+json: { schema: { type: object }, example: { id: k1 } } }
  /basic:
    post:
      operationId: basic
      security: [{ client: [] }, {}]
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '204': { description: done } }
  /ignored:
    delete:
      operationId: ignored
      responses: { '204': { description: done } }
components:
  securitySchemes:
    pair_id: { type: apiKey, in: header, name: X-Key }
    pair_secret: { type: apiKey, in: query, name: secret }
    token: { type: http, scheme: bearer }
    client: { type: http, scheme: basic }
";

fn contract() -> Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    let made = || Contract::new("fixture", Document::parse("fixture.yaml", FIXTURE).unwrap(), None).unwrap();
    CONTRACT.get_or_init(made).clone()
}

/// Answers rejections with their name, and operations as told.
#[derive(Clone, Default)]
struct Probe {
    behaviour: Behaviour,
    admitted: Arc<Mutex<Vec<Seized>>>,
}

/// What an operation got: the values of its parameters, and its body with the place of the media type.
struct Seized {
    values: Vec<Option<Value>>,
    body: Option<(usize, AdmittedBody)>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Behaviour {
    #[default]
    Answer,
    Unimplemented,
    Fail,
    Hang,
}

impl Handler for Probe {
    type Caller = String;

    async fn authenticate(
        &self,
        _: usize,
        presented: Presented<CredentialSet>,
        _: &Context,
    ) -> Result<String, Refused> {
        let token = presented.first().clone().secret();
        match token.as_ref().map(Secret::expose) {
            Some("bad") => Err(Refused::because("revoked")),
            Some("down") => Err(std::io::Error::other("the store is down").into()),
            _ => {
                let names = |set: &CredentialSet| {
                    set.schemes().iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
                };
                Ok(presented.iter().map(names).collect::<Vec<_>>().join(" or "))
            }
        }
    }

    fn reject(&self, operation: Option<usize>, _: &Context, rejection: Rejection) -> Answer {
        let kind = format!("{rejection:?}");
        let kind = kind.split([' ', '(']).next().unwrap_or_default();
        let body = json!({ "operation": operation, "kind": kind, "detail": rejection.to_string() });
        Answer::json(rejection.status(), "application/problem+json", &body)
    }

    async fn call(
        &self,
        _: usize,
        caller: Option<String>,
        mut admitted: Admitted,
    ) -> Result<Answer, Rejection> {
        match self.behaviour {
            Behaviour::Answer => {}
            Behaviour::Unimplemented => return Err(Rejection::NotImplemented),
            Behaviour::Fail => return Err(Rejection::internal("secret detail")),
            Behaviour::Hang => std::future::pending::<()>().await,
        }
        let content = admitted.content();
        let seized = admitted.raw_body().await?;
        let body = match &seized {
            None => Value::Null,
            Some(AdmittedBody::Json(value)) => value.clone(),
            Some(_) => json!("other"),
        };
        let values: Vec<Option<Value>> = (0..5).map(|index| admitted.value(index).cloned()).collect();
        self.admitted.lock().unwrap().push(Seized { values: values.clone(), body: content.zip(seized) });
        let values: Vec<Value> = values.into_iter().flatten().collect();
        let answer = json!({ "caller": caller, "parameters": values, "body": body });
        Ok(Answer::json(StatusCode::OK, "application/json", &answer))
    }
}

fn app(behaviour: Behaviour, mode: Mode, limits: Limits) -> Router {
    let gate = Gate::new(contract(), limits).unwrap();
    serve(gate, mode, Probe { behaviour, ..Probe::default() })
}

struct Seen {
    status: u16,
    headers: HeaderMap,
    matched: Option<Matched>,
    body: Value,
}

async fn send(app: Router, request: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Seen {
    let (method, uri) = request.split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = app.oneshot(builder.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Seen {
        status: parts.status.as_u16(),
        headers: parts.headers,
        matched: parts.extensions.get::<Matched>().cloned(),
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

async fn ask(request: &str, headers: &[(&str, &str)], body: &str) -> Seen {
    let limits = Limits { body: 64, ..Limits::default() };
    send(app(Behaviour::Answer, Mode::Strict, limits), request, headers, body.to_owned()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const TOKEN: (&str, &str) = ("authorization", "Bearer good");

/// Request, headers, body; status, kind and text of the rejection.
type Case =
    (&'static str, &'static [(&'static str, &'static str)], &'static str, u16, &'static str, &'static str);

const REJECTIONS: &[Case] = &[
    ("GET /nowhere", &[], "", 404, "UnknownPath", "there is no such path"),
    ("PUT /keys", &[], "", 405, "MethodNotAllowed", "the path does not take this method; it takes POST"),
    ("HEAD /open/1", &[], "", 405, "", ""),
    ("OPTIONS /open/1", &[], "", 405, "MethodNotAllowed", "the path does not take this method; it takes GET"),
    ("POST /keys", &[JSON], "{}", 401, "MissingCredential", "a credential is missing: token"),
    ("POST /keys", &[("x-key", "k")], "", 401, "MissingCredential", "a credential is missing: pair_secret"),
    (
        "POST /keys",
        &[("authorization", "Basic eA==")],
        "",
        401,
        "MissingCredential",
        "a credential is missing: token",
    ),
    (
        "POST /keys",
        &[("authorization", "Bearer")],
        "",
        401,
        "InvalidCredential",
        "the credential is not accepted",
    ),
    (
        "POST /keys",
        &[("authorization", "Bearer a b")],
        "",
        401,
        "InvalidCredential",
        "the credential is not accepted",
    ),
    (
        "POST /keys",
        &[("authorization", "Bearer bad")],
        "",
        401,
        "InvalidCredential",
        "the credential is not accepted",
    ),
    (
        "POST /basic",
        &[("authorization", "Basic !")],
        "",
        401,
        "InvalidCredential",
        "the credential is not accepted",
    ),
    ("POST /keys", &[("authorization", "Bearer down")], "", 500, "Internal", "the server failed"),
    (
        "POST /keys",
        &[TOKEN, JSON, ("content-length", "65")],
        "",
        413,
        "TooLarge",
        "the body is longer than 64 bytes",
    ),
    (
        "POST /keys",
        &[TOKEN, ("content-type", "text/plain")],
        "{}",
        415,
        "UnsupportedMediaType",
        "the media type of the body must be application/json, application/x-www-form-urlencoded",
    ),
    (
        "POST /keys",
        &[TOKEN],
        "{}",
        415,
        "UnsupportedMediaType",
        "the media type of the body must be application/json, application/x-www-form-urlencoded",
    ),
    (
        "POST /keys",
        &[TOKEN, JSON],
        "{",
        400,
        "MalformedBody",
        "the body cannot be read: it ends too early at line 1, column 1",
    ),
    (
        "POST /keys",
        &[TOKEN, JSON],
        "{hunter2}",
        400,
        "MalformedBody",
        "the body cannot be read: it is not JSON at line 1, column 2",
    ),
    (
        "POST /keys",
        &[TOKEN, FORM],
        "name=%zz",
        400,
        "MalformedBody",
        "the body cannot be read: it is no URL-encoded form of UTF-8 text",
    ),
    ("POST /keys", &[TOKEN], "", 400, "Violations", "body is required"),
    ("POST /keys", &[TOKEN, JSON], "{}", 400, "Violations", "body/name is required"),
    (
        "POST /keys",
        &[TOKEN, JSON],
        r#"{"name":"hunter2 hunter2","scopes":["read","x"]}"#,
        400,
        "Violations",
        "body/name must have at most 8 characters, body/scopes/1 must be one of [\"read\",\"write\"]",
    ),
    (
        "POST /keys",
        &[TOKEN, FORM],
        "count=many",
        400,
        "Violations",
        "body/count must be of type integer, body/name is required",
    ),
    (
        "GET /open/0?limit=x&tag=a&tag=b&tag=c",
        &[("cookie", "a=b; theme=pink")],
        "",
        400,
        "Violations",
        "path id must be at least 1, query limit must be of type integer, query tag must have at most 2 items, \
         header X-Trace is required, cookie theme must be one of [\"dark\",\"light\"]",
    ),
    ("GET /open/%ff", &[("x-trace", "t")], "", 400, "Violations", "path id must be percent-encoded UTF-8"),
    (
        "GET /open/1?limit=1&limit=2",
        &[("x-trace", "t")],
        "",
        400,
        "Violations",
        "query limit must be given once",
    ),
];

#[tokio::test]
async fn each_rejection_has_its_request() {
    for (request, headers, body, status, kind, detail) in REJECTIONS {
        let seen = ask(request, headers, body).await;
        assert_eq!(seen.status, *status, "{request} {body}: {}", seen.body);
        if !kind.is_empty() {
            assert_eq!(seen.body["kind"], *kind, "{request} {body}");
            let told = seen.body["detail"].as_str().unwrap();
            let mut told: Vec<&str> = told.split(", ").collect();
            let mut wanted: Vec<&str> = detail.split(", ").collect();
            // The order within a body is the validator's affair.
            told.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(told, wanted, "{request} {body}");
        }
        assert!(!seen.body.to_string().contains("hunter2"), "{request}: a submitted value is repeated");
    }
}

#[tokio::test]
async fn what_keeps_the_contract_passes() {
    let pair = ("x-key", "k");
    for (request, headers, body, wanted) in [
        (
            "GET /open/7?tag=a&tag=b%26c&other=1",
            &[("x-trace", "t"), ("cookie", "theme=dark")][..],
            "ignored",
            json!({ "caller": null, "parameters": [7, 25, ["a", "b&c"], "t", "dark"], "body": null }),
        ),
        (
            "POST /keys?secret=s%2B",
            &[pair, ("content-type", "application/json; charset=utf-8")],
            r#"{"name":"n"}"#,
            json!({ "caller": "pair_id+pair_secret", "parameters": [], "body": { "name": "n" } }),
        ),
        (
            "POST /keys",
            &[("authorization", "bearer good"), FORM],
            "name=a+b&count=3",
            json!({ "caller": "token", "parameters": [], "body": { "name": "a b", "count": 3 } }),
        ),
        ("POST /basic", &[], "", json!({ "caller": null, "parameters": [], "body": null })),
        (
            "POST /basic",
            &[("authorization", "Basic dTpw"), JSON],
            "{}",
            json!({ "caller": "client", "parameters": [], "body": {} }),
        ),
        ("DELETE /ignored", &[JSON], "{", json!({ "caller": null, "parameters": [], "body": null })),
    ] {
        let seen = ask(request, headers, body).await;
        assert_eq!((seen.status, &seen.body), (200, &wanted), "{request}");
        assert!(seen.matched.is_some(), "{request}");
    }
}

#[tokio::test]
async fn the_answer_says_what_http_demands() {
    let seen = ask("PUT /keys", &[], "").await;
    assert_eq!(seen.headers["allow"], "POST");
    assert_eq!(seen.matched, None);

    let seen = ask("POST /keys", &[], "").await;
    assert_eq!(seen.headers["www-authenticate"], "Bearer");
    assert_eq!(seen.headers["content-type"], "application/problem+json");
    let matched = seen.matched.unwrap();
    assert_eq!(
        (matched.operation().0.as_str(), matched.path(), &**matched.contract()),
        ("create", "/keys", "fixture")
    );

    let seen = ask("POST /basic", &[("authorization", "Basic !")], "").await;
    assert_eq!(seen.headers["www-authenticate"], "Basic realm=\"fixture\"");
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let chunks = vec![Ok::<_, std::io::Error>("x".repeat(40)), Ok("x".repeat(40))];
    let body = Body::from_stream(futures::stream::iter(chunks));
    let limits = Limits { body: 64, ..Limits::default() };
    let seen = send(app(Behaviour::Answer, Mode::Strict, limits), "POST /keys", &[TOKEN, JSON], body).await;
    assert_eq!(seen.body["kind"], "TooLarge");
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up() {
    let limits = Limits { time: Some(Duration::from_secs(5)), ..Limits::default() };
    let seen = send(app(Behaviour::Hang, Mode::Strict, limits), "DELETE /ignored", &[], "").await;
    assert_eq!((seen.status, seen.body["kind"].as_str()), (503, Some("Timeout")));

    let never = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());
    let seen = send(app(Behaviour::Answer, Mode::Strict, limits), "POST /keys", &[TOKEN, JSON], never).await;
    assert_eq!((seen.status, seen.body["kind"].as_str()), (408, Some("Timeout")));
}

#[tokio::test]
async fn what_is_not_implemented_says_so_or_shows_the_example() {
    let body = r#"{"name":"n"}"#;
    let request = "POST /keys";
    let strict = app(Behaviour::Unimplemented, Mode::Strict, Limits::default());
    let seen = send(strict, request, &[TOKEN, JSON], body).await;
    assert_eq!((seen.status, seen.body["kind"].as_str()), (501, Some("NotImplemented")));

    let mock = || app(Behaviour::Unimplemented, Mode::Examples, Limits::default());
    let seen = send(mock(), request, &[TOKEN, JSON], body).await;
    assert_eq!((seen.status, &seen.body), (201, &json!({ "id": "k1" })));
    assert_eq!(seen.headers["content-type"], "application/vnd.key+json");
    assert_eq!(seen.headers["x-count"], "3");
    let seen = send(mock(), "DELETE /ignored", &[], "").await;
    assert_eq!(seen.status, 204);
}

#[tokio::test]
async fn a_failure_keeps_its_reason_to_itself() {
    let app = app(Behaviour::Fail, Mode::Strict, Limits::default());
    let seen = send(app, "DELETE /ignored", &[], "").await;
    assert_eq!((seen.status, seen.body["detail"].as_str()), (500, Some("the server failed")));
}

#[tokio::test]
async fn the_router_can_be_nested() {
    let app = Router::new().nest("/some/v3", app(Behaviour::Answer, Mode::Strict, Limits::default()));
    let seen = send(app.clone(), "DELETE /some/v3/ignored", &[], "").await;
    assert_eq!(seen.status, 200);
    let seen = send(app, "DELETE /some/v3/nowhere", &[], "").await;
    assert_eq!((seen.status, seen.body["kind"].as_str()), (404, Some("UnknownPath")));
}

fn bodies() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        (any::<String>(), any::<i64>(), prop::collection::vec("read|write|x", 0..3)).prop_map(
            |(name, count, scopes)| json!({ "name": name, "count": count, "scopes": scopes }).to_string()
        ),
        "name=[a-z%+&=0-9]{0,8}(&count=[0-9x]{0,3})?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_neither_panics_nor_lets_breaches_through(
        method in prop_oneof![Just(Method::GET), Just(Method::POST), Just(Method::DELETE), Just(Method::HEAD)],
        path in prop_oneof![
            "/open/[0-9a-z%.-]{0,4}",
            Just("/keys".to_owned()),
            Just("/basic".to_owned()),
            "/[!-~&&[^#?]]{0,20}",
        ],
        query in "[a-z0-9=&%+,]{0,30}|limit=[0-9-]{1,4}&secret=s",
        headers in prop::collection::vec(
            (
                prop_oneof![
                    Just("authorization"), Just("content-type"), Just("cookie"), Just("x-trace"), Just("x-key"),
                    Just("content-length"),
                ],
                prop_oneof![
                    Just("application/json".to_owned()), Just("application/x-www-form-urlencoded".to_owned()),
                    Just("Bearer good".to_owned()), Just("Basic dTpw".to_owned()), "[ -~]{0,12}",
                ],
            ),
            0..6,
        ),
        body in bodies(),
    ) {
        let Ok(uri) = format!("{path}?{query}").parse::<http::Uri>() else { return Ok(()) };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let Ok(request) = request.body(Body::from(body)) else { return Ok(()) };
        let probe = Probe::default();
        let router = serve(Gate::new(contract(), Limits::default()).unwrap(), Mode::Strict, probe.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let response = runtime.block_on(router.oneshot(request)).unwrap();
        let admitted = std::mem::take(&mut *probe.admitted.lock().unwrap());
        prop_assert_eq!(admitted.len() == 1, response.status() == StatusCode::OK);
        let contract = contract();
        for admitted in admitted {
            let matched = response.extensions().get::<Matched>().unwrap();
            let operation = contract.operation(matched.operation()).unwrap();
            for (index, parameter) in operation.parameters.iter().enumerate() {
                let Some(value) = &admitted.values[index] else {
                    prop_assert!(!parameter.required);
                    continue;
                };
                let schema = parameter.schema.as_ref().unwrap();
                prop_assert!(contract.validator(schema, Direction::Request).unwrap().is_valid(value));
            }
            if let Some((content, AdmittedBody::Json(value))) = &admitted.body {
                let schema = operation.request_body.as_ref().unwrap().content[*content].schema.as_ref().unwrap();
                prop_assert!(contract.validator(schema, Direction::Request).unwrap().is_valid(value));
            }
        }
    }
}
