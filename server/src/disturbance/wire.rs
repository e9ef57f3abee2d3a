//! The connection under a request, so that it can be cut: closed without an answer, or reset.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

/// How long a closed connection is read on, so that what the client still sends does not turn the close into a reset.
const LINGER: Duration = Duration::from_secs(1);

/// A handle on the connection of a request; found in the request's extensions. Clones are handles on the same one.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Shared>);

struct Shared {
    cut: AtomicU8,
    flushes: AtomicU64,
    /// Whoever waits for a flush.
    waiting: AtomicWaker,
    /// The connection that was cut and is yet to be closed.
    leftover: Mutex<Option<TcpStream>>,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum CutBy {
    /// With FIN: the client reads an end.
    Close = 1,
    /// With RST: the client reads an error.
    Reset = 2,
}

const WHOLE: u8 = 0;

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire(..)")
    }
}

/// A connection, and the handle that cuts it.
pub(crate) fn wire(stream: TcpStream) -> (WireIo, Wire) {
    let wire = Wire(Arc::new(Shared {
        cut: AtomicU8::new(WHOLE),
        flushes: AtomicU64::new(0),
        waiting: AtomicWaker::new(),
        leftover: Mutex::new(None),
    }));
    (WireIo { stream: Some(stream), wire: wire.clone() }, wire)
}

impl Wire {
    /// Cuts the connection: nothing is read or written any more, and whoever serves it gives it up.
    pub(super) fn cut(&self, by: CutBy) {
        self.0.cut.store(by as u8, Ordering::Release);
    }

    /// Waits until everything that was written before the first call has gone out. `mark` is `None` at the first call.
    pub(super) fn poll_flushed(&self, cx: &mut Context<'_>, mark: &mut Option<u64>) -> Poll<()> {
        self.0.waiting.register(cx.waker());
        let flushes = self.0.flushes.load(Ordering::Acquire);
        if *mark.get_or_insert(flushes) < flushes { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Closes a connection that was cut, once nobody serves it any more.
    pub(crate) async fn finish(&self) {
        let leftover = self.0.leftover.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut stream) = leftover else { return };
        let drained = async {
            stream.shutdown().await?;
            let mut rest = [0; 4096];
            while stream.read(&mut rest).await? > 0 {}
            io::Result::Ok(())
        };
        // The client may close when it likes, or never.
        let _ = tokio::time::timeout(LINGER, drained).await;
    }
}

/// A connection that can be cut while it is served.
pub(crate) struct WireIo {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    wire: Wire,
}

impl WireIo {
    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let is_whole = self.wire.0.cut.load(Ordering::Acquire) == WHOLE;
        match &mut self.stream {
            Some(stream) if is_whole => Ok(Pin::new(stream)),
            _ => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was cut on purpose")),
        }
    }
}

impl Drop for WireIo {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let cut = self.wire.0.cut.load(Ordering::Acquire);
        if cut == CutBy::Reset as u8 {
            // If it cannot be set, the close is a plain one.
            let _ = stream.set_zero_linger();
        } else if cut == CutBy::Close as u8 {
            *self.wire.0.leftover.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
        }
    }
}

impl AsyncRead for WireIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for WireIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    /// Called by the HTTP library when all that it had to write has been written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream()?.poll_flush(cx))?;
        self.wire.0.flushes.fetch_add(1, Ordering::Release);
        self.wire.0.waiting.wake();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
