//! The stubs of every golden document compile, and answer as their document says.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

#[rustfmt::skip]
#[path = "../../xtask/tests/golden/alternatives/server.rs"]
mod alternatives;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/awkward_paths/server.rs"]
mod awkward_paths;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/basic_security/server.rs"]
mod basic_security;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/body_or_none/server.rs"]
mod body_or_none;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/composed_schemas/server.rs"]
mod composed_schemas;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/credential_handles/server.rs"]
mod credential_handles;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/default_response/server.rs"]
mod default_response;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/every_parameter/server.rs"]
mod every_parameter;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/form_body/server.rs"]
mod form_body;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/form_of_every_type/server.rs"]
mod form_of_every_type;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/header_pair_security/server.rs"]
mod header_pair_security;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/inline_name_clash/server.rs"]
mod inline_name_clash;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/json_and_bodyless_errors/server.rs"]
mod json_and_bodyless_errors;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/multipart_body/server.rs"]
mod multipart_body;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/name_collisions/server.rs"]
mod name_collisions;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/nullable/server.rs"]
mod nullable;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/one_way_members/server.rs"]
mod one_way_members;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/optional_body/server.rs"]
mod optional_body;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/optional_nullable/server.rs"]
mod optional_nullable;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/parameter_styles/server.rs"]
mod parameter_styles;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/path_parameters/server.rs"]
mod path_parameters;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/plain_calls/server.rs"]
mod plain_calls;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/problem_json/server.rs"]
mod problem_json;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/problem_responses/server.rs"]
mod problem_responses;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/query_and_header_parameters/server.rs"]
mod query_and_header_parameters;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/range_and_default_responses/server.rs"]
mod range_and_default_responses;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/request_constraints/server.rs"]
mod request_constraints;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/redirects_and_empty_answers/server.rs"]
mod redirects_and_empty_answers;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/request_media_types/server.rs"]
mod request_media_types;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/response_headers/server.rs"]
mod response_headers;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/response_media_types/server.rs"]
mod response_media_types;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/response_streams/server.rs"]
mod response_streams;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/secrets/server.rs"]
mod secrets;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/security_alternatives/server.rs"]
mod security_alternatives;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/several_media_types/server.rs"]
mod several_media_types;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/several_success/server.rs"]
mod several_success;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/status_range/server.rs"]
mod status_range;
#[rustfmt::skip]
#[path = "../../xtask/tests/golden/text_and_bytes/server.rs"]
mod text_and_bytes;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use rescind_server::runtime::{
    Answer, Context, Failure, Limits, Mode, Nullable, OpenBody, Presented, RangeStatus, Refused, Rejection,
};
use tower::ServiceExt as _;

struct Service;

/// The hooks, which are alike in all tests: callers are the names of their schemes.
macro_rules! api {
    ($module:ident { $($method:item)* }) => {
        impl $module::Api for Service {
            fn reject(&self, _: Option<$module::Operation>, _: &Context, rejection: Rejection) -> Answer {
                Answer::text(rejection.status(), "text/plain", rejection.to_string())
            }

            $($method)*
        }
    };
    ($module:ident with credentials { $($method:item)* }) => {
        impl $module::Api for Service {
            type Caller = String;

            async fn authenticate(
                &self,
                _: $module::Operation,
                presented: &Presented<$module::Credentials>,
                _: &Context,
            ) -> Result<String, Refused> {
                Ok(presented.iter().map(|set| set.schemes().join("+")).collect::<Vec<_>>().join(" or "))
            }

            fn reject(&self, _: Option<$module::Operation>, _: &Context, rejection: Rejection) -> Answer {
                Answer::text(rejection.status(), "text/plain", rejection.to_string())
            }

            $($method)*
        }
    };
}

