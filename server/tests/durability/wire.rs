//! A connection that is kept, and what is said over it.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A status and a body; null where it is no JSON.
pub(crate) type Answer = (u16, Value);

/// A connection.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn to(address: &str) -> io::Result<Self> {
        Ok(Self(TcpStream::connect(address).await?))
    }

    /// Sends a request and waits for its answer. An error says that there is none: the other side is gone.
    pub(crate) async fn call(
        &mut self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nhost: reference\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["\r\n", body]);
        self.0.write_all(text.as_bytes()).await?;
        let mut answer = Vec::new();
        loop {
            if let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
                if answer.len() >= end + 4 + length {
                    let body = serde_json::from_slice(&answer[end + 4..]).unwrap_or_default();
                    return Ok((head[9..12].parse().unwrap(), body));
                }
            }
            if self.0.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
