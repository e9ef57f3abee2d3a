//! The generated clients of one OpenAPI feature each compile, outside of this crate, and say what they should.
#![allow(clippy::all, clippy::pedantic, clippy::allow_attributes, clippy::unwrap_used)]
#![allow(dead_code, missing_docs, unused_variables)]
#![allow(nonstandard_style, unreachable_pub, unused_qualifications)]

use rescind_client::{Credentials, Error};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

#[path = "../../xtask/tests/golden/clients.rs"]
mod clients;
#[path = "golden/responses.rs"]
mod responses;

use clients::*;

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn json(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(text, "application/json")
}

/// The one request that the server has seen.
async fn seen(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// Only what the lifecycle document points at, and what is called so, has a type of its own.
#[tokio::test]
async fn identifiers_and_secrets_have_types_of_their_own() {
    use clients::credential_handles::Client;
    use clients::credential_handles::types::{InUse, KeyId, KeySecret, NewKey, Webhook, WebhookId};

    let key: NewKey = serde_json::from_str(r#"{"id":"key_1","secret":"hidden","parent":"p"}"#).unwrap();
    let (id, secret, parent): (&KeyId, &KeySecret, &Option<String>) = (&key.id, &key.secret, &key.parent);
    assert_eq!((id.as_str(), secret.expose(), parent.as_deref()), ("key_1", "hidden", Some("p")));
    assert!(!format!("{key:?}").contains("hidden"));
    let used: InUse = serde_json::from_str(r#"{"key_id":"key_1","id":"refusal"}"#).unwrap();
    let _: &Option<String> = &used.id;
    assert_eq!(used.key_id, *id);
    let webhook: Webhook = serde_json::from_str(r#"{"webhook_id":"w","url":"u","keyId":"key_1"}"#).unwrap();
    let hook: &WebhookId = webhook.webhook_id.as_ref().unwrap();
    assert!(matches!(&webhook.key_id, rescind_client::Nullable::Value(key) if key == id));

    // By reference, by text, and not by what is none.
    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    client.delete_key().key_id(id).send().await.unwrap();
    client.delete_key().key_id("key_2").send().await.unwrap();
    client.delete_webhook().id(hook).send().await.unwrap();
    let error = client.delete_key().key_id("crd_1").send().await.unwrap_err();
    assert!(matches!(&error, Error::InvalidRequest(_)), "{error}");
    let paths: Vec<_> =
        server.received_requests().await.unwrap().iter().map(|one| one.url.path().to_owned()).collect();
    assert_eq!(paths, ["/keys/key_1", "/keys/key_2", "/webhooks/w"]);
}

#[tokio::test]
async fn default_takes_what_no_other_response_documents() {
    use clients::default_response::{AloneError, Client, ExplicitError};

    for (status, text, documented) in
        [(404, "", "not found"), (500, r#"{"code":"x"}"#, "default x"), (202, r#"{"code":"y"}"#, "default y")]
    {
        let server = answering(json(status, text)).await;
        let error = Client::new(&server.uri()).explicit().send().await.unwrap_err();
        let told = match error.documented() {
            Some(ExplicitError::NotFound) => "not found".to_owned(),
            Some(ExplicitError::Default(failure)) => format!("default {}", failure.code),
            None => panic!("{error:?}"),
        };
        assert_eq!(told, documented);
    }

    let server = answering(json(201, r#"{"id":"1"}"#)).await;
    let thing = Client::new(&server.uri()).alone().send().await.unwrap();
    assert_eq!((thing.status().as_u16(), thing.id.as_deref()), (201, Some("1")));
    let server = answering(json(400, r#"{"id":"2"}"#)).await;
    let error = Client::new(&server.uri()).alone().send().await.unwrap_err();
    assert!(
        matches!(error.documented(), Some(AloneError::Default(thing)) if thing.id.as_deref() == Some("2"))
    );
}

#[tokio::test]
async fn an_exact_status_comes_before_its_range() {
    use clients::status_range::{Client, ListThingsError};

    for (status, text, documented) in [(404, "", "404"), (422, r#"{"code":"x"}"#, "4XX"), (503, "", "5XX")] {
        let server = answering(json(status, text)).await;
        let error = Client::new(&server.uri()).list_things().send().await.unwrap_err();
        let told = match error.documented() {
            Some(ListThingsError::NotFound) => "404",
            Some(ListThingsError::ClientError(_)) => "4XX",
            Some(ListThingsError::ServerError) => "5XX",
            None => "none",
        };
        assert_eq!((told, error.status().unwrap().as_u16()), (documented, status));
    }
    let server = answering(json(302, "")).await;
    let error = Client::new(&server.uri()).list_things().send().await.unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)));
}

#[tokio::test]
async fn successes_of_different_types_are_variants() {
    use clients::several_success::{Client, StartJobError, StartJobSuccess};

    for (status, text) in [(200, r#"{"id":"1"}"#), (202, r#"{"ticket":"2"}"#), (204, "")] {
        let server = answering(json(status, text)).await;
        let answer = Client::new(&server.uri()).start_job().send().await.unwrap();
        let told = match answer.into_inner() {
            StartJobSuccess::Ok(job) => format!("200 {}", job.id),
            StartJobSuccess::Accepted(ticket) => format!("202 {}", ticket.ticket),
            StartJobSuccess::NoContent => "204".to_owned(),
        };
        assert!(told.starts_with(&status.to_string()), "{told}");
    }
    let server = answering(ResponseTemplate::new(303)).await;
    let error = Client::new(&server.uri()).start_job().send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(StartJobError::SeeOther)));
}

#[tokio::test]
async fn inline_schemas_do_not_take_each_others_types() {
    use clients::inline_name_clash::{Client, CreateThingError, types};

    let server = answering(json(401, r#"{"code":7}"#)).await;
    let body = types::CreateThingBody2::builder().in_body("x");
    let error = Client::new(&server.uri()).create_thing().body(body).send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(CreateThingError::Unauthorized(body)) if body.code == 7));
    assert_eq!(seen(&server).await.body, br#"{"inBody":"x"}"#);
}

#[tokio::test]
async fn colliding_names_keep_their_meaning() {
    use clients::name_collisions::{Client, types};

    let server = answering(json(200, r#"{"lower":"l"}"#)).await;
    let body = types::String2::builder().self_("s".to_owned()).type_("t".to_owned());
    let answer = Client::new(&server.uri())
        .new2()
        .client("a")
        .r#type("b")
        .client2("c")
        .url("d")
        .body2("e")
        .send2("f")
        .p0("g")
        .value("h")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.lower.as_deref(), Some("l"));
    let request = seen(&server).await;
    assert_eq!(request.url.path(), "/new/a/b");
    assert_eq!(request.url.query(), Some("url=d&body=e&send=f&p0=g&value=h"));
    assert_eq!(request.headers["client"], "c");
    assert_eq!(request.body, br#"{"self":"s","type":"t"}"#);
}

#[tokio::test]
async fn keys_go_where_the_contract_wants_them() {
    use clients::header_pair_security::Client;

    let credentials = || Credentials::new().api_key("x-api-key", "k").api_key("X-API-SECRET", "s");
    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri()).with_credentials(credentials());
    client.pair().x_trace("t").send().await.unwrap();
    let request = seen(&server).await;
    assert_eq!(request.headers["x-api-key"], "k");
    assert_eq!(request.headers["x-api-secret"], "s");
    assert_eq!(request.headers["x-trace"], "t");

    for (name, documented) in [("key", "query key=v"), ("session", "cookie session=v")] {
        let server = answering(ResponseTemplate::new(204)).await;
        let client = Client::new(&server.uri()).with_credentials(credentials().api_key(name, "v"));
        client.either().send().await.unwrap();
        let request = seen(&server).await;
        assert!(!request.headers.contains_key("x-api-key"));
        let told = match (request.url.query(), request.headers.get("cookie")) {
            (Some(query), None) => format!("query {query}"),
            (None, Some(cookie)) => format!("cookie {}", cookie.to_str().unwrap()),
            other => format!("{other:?}"),
        };
        assert_eq!(told, documented);
    }
}

#[tokio::test]
async fn optional_bodies_of_every_kind_stay_away() {
    use clients::optional_body::Client;

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    client.send_json().send().await.unwrap();
    client.send_form().send().await.unwrap();
    client.send_any().send().await.unwrap();
    client.send_bytes().send().await.unwrap();
    for request in server.received_requests().await.unwrap() {
        assert!(request.body.is_empty(), "{request:?}");
        assert!(!request.headers.contains_key("content-type"), "{request:?}");
    }
    server.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    client.send_any().body(serde_json::json!([1])).send().await.unwrap();
    client.send_form().body_map(|body| body).send().await.unwrap();
    client.send_bytes().body("b").send().await.unwrap();
    let sent: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .into_iter()
        .map(|request| (request.headers["content-type"].to_str().unwrap().to_owned(), request.body))
        .collect();
    assert_eq!(
        sent,
        [
            ("application/json".to_owned(), b"[1]".to_vec()),
            ("application/x-www-form-urlencoded".to_owned(), b"".to_vec()),
            ("application/octet-stream".to_owned(), b"b".to_vec()),
        ]
    );
}

#[tokio::test]
async fn bodies_are_sent_as_what_the_contract_calls_them() {
    use clients::request_media_types::{Client, types};

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    let thing = || types::Thing::builder().id("1".to_owned());
    client.patch_thing().body(thing()).send().await.unwrap();
    client.send_several().body(thing()).send().await.unwrap();
    client.send_text().body("a,b").send().await.unwrap();
    let sent: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .into_iter()
        .map(|request| {
            (request.method.to_string(), request.headers["content-type"].to_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        sent,
        [("PATCH", "application/merge-patch+json"), ("POST", "application/json"), ("PUT", "text/csv")]
            .map(|(method, media_type)| (method.to_owned(), media_type.to_owned()))
    );
}

#[tokio::test]
async fn answers_that_are_no_json() {
    use clients::text_and_bytes::{Client, MetricsError};

    let server = answering(ResponseTemplate::new(200).set_body_raw("a 1\n", "text/plain")).await;
    assert_eq!(Client::new(&server.uri()).metrics().send().await.unwrap().into_inner(), "a 1\n");
    let server = answering(ResponseTemplate::new(503).set_body_raw("down", "text/plain")).await;
    let error = Client::new(&server.uri()).metrics().send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(MetricsError::ServiceUnavailable(text)) if text == "down"));
    let server = answering(ResponseTemplate::new(200).set_body_raw([0, 255], "image/png")).await;
    let picture = Client::new(&server.uri()).picture().send().await.unwrap().into_inner();
    assert_eq!(picture.bytes().await.unwrap()[..], [0, 255]);
}

#[tokio::test]
async fn templates_and_methods_beyond_the_usual() {
    use clients::path_parameters::{Client, types};

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    client.revoke().id("a/b").send().await.unwrap();
    let at: jiff::Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
    client.report().kind(types::ReportKind::Csv).year(2026).at(at).send().await.unwrap();
    let other = query_and_header_parameters::Client::new(&server.uri());
    other.search_options().send().await.unwrap();
    other.search().q("x").if_match("e").tag(vec!["1".into(), "2".into()]).send().await.unwrap();
    let sent: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| {
            format!("{} {}?{}", request.method, request.url.path(), request.url.query().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        sent,
        [
            "POST /a/a%2Fb:revoke?",
            "GET /b/2026.csv/2026-03-04T12%3A00%3A00Z?",
            "OPTIONS /search?",
            "GET /search?q=x&tag=1&tag=2",
        ]
    );
}

#[test]
fn null_is_none_and_secrets_stay_hidden() {
    let text = r#"{"text":null,"choice":null,"other":null}"#;
    let thing: nullable::types::Thing = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&thing).unwrap(), r#"{"choice":null,"other":null,"text":null}"#);

    let text = r#"{"key":"ak_1","older":["hidden"],"secret":"hidden","spare":"hidden"}"#;
    let pair: secrets::types::Pair = serde_json::from_str(text).unwrap();
    assert!(!format!("{pair:?}").contains("hidden"));
    assert_eq!(serde_json::to_string(&pair).unwrap(), text);
}

/// The same value, read as a type and written again.
fn again<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) -> String {
    let value: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    serde_json::to_string(&value).unwrap()
}

#[test]
fn the_tag_tells_the_alternative() {
    use clients::alternatives::types::{Party, Person, Pet};

    let cat: Pet = serde_json::from_str(r#"{"kind":"cat","lives":9}"#).unwrap();
    assert!(matches!(&cat, Pet::Cat(cat) if cat.lives == 9));
    // By the name of its schema.
    let dog: Pet = serde_json::from_str(r#"{"kind":"Dog","owner":{"type":"p"}}"#).unwrap();
    assert!(matches!(&dog, Pet::Dog(dog) if matches!(dog.owner.as_deref(), Some(Party::Person(_)))));
    // A kind that no child has is the parent's.
    let fish: Pet = serde_json::from_str(r#"{"kind":"fish","name":"Wanda"}"#).unwrap();
    assert!(matches!(&fish, Pet::Other(pet) if pet.name.as_deref() == Some("Wanda")));
    // A child is read as what it says that it is, or not at all.
    assert!(serde_json::from_str::<Pet>(r#"{"kind":"cat"}"#).is_err());

    for (text, told) in [
        (r#"{"type":"robot"}"#, "`type` is none of `human`, `p`, `Company`"),
        (r#"{"seats":1}"#, "`type` is missing; it is one of `human`, `p`, `Company`"),
        ("[]", "this is no object, of which `type` would tell the kind"),
    ] {
        assert_eq!(serde_json::from_str::<Party>(text).unwrap_err().to_string(), told);
    }

    // Written with a tag that fits, the own one if it does.
    let person = |tag: &str| {
        let person = Person::builder().type_(tag.to_owned()).ratio(0.1_f32);
        serde_json::to_string(&Party::from(Person::try_from(person).unwrap())).unwrap()
    };
    assert_eq!(person("p"), r#"{"ratio":0.1,"type":"p"}"#);
    assert_eq!(person("?"), r#"{"ratio":0.1,"type":"human"}"#);
}

#[test]
fn the_alternative_that_keeps_most_is_taken() {
    use clients::alternatives::types::{Both, Size};

    for (text, taken) in [
        ("1.5", "Number"),
        ("1", "Integer"),
        (r#"{"a":"x"}"#, "Few"),
        (r#"{"a":"x","b":"y"}"#, "Many"),
        ("[1,2]", "Array"),
    ] {
        let size: Size = serde_json::from_str(text).unwrap();
        assert!(format!("{size:?}").starts_with(taken), "{text}: {size:?}");
        assert_eq!(again::<Size>(text), text);
    }
    assert!(serde_json::from_str::<Size>(r#""large""#).is_err());
    for text in [r#"{"a":"x"}"#, r#"{"c":1}"#, r#"{"a":"x","c":1}"#] {
        assert_eq!(again::<Both>(text), text);
    }
}

#[test]
fn values_travel_as_they_are() {
    use clients::alternatives::types::Thing;

    for text in [
        r#"{"vote":"+1"}"#,
        r#"{"vote":"-1"}"#,
        r#"{"vote":"up"}"#,
        r#"{"vote":"UP"}"#,
        r#"{"vote":""}"#,
        r#"{"level":"auto"}"#,
        r#"{"level":1}"#,
        r#"{"level":2.5}"#,
        r#"{"count":18446744073709551615}"#,
        r#"{"anything":null}"#,
        r#"{"anything":{"x":[1,null]}}"#,
        r#"{"list":[]}"#,
        "{}",
        r#"{"a-b":"x","a_b":1}"#,
        r#"{"labelled":{"id":"1","x":2,"y":3}}"#,
        r#"{"pet":{"kind":"cat","lives":9,"name":"Tom"}}"#,
    ] {
        assert_eq!(again::<Thing>(text), text);
    }
    for text in [r#"{"vote":"uP"}"#, r#"{"level":3}"#, r#"{"a_b":"1"}"#] {
        assert!(serde_json::from_str::<Thing>(text).is_err(), "{text}");
    }
}

#[test]
fn secrets_within_alternatives_are_not_printed() {
    use clients::alternatives::types::Thing;

    let text = r#"{"proof":{"token":"hunter2"}}"#;
    let thing: Thing = serde_json::from_str(text).unwrap();
    assert!(!format!("{thing:?}").contains("hunter2"), "{thing:?}");
    assert_eq!(again::<Thing>(text), text);
    let error = serde_json::from_str::<Thing>(r#"{"proof":{"key":"hunter2"}}"#).unwrap_err().to_string();
    assert!(error.starts_with("no documented alternative of `ThingProof` takes the value"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

/// Method, path and query, headers that no HTTP library adds, and body of all requests so far, one text each.
async fn wire(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .into_iter()
        .map(|request| {
            let target = request.url.as_str().split_once("://").unwrap().1;
            let mut text = format!("{} {}", request.method, &target[target.find('/').unwrap()..]);
            let mut headers: Vec<String> = request
                .headers
                .iter()
                .filter(|(name, _)| !["host", "accept", "content-length"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
                .collect();
            headers.sort();
            for line in headers {
                text.push_str(&format!("\n{line}"));
            }
            if !request.body.is_empty() {
                text.push_str(&format!("\n\n{}", String::from_utf8_lossy(&request.body)));
            }
            text
        })
        .collect()
}

#[tokio::test]
async fn every_parameter_goes_where_and_as_the_document_says() {
    use clients::every_parameter::{Client, types};

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let area = || types::Area::builder().height(2).width(3);
    let area: types::Area = area().try_into().unwrap();
    client
        .paths()
        .list(texts(&["a,b", "c/d"]))
        .label(texts(&["e", "f.g"]))
        .matrix(area.clone())
        .object(area.clone())
        .plain(serde_json::from_str::<types::PathsPlain>("7").unwrap())
        .send()
        .await
        .unwrap();
    client
        .headers()
        .x_shared("67e55044-10b1-426f-9247-bb680e5fe0c8".parse::<uuid::Uuid>().unwrap())
        .x_list(vec![1, 2])
        .x_object(area.clone())
        .x_filter(area.clone())
        .x_key("k")
        .x_state("active")
        .send()
        .await
        .unwrap();
    client
        .query()
        .joined(texts(&["a,b", "c"]))
        .apart(vec![types::State::Active, types::State::Revoked])
        .spaces(texts(&["d", "e"]))
        .pipes(texts(&["f", "g"]))
        .object(area.clone())
        .deep(area.clone())
        .json(vec![1, 2])
        .reserved("https://h/?i&j")
        .flag_empty()
        .share(0.5)
        .key("s p")
        .send()
        .await
        .unwrap();
    client.cookies().session("a;b").list(texts(&["c", "d"])).seen(4).send().await.unwrap();
    client
        .names()
        .api_key("path")
        .api_key2("header")
        .api_key3("query")
        .self_("s")
        .größe(texts(&["ü"]))
        .dollar_filter("f")
        .send()
        .await
        .unwrap();
    assert_eq!(
        wire(&server).await,
        [
            "GET /paths/a%2Cb,c%2Fd/.e.f%2Eg/;matrix=height,2,width,3/height=2,width=3/7",
            "GET /headers\nx-filter: {\"height\":2,\"width\":3}\nx-key: k\nx-list: 1,2\nx-object: height=2,width=3\n\
             x-shared: 67e55044-10b1-426f-9247-bb680e5fe0c8\nx-state: active",
            "GET /query?joined=a%2Cb,c&apart=active&apart=revoked&spaces=d%20e&pipes=f%7Cg&object=height,2,width,3\
             &deep%5Bheight%5D=2&deep%5Bwidth%5D=3&json=%5B1%2C2%5D&reserved=https://h/?i%26j&flag=&share=0.5\
             &key=s%20p",
            "TRACE /cookies\ncookie: session=a%3Bb; list=c,d; seen=4",
            "GET /names/path?apiKey=query&self=s&gr%C3%B6%C3%9Fe%5B%5D=%C3%BC&%24filter=f\napi-key: header",
        ]
    );
    assert!(!format!("{:?}", client.headers().x_key("hidden")).contains("hidden"));
}

#[tokio::test]
async fn forms_are_written_as_their_encoding_says() {
    use clients::form_body::{Client, types};

    let server = answering(ResponseTemplate::new(204)).await;
    let body = types::SendStructuredBody::builder()
        .list(vec!["a b".to_owned(), "c&d".to_owned()])
        .joined(vec![1, 2])
        .object(
            types::SendStructuredBodyObject::try_from(
                types::SendStructuredBodyObject::builder().a("x".to_owned()),
            )
            .unwrap(),
        )
        .deep(
            types::SendStructuredBodyDeep::try_from(types::SendStructuredBodyDeep::builder().from(1).to(2))
                .unwrap(),
        )
        .link("https://h/?a=b".to_owned());
    Client::new(&server.uri()).send_structured().body(body).send().await.unwrap();
    let sent = seen(&server).await;
    assert_eq!(sent.headers["content-type"], "application/x-www-form-urlencoded");
    let text = String::from_utf8(sent.body).unwrap();
    let mut pairs: Vec<&str> = text.split('&').collect();
    pairs.sort_unstable();
    assert_eq!(
        pairs,
        [
            "deep%5Bfrom%5D=1",
            "deep%5Bto%5D=2",
            "joined=1,2",
            "link=https://h/?a=b",
            "list=a+b",
            "list=c%26d",
            "object=%7B%22a%22%3A%22x%22%7D",
        ]
    );
}

#[tokio::test]
async fn parts_of_a_form_are_files_texts_and_json() {
    use clients::multipart_body::{Client, multipart, types};
    use rescind_client::File;
    use rescind_client::support::reqwest::Body;

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    let about = types::UploadAbout::try_from(types::UploadAbout::builder().title("t".to_owned())).unwrap();
    client
        .upload()
        .body_map(|body| {
            body.file(File::new("png").name("a \"b\".png").header("X-Id", "1"))
                .pages(["one", "two"])
                .icon(File::new(Body::from("svg")).media_type("image/svg+xml"))
                .note("ü")
                .tags(vec!["x".to_owned(), "y".to_owned()])
                .count(3)
                .about(about)
        })
        .send()
        .await
        .unwrap();
    let sent = seen(&server).await;
    let media_type = sent.headers["content-type"].to_str().unwrap().to_owned();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = String::from_utf8(sent.body).unwrap();
    assert_eq!(sent.headers["content-length"], text.len().to_string());
    let part = |name: &str, more: &str, content: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
    };
    let documented = [
        part("file", "; filename=\"a %22b%22.png\"\r\nContent-Type: image/png\r\nX-Id: 1", "png"),
        part("pages", "\r\nContent-Type: application/octet-stream", "one"),
        part("pages", "\r\nContent-Type: application/octet-stream", "two"),
        part("icon", "\r\nContent-Type: image/svg+xml", "svg"),
        part("note", "\r\nContent-Type: text/plain", "ü"),
        part("tags", "", "x"),
        part("tags", "", "y"),
        part("count", "", "3"),
        part("about", "\r\nContent-Type: application/json", "{\"title\":\"t\"}"),
        "--B--\r\n".to_owned(),
    ];
    assert_eq!(text.replace(boundary, "B"), documented.concat());

    // A file that is missing, one whose media type nobody chose, a value that is too long.
    for body in [
        multipart::Upload::new().note("n"),
        multipart::Upload::new().note("n").file("png").icon("x"),
        multipart::Upload::new().note("n".repeat(21)).file("png"),
    ] {
        let error = client.upload().body(body).send().await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error:?}");
    }
    client.upload_free().send().await.unwrap();
    client.upload_free().body(multipart::UploadFree::new().other("any", "x")).send().await.unwrap();
}

#[tokio::test]
async fn a_call_has_the_body_that_was_set_last() {
    use clients::request_media_types::{Client, multipart, types};

    let server = answering(ResponseTemplate::new(204)).await;
    let client = Client::new(&server.uri());
    let thing = || types::Thing::builder().id("1".to_owned());
    client.send_choice().body_xml("<a/>").body(thing()).send().await.unwrap();
    client.send_choice().body(thing()).body_form(thing()).send().await.unwrap();
    client.send_choice().body_text_json(thing()).send().await.unwrap();
    client.send_choice().body_xml("<a/>").send().await.unwrap();
    client.send_picture().body("image/png", vec![1, 2]).send().await.unwrap();
    client.send_lines().body("{}\n{}\n").send().await.unwrap();
    client.delete_any().body(serde_json::json!({ "a": null })).send().await.unwrap();
    client.send_empty().body(serde_json::Map::new()).send().await.unwrap();
    assert_eq!(
        wire(&server).await,
        [
            "POST /choice\ncontent-type: application/json\n\n{\"id\":\"1\"}",
            "POST /choice\ncontent-type: application/x-www-form-urlencoded\n\nid=1",
            "POST /choice\ncontent-type: text/json\n\n{\"id\":\"1\"}",
            "POST /choice\ncontent-type: application/xml\n\n<a/>",
            "PUT /picture\ncontent-type: image/png\n\n\u{1}\u{2}",
            "POST /lines\ncontent-type: application/x-ndjson\n\n{}\n{}\n",
            "DELETE /any\ncontent-type: application/json\n\n{\"a\":null}",
            "POST /empty\ncontent-type: application/json\n\n{}",
        ]
    );
    let wrong = client.send_picture().body("text/plain", "x").send().await.unwrap_err();
    assert!(matches!(wrong, Error::InvalidRequest(_)));
    let _ = multipart::SendChoice::new().id("1".to_owned());
}
