//! Every constraint at every place: what breaks it is rejected with location, pointer and keyword, what is just within
//! it is accepted, and no rejection repeats what was sent.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

use std::fmt::Write as _;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use rescind_server::runtime::{
    Admitted, AdmittedBody, Answer, Context, CredentialSet, Gate, Handler, Limits, Mode, Presented, Refused,
    Rejection, serve,
};
use rescind_specs::{Contract, Document};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Answers with what it was given, and rejections with each violation on its own.
struct Echo;

impl Handler for Echo {
    type Caller = ();

    async fn authenticate(&self, _: usize, _: Presented<CredentialSet>, _: &Context) -> Result<(), Refused> {
        Ok(())
    }

    fn reject(&self, _: Option<usize>, _: &Context, rejection: Rejection) -> Answer {
        let lines = match &rejection {
            Rejection::Violations(violations) => violations
                .iter()
                .map(|broken| {
                    // The words are part of what must not repeat a value.
                    assert!(!broken.message.is_empty());
                    let name = broken.parameter.as_deref().unwrap_or_default();
                    format!("{} {name}{} {}", broken.location, broken.pointer, broken.keyword)
                })
                .collect::<Vec<_>>(),
            other => vec![other.to_string()],
        };
        let answer = json!({ "broken": lines, "words": rejection.to_string() });
        Answer::json(rejection.status(), "application/json", &answer)
    }

    async fn call(&self, _: usize, _: Option<()>, mut admitted: Admitted) -> Result<Answer, Rejection> {
        let parameters: Vec<Value> = (0..9).map_while(|index| admitted.value(index).cloned()).collect();
        let body = match admitted.raw_body().await? {
            None => Value::Null,
            Some(AdmittedBody::Json(value)) => value,
            Some(AdmittedBody::Text(text)) => text.into(),
            Some(AdmittedBody::Multipart(form)) => {
                let files = form
                    .files()
                    .iter()
                    .map(|file| json!([file.name, file.file_name, file.media_type, file.bytes.len()]));
                json!({ "fields": form.fields(), "files": files.collect::<Vec<_>>() })
            }
            Some(AdmittedBody::Raw(raw)) => json!([raw.media_type, raw.bytes.len()]),
        };
        Ok(Answer::json(StatusCode::OK, "application/json", &json!([parameters, body])))
    }
}

/// A server of one operation, `POST /a` with what `operation` adds to it.
fn app(path: &str, operation: &Value, schemas: &Value) -> Router {
    let mut operation = operation.clone();
    operation["operationId"] = "op".into();
    operation["responses"] = json!({ "200": { "description": "done" } });
    let document = json!({
        "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
        "paths": { path: { "post": operation } }, "components": { "schemas": schemas },
    });
    let contract = Contract::new("t", Document::parse("t", document.to_string()).unwrap(), None);
    let contract = contract.unwrap_or_else(|error| panic!("{}", error.render(false)));
    serve(
        Gate::new(contract, Limits { body: 4096, stream: 8192, ..Limits::default() }).unwrap(),
        Mode::Strict,
        Echo,
    )
}

async fn ask(
    app: &Router,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> (u16, Value, String) {
    let mut request = Request::post(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default(), text)
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").unwrap();
        encoded
    })
}

/// Schema, a value within it, a value that breaks it, the keyword, and where.
type Case = (Value, Value, Value, &'static str, &'static str);

