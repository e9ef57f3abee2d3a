//! What stubs do for an implementation that writes only what it must: typed credentials, answers that are sent as they
//! come, refusals in the form of the document, and examples.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

#[rustfmt::skip]
#[path = "../../xtask/tests/golden/json_and_bodyless_errors/server.rs"]
mod json_and_bodyless_errors;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/problem_json/server.rs"]
mod problem_json;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/query_and_header_parameters/server.rs"]
mod query_and_header_parameters;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/security_of_every_kind/server.rs"]
mod security_of_every_kind;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/several_media_types/server.rs"]
mod several_media_types;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/streamed_responses/server.rs"]
mod streamed_responses;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use futures::stream;
use http::Request;
use rescind_server::runtime::{
    BasicCredential, Context, Event, Failure, Limits, Mode, Presented, Refused, ScopedToken, StreamBody,
};
use tower::ServiceExt as _;

/// Status, media type, the named headers and body in one line.
async fn ask(router: &Router, request: &str, headers: &[(&str, &str)], body: &str, shown: &[&str]) -> String {
    let (method, uri) = request.split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = router.clone().oneshot(builder.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let mut line = vec![parts.status.as_u16().to_string()];
    let shown = ["content-type"].iter().chain(shown).filter_map(|name| parts.headers.get(*name));
    line.extend(shown.map(|value| value.to_str().unwrap().to_owned()));
    let body = to_bytes(body, usize::MAX).await.unwrap();
    line.push(String::from_utf8_lossy(&body).into_owned());
    line.join(" ").trim_end().to_owned()
}

/// An implementation of nothing.
struct Empty;

impl problem_json::Api for Empty {}
impl json_and_bodyless_errors::Api for Empty {}
impl query_and_header_parameters::Api for Empty {}
impl several_media_types::Api for Empty {}

#[tokio::test]
async fn refusals_have_the_form_of_the_document() {
    let limits = Limits::default();
    let router = problem_json::router(Arc::new(Empty), limits, Mode::Strict).unwrap();
    let wanted =
        r#"501 application/problem+json {"type":"about:blank","title":"Not Implemented","status":501}"#;
    assert_eq!(ask(&router, "GET /credentials", &[], "", &[]).await, wanted);
    let wanted = r#"404 application/problem+json {"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such path"}"#;
    assert_eq!(ask(&router, "GET /other", &[], "", &[]).await, wanted);

    let router = json_and_bodyless_errors::router(Arc::new(Empty), limits, Mode::Strict).unwrap();
    let wanted = r#"501 application/json {"message":"the operation is not implemented"}"#;
    assert_eq!(ask(&router, "POST /credentials/1/revoke", &[], "", &[]).await, wanted);

    let router = several_media_types::router(Arc::new(Empty), limits, Mode::Strict).unwrap();
    let json = ("content-type", "application/json");
    let wanted = concat!(
        r#"400 application/problem+json {"type":"about:blank","title":"Bad Request","status":400,"#,
        r#""detail":"body/text must have at least 1 characters","errors":[{"in":"body","parameter":null,"#,
        r#""pointer":"/text","keyword":"minLength","detail":"must have at least 1 characters"}]}"#
    );
    assert_eq!(ask(&router, "POST /notes", &[json], r#"{"text":""}"#, &[]).await, wanted);
}

#[tokio::test]
async fn an_example_is_what_the_caller_accepts() {
    let router = several_media_types::router(Arc::new(Empty), Limits::default(), Mode::Examples).unwrap();
    let json = ("content-type", "application/json");
    for (headers, wanted) in [
        (&[json][..], r#"200 application/json {"text":"text"}"#),
        (&[json, ("accept", "text/*, application/json;q=0.5")], "200 text/plain text"),
        (
            &[json, ("accept", "application/json;q=0.5, text/plain;q=0.1")],
            r#"200 application/json {"text":"text"}"#,
        ),
    ] {
        assert_eq!(ask(&router, "POST /notes", headers, r#"{"text":"a"}"#, &[]).await, wanted, "{headers:?}");
    }
    let router = problem_json::router(Arc::new(Empty), Limits::default(), Mode::Examples).unwrap();
    let seen = ask(&router, "GET /credentials", &[("prefer", "code=429")], "", &[]).await;
    assert_eq!(
        seen,
        r#"429 application/problem+json {"type":"https://example.org/","title":"text","status":1}"#
    );
}

/// Shows what is presented, secrets and all.
struct Shown;

impl security_of_every_kind::Api for Shown {
    type Caller = ();

    async fn authenticate(
        &self,
        _: security_of_every_kind::Operation,
        presented: &Presented<security_of_every_kind::Credentials>,
        _: &Context,
    ) -> Result<(), Refused> {
        use security_of_every_kind::Credentials as C;

        let scoped = |token: &ScopedToken| format!("{} for {}", token.token.expose(), token.scopes.join(","));
        let shown = presented.iter().map(|set| match set {
            C::Bearer(token) => format!("bearer {}", token.expose()),
            C::Oauth(token) => format!("oauth {}", scoped(token)),
            C::OpenId(token) => format!("openId {}", scoped(token)),
            C::QueryKeyAndBasic { query_key, basic: BasicCredential { user, password } } => {
                format!("pair {} {user} {}", query_key.expose(), password.expose())
            }
            C::Cookie(value) => format!("cookie {}", value.expose()),
            C::Digest(value) => format!("digest {}", value.expose()),
        });
        // The reason is shown to nobody but this test, by way of the log of refusals.
        Err(Refused::because(shown.collect::<Vec<_>>().join(" | ")))
    }

    fn reject(
        &self,
        _: Option<security_of_every_kind::Operation>,
        _: &Context,
        rejection: rescind_server::runtime::Rejection,
    ) -> rescind_server::runtime::Answer {
        use rescind_server::runtime::{Answer, Rejection};

        match rejection {
            Rejection::InvalidCredential { reason } => {
                Answer::text(http::StatusCode::OK, "text/plain", reason)
            }
            other => Answer::text(other.status(), "text/plain", other.to_string()),
        }
    }
}

#[tokio::test]
async fn each_set_of_schemes_is_a_variant() {
    let router = security_of_every_kind::router(Arc::new(Shown), Limits::default(), Mode::Strict).unwrap();
    let bearer = ("authorization", "Bearer t");
    let basic = ("authorization", "Basic dTpw");
    for (request, headers, wanted) in [
        ("GET /inherited", &[bearer][..], "200 text/plain bearer t"),
        ("GET /open", &[bearer], "501 text/plain the operation is not implemented"),
        ("GET /any", &[bearer], "200 text/plain oauth t for read,write | openId t for"),
        ("GET /any?key=k", &[basic], "200 text/plain pair k u p"),
        ("GET /any?key=k", &[basic, ("cookie", "session=s")], "200 text/plain pair k u p | cookie s"),
        ("GET /any", &[("authorization", "digest a=b")], "200 text/plain digest a=b"),
        ("GET /any", &[basic], "401 text/plain a credential is missing: queryKey"),
        ("GET /scoped", &[bearer], "200 text/plain oauth t for admin | oauth t for read"),
        ("GET /optional", &[], "501 text/plain the operation is not implemented"),
        ("GET /optional?key=k", &[basic], "200 text/plain pair k u p"),
    ] {
        assert_eq!(ask(&router, request, headers, "", &[]).await, wanted, "{request} {headers:?}");
    }
}

struct Feed;

impl streamed_responses::Api for Feed {
    async fn get_export(
        &self,
        request: streamed_responses::request::GetExportRequest,
    ) -> Result<streamed_responses::response::GetExportResponse, Failure> {
        use streamed_responses::response::{GetExportOkHeaders, GetExportResponse as R};

        if request.id != "1" {
            return Ok(R::NotFound);
        }
        let parts = stream::iter([Ok::<_, std::io::Error>("one "), Ok("two")]);
        let headers = GetExportOkHeaders { e_tag: "\"1\"".to_owned() };
        Ok(R::Ok { body: StreamBody::new(parts), headers })
    }

    async fn probe_export(
        &self,
        _: streamed_responses::request::ProbeExportRequest,
    ) -> Result<streamed_responses::response::ProbeExportResponse, Failure> {
        Ok(streamed_responses::response::ProbeExportResponse::Ok)
    }

    async fn watch(
        &self,
        _: streamed_responses::request::WatchRequest,
    ) -> Result<streamed_responses::response::WatchResponse, Failure> {
        let events =
            stream::iter([Event::new("a"), Event { event: Some("end".into()), ..Event::new("b\nc") }]);
        Ok(streamed_responses::response::WatchResponse::Ok(StreamBody::events(events)))
    }

    async fn list_lines(
        &self,
        _: streamed_responses::request::ListLinesRequest,
    ) -> Result<streamed_responses::response::ListLinesResponse, Failure> {
        use streamed_responses::types::Line;

        let lines = stream::iter([Line { number: 1 }, Line { number: 2 }]);
        Ok(streamed_responses::response::ListLinesResponse::Ok(StreamBody::json_lines(lines)))
    }

    async fn moved(
        &self,
        _: streamed_responses::request::MovedRequest,
    ) -> Result<streamed_responses::response::MovedResponse, Failure> {
        use streamed_responses::response::{MovedFoundHeaders, MovedResponse as R};

        Ok(R::Found { headers: MovedFoundHeaders { location: "https://example.org/".to_owned() } })
    }
}

#[tokio::test]
async fn answers_are_sent_as_they_come() {
    let router = streamed_responses::router(Arc::new(Feed), Limits::default(), Mode::Strict).unwrap();
    for (request, wanted) in [
        ("GET /exports/1", "200 application/octet-stream \"1\" one two"),
        ("GET /exports/2", "404"),
        ("HEAD /exports/1", "200"),
        ("GET /events", "200 text/event-stream data: a\n\nevent: end\ndata: b\ndata: c"),
        ("GET /lines", "200 application/x-ndjson {\"number\":1}\n{\"number\":2}"),
        ("GET /elsewhere", "302 https://example.org/"),
    ] {
        assert_eq!(ask(&router, request, &[], "", &["etag", "location"]).await, wanted, "{request}");
    }
}
