//! Many callers at once.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{StreamExt as _, iter};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Scale;
use super::outcome::End;
use super::shape::Shape;
use super::victim::Victim;

/// Far longer than the patience of the program.
const UNTIL_CLOSED: Duration = Duration::from_mins(1);

/// Opens connections to an address, a few at a time.
async fn open(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let opened = iter(0..count).map(|_| TcpStream::connect(address)).buffer_unordered(64);
    opened.filter_map(async |stream| stream.ok()).collect().await
}

/// Reads to the end of a connection.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> End {
    let mut bytes = Vec::new();
    let is_closed = timeout(UNTIL_CLOSED, async {
        let mut buffer = vec![0; 8192];
        // A reset is an end as well. Of very many answers the last ones are enough.
        while let Ok(read) = stream.read(&mut buffer).await
            && read > 0
        {
            bytes.extend_from_slice(&buffer[..read]);
            if bytes.len() > 1 << 20 {
                bytes.drain(..1 << 19);
            }
        }
    })
    .await;
    End::of(&bytes, is_closed.is_ok())
}

/// Connections on which nothing is sent. Those that are left when the others are gone go away by themselves.
pub(crate) async fn idle(victim: &Victim, scale: Scale) -> Vec<End> {
    let mut streams = open(victim.address, scale.crowd).await;
    // The last ones are still open, and may be used.
    let head = "GET /dinie/v3/nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut last = streams.split_off(streams.len().saturating_sub(8));
    let mut ends = Vec::new();
    for stream in &mut last {
        ends.push(match stream.write_all(head.as_bytes()).await {
            Ok(()) => rest(stream).await,
            Err(_) => End::Closed,
        });
    }
    drop(streams);
    ends
}

/// Sends one of `starts` on each of many connections, and goes on with one byte at a time until all were closed.
async fn trickle(victim: &Victim, scale: Scale, starts: &[String]) -> Vec<End> {
    let streams = open(victim.address, scale.crowd).await;
    let each = streams.into_iter().zip(starts.iter().cycle()).map(async |(stream, start)| {
        let (mut reader, mut writer) = stream.into_split();
        let end = rest(&mut reader);
        tokio::pin!(end);
        let _ = writer.write_all(start.as_bytes()).await;
        loop {
            // A byte now and then is all that it takes to look alive.
            match timeout(Duration::from_millis(100), &mut end).await {
                Ok(end) => return end,
                Err(_) => drop(writer.write_all(b"x").await),
            }
        }
    });
    join_all(each).await
}

pub(crate) async fn slow_headers(victim: &Victim, scale: Scale) -> Vec<End> {
    let head = "GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned();
    trickle(victim, scale, &[head]).await
}

pub(crate) async fn slow_bodies(victim: &Victim, scale: Scale) -> Vec<End> {
    let authorization = &victim.authorization;
    let head = |path: &str, media_type: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\nconnection: close\r\n\
             content-type: {media_type}\r\ncontent-length: 100000\r\n\r\n"
        )
    };
    let heads = [
        head("/dinie/v3/auth/token", "application/x-www-form-urlencoded"),
        head("/entrytarget/credentials", "application/json"),
        head("/wattshift/v1/agent-credentials", "application/json"),
    ];
    trickle(victim, scale, &heads).await
}

/// Sends requests and reads no answer until the program has had enough.
pub(crate) async fn no_reading(victim: &Victim, scale: Scale) -> Vec<End> {
    let requests = "GET /dinie/v3/nothing HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    let streams = open(victim.address, scale.bodies).await;
    let each = streams.into_iter().map(async |stream| {
        let (mut reader, mut writer) = stream.into_split();
        let full =
            timeout(UNTIL_CLOSED, async { while writer.write_all(requests.as_bytes()).await.is_ok() {} });
        if full.await.is_err() {
            return End::Open;
        }
        rest(&mut reader).await
    });
    join_all(each).await
}

/// Bodies beyond all bounds: announced, in chunks, and with no length at all.
pub(crate) async fn long_bodies(victim: &Victim, scale: Scale) -> Vec<End> {
    let (address, length) = (victim.address, scale.body);
    let authorization = &victim.authorization;
    let head = format!(
        "POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\
         content-type: application/x-www-form-urlencoded\r\n"
    );
    let mut ends = Vec::new();
    for framing in [
        format!("content-length: {length}\r\n\r\n"),
        "transfer-encoding: chunked\r\n\r\n".into(),
        "\r\n".into(),
    ] {
        let is_chunked = framing.starts_with("transfer");
        let each = (0..scale.bodies).map(async |_| {
            let Ok(stream) = TcpStream::connect(address).await else { return End::Closed };
            let (mut reader, mut writer) = stream.into_split();
            let send = async {
                writer.write_all(format!("{head}{framing}").as_bytes()).await?;
                let block = vec![b'x'; 64 << 10];
                for _ in 0..length / block.len() {
                    if is_chunked {
                        writer.write_all(b"10000\r\n").await?;
                    }
                    writer.write_all(&block).await?;
                    if is_chunked {
                        writer.write_all(b"\r\n").await?;
                    }
                }
                Ok::<_, std::io::Error>(())
            };
            let (_, end) = tokio::join!(send, rest(&mut reader));
            end
        });
        ends.extend(join_all(each).await);
    }
    ends
}

/// Connections that are dropped in the middle of a request, and right after one.
pub(crate) async fn cut_off(victim: &Victim, scale: Scale) -> Vec<End> {
    let requests: [&[u8]; 4] = [
        b"",
        b"GET /dinie/v3/auth/cred",
        b"GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf",
    ];
    let mut ends = Vec::new();
    for index in 0..scale.crowd {
        let Ok(mut stream) = TcpStream::connect(victim.address).await else { continue };
        let _ = stream.write_all(requests[index % requests.len()]).await;
        drop(stream);
        ends.push(End::Closed);
    }
    ends
}

/// Requests of odd shapes, each on a connection of its own.
pub(crate) async fn shapes(victim: &Victim, shapes: Vec<Shape>, scale: Scale) -> Vec<End> {
    let each = shapes.iter().flat_map(|shape| std::iter::repeat_n(shape, scale.repeats));
    iter(each).map(|shape| odd(victim, shape)).buffer_unordered(16).collect().await
}

async fn odd(victim: &Victim, shape: &Shape) -> End {
    let bytes = shape.bytes(&victim.authorization);
    let Ok(stream) = TcpStream::connect(victim.address).await else { return End::Closed };
    let (mut reader, mut writer) = stream.into_split();
    let send = async {
        let _ = writer.write_all(&bytes).await;
        // Whoever waits for more sees the end.
        (!shape.is_unfinished()).then_some(writer)
    };
    let (_open, end) = tokio::join!(send, rest(&mut reader));
    match end {
        End::Wrong(what) => End::Wrong(format!("{}: {what}", shape.name())),
        other => other,
    }
}
