//! Connections: accepted within bounds, served, and ended when the server stops.
//!
//! When all places are taken, the connection on which the server has waited longest for its peer (for a request, for the
//! rest of one, for an answer to be read) gives way to the next one. A request that is being answered never does. So
//! neither idle nor slow peers can keep others out, however many they are.

mod exchange;
mod place;
mod watched;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use exchange::Exchange;
pub(crate) use place::End;
use place::{Admission, Places, Seat};
use watched::Watched;

use crate::disturbance::wire::wire;
use crate::metrics::Traffic;

/// Bounds on connections. A connection carries one request at a time, so their number bounds the requests under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// How many are open at once. When there are as many, the one that has kept the server waiting longest is closed for
    /// the next; if all are being answered, the next one waits.
    pub most: usize,
    /// How many of them one address may have; beyond, its own are closed in the same order, or the new one is.
    pub most_per_peer: Option<NonZeroUsize>,
    /// How many requests are worked on at once; beyond, 503 with `Retry-After`. One that is still arriving does not
    /// count until it has come.
    pub requests: Option<NonZeroUsize>,
    /// Longest request line and headers, in bytes, at least 8192; more is answered 431.
    pub headers: usize,
    /// How many headers a request may have; more is answered 431.
    pub header_count: usize,
    /// Longest time the headers of a request may take from their first byte; then the connection is closed.
    pub header_time: Duration,
    /// Longest time without a request; then the connection is closed.
    pub idle_time: Duration,
    /// Longest time in which the peer reads nothing of an answer; then the connection is closed.
    pub write_time: Duration,
    /// How long requests under way may take when the server stops.
    pub deadline: Duration,
}

impl Default for Connections {
    /// 1024 connections from anywhere; 100 headers of 32 KiB within 30 seconds; a minute of idleness, 30 seconds of not
    /// reading, 10 seconds to finish.
    fn default() -> Self {
        Self {
            most: 1024,
            most_per_peer: None,
            requests: None,
            headers: 32 * 1024,
            header_count: HEADER_COUNT,
            header_time: Duration::from_secs(30),
            idle_time: Duration::from_mins(1),
            write_time: Duration::from_secs(30),
            deadline: Duration::from_secs(10),
        }
    }
}

/// Who is at the other end; in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Whether a request was turned away when it had come, as too many others were worked on; in the extensions of every
/// request.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnedAway(Arc<AtomicBool>);

impl TurnedAway {
    /// Whether it was, so far.
    pub(crate) fn has_happened(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// As many headers as the HTTP library reads without asking for memory.
const HEADER_COUNT: usize = 100;

/// The least number of bytes that the HTTP library accepts as a bound on headers.
const LEAST_HEADERS: usize = 8192;

/// How long to wait when the operating system accepts no connection, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that has just come keeps its place in a rush of others.
const GRACE: Duration = Duration::from_millis(100);

/// How soon to look again for a place when there was none.
const RETRY: Duration = Duration::from_millis(5);

/// What answers requests. It is cloned for each, so that this has to be cheap.
pub(crate) trait Answers:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Serves `service` on `listener` until `stop`, then until the last request is answered or the deadline is over. No
/// connection outlives this future, whether it ends or is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    service: impl Answers,
    bounds: Connections,
    traffic: Traffic,
    stop: CancellationToken,
) {
    let end = CancellationToken::new();
    let _ends_with_this = end.clone().drop_guard();
    let server = Server { service, http: http(bounds), places: Places::new(bounds, GRACE), traffic, end };
    let graceful = GracefulShutdown::new();
    server.close_overdue();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                let _ = timeout(PAUSE, std::future::pending::<()>()).await;
                continue;
            }
        };
        let mut open = Open::new(&server.traffic);
        let seat = tokio::select! {
            () = stop.cancelled() => break,
            seat = server.seat(peer.ip()) => seat,
        };
        match seat {
            Some(seat) => server.start(stream, Peer(peer), seat, open, &graceful),
            None => open.ended(End::PeerBound),
        }
    }
    drop(listener);
    if timeout(bounds.deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way at the deadline and were ended");
    }
}

/// An open connection, for the counts.
struct Open {
    traffic: Traffic,
    /// How it ended, if it is not ended by the end of the server.
    end: End,
}

impl Open {
    fn new(traffic: &Traffic) -> Self {
        traffic.opened();
        Self { traffic: traffic.clone(), end: End::Stopped }
    }

    fn ended(&mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.traffic.closed(self.end);
    }
}

fn http(bounds: Connections) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Times are kept by the places, with no timer for each request.
    http.header_read_timeout(None).max_buf_size(bounds.headers.max(LEAST_HEADERS));
    if bounds.header_count != HEADER_COUNT {
        http.max_headers(bounds.header_count);
    }
    http
}

struct Server<S> {
    service: S,
    http: http1::Builder,
    places: Places,
    traffic: Traffic,
    /// Ends everything that was started here.
    end: CancellationToken,
}

impl<S: Answers> Server<S> {
    /// A place for a connection from `peer`, as soon as there is one; `None` if the peer has too many.
    async fn seat(&self, peer: IpAddr) -> Option<Seat> {
        loop {
            match self.places.admit(peer) {
                Admission::Seated(seat) => return Some(seat),
                Admission::PeerFull => return None,
                // Places become free by time, too, and when a request is answered while its connection stays open.
                Admission::Full => {
                    let _ = timeout(RETRY, self.places.freed()).await;
                }
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: Peer, seat: Seat, mut open: Open, graceful: &GracefulShutdown) {
        // Answers are small; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let place = seat.place().clone();
        let (io, wire) = wire(stream);
        let io = Watched::new(io, place.clone(), self.traffic.clone());
        let exchange = Exchange {
            service: self.service.clone(),
            place: place.clone(),
            peer,
            wire: wire.clone(),
            traffic: self.traffic.clone(),
        };
        let connection = graceful.watch(self.http.serve_connection(TokioIo::new(io), exchange));
        let served = async move {
            let end = tokio::select! {
                ended = connection => match ended {
                    Ok(()) => End::Done,
                    // What goes wrong here (a reset, a malformed request) is between the peer and the HTTP library.
                    Err(error) => {
                        tracing::debug!(%error, "a connection ended early");
                        End::Error
                    }
                },
                end = place.closed() => {
                    tracing::debug!(reason = end.word(), "a connection was closed");
                    end
                }
            };
            open.ended(end);
            wire.finish().await;
            drop(seat);
        };
        tokio::spawn(self.end.clone().run_until_cancelled_owned(served));
    }

    /// Looks for overdue connections until the server ends.
    fn close_overdue(&self) {
        let places = self.places.clone();
        let look = async move {
            let mut ticks = interval(places.period());
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                places.close_overdue();
            }
        };
        tokio::spawn(self.end.clone().run_until_cancelled_owned(look));
    }
}