fn scalars() -> Vec<Case> {
    let string = |more: Value| {
        let mut schema = json!({ "type": "string" });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schema
    };
    let mut cases = vec![
        (string(json!({ "minLength": 3 })), json!("éàü"), json!("éà"), "minLength", ""),
        (string(json!({ "maxLength": 3 })), json!("éàü"), json!("éàüx"), "maxLength", ""),
        (string(json!({ "pattern": "^k[0-9]+$" })), json!("k1"), json!("k1zzz"), "pattern", ""),
        (string(json!({ "enum": ["red", "blue"] })), json!("red"), json!("zzred"), "enum", ""),
        (json!({ "type": "integer", "minimum": 3 }), json!(3), json!(2), "minimum", ""),
        (json!({ "type": "integer", "maximum": 3 }), json!(3), json!(4), "maximum", ""),
        (
            json!({ "type": "number", "minimum": 3, "exclusiveMinimum": true }),
            json!(3.5),
            json!(3),
            "exclusiveMinimum",
            "",
        ),
        (
            json!({ "type": "number", "maximum": 3, "exclusiveMaximum": true }),
            json!(2.5),
            json!(3),
            "exclusiveMaximum",
            "",
        ),
        (json!({ "type": "integer", "multipleOf": 5 }), json!(15), json!(16), "multipleOf", ""),
        (json!({ "type": "number", "multipleOf": 0.1 }), json!(0.3), json!(0.35), "multipleOf", ""),
        (
            json!({ "type": "integer", "format": "int32" }),
            json!(2_147_483_647),
            json!(2_147_483_648_u32),
            "maximum",
            "",
        ),
        (json!({ "type": "integer" }), json!(7), json!(7.5), "type", ""),
        (json!({ "type": "integer" }), json!(7), json!("sevenzz"), "type", ""),
        (json!({ "type": "boolean" }), json!(true), json!("truezz"), "type", ""),
        (json!({ "type": "number" }), json!(1.5), json!("onezz"), "type", ""),
    ];
    for (format, good) in [
        ("date", "2026-02-28"),
        ("date-time", "2026-01-02T03:04:05+01:00"),
        ("email", "a@b.example"),
        ("hostname", "a.example"),
        ("ipv4", "127.0.0.1"),
        ("ipv6", "::1"),
        ("uri", "https://a.example/b?c=d"),
        ("uuid", "6f1c7f4e-0000-4000-8000-000000000000"),
        ("byte", "QUJD"),
        ("uri-reference", "../x"),
    ] {
        cases.push((string(json!({ "format": format })), json!(good), json!("zz zz!"), "format", ""));
    }
    cases
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn structured() -> Vec<Case> {
    let integers = |more: Value| {
        let mut schema = json!({ "type": "array", "items": { "type": "integer" } });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schema
    };
    let object = |more: Value| {
        let mut schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schema
    };
    let animals = json!({
        "oneOf": [{ "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" }],
        "discriminator": { "propertyName": "kind", "mapping": { "cat": "#/components/schemas/Cat" } },
    });
    vec![
        (integers(json!({ "minItems": 2 })), json!([1, 2]), json!([1]), "minItems", ""),
        (integers(json!({ "maxItems": 2 })), json!([1, 2]), json!([1, 2, 3]), "maxItems", ""),
        (integers(json!({ "uniqueItems": true })), json!([1, 2]), json!([1, 2, 1]), "uniqueItems", ""),
        (
            json!({ "type": "array", "items": {}, "uniqueItems": true }),
            json!([{ "a": 1 }, { "a": 2 }]),
            json!([{ "a": 1 }, { "a": 1 }]),
            "uniqueItems",
            "",
        ),
        (integers(json!({})), json!([1]), json!([1, "zz"]), "type", "/1"),
        (object(json!({ "required": ["a"] })), json!({ "a": 1 }), json!({ "b": 1 }), "required", "/a"),
        (
            object(json!({ "additionalProperties": false })),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 1 }),
            "additionalProperties",
            "",
        ),
        (
            object(json!({ "additionalProperties": { "type": "boolean" } })),
            json!({ "b": true }),
            json!({ "b": "zz" }),
            "type",
            "/b",
        ),
        (
            object(json!({ "minProperties": 2 })),
            json!({ "a": 1, "b": 1 }),
            json!({ "a": 1 }),
            "minProperties",
            "",
        ),
        (
            object(json!({ "maxProperties": 1 })),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 1 }),
            "maxProperties",
            "",
        ),
        (
            object(json!({ "properties": { "a": { "type": "string", "nullable": true } } })),
            json!({ "a": null }),
            json!({ "a": 7 }),
            "type",
            "/a",
        ),
        (object(json!({})), json!({ "a": 1 }), json!({ "a": null }), "type", "/a"),
        (
            object(
                json!({ "properties": { "id": { "type": "string", "readOnly": true } }, "required": ["id"] }),
            ),
            json!({}),
            json!({ "id": "zz" }),
            "readOnly",
            "/id",
        ),
        (json!({ "enum": [{ "a": 1 }, [2]] }), json!([2]), json!(["zz"]), "enum", ""),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "type": "string", "maxLength": 1 }] }),
            json!("a"),
            json!("zz"),
            "oneOf",
            "",
        ),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "type": "number", "minimum": 3 }] }),
            json!(2),
            json!(4),
            "oneOf",
            "",
        ),
        (
            json!({ "anyOf": [{ "type": "integer" }, { "type": "string", "maxLength": 1 }] }),
            json!(1),
            json!("zz"),
            "anyOf",
            "",
        ),
        (
            json!({ "allOf": [{ "type": "string" }, { "maxLength": 1 }] }),
            json!("z"),
            json!("zz"),
            "maxLength",
            "",
        ),
        (json!({ "not": { "type": "string" } }), json!(1), json!("zz"), "not", ""),
        (animals, json!({ "kind": "cat" }), json!({ "kind": "zzbird" }), "enum", "/kind"),
    ]
}