/// Status, media type and body in one line, with the named headers before the body.
async fn ask(router: &Router, request: &str, headers: &[(&str, &str)], body: &str, shown: &[&str]) -> String {
    let (method, uri) = request.split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = router.clone().oneshot(builder.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let mut line = parts.status.as_u16().to_string();
    for name in ["content-type"].iter().chain(shown) {
        if let Some(value) = parts.headers.get(*name) {
            line.push(' ');
            line.push_str(value.to_str().unwrap());
        }
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if !body.is_empty() {
        line.push(' ');
        line.push_str(&String::from_utf8_lossy(&body));
    }
    line
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const TEXT: (&str, &str) = ("content-type", "text/plain");

api! { problem_responses {
    async fn delete_key(
        &self,
        request: problem_responses::request::DeleteKeyRequest,
    ) -> Result<problem_responses::response::DeleteKeyResponse, Failure> {
        use problem_responses::response::DeleteKeyResponse as R;
        use problem_responses::types::Problem;
        Ok(match request.id.as_str() {
            "live" => R::NoContent,
            "foreign" => R::Forbidden,
            "gone" => R::Gone(serde_json::from_str(r#"{"since":"2026-01-01T00:00:00Z"}"#)?),
            _ => R::NotFound(Problem { title: "no such key".into(), status: 404 }),
        })
    }
} }

#[tokio::test]
async fn each_status_has_its_body_and_media_type() {
    let router = problem_responses::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (id, wanted) in [
        ("live", "204"),
        ("foreign", "403"),
        ("gone", r#"410 application/json {"since":"2026-01-01T00:00:00Z"}"#),
        ("other", r#"404 application/problem+json {"status":404,"title":"no such key"}"#),
    ] {
        assert_eq!(ask(&router, &format!("DELETE /keys/{id}"), &[], "", &[]).await, wanted);
    }
}

api! { form_of_every_type with credentials {
    async fn create_token(
        &self,
        _caller: String,
        request: form_of_every_type::request::CreateTokenRequest,
    ) -> Result<form_of_every_type::response::CreateTokenResponse, Failure> {
        let form = request.body;
        let shown = format!("{:?} {:?} {:?}", form.ttl, form.remember, form.scope);
        let body = serde_json::from_value(serde_json::json!({ "access_token": shown }))?;
        assert!(!format!("{body:?}").contains("true"), "a secret is printed");
        Ok(form_of_every_type::response::CreateTokenResponse::Ok(body))
    }
} }

#[tokio::test]
async fn a_form_becomes_typed_members() {
    let router = form_of_every_type::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    let basic = ("authorization", "Basic dTpw");
    for (body, wanted) in [
        (
            "grant_type=client_credentials&ttl=5&remember=true&scope=a&scope=b",
            r#"200 application/json {"access_token":"Some(5) Some(true) Some([\"a\", \"b\"])"}"#,
        ),
        ("grant_type=client_credentials", r#"200 application/json {"access_token":"None None None"}"#),
        ("grant_type=client_credentials&ttl=0", "400 text/plain body/ttl must be at least 1"),
        ("grant_type=client_credentials&extra=1", "400 text/plain body has a member that is not documented"),
    ] {
        let seen = ask(&router, "POST /token", &[basic, FORM], body, &[]).await;
        assert_eq!(seen.replace("Some(Some(", "Some("), wanted, "{body}");
    }
}

api! { security_alternatives with credentials {
    async fn needs_both_or_session(
        &self,
        caller: String,
        _: security_alternatives::request::NeedsBothOrSessionRequest,
    ) -> Result<security_alternatives::response::NeedsBothOrSessionResponse, Failure> {
        assert!(["key+secret", "session"].contains(&caller.as_str()), "{caller}");
        Ok(security_alternatives::response::NeedsBothOrSessionResponse::NoContent)
    }

    async fn works_for_anybody(
        &self,
        caller: Option<String>,
        request: security_alternatives::request::WorksForAnybodyRequest,
    ) -> Result<security_alternatives::response::WorksForAnybodyResponse, Failure> {
        let presented = request.context.headers().contains_key("x-api-secret");
        assert_eq!(caller.is_some(), presented);
        Ok(security_alternatives::response::WorksForAnybodyResponse::NoContent)
    }

    async fn needs_nothing(
        &self,
        _: security_alternatives::request::NeedsNothingRequest,
    ) -> Result<security_alternatives::response::NeedsNothingResponse, Failure> {
        Ok(security_alternatives::response::NeedsNothingResponse::NoContent)
    }
} }

#[tokio::test]
async fn alternatives_of_several_schemes() {
    let router = security_alternatives::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    let (key, secret) = (("x-api-key", "k"), ("X-API-SECRET", "s"));
    for (request, headers, wanted) in [
        ("GET /both", &[key, secret][..], "204"),
        ("GET /both", &[("cookie", "a=1; session=s")], "204"),
        ("GET /both", &[key], "401 text/plain a credential is missing: secret"),
        ("GET /both", &[secret], "401 text/plain a credential is missing: key"),
        ("GET /both", &[("x-api-key", ""), secret], "401 text/plain a credential is missing: key"),
        ("GET /either", &[], "204"),
        ("GET /either", &[key], "204"),
        ("GET /either", &[key, secret], "204"),
        ("GET /open", &[], "204"),
    ] {
        assert_eq!(ask(&router, request, headers, "", &[]).await, wanted, "{request} {headers:?}");
    }
}

api! { body_or_none {
    async fn revoke(
        &self,
        request: body_or_none::request::RevokeRequest,
    ) -> Result<body_or_none::response::RevokeResponse, Failure> {
        let reason = request.body.and_then(|body| body.reason).map(|reason| reason.to_string());
        let body = serde_json::from_value(serde_json::json!([reason.unwrap_or_else(|| "none".to_owned())]))?;
        Ok(body_or_none::response::RevokeResponse::Ok(body))
    }
} }

#[tokio::test]
async fn a_body_that_need_not_be_there() {
    let router = body_or_none::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (headers, body, wanted) in [
        (&[][..], "", r#"200 application/json ["none"]"#),
        (&[JSON], "", r#"200 application/json ["none"]"#),
        (&[JSON], "{}", r#"200 application/json ["none"]"#),
        (&[JSON], r#"{"reason":"lost"}"#, r#"200 application/json ["lost"]"#),
        (
            &[JSON],
            r#"{"reason":"much too long"}"#,
            "400 text/plain body/reason must have at most 10 characters",
        ),
        (&[JSON], "null", "400 text/plain body must be of type object"),
        (&[], "{}", "415 text/plain the media type of the body must be application/json"),
    ] {
        assert_eq!(ask(&router, "POST /revoke", headers, body, &[]).await, wanted, "{body}");
    }
}

/// Answers what the test puts into the path of a fixed list.
struct Ranges(StatusCode);

impl range_and_default_responses::Api for Ranges {
    fn reject(
        &self,
        _: Option<range_and_default_responses::Operation>,
        _: &Context,
        rejection: Rejection,
    ) -> Answer {
        Answer::text(rejection.status(), "text/plain", rejection.to_string())
    }

    async fn list_things(
        &self,
        _: range_and_default_responses::request::ListThingsRequest,
    ) -> Result<range_and_default_responses::response::ListThingsResponse, Failure> {
        use range_and_default_responses::response::ListThingsResponse as R;
        let fault = range_and_default_responses::types::Fault { code: "c".into() };
        Ok(match RangeStatus::<4>::try_from(self.0) {
            Ok(status) => R::ClientError { status, body: fault },
            Err(_) => R::Default { status: self.0, body: "sorry".into() },
        })
    }
}

#[tokio::test]
async fn a_range_covers_what_is_not_documented_by_itself() {
    for (status, wanted) in [
        (418, r#"418 application/json {"code":"c"}"#),
        (503, "503 text/plain sorry"),
        // 404 and 200 have documented responses of their own.
        (404, "500 text/plain the server failed"),
        (200, "500 text/plain the server failed"),
    ] {
        let api = Arc::new(Ranges(StatusCode::from_u16(status).unwrap()));
        let router = range_and_default_responses::router(api, Limits::default(), Mode::Strict).unwrap();
        assert_eq!(ask(&router, "GET /things", &[], "", &[]).await, wanted);
    }
}

api! { response_headers {
    async fn create_thing(
        &self,
        request: response_headers::request::CreateThingRequest,
    ) -> Result<response_headers::response::CreateThingResponse, Failure> {
        use response_headers::response::{CreateThingCreatedHeaders, CreateThingResponse as R, RetryAfterHeader};
        Ok(match request.context.headers().get("x-case").map(http::HeaderValue::as_bytes) {
            Some(b"busy") => R::TooManyRequests { headers: RetryAfterHeader { retry_after: Some(30) } },
            Some(b"down") => R::ServiceUnavailable { headers: RetryAfterHeader::default() },
            Some(b"broken") => R::Created { headers: CreateThingCreatedHeaders { location: "a\nb".into(), e_tag: None } },
            _ => R::Created { headers: CreateThingCreatedHeaders { location: "/1".into(), e_tag: None } },
        })
    }
} }

#[tokio::test]
async fn documented_headers_are_written() {
    let router = response_headers::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (case, wanted) in [
        ("good", "201 /1"),
        ("busy", "429 30"),
        ("down", "503"),
        ("broken", "500 text/plain the server failed"),
    ] {
        let seen =
            ask(&router, "POST /things", &[("x-case", case)], "", &["location", "etag", "retry-after"]).await;
        assert_eq!(seen, wanted);
    }
}

api! { awkward_paths {
    async fn revoke_key(
        &self,
        request: awkward_paths::request::RevokeKeyRequest,
    ) -> Result<awkward_paths::response::RevokeKeyResponse, Failure> {
        assert_eq!(request.id, "a/b:c");
        Ok(awkward_paths::response::RevokeKeyResponse::NoContent)
    }

    async fn get_file(
        &self,
        request: awkward_paths::request::GetFileRequest,
    ) -> Result<awkward_paths::response::GetFileResponse, Failure> {
        assert_eq!((request.name.as_str(), request.extension.as_str()), ("a", "tar.gz"));
        Ok(awkward_paths::response::GetFileResponse::NoContent)
    }

    async fn get_part(
        &self,
        request: awkward_paths::request::GetPartRequest,
    ) -> Result<awkward_paths::response::GetPartResponse, Failure> {
        assert_eq!((request.key_id, request.r#type.as_str()), (7, "x y"));
        Ok(awkward_paths::response::GetPartResponse::NoContent)
    }

    async fn my_key(
        &self,
        _: awkward_paths::request::MyKeyRequest,
    ) -> Result<awkward_paths::response::MyKeyResponse, Failure> {
        Ok(awkward_paths::response::MyKeyResponse::NoContent)
    }
} }

#[tokio::test]
async fn paths_that_a_web_framework_refuses() {
    let router = awkward_paths::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (request, wanted) in [
        ("POST /keys/a%2Fb:c:revoke", "204"),
        ("GET /files/a.tar.gz", "204"),
        ("GET /keys/7/parts/x%20y", "204"),
        ("GET /keys/x/parts/y", "400 text/plain path key_id must be of type integer"),
        ("GET /keys/mine", "204"),
        ("GET /keys/other", "501 text/plain the operation is not implemented"),
    ] {
        assert_eq!(ask(&router, request, &[], "", &[]).await, wanted, "{request}");
    }
}

api! { several_media_types {
    async fn add_note(
        &self,
        request: several_media_types::request::AddNoteRequest,
    ) -> Result<several_media_types::response::AddNoteResponse, Failure> {
        use several_media_types::response::{AddNoteOkBody as B, AddNoteResponse as R};
        Ok(R::Ok(match request.body.text.as_str() {
            "text" => B::Text("plain".into()),
            "image" => B::AnyImage(OpenBody::new("image/png", "png")),
            "video" => B::AnyImage(OpenBody::new("video/mp4", "mp4")),
            _ => B::Json(request.body),
        }))
    }

    async fn upload(
        &self,
        request: several_media_types::request::UploadRequest,
    ) -> Result<several_media_types::response::UploadResponse, Failure> {
        use several_media_types::request::UploadBody as B;
        Ok(several_media_types::response::UploadResponse::Ok(match request.body {
            None => "nothing".into(),
            Some(B::Json(note)) => note.text.to_string().into(),
            Some(B::Text(text)) => text.into(),
            Some(B::Bytes(stream)) => stream.bytes(1 << 10).await?.into(),
        }))
    }
} }

#[tokio::test]
async fn one_body_in_several_media_types() {
    let router = several_media_types::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    let bytes = ("content-type", "application/octet-stream");
    for (request, header, body, wanted) in [
        ("POST /notes", JSON, r#"{"text":"n"}"#, r#"200 application/json {"text":"n"}"#),
        ("POST /notes", FORM, "text=n", r#"200 application/json {"text":"n"}"#),
        ("POST /notes", FORM, "text=text", "200 text/plain plain"),
        ("POST /notes", FORM, "text=image", "200 image/png png"),
        ("POST /notes", FORM, "text=video", "500 text/plain the server failed"),
        ("POST /uploads", JSON, r#"{"text":"n"}"#, "200 application/octet-stream n"),
        ("POST /uploads", TEXT, "text", "200 application/octet-stream text"),
        ("POST /uploads", TEXT, "long text", "400 text/plain body must have at most 5 characters"),
        ("POST /uploads", bytes, "\u{1}", "200 application/octet-stream \u{1}"),
        ("POST /uploads", bytes, "", "200 application/octet-stream nothing"),
    ] {
        assert_eq!(ask(&router, request, &[header], body, &[]).await, wanted, "{request} {body}");
    }
}

api! { parameter_styles {
    async fn search(
        &self,
        request: parameter_styles::request::SearchRequest,
    ) -> Result<parameter_styles::response::SearchResponse, Failure> {
        assert_eq!(request.path_ids, [1, 2]);
        assert_eq!(request.tag.as_deref(), Some(&["a,b".to_owned(), "c".to_owned()][..]));
        assert_eq!(request.ids.as_deref(), Some(&[3, 4][..]));
        assert_eq!(request.pipes.as_deref(), Some(&["x".to_owned(), "y".to_owned(), "z".to_owned()][..]));
        assert_eq!(request.limit, 25);
        assert!(request.body2);
        assert_eq!(request.state.map(|state| state.to_string()).as_deref(), Some("active"));
        assert_eq!(request.since, Some("2026-01-01T00:00:00Z".parse()?));
        Ok(parameter_styles::response::SearchResponse::NoContent)
    }

    async fn raw(
        &self,
        request: parameter_styles::request::RawRequest,
    ) -> Result<parameter_styles::response::RawResponse, Failure> {
        let filter = serde_json::to_value(&request.filter)?;
        assert_eq!(filter, serde_json::json!({ "from": 1, "to": 2 }));
        assert_eq!(request.session.as_deref(), Some("s"));
        Ok(parameter_styles::response::RawResponse::NoContent)
    }
} }

#[tokio::test]
async fn parameters_in_every_style() {
    let router = parameter_styles::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    let search = "GET /search/1,2?tag=a,b&tag=c&ids=3,4&pipes=x|y%7Cz&body=true&state=active";
    for (since, wanted) in [
        ("2026-01-01T00:00:00Z", "204"),
        ("yesterday", "400 text/plain header Since must be in the format date-time"),
    ] {
        assert_eq!(ask(&router, search, &[("since", since)], "", &[]).await, wanted);
    }
    let raw = "GET /raw?filter%5Bfrom%5D=1&filter[to]=2";
    assert_eq!(ask(&router, raw, &[("cookie", "session=s")], "", &[]).await, "204");
}

api! { one_way_members {
    async fn create_account(
        &self,
        request: one_way_members::request::CreateAccountRequest,
    ) -> Result<one_way_members::response::CreateAccountResponse, Failure> {
        let mut account = request.body;
        assert_eq!(account.password.as_ref().map(|password| password.expose().to_owned()).as_deref(), Some("p"));
        account.id = Some(1);
        account.password = None;
        Ok(one_way_members::response::CreateAccountResponse::Created(account))
    }
} }

#[tokio::test]
async fn members_of_one_direction() {
    let router = one_way_members::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (body, wanted) in [
        (r#"{"name":"n","password":"p"}"#, r#"201 application/json {"id":1,"name":"n"}"#),
        (r#"{"name":"n"}"#, "400 text/plain body/password is required"),
    ] {
        assert_eq!(ask(&router, "POST /accounts", &[JSON], body, &[]).await, wanted, "{body}");
    }
}

api! { optional_nullable {
    async fn update_thing(
        &self,
        request: optional_nullable::request::UpdateThingRequest,
    ) -> Result<optional_nullable::response::UpdateThingResponse, Failure> {
        let text = match request.body.text {
            Nullable::Absent => "kept".to_owned(),
            Nullable::Null => "cleared".to_owned(),
            Nullable::Value(text) => text,
        };
        let thing = optional_nullable::types::Thing { text: Some(text) };
        Ok(optional_nullable::response::UpdateThingResponse::Ok(thing))
    }
} }

#[tokio::test]
async fn absence_and_null_are_told_apart() {
    let router = optional_nullable::router(Arc::new(Service), Limits::default(), Mode::Strict).unwrap();
    for (body, wanted) in [
        (r#"{"always":null}"#, r#"200 application/json {"text":"kept"}"#),
        (r#"{"always":null,"text":null}"#, r#"200 application/json {"text":"cleared"}"#),
        (r#"{"always":null,"text":"t"}"#, r#"200 application/json {"text":"t"}"#),
    ] {
        assert_eq!(ask(&router, "PATCH /things/1", &[JSON], body, &[]).await, wanted, "{body}");
    }
}

/// A golden document that no test above serves still has to be listed above, so that its stubs are compiled.
#[test]
fn all_goldens_are_compiled() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../xtask/tests/golden");
    let listed =
        concat!(include_str!("golden.rs"), include_str!("stubs.rs"), include_str!("../examples/stub.rs"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if !entry.path().join("openapi.yaml").exists() {
            continue;
        }
        let name = entry.file_name().into_string().unwrap();
        assert!(
            listed.contains(&format!("mod {name};")),
            "the golden {name} is not compiled here; add it to the list"
        );
    }
}
