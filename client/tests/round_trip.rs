//! Generated clients talk to the generated stubs of the same documents, over loopback: what one side writes, the other
//! side reads.
#![allow(clippy::all, clippy::pedantic, clippy::allow_attributes, clippy::unwrap_used)]
#![allow(dead_code, missing_docs, unused_variables)]
#![allow(nonstandard_style, unreachable_pub, unused_qualifications, non_local_definitions)]

#[path = "."]
mod clients {
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/form_of_every_type/client.rs"]
    pub mod form_of_every_type;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/path_parameters/client.rs"]
    pub mod path_parameters;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/query_and_header_parameters/client.rs"]
    pub mod query_and_header_parameters;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/redirects_and_empty_answers/client.rs"]
    pub mod redirects_and_empty_answers;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_headers/client.rs"]
    pub mod response_headers;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_media_types/client.rs"]
    pub mod response_media_types;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_streams/client.rs"]
    pub mod response_streams;
}

#[path = "."]
mod stubs {
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/form_of_every_type/server.rs"]
    pub mod form_of_every_type;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/path_parameters/server.rs"]
    pub mod path_parameters;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/query_and_header_parameters/server.rs"]
    pub mod query_and_header_parameters;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/redirects_and_empty_answers/server.rs"]
    pub mod redirects_and_empty_answers;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_headers/server.rs"]
    pub mod response_headers;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_media_types/server.rs"]
    pub mod response_media_types;
    #[rustfmt::skip]
    #[path = "../../xtask/tests/golden/response_streams/server.rs"]
    pub mod response_streams;
}

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rescind_client::{Credentials, Error};
use rescind_server::runtime::{Context, Failure, Limits, Mode, Presented, Refused, StreamBody};
use serde::Serialize;
use serde_json::{Value, json};

/// A stub that gives one answer and keeps what it was asked.
struct Stub<R> {
    answer: Mutex<Option<R>>,
    asked: Mutex<Vec<Value>>,
}

impl<R> Stub<R> {
    fn giving(answer: R) -> Arc<Self> {
        Arc::new(Self { answer: Mutex::new(Some(answer)), asked: Mutex::default() })
    }

    fn answer(&self) -> Result<R, Failure> {
        Ok(self.answer.lock().unwrap().take().unwrap())
    }

    fn asked(&self, value: Value) {
        self.asked.lock().unwrap().push(value);
    }
}

/// The URL of `router` on loopback.
async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A value as both sides see it.
fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Serves a stub that answers one operation with `$answer`, and names the URL of it.
macro_rules! stub {
    ($module:ident, $method:ident, $request:ident, $response:ident) => {{
        impl stubs::$module::Api for Stub<stubs::$module::response::$response> {
            async fn $method(
                &self,
                _: stubs::$module::request::$request,
            ) -> Result<stubs::$module::response::$response, Failure> {
                self.answer()
            }
        }
        |answer| async {
            let stub = Stub::giving(answer);
            serve(stubs::$module::router(stub, Limits::default(), Mode::Strict).unwrap()).await
        }
    }};
}