fn schemas() -> Value {
    json!({
        "Cat": { "type": "object", "properties": { "kind": { "type": "string" } }, "required": ["kind"], "maxProperties": 1 },
        "Dog": { "type": "object", "properties": { "kind": { "type": "string" } }, "required": ["kind"], "minProperties": 2 },
    })
}

/// The text that a scalar has outside of JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn told(answer: &Value, line: &str) -> bool {
    answer["broken"].as_array().is_some_and(|lines| lines.iter().any(|told| told == line))
}

fn refused(what: &str, (status, answer, text): &(u16, Value, String), line: &str) {
    assert_eq!(*status, 400, "{what}: {text}");
    assert!(told(answer, line), "{what}: no `{line}` in {text}");
    assert!(!text.contains("zz"), "{what}: repeats a value: {text}");
}

#[tokio::test]
async fn parameters_everywhere() {
    for (schema, good, bad, keyword, _) in scalars() {
        for place in ["path", "query", "header", "cookie"] {
            let parameter = json!({ "name": "p", "in": place, "required": true, "schema": schema });
            let path = if place == "path" { "/a/{p}" } else { "/a" };
            let app = app(path, &json!({ "parameters": [parameter] }), &schemas());
            let send = async |value: &Value| {
                let raw = text(value);
                let cookie = format!("x=1; p={raw}");
                match place {
                    "path" => ask(&app, &format!("/a/{}", encode(&raw)), &[], "").await,
                    "query" => ask(&app, &format!("/a?p={}", encode(&raw)), &[], "").await,
                    "header" => ask(&app, "/a", &[("p", raw.as_str())], "").await,
                    _ => ask(&app, "/a", &[("cookie", cookie.as_str())], "").await,
                }
            };
            // Headers and cookies are for ASCII.
            if place == "path" || place == "query" || text(&good).is_ascii() {
                let what = format!("{schema} in {place}");
                let (status, answer, text) = send(&good).await;
                assert_eq!(status, 200, "{what}: {text}");
                assert_eq!(answer[0][0], good, "{what}");
                refused(&what, &send(&bad).await, &format!("{place} p {keyword}"));
            }
            if place != "path" {
                let answer = ask(&app, "/a", &[], "").await;
                refused("nothing", &answer, &format!("{place} p required"));
            }
        }
    }
}

