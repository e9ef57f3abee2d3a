//! A proxy over real sockets before a deployment, which sends other requests on, or other answers back.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header, request::Parts};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What was asked.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
}

impl Asked {
    /// Whether it is this method on a path that contains this text.
    pub(crate) fn is(&self, method: &Method, within: &str) -> bool {
        self.method == *method && self.path.contains(within)
    }
}

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Whether it refuses.
    pub(crate) fn is_refusal(&self) -> bool {
        self.status.is_client_error() || self.status.is_server_error()
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Changes the body, if it is a JSON object.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        let Some(Value::Object(mut members)) = self.json() else { return };
        change(&mut members);
        self.body = Value::Object(members).to_string().into();
    }

    /// Another answer, in JSON.
    pub(crate) fn replace(&mut self, status: StatusCode, media_type: &'static str, body: &Value) {
        self.status = status;
        self.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
        self.body = body.to_string().into();
    }

    /// Another answer, without a body.
    pub(crate) fn empty(&mut self, status: StatusCode) {
        self.status = status;
        self.headers.remove(header::CONTENT_TYPE);
        self.body = Bytes::new();
    }
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writing {
    /// As usual.
    #[default]
    Plain,
    /// Header names begin with capitals, bodies come in chunks of a few bytes.
    CapitalsAndChunks,
}

/// Where a request goes.
pub(crate) enum Way {
    /// On to the server.
    On,
    /// Nowhere; this is the answer.
    Back(Answer),
}

/// What a proxy changes. It sees one request at a time.
pub(crate) trait Change: Send + 'static {
    /// Changes a request on its way, or answers it.
    fn ask(&mut self, _: &mut Parts) -> Way {
        Way::On
    }

    /// Changes an answer on its way back.
    fn answer(&mut self, asked: &Asked, answer: &mut Answer);
}

/// A running proxy; it stops when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A change that all connections share.
pub(crate) type Shared = Arc<Mutex<dyn Change>>;

impl Proxy {
    /// Starts a proxy before what listens at `behind`.
    pub(crate) async fn start(behind: SocketAddr, change: Shared, writing: Writing) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        // The server closes a connection after some answers, and a request that is on its way there would be lost.
        let client: Client<HttpConnector, Full<Bytes>> =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (change, client) = (change.clone(), client.clone());
                let service = service_fn(move |request| {
                    let (change, client) = (change.clone(), client.clone());
                    async move { Ok::<_, Infallible>(forward(behind, change, client, writing, request).await) }
                });
                let _ = stream.set_nodelay(true);
                tokio::spawn(async move {
                    let _ = http1::Builder::new()
                        .title_case_headers(writing == Writing::CapitalsAndChunks)
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn forward(
    behind: SocketAddr,
    change: Shared,
    client: Client<HttpConnector, Full<Bytes>>,
    writing: Writing,
    request: Request<Incoming>,
) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let (mut parts, body) = request.into_parts();
    let asked = Asked { method: parts.method.clone(), path: parts.uri.path().to_owned() };
    let body = body.collect().await.expect("the request arrives").to_bytes();
    let way = change.lock().expect("no change panicked").ask(&mut parts);
    if let Way::Back(answer) = way {
        return respond(answer, writing);
    }
    let target = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    parts.uri = format!("http://{behind}{target}").parse::<Uri>().expect("a URL");
    let received = client.request(Request::from_parts(parts, Full::new(body))).await.expect("it answers");
    let (parts, body) = received.into_parts();
    let body = body.collect().await.expect("the answer arrives").to_bytes();
    let mut answer = Answer { status: parts.status, headers: parts.headers, body };
    change.lock().expect("no change panicked").answer(&asked, &mut answer);
    respond(answer, writing)
}

fn respond(mut answer: Answer, writing: Writing) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    // Another body may have another length.
    answer.headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::new(written(answer.body, writing));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

fn written(body: Bytes, writing: Writing) -> UnsyncBoxBody<Bytes, Infallible> {
    if writing == Writing::Plain || body.is_empty() {
        return Full::new(body).boxed_unsync();
    }
    let pieces: Vec<_> =
        body.chunks(48).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
    StreamBody::new(stream::iter(pieces)).boxed_unsync()
}
