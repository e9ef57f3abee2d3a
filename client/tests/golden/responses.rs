//! Answers of every documented kind, and answers beside them.

use rescind_client::{Error, Extent, MalformedCause};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::ResponseTemplate;

use super::clients::{redirects_and_empty_answers, response_headers, response_media_types, response_streams};
use super::{answering, json, seen};

fn of(status: u16, media_type: &str, text: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(text, media_type)
}

fn without_media_type(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_bytes(text)
}

#[tokio::test]
async fn the_media_type_of_an_answer_tells_its_variant() {
    use response_media_types::{Client, ReportOkBody};

    for (answer, documented) in [
        (of(200, "application/json", r#"{"id":"1"}"#), "short 1"),
        (of(200, "Application/VND.report+json; charset=utf-8", r#"{"id":"2"}"#), "short 2"),
        (of(200, "application/vnd.report.full+json", r#"{"id":"3","pages":7}"#), "full 3 7"),
        (of(200, "text/csv; header=absent", "a,b"), "csv a,b"),
        (of(200, "text/csv; charset=iso-8859-1", b"\xfc".to_vec()), "csv ü"),
        // None of those that are documented: JSON is what it can be taken for.
        (of(200, "application/vnd.other+json", r#"{"id":"4"}"#), "short 4"),
        (of(200, "text/html", r#"{"id":"5"}"#), "short 5"),
        (without_media_type(200, r#"{"id":"6"}"#), "short 6"),
    ] {
        let server = answering(answer).await;
        let report = Client::new(&server.uri()).report().send().await.unwrap();
        let told = match report.into_inner() {
            ReportOkBody::Json(short) => format!("short {}", short.id),
            ReportOkBody::VndReportFullJson(full) => format!("full {} {}", full.id, full.pages),
            ReportOkBody::Csv(text) => format!("csv {text}"),
        };
        assert_eq!(told, documented);
        assert_eq!(
            seen(&server).await.headers["accept"],
            "application/json, application/vnd.report+json, application/vnd.report.full+json, \
             application/problem+json, text/csv, text/plain"
        );
    }
}

#[tokio::test]
async fn a_failure_of_several_media_types_is_typed_by_each() {
    use response_media_types::{Client, ReportBadRequestBody, ReportError};

    for (answer, documented) in [
        (of(400, "application/problem+json", r#"{"title":"t"}"#), "problem t"),
        (of(400, "application/json", r#"{"code":7}"#), "code 7"),
        (of(500, "text/html", "<html>"), "text <html>"),
        (without_media_type(500, "bare"), "text bare"),
    ] {
        let server = answering(answer).await;
        let error = Client::new(&server.uri()).report().send().await.unwrap_err();
        let told = match error.documented() {
            Some(ReportError::BadRequest(ReportBadRequestBody::ProblemJson(problem))) => {
                format!("problem {}", problem.title)
            }
            Some(ReportError::BadRequest(ReportBadRequestBody::Json(body))) => format!("code {}", body.code),
            Some(ReportError::InternalServerError(text)) => format!("text {text}"),
            None => panic!("{error:?}"),
        };
        assert_eq!(told, documented);
        assert!(!error.body().unwrap().is_empty());
    }
}

#[tokio::test]
async fn parameters_tell_media_types_apart() {
    use response_media_types::{Client, VersionsOkBody};

    for (media_type, documented) in [
        ("application/json; version=1", "1"),
        ("application/json;Version=\"2\"", "2"),
        ("application/json", "1"),
        ("application/json; version=3", "1"),
    ] {
        let server = answering(of(200, media_type, r#"{"id":"i","pages":1}"#)).await;
        let told = match Client::new(&server.uri()).versions().send().await.unwrap().into_inner() {
            VersionsOkBody::JsonVersion1(_) => "1",
            VersionsOkBody::JsonVersion2(_) => "2",
        };
        assert_eq!(told, documented, "{media_type}");
    }
    let server = answering(json(200, r#"{"id":"1"}"#)).await;
    assert_eq!(Client::new(&server.uri()).anything().send().await.unwrap().id, "1");
}

#[tokio::test]
async fn a_body_of_another_media_type_is_kept() {
    use response_media_types::Client;

    // JSON is no text, and an HTML page is no JSON.
    for (answer, is_cause) in [
        (
            of(500, "application/json", "{}"),
            (|cause| matches!(cause, MalformedCause::MediaType)) as fn(&_) -> _,
        ),
        (of(500, "image/png", "{}"), |cause| matches!(cause, MalformedCause::MediaType)),
        (of(500, "text/plain", b"\xff".to_vec()), |cause| matches!(cause, MalformedCause::Text)),
        (of(200, "text/html", "<html>"), |cause| matches!(cause, MalformedCause::Json(_))),
        (of(400, "text/html", "<html>"), |cause| matches!(cause, MalformedCause::Json(_))),
    ] {
        let server = answering(answer.insert_header("x-trace", "t")).await;
        let error = Client::new(&server.uri()).report().send().await.unwrap_err();
        let Error::Malformed(malformed) = &error else { panic!("{error:?}") };
        assert!(is_cause(&malformed.cause), "{error}");
        assert_eq!(malformed.headers["x-trace"], "t");
        assert!(!malformed.body.is_empty());
        assert_eq!(malformed.extent, Extent::Whole);
    }
}

#[tokio::test]
async fn headers_have_their_types() {
    use response_headers::{Client, types};

    let answer = json(200, r#"{"name":"n"}"#)
        .insert_header("x-count", "3")
        .insert_header("x-ratio", "0.5")
        .insert_header("x-last", "true")
        .insert_header("last-modified", "Wed, 21 Oct 2026 07:28:00 GMT")
        .insert_header("x-kind", "large")
        .append_header("x-ids", "1, 2")
        .append_header("x-ids", "3")
        .insert_header("x-colour", "R,100,G,200")
        .insert_header("x-filter", r#"{"q":"x"}"#);
    let server = answering(answer).await;
    let thing = Client::new(&server.uri()).describe_thing().id("1").send().await.unwrap();
    assert_eq!(thing.name, "n");
    let (_, headers) = thing.into_parts();
    assert_eq!(headers.x_count, Ok(3));
    assert_eq!(headers.x_ratio, Ok(Some(0.5)));
    assert_eq!(headers.x_last, Ok(Some(true)));
    assert_eq!(headers.last_modified.unwrap().unwrap().to_string(), "2026-10-21T07:28:00Z");
    assert_eq!(headers.x_kind, Ok(Some(types::DescribeThingOkXKind::Large)));
    assert_eq!(headers.x_ids, Ok(Some(vec![1, 2, 3])));
    let colour = headers.x_colour.unwrap().unwrap();
    assert_eq!((colour.r, colour.g), (100, Some(200)));
    assert_eq!(headers.x_filter.unwrap().unwrap().q, "x");
}

#[tokio::test]
async fn a_bad_header_costs_nothing_else() {
    use response_headers::{Client, CreateThingError};

    let answer = json(200, r#"{"name":"n"}"#).insert_header("x-kind", "hidden").insert_header("x-ids", "1,b");
    let server = answering(answer).await;
    let thing = Client::new(&server.uri()).describe_thing().id("1").send().await.unwrap();
    assert_eq!(thing.name, "n");
    let headers = thing.typed_headers();
    assert!(headers.x_count.as_ref().is_err_and(|error| error.is_missing()));
    assert_eq!(headers.x_ratio, Ok(None));
    let kind = headers.x_kind.as_ref().unwrap_err();
    assert_eq!((kind.name(), kind.value().unwrap().as_bytes()), ("X-Kind", b"hidden".as_slice()));
    assert!(headers.x_ids.is_err());
    assert!(!format!("{headers:?}").contains("hidden"));
    assert_eq!(thing.headers()["x-ids"], "1,b");

    for (value, documented) in [("30", Some(Some(30))), ("soon", None)] {
        let server = answering(ResponseTemplate::new(429).insert_header("retry-after", value)).await;
        let error = Client::new(&server.uri()).create_thing().send().await.unwrap_err();
        let Some(CreateThingError::TooManyRequests { headers }) = error.documented() else {
            panic!("{error:?}")
        };
        assert_eq!(headers.retry_after.clone().ok(), documented);
    }
    let server = answering(ResponseTemplate::new(201).insert_header("location", "/things/1")).await;
    let created = Client::new(&server.uri()).create_thing().send().await.unwrap();
    assert_eq!(created.typed_headers().location.as_deref(), Ok("/things/1"));
    assert_eq!(created.typed_headers().e_tag, Ok(None));
}

#[tokio::test]
async fn redirects_are_answers() {
    use redirects_and_empty_answers::{Client, GetThingError};

    let server = answering(ResponseTemplate::new(302).insert_header("location", "/password")).await;
    let page = Client::new(&server.uri()).login().send().await.unwrap();
    assert_eq!(page.status(), 302);
    assert_eq!(page.typed_headers().location.as_deref(), Ok("/password"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    let server = answering(ResponseTemplate::new(304).insert_header("etag", "\"1\"")).await;
    let error = Client::new(&server.uri()).get_thing().send().await.unwrap_err();
    let Some(GetThingError::NotModified { headers }) = error.documented() else { panic!("{error:?}") };
    assert_eq!(headers.e_tag.as_deref(), Ok("\"1\""));
    let server = answering(json(200, r#"{"id":"1"}"#)).await;
    assert_eq!(Client::new(&server.uri()).get_thing().send().await.unwrap().id, "1");
}

#[tokio::test]
async fn each_status_of_one_schema_is_a_variant() {
    use redirects_and_empty_answers::{Client, PutThingSuccess};

    for (status, text, documented) in
        [(200, r#"{"id":"1"}"#, "changed 1"), (201, r#"{"id":"2"}"#, "new 2"), (205, "", "again")]
    {
        let server = answering(json(status, text)).await;
        let told = match Client::new(&server.uri()).put_thing().send().await.unwrap().into_inner() {
            PutThingSuccess::Ok(thing) => format!("changed {}", thing.id),
            PutThingSuccess::Created(thing) => format!("new {}", thing.id),
            PutThingSuccess::ResetContent => "again".to_owned(),
        };
        assert_eq!(told, documented);
    }
}

#[tokio::test]
async fn a_body_that_nobody_documents_is_kept() {
    use redirects_and_empty_answers::Client;

    let server = answering(json(200, r#"{"id":"1"}"#)).await;
    let gone = Client::new(&server.uri()).delete_thing().send().await.unwrap();
    assert_eq!(gone.undocumented_body(), r#"{"id":"1"}"#);
    assert_eq!(gone.content_type(), Some("application/json"));
    let server = answering(ResponseTemplate::new(200).insert_header("content-length", "7")).await;
    let head = Client::new(&server.uri()).head_thing().send().await.unwrap();
    assert_eq!(head.typed_headers().content_length, Ok(7));
    assert!(head.undocumented_body().is_empty());
}

/// A server that sends `head`, then one piece after the other, each when the test says so.
async fn piecemeal(head: &str) -> (String, tokio::sync::mpsc::Sender<&'static [u8]>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, mut pieces) = tokio::sync::mpsc::channel::<&'static [u8]>(1);
    let head = format!("HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\n\r\n");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        while let Some(piece) = pieces.recv().await {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            // A client that has read enough hangs up.
            if stream.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = stream.write_all(b"0\r\n\r\n").await;
    });
    (url, sender)
}

#[tokio::test]
async fn streams_arrive_piece_by_piece() {
    use response_streams::{Client, LinesSuccess};

    let (url, send) = piecemeal("200 OK\r\ncontent-type: text/event-stream").await;
    // The answer is there before any of its body is.
    let mut events = Client::new(&url).events().send().await.unwrap().into_inner();
    for piece in [b"data: 1\n\n".as_slice(), b"data: 2\n\n"] {
        send.send(piece).await.unwrap();
        assert_eq!(events.chunk().await.unwrap().unwrap(), piece);
    }
    drop(send);
    assert!(events.chunk().await.unwrap().is_none());

    let (url, send) = piecemeal("200 OK\r\ncontent-type: application/x-ndjson").await;
    let answer = Client::new(&url).lines().send().await.unwrap().into_inner();
    let LinesSuccess::Ok(mut lines) = answer else { panic!("{answer:?}") };
    send.send(b"{\"a\":1}\n{\"b\"").await.unwrap();
    assert_eq!(lines.line().await.unwrap().as_deref(), Some("{\"a\":1}"));
    send.send(b":2}\n").await.unwrap();
    drop(send);
    assert_eq!(lines.line().await.unwrap().as_deref(), Some("{\"b\":2}"));
    assert_eq!(lines.line().await.unwrap(), None);

    let server = answering(of(202, "application/json", r#"{"ticket":"t"}"#)).await;
    let answer = Client::new(&server.uri()).lines().send().await.unwrap().into_inner();
    assert!(matches!(answer, LinesSuccess::Accepted(accepted) if accepted.ticket == "t"));
}

#[tokio::test]
async fn files_are_bytes_and_other_things_are_told() {
    use response_streams::{Client, DownloadError};

    for media_type in ["application/octet-stream", "binary/octet-stream"] {
        let answer = of(200, media_type, [0, 255]).insert_header("content-disposition", "inline");
        let server = answering(answer).await;
        let file = Client::new(&server.uri()).download().send().await.unwrap();
        assert_eq!(file.typed_headers().content_disposition, Ok(Some("inline".to_owned())));
        assert_eq!(file.into_inner().bytes_up_to(2).await.unwrap()[..], [0, 255]);
    }
    let server = answering(of(404, "application/octet-stream", [1])).await;
    let error = Client::new(&server.uri()).download().send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(DownloadError::NotFound(bytes)) if bytes[..] == [1]));
    // The page of a proxy is not the file.
    let server = answering(of(200, "text/html", "<html>")).await;
    let error = Client::new(&server.uri()).download().send().await.unwrap_err();
    let Error::Malformed(malformed) = &error else { panic!("{error:?}") };
    assert!(matches!(malformed.cause, MalformedCause::MediaType));
    assert_eq!(malformed.body, "<html>");
}

#[tokio::test]
async fn long_failures_are_cut() {
    use redirects_and_empty_answers::Client;

    let long = "x".repeat((1 << 20) + 1);
    let server = answering(of(500, "text/plain", long.clone())).await;
    let error = response_media_types::Client::new(&server.uri()).report().send().await.unwrap_err();
    let Error::Malformed(malformed) = &error else { panic!("{error:?}") };
    assert!(matches!(malformed.cause, MalformedCause::TooLong { limit: 0x0010_0000 }), "{error}");
    assert_eq!((malformed.extent, malformed.body.len()), (Extent::Cut, 1 << 20));

    for status in [404, 418] {
        let server = answering(of(status, "text/plain", long.clone())).await;
        let error = Client::new(&server.uri()).login().send().await.unwrap_err();
        let extent = match &error {
            Error::Documented(failure) => failure.extent,
            Error::Unexpected(unexpected) => unexpected.extent,
            _ => panic!("{error:?}"),
        };
        assert_eq!((extent, error.body().unwrap().len()), (Extent::Cut, 1 << 20));
    }
}