#[tokio::test]
async fn bodies_of_json_and_parameters_of_json() {
    for (schema, good, bad, keyword, at) in scalars().into_iter().chain(structured()) {
        let body = json!({ "requestBody": { "content": { "application/json": { "schema": schema } } } });
        let json = [("content-type", "application/json; charset=utf-8")];
        let server = app("/a", &body, &schemas());
        let what = format!("{schema} as a body");
        let (status, answer, text) = ask(&server, "/a", &json, good.to_string()).await;
        assert_eq!(status, 200, "{what}: {text}");
        assert_eq!(answer[1], good);
        refused(&what, &ask(&server, "/a", &json, bad.to_string()).await, &format!("body {at} {keyword}"));

        let parameter =
            json!({ "name": "p", "in": "query", "content": { "application/json": { "schema": schema } } });
        let server = app("/a", &json!({ "parameters": [parameter] }), &schemas());
        let what = format!("{schema} as a parameter of JSON");
        let uri = |value: &Value| format!("/a?p={}", encode(&value.to_string()));
        let (status, answer, text) = ask(&server, &uri(&good), &[], "").await;
        assert_eq!(status, 200, "{what}: {text}");
        assert_eq!(answer[0][0], good);
        refused(&what, &ask(&server, &uri(&bad), &[], "").await, &format!("query p{at} {keyword}"));
    }
}

#[tokio::test]
async fn forms_and_texts() {
    for (schema, good, bad, keyword, _) in scalars() {
        let form = json!({ "type": "object", "properties": { "p": schema }, "required": ["p"] });
        let content = json!({
            "application/x-www-form-urlencoded": { "schema": form },
            "multipart/form-data": { "schema": form },
        });
        let server =
            app("/a", &json!({ "requestBody": { "required": true, "content": content } }), &schemas());
        let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
        let parts = [("content-type", "multipart/form-data; boundary=XX")];
        for value in [&good, &bad] {
            let raw = text(value);
            let one = ask(&server, "/a", &urlencoded, format!("p={}", encode(&raw))).await;
            let part =
                format!("--XX\r\ncontent-disposition: form-data; name=\"p\"\r\n\r\n{raw}\r\n--XX--\r\n");
            let other = ask(&server, "/a", &parts, part).await;
            if value == &good {
                assert_eq!((one.0, &one.1[1]["p"]), (200, &good), "{schema}: {}", one.2);
                assert_eq!((other.0, &other.1[1]["fields"]["p"]), (200, &good), "{schema}: {}", other.2);
            } else {
                refused("a form", &one, &format!("body /p {keyword}"));
                refused("parts", &other, &format!("body /p {keyword}"));
            }
        }
        refused("a form", &ask(&server, "/a", &urlencoded, "q=1").await, "body /p required");
        refused("no body", &ask(&server, "/a", &urlencoded, "").await, "body  required");
        if schema["type"] == "string" {
            let server = app(
                "/a",
                &json!({ "requestBody": { "content": { "text/plain": { "schema": schema } } } }),
                &schemas(),
            );
            let plain = [("content-type", "text/plain")];
            assert_eq!(ask(&server, "/a", &plain, text(&good)).await.0, 200, "{schema}");
            refused("a text", &ask(&server, "/a", &plain, text(&bad)).await, &format!("body  {keyword}"));
        }
    }
}