#[tokio::test]
async fn bodies_of_several_media_types() {
    use clients::response_media_types::{
        Client, ReportBadRequestBody as Bad, ReportError, ReportOkBody as Good,
    };
    use stubs::response_media_types::response::{ReportBadRequestBody, ReportOkBody, ReportResponse as R};
    use stubs::response_media_types::types;

    let serve = stub!(response_media_types, report, ReportRequest, ReportResponse);
    let id = || "ü\"1".to_owned();
    for (answer, documented) in [
        (R::Ok(ReportOkBody::Json(types::Short { id: id() })), json!(["short", { "id": id() }])),
        (R::Ok(ReportOkBody::VndReportJson(types::Short { id: id() })), json!(["short", { "id": id() }])),
        (
            R::Ok(ReportOkBody::VndReportFullJson(types::Full { id: id(), pages: -7 })),
            json!(["full", { "id": id(), "pages": -7 }]),
        ),
        (R::Ok(ReportOkBody::Csv("ä,b\n".to_owned())), json!(["csv", "ä,b\n"])),
        (
            R::BadRequest(ReportBadRequestBody::ProblemJson(types::Problem { title: "t".to_owned() })),
            json!(["problem", { "title": "t" }]),
        ),
        (
            R::BadRequest(ReportBadRequestBody::Json(types::ReportBadRequest { code: 7 })),
            json!(["code", { "code": 7 }]),
        ),
        (R::InternalServerError("down".to_owned()), json!(["text", "down"])),
    ] {
        let url = serve(answer).await;
        let told = match Client::new(&url).report().send().await {
            Ok(report) => match report.into_inner() {
                Good::Json(short) => json!(["short", plain(&short)]),
                Good::VndReportFullJson(full) => json!(["full", plain(&full)]),
                Good::Csv(text) => json!(["csv", text]),
            },
            Err(Error::Documented(failure)) => match failure.error {
                ReportError::BadRequest(Bad::ProblemJson(problem)) => json!(["problem", plain(&problem)]),
                ReportError::BadRequest(Bad::Json(body)) => json!(["code", plain(&body)]),
                ReportError::InternalServerError(text) => json!(["text", text]),
            },
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(told, documented);
    }
}

#[tokio::test]
async fn headers_of_every_type() {
    use clients::response_headers::Client;
    use stubs::response_headers::response::{DescribeThingOkHeaders, DescribeThingResponse as R};
    use stubs::response_headers::types;

    let serve = stub!(response_headers, describe_thing, DescribeThingRequest, DescribeThingResponse);
    let at: jiff::Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
    for all in [true, false] {
        let headers = DescribeThingOkHeaders {
            x_count: -3,
            x_ratio: all.then_some(0.25),
            x_last: all.then_some(false),
            last_modified: all.then_some(at),
            x_kind: all.then_some(types::DescribeThingOkXKind::Small),
            x_ids: all.then(|| vec![1, 2, 3]),
            x_colour: all.then_some(types::Colour { r: 100, g: Some(200) }),
            x_filter: all.then(|| r#"{"q":"x"}"#.to_owned()),
        };
        let sent = headers.clone();
        let body = types::DescribeThingOk { name: "n".to_owned() };
        let url = serve(R::Ok { body, headers }).await;
        let thing = Client::new(&url).describe_thing().id("1").send().await.unwrap();
        assert_eq!(thing.name, "n");
        let (_, received) = thing.into_parts();
        assert_eq!(received.x_count, Ok(sent.x_count));
        assert_eq!(received.x_ratio, Ok(sent.x_ratio));
        assert_eq!(received.x_last, Ok(sent.x_last));
        assert_eq!(received.last_modified, Ok(sent.last_modified));
        assert_eq!(plain(&received.x_kind.unwrap()), plain(&sent.x_kind));
        assert_eq!(received.x_ids, Ok(sent.x_ids));
        assert_eq!(plain(&received.x_colour.unwrap()), plain(&sent.x_colour));
        assert_eq!(received.x_filter.unwrap().map(|filter| filter.q), all.then(|| "x".to_owned()));
    }
}

#[tokio::test]
async fn headers_of_failures() {
    use clients::response_headers::{Client, CreateThingError};
    use stubs::response_headers::response::{
        CreateThingCreatedHeaders, CreateThingResponse as R, RetryAfterHeader,
    };

    let serve = stub!(response_headers, create_thing, CreateThingRequest, CreateThingResponse);
    for seconds in [None, Some(30)] {
        let url = serve(R::TooManyRequests { headers: RetryAfterHeader { retry_after: seconds } }).await;
        let error = Client::new(&url).create_thing().send().await.unwrap_err();
        let Some(CreateThingError::TooManyRequests { headers }) = error.documented() else {
            panic!("{error:?}")
        };
        assert_eq!(headers.retry_after, Ok(seconds));
    }
    let headers =
        CreateThingCreatedHeaders { location: "/things/1".to_owned(), e_tag: Some("\"1\"".to_owned()) };
    let url = serve(R::Created { headers }).await;
    let created = Client::new(&url).create_thing().send().await.unwrap();
    assert_eq!(created.typed_headers().location.as_deref(), Ok("/things/1"));
    assert_eq!(created.typed_headers().e_tag, Ok(Some("\"1\"".to_owned())));
}

#[tokio::test]
async fn redirects_and_statuses_of_one_schema() {
    use clients::redirects_and_empty_answers::{Client, GetThingError, PutThingSuccess};
    use stubs::redirects_and_empty_answers::response::{
        GetThingNotModifiedHeaders, GetThingResponse, LoginFoundHeaders, LoginResponse, PutThingResponse,
    };
    use stubs::redirects_and_empty_answers::types::Thing;

    let login = stub!(redirects_and_empty_answers, login, LoginRequest, LoginResponse);
    let headers = LoginFoundHeaders { location: "/password".to_owned() };
    let url = login(LoginResponse::Found { headers }).await;
    let found = Client::new(&url).login().send().await.unwrap();
    assert_eq!(found.typed_headers().location.as_deref(), Ok("/password"));

    let get = stub!(redirects_and_empty_answers, get_thing, GetThingRequest, GetThingResponse);
    let headers = GetThingNotModifiedHeaders { e_tag: "\"1\"".to_owned() };
    let url = get(GetThingResponse::NotModified { headers }).await;
    let error = Client::new(&url).get_thing().send().await.unwrap_err();
    let Some(GetThingError::NotModified { headers }) = error.documented() else { panic!("{error:?}") };
    assert_eq!(headers.e_tag.as_deref(), Ok("\"1\""));

    let put = stub!(redirects_and_empty_answers, put_thing, PutThingRequest, PutThingResponse);
    let thing = || Thing { id: "1".to_owned() };
    for (answer, documented) in [
        (PutThingResponse::Ok(thing()), "200 1"),
        (PutThingResponse::Created(thing()), "201 1"),
        (PutThingResponse::ResetContent, "205"),
    ] {
        let url = put(answer).await;
        let told = match Client::new(&url).put_thing().send().await.unwrap().into_inner() {
            PutThingSuccess::Ok(thing) => format!("200 {}", thing.id),
            PutThingSuccess::Created(thing) => format!("201 {}", thing.id),
            PutThingSuccess::ResetContent => "205".to_owned(),
        };
        assert_eq!(told, documented);
    }
}

#[tokio::test]
async fn streams() {
    use clients::response_streams::{Client, LinesSuccess};
    use stubs::response_streams::response::{DownloadOkHeaders, DownloadResponse, LinesResponse};

    let download = stub!(response_streams, download, DownloadRequest, DownloadResponse);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let body = StreamBody::from(Bytes::from(bytes.clone()));
    let headers = DownloadOkHeaders { content_disposition: Some("inline".to_owned()) };
    let url = download(DownloadResponse::Ok { body, headers }).await;
    let file = Client::new(&url).download().send().await.unwrap();
    assert_eq!(file.typed_headers().content_disposition, Ok(Some("inline".to_owned())));
    assert_eq!(file.into_inner().bytes().await.unwrap(), bytes);

    let lines = stub!(response_streams, lines, LinesRequest, LinesResponse);
    let body = StreamBody::from(Bytes::from_static(b"{\"a\":1}\n{\"a\":2}\n"));
    let url = lines(LinesResponse::Ok(body)).await;
    let answer = Client::new(&url).lines().send().await.unwrap().into_inner();
    let LinesSuccess::Ok(mut stream) = answer else { panic!("{answer:?}") };
    for number in 1..3 {
        let line: Value = serde_json::from_str(&stream.line().await.unwrap().unwrap()).unwrap();
        assert_eq!(line, json!({ "a": number }));
    }
    assert_eq!(stream.line().await.unwrap(), None);
}

/// What a stub was asked, once for each operation of the documents of requests.
struct Asked(Mutex<Vec<Value>>);

impl stubs::path_parameters::Api for Asked {
    async fn report(
        &self,
        request: stubs::path_parameters::request::ReportRequest,
    ) -> Result<stubs::path_parameters::response::ReportResponse, Failure> {
        let told = json!([plain(&request.kind), request.year, request.at.to_string()]);
        self.0.lock().unwrap().push(told);
        Ok(stubs::path_parameters::response::ReportResponse::NoContent)
    }

    async fn revoke(
        &self,
        request: stubs::path_parameters::request::RevokeRequest,
    ) -> Result<stubs::path_parameters::response::RevokeResponse, Failure> {
        self.0.lock().unwrap().push(plain(&request.id));
        Ok(stubs::path_parameters::response::RevokeResponse::NoContent)
    }
}

impl stubs::query_and_header_parameters::Api for Asked {
    async fn search(
        &self,
        request: stubs::query_and_header_parameters::request::SearchRequest,
    ) -> Result<stubs::query_and_header_parameters::response::SearchResponse, Failure> {
        self.0.lock().unwrap().push(json!({
            "q": plain(&request.q),
            "tag": request.tag,
            "since": request.since.map(|at| at.to_string()),
            "day": request.day.map(|day| day.to_string()),
            "order": plain(&request.order),
            "limit": request.limit,
            "if-match": request.if_match,
        }));
        Ok(stubs::query_and_header_parameters::response::SearchResponse::NoContent)
    }
}

#[tokio::test]
async fn parameters() {
    use clients::path_parameters::types::ReportKind;

    let stub = Arc::new(Asked(Mutex::default()));
    let router = stubs::path_parameters::router(stub.clone(), Limits::default(), Mode::Strict).unwrap();
    let client = clients::path_parameters::Client::new(&serve(router).await);
    let at: jiff::Timestamp = "2026-03-04T12:00:00.5Z".parse().unwrap();
    client.report().kind(ReportKind::Pdf).year(-2026).at(at).send().await.unwrap();
    for id in ["a/b:c", "ü%2F?#", " "] {
        client.revoke().id(id).send().await.unwrap();
    }
    let asked = std::mem::take(&mut *stub.0.lock().unwrap());
    let documented = [json!(["pdf", -2026, at.to_string()]), json!("a/b:c"), json!("ü%2F?#"), json!(" ")];
    assert_eq!(asked, documented);

    let router =
        stubs::query_and_header_parameters::router(stub.clone(), Limits::default(), Mode::Strict).unwrap();
    let client = clients::query_and_header_parameters::Client::new(&serve(router).await);
    client.search().q("a&b=c +ü").if_match("\"1\"").send().await.unwrap();
    let tags = vec!["x,y".to_owned(), "z".to_owned()];
    let search = client.search().q("q").if_match("*").tag(tags).since(at).limit(100);
    search.day("2026-03-04".parse::<jiff::civil::Date>().unwrap()).send().await.unwrap();
    let asked = std::mem::take(&mut *stub.0.lock().unwrap());
    let documented = [
        json!({ "q": "a&b=c +ü", "tag": null, "since": null, "day": null, "order": "asc", "limit": null,
            "if-match": "\"1\"" }),
        json!({ "q": "q", "tag": ["x,y", "z"], "since": at.to_string(), "day": "2026-03-04", "order": "asc",
            "limit": 100, "if-match": "*" }),
    ];
    assert_eq!(asked, documented);
}

impl stubs::form_of_every_type::Api for Asked {
    type Caller = String;

    async fn authenticate(
        &self,
        _: stubs::form_of_every_type::Operation,
        presented: &Presented<stubs::form_of_every_type::Credentials>,
        _: &Context,
    ) -> Result<String, Refused> {
        Ok(presented.iter().map(|set| set.schemes().join("+")).collect())
    }

    async fn create_token(
        &self,
        caller: String,
        request: stubs::form_of_every_type::request::CreateTokenRequest,
    ) -> Result<stubs::form_of_every_type::response::CreateTokenResponse, Failure> {
        self.0.lock().unwrap().push(json!([caller, plain(&request.body)]));
        let body = serde_json::from_value(json!({ "access_token": "t" })).unwrap();
        Ok(stubs::form_of_every_type::response::CreateTokenResponse::Ok(body))
    }
}

#[tokio::test]
async fn forms_and_secrets() {
    use clients::form_of_every_type::{Client, types};

    let stub = Arc::new(Asked(Mutex::default()));
    let router = stubs::form_of_every_type::router(stub.clone(), Limits::default(), Mode::Strict).unwrap();
    let credentials = Credentials::new().basic("user", "hidden".to_owned());
    let client = Client::new(&serve(router).await).with_credentials(credentials);
    let request = json!({ "grant_type": "client_credentials", "ttl": 60, "remember": true });
    let body: types::TokenRequest = serde_json::from_value(request.clone()).unwrap();
    let token = client.create_token().body(body).send().await.unwrap();
    assert_eq!(token.access_token.expose(), "t");
    assert_eq!(stub.0.lock().unwrap()[..], [json!(["client", request])]);
}
