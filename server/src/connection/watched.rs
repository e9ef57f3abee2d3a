//! The bytes of a connection, watched: whether any come, whether any are taken, and how many there were.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::place::{Phase, Place};
use crate::metrics::Traffic;

/// How much is read from a peer that was answered before it had sent everything.
const LINGER_BYTES: usize = 16 << 20;

/// A stream whose place knows what happens on it.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    place: Arc<Place>,
    traffic: Traffic,
    /// Whether everything was said.
    is_shut: bool,
    lingered: usize,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, place: Arc<Place>, traffic: Traffic) -> Self {
        Self { stream, place, traffic, is_shut: false, lingered: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(task, buffer))?;
        let read = buffer.filled().len() - before;
        if read > 0 {
            this.traffic.received(read);
            this.place.turn(&[Phase::Idle], Phase::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        self.place.stall(written.is_pending());
        if let Poll::Ready(Ok(count)) = written {
            self.traffic.sent(*count);
        }
    }

    /// Reads and forgets what the peer still sends. Were the socket closed over it, the peer would be told of a reset
    /// and perhaps never see its answer.
    fn poll_linger(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.place.turn(&[Phase::Idle, Phase::Head, Phase::Body, Phase::Work], Phase::Linger);
        let mut scratch = [0; 4096];
        while self.lingered < LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut scratch);
            // Whatever goes wrong now, everything has been said.
            if ready!(Pin::new(&mut self.stream).poll_read(task, &mut buffer)).is_err() {
                break;
            }
            match buffer.filled().len() {
                0 => break,
                read => self.lingered += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(task, bytes);
        this.wrote(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(task, slices);
        this.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(task);
        if flushed.is_pending() {
            this.place.stall(true);
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(task))?;
            this.is_shut = true;
        }
        if this.lingered > 0 || this.place.phase() == Phase::Linger || this.place.may_still_send() {
            return this.poll_linger(task);
        }
        Poll::Ready(Ok(()))
    }
}