#[tokio::test]
async fn all_at_once() {
    let operation = json!({
        "parameters": [
            { "name": "q", "in": "query", "schema": { "type": "integer", "maximum": 3 } },
            { "name": "h", "in": "header", "required": true, "schema": { "type": "string" } },
        ],
        "requestBody": { "content": { "application/json": { "schema": {
            "type": "object", "required": ["a"], "properties": { "b": { "type": "string", "maxLength": 1 } } } } } },
    });
    let server = app("/a", &operation, &schemas());
    let (_, answer, _) =
        ask(&server, "/a?q=4", &[("content-type", "application/json")], r#"{"b":"zz"}"#).await;
    assert_eq!(
        answer["broken"],
        json!(["query q maximum", "header h required", "body /a required", "body /b maxLength"])
    );
}

#[tokio::test]
async fn parts_of_every_kind() {
    let schema = json!({
        "type": "object", "required": ["file", "meta"],
        "properties": {
            "file": { "type": "string", "format": "binary", "minLength": 2, "maxLength": 8 },
            "more": { "type": "array", "items": { "type": "string", "format": "binary" }, "maxItems": 2 },
            "meta": { "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } },
            "tags": { "type": "array", "items": { "type": "string", "maxLength": 3 } },
        },
    });
    let content = json!({ "multipart/form-data": {
        "schema": schema, "encoding": { "file": { "contentType": "image/png, image/*" } },
    } });
    let server = app("/a", &json!({ "requestBody": { "required": true, "content": content } }), &schemas());
    let part =
        |head: &str, body: &str| format!("--XX\r\ncontent-disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let image = |body: &str| part("name=\"file\"; filename=\"a.png\"\r\ncontent-type: image/png", body);
    let meta = part("name=\"meta\"", r#"{"a":1}"#);
    let send = async |parts: String| {
        ask(&server, "/a", &[("content-type", "multipart/form-data; boundary=XX")], parts + "--XX--\r\n")
            .await
    };
    let tags = part("name=\"tags\"", "one") + &part("name=\"tags\"", "two");
    let more = part("name=\"more\"; filename=\"b\"", "b");
    let (status, answer, text) = send(image("\u{0}\u{1}\r\n") + &meta + &tags + &more).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(
        answer[1],
        json!({
            "fields": { "meta": { "a": 1 }, "tags": ["one", "two"] },
            "files": [["file", "a.png", "image/png", 4], ["more", "b", "", 1]],
        })
    );
    let wrong_type = part("name=\"file\"; filename=\"a\"\r\ncontent-type: text/html", "zz");
    for (parts, line) in [
        (image("zzzzzzzzz") + &meta, "body /file maxLength"),
        (image("z") + &meta, "body /file minLength"),
        (wrong_type + &meta, "body /file contentType"),
        (meta.clone(), "body /file required"),
        (image("zz") + &part("name=\"meta\"", "zz"), "body /meta contentType"),
        (image("zz") + &part("name=\"meta\"", r#"{"a":"zz"}"#), "body /meta/a type"),
        (image("zz") + &meta + &part("name=\"tags\"", "zzzz"), "body /tags/0 maxLength"),
        (image("zz") + &meta + &more + &more + &more, "body /more maxItems"),
    ] {
        refused(line, &send(parts).await, line);
    }
    let raw = |media_type: &'static str, body: Vec<u8>| {
        let server = server.clone();
        async move { ask(&server, "/a", &[("content-type", media_type)], body).await }
    };
    let bad_text =
        [part("name=\"tags\"", "").trim_end().as_bytes(), b"\r\n\r\n\xff\xfe\r\n--XX--\r\n"].concat();
    for (media_type, body, status) in [
        ("multipart/form-data", image("aa").into_bytes(), 400),
        ("multipart/form-data; boundary=YY", (image("aa") + "--XX--\r\n").into_bytes(), 400),
        ("multipart/form-data; boundary=XX", image("aa").into_bytes(), 400),
        ("multipart/form-data; boundary=XX", b"--XX\r\n\r\nno name\r\n--XX--\r\n".to_vec(), 400),
        ("multipart/form-data; boundary=XX", bad_text, 400),
        ("multipart/form-data; boundary=XX", vec![b'-'; 5000], 413),
        ("multipart/mixed; boundary=XX", image("aa").into_bytes(), 415),
    ] {
        let answer = raw(media_type, body).await;
        assert_eq!(answer.0, status, "{media_type}: {}", answer.2);
    }
}

#[tokio::test]
async fn a_stream_is_bounded_while_it_is_read() {
    let content =
        json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
    let server = app("/a", &json!({ "requestBody": { "content": content } }), &schemas());
    let bytes = [("content-type", "application/octet-stream")];
    let chunks = |count: usize| {
        let chunk = || Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'z'; 1000]));
        Body::from_stream(futures::stream::iter((0..count).map(move |_| chunk())))
    };
    let (status, answer, _) = ask(&server, "/a", &bytes, chunks(4)).await;
    assert_eq!((status, &answer[1]), (200, &json!(["application/octet-stream", 4000])));
    // This handler reads no more than what is read as a whole.
    let (status, answer, _) = ask(&server, "/a", &bytes, chunks(5)).await;
    assert_eq!((status, &answer["words"]), (413, &json!("the body is longer than 4096 bytes")));
    let long = [bytes[0], ("content-length", "9000")];
    assert_eq!(ask(&server, "/a", &long, chunks(1)).await.1["words"], "the body is longer than 8192 bytes");
}
