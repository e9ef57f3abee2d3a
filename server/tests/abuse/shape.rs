//! Requests that no good caller sends.

/// What is sent on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    name: String,
    bytes: Vec<u8>,
    is_unfinished: bool,
}

/// Stands for the value of `Authorization` that the program accepts.
const AUTHORIZATION: &str = "{authorization}";

const PATHS: [&str; 4] = [
    "/dinie/v3/auth/credentials",
    "/shiftagent/credentials",
    "/entrytarget/credentials",
    "/wattshift/v1/agent-credentials",
];

/// Takes a JSON body of anybody.
const OPEN: &str = "/entrytarget/credentials";

impl Shape {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), is_unfinished: false }
    }

    /// After which the caller says that nothing more comes.
    fn unfinished(mut self) -> Self {
        self.is_unfinished = true;
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// The bytes, for whoever may come in with `authorization`.
    pub(crate) fn bytes(&self, authorization: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut rest = self.bytes.as_slice();
        let mark = AUTHORIZATION.as_bytes();
        while let Some(at) = rest.windows(mark.len().min(rest.len()).max(1)).position(|part| part == mark) {
            bytes.extend_from_slice(&rest[..at]);
            bytes.extend_from_slice(authorization.as_bytes());
            rest = &rest[at + mark.len()..];
        }
        bytes.extend_from_slice(rest);
        bytes
    }
}

/// All of them, by what is wrong with them.
pub(crate) fn all() -> Vec<(&'static str, Vec<Shape>)> {
    vec![
        ("header bombs", headers()),
        ("deep JSON", deep_json()),
        ("no UTF-8, NUL bytes", not_text()),
        ("long URLs", urls()),
        ("pipelined garbage", pipelines()),
        ("ambiguous lengths", lengths()),
        ("chunks", chunks()),
        ("other protocols", protocols()),
    ]
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
}

fn post(path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {AUTHORIZATION}\r\n\
         content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn headers() -> Vec<Shape> {
    let path = PATHS[0];
    let lines = |count: usize| {
        (0..count).flat_map(|number| ["x-", &number.to_string(), ": y\r\n"].concat().into_bytes())
    };
    let text = |count| String::from_utf8(lines(count).collect()).unwrap();
    let (many, few) = (text(10_000), text(150));
    vec![
        Shape::new("10,000 headers", get(path, &many)),
        Shape::new("150 small headers", get(path, &few)),
        Shape::new("a header of 1 MiB", get(path, &format!("x: {}\r\n", "x".repeat(1 << 20)))),
        Shape::new("a name of 64 KiB", get(path, &format!("{}: x\r\n", "x".repeat(1 << 16)))),
        Shape::new("a header of 30 KiB", get(path, &format!("x: {}\r\n", "x".repeat(30 << 10)))),
        Shape::new("a header that never ends", format!("GET {path} HTTP/1.1\r\nx: {}", "x".repeat(4 << 20))),
        Shape::new("a folded header", get(path, "x: a\r\n b\r\n")),
        Shape::new("a header without a colon", get(path, "nothing\r\n")),
        Shape::new("a space before the colon", get(path, "x : y\r\n")),
    ]
}

fn deep_json() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for path in PATHS {
        for depth in [1_000, 100_000] {
            let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            let inside = format!("{{\"name\": {lists}}}");
            for (what, body) in [("lists", lists), ("objects", objects), ("inside", inside)] {
                let name = format!("{depth} {what} to {path}");
                shapes.push(Shape::new(name, post(path, "application/json", body.as_bytes())));
            }
            let open = post(path, "application/json", "[".repeat(depth).as_bytes());
            shapes.push(Shape::new(format!("{depth} never closed to {path}"), open));
        }
    }
    shapes
}

fn not_text() -> Vec<Shape> {
    let head = |path: &[u8], header: &[u8]| {
        let end = b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        [b"GET ", path, end, header, b"\r\n"].concat()
    };
    let path = PATHS[0].as_bytes();
    let mut shapes = vec![
        Shape::new("raw bytes in the path", head(b"/dinie/v3/\xff\xfe", b"")),
        Shape::new("encoded bytes in the path", head(b"/dinie/v3/auth/credentials/%ff%fe", b"")),
        Shape::new("an encoded NUL in the path", head(b"/dinie/v3/auth/credentials/a%00b", b"")),
        Shape::new("a NUL in the path", head(b"/dinie/v3/auth/\0", b"")),
        Shape::new("half an escape in the path", head(b"/dinie/v3/auth/credentials/%f", b"")),
        Shape::new("encoded bytes in the query", head(b"/dinie/v3/auth/credentials?limit=%ff", b"")),
        Shape::new("bytes in a header", head(path, b"authorization: Bearer \xff\xfe\r\n")),
        Shape::new("bytes in Basic", head(path, b"authorization: Basic /////w==\r\n")),
        Shape::new("a NUL in a header", head(path, b"x: a\0b\r\n")),
        Shape::new("bytes in a method", b"G\xffT / HTTP/1.1\r\n\r\n".to_vec()),
    ];
    for path in PATHS {
        for (what, body) in [
            ("bytes", &b"{\"name\": \"\xff\xfe\"}"[..]),
            ("a lone surrogate", br#"{"name": "\ud800"}"#),
            ("a NUL", b"{\"name\": \"a\\u0000b\"}"),
            ("a raw NUL", b"{\"name\": \"a\0b\"}"),
            ("UTF-16", b"\xff\xfe{\0}\0"),
        ] {
            shapes.push(Shape::new(
                format!("{what} in the body to {path}"),
                post(path, "application/json", body),
            ));
        }
    }
    shapes.push(Shape::new(
        "bytes in a form",
        post("/dinie/v3/auth/token", "application/x-www-form-urlencoded", b"grant_type=\xff&%ff=%"),
    ));
    shapes
}

fn urls() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for length in [8 << 10, 64 << 10, 1 << 20] {
        let long = "x".repeat(length);
        shapes.push(Shape::new(
            format!("a path of {length}"),
            get(&format!("/dinie/v3/auth/credentials/{long}"), ""),
        ));
        shapes
            .push(Shape::new(format!("a query of {length}"), get(&format!("{}?limit={long}", PATHS[0]), "")));
        shapes.push(Shape::new(
            format!("{length} of slashes"),
            get(&format!("/dinie/v3/{}", "/".repeat(length)), ""),
        ));
    }
    shapes
}

fn pipelines() -> Vec<Shape> {
    let one = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", PATHS[0]);
    vec![
        Shape::new("garbage behind a request", format!("{one}\0\0garbage\r\n\r\n")),
        Shape::new("a thousand requests", format!("{}{}", one.repeat(1000), get(PATHS[0], ""))),
        Shape::new("a thousand and garbage", format!("{}!!!!", one.repeat(1000))).unfinished(),
        Shape::new("a body that was not announced", format!("{one}{{\"a\": 1}}\r\n\r\n")),
        Shape::new("only line ends", "\r\n".repeat(10_000)).unfinished(),
        Shape::new("half a request", "GET /dinie").unfinished(),
        Shape::new("half a body", {
            let mut bytes = post(PATHS[0], "application/json", b"{\"name\": \"x\"}");
            bytes.truncate(bytes.len() - 4);
            bytes
        })
        .unfinished(),
    ]
}

fn lengths() -> Vec<Shape> {
    let request = |framing: &str, body: &str| {
        format!(
            "POST {OPEN} HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\ncontent-type: application/json\r\n\
             {framing}\r\n{body}"
        )
    };
    let hidden = format!("0\r\n\r\nGET {} HTTP/1.1\r\nhost: x\r\n\r\n", PATHS[0]);
    let chunked = "transfer-encoding: chunked\r\n";
    vec![
        Shape::new("length and chunks", request(&format!("content-length: 4\r\n{chunked}"), &hidden)),
        Shape::new("chunks and length", request(&format!("{chunked}content-length: 4\r\n"), &hidden)),
        Shape::new("two lengths", request("content-length: 4\r\ncontent-length: 5\r\n", "12345")),
        Shape::new("twice the same length", request("content-length: 2\r\ncontent-length: 2\r\n", "{}")),
        Shape::new("two lengths in one", request("content-length: 2, 3\r\n", "{}")),
        Shape::new("a negative length", request("content-length: -1\r\n", "{}")),
        Shape::new("a length with a sign", request("content-length: +2\r\n", "{}")),
        Shape::new("a length beyond numbers", request("content-length: 99999999999999999999\r\n", "{}")),
        Shape::new("the longest length", request("content-length: 18446744073709551615\r\n", "{}")),
        Shape::new("chunks in disguise", request("transfer-encoding: xchunked\r\n", &hidden)),
        Shape::new("chunks not at the end", request("transfer-encoding: chunked, identity\r\n", &hidden)),
        Shape::new("chunks twice", request(&chunked.repeat(2), &hidden)),
        Shape::new("a tab before chunked", request("transfer-encoding:\x0bchunked\r\n", &hidden)),
        Shape::new(
            "chunks over HTTP/1.0",
            request(chunked, &hidden).replace("HTTP/1.1\r\nhost: x\r\nauth", "HTTP/1.0\r\nauth"),
        ),
        Shape::new("bare line feeds", request(chunked, &hidden).replace("\r\n", "\n")),
    ]
}

fn chunks() -> Vec<Shape> {
    let request = |body: &str| {
        format!(
            "POST {OPEN} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {AUTHORIZATION}\r\n\
             content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{body}"
        )
    };
    vec![
        Shape::new("a size beyond numbers", request("FFFFFFFFFFFFFFFFF\r\n{}\r\n")),
        Shape::new("the largest size", request("FFFFFFFFFFFFFFFF\r\n{}\r\n")).unfinished(),
        Shape::new("a negative size", request("-1\r\n{}\r\n")),
        Shape::new("no size", request("\r\n{}\r\n")),
        Shape::new("a size in disguise", request("0x2\r\n{}\r\n0\r\n\r\n")),
        Shape::new("a long extension", request(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(1 << 20)))),
        Shape::new(
            "many extensions",
            request(&format!("{}0\r\n\r\n", "1;xxxxxxxxxxxxxxxx\r\n \r\n".repeat(20_000))),
        ),
        Shape::new("many small chunks", request(&format!("{}0\r\n\r\n", "1\r\n \r\n".repeat(100_000)))),
        Shape::new(
            "a size with zeros before",
            request(&format!("{}2\r\n{{}}\r\n0\r\n\r\n", "0".repeat(1 << 16))),
        ),
        Shape::new(
            "trailers without end",
            request(&format!("2\r\n{{}}\r\n0\r\n{}", "x: y\r\n".repeat(100_000))),
        ),
        Shape::new("too much in a chunk", request("2\r\n{}{}{}\r\n0\r\n\r\n")),
    ]
}

fn protocols() -> Vec<Shape> {
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random.to_le_bytes()
    };
    let tls = [&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03][..], &[7; 500]].concat();
    let mut shapes = vec![
        Shape::new("HTTP/2", &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..]),
        Shape::new("TLS", tls),
        Shape::new("HTTP/0.9", "GET /\r\n"),
        Shape::new("HTTP/3.0", "GET / HTTP/3.0\r\n\r\n"),
        Shape::new("NUL bytes", vec![0; 100_000]),
        Shape::new("SSH", "SSH-2.0-OpenSSH_9.6\r\n"),
        Shape::new("a proxy's line", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n"),
        Shape::new("CONNECT", "CONNECT x:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        Shape::new("an upgrade", get(PATHS[0], "upgrade: websocket\r\n").replace("close", "upgrade")),
        Shape::new("a long method", format!("{} / HTTP/1.1\r\n\r\n", "A".repeat(100_000))),
        Shape::new("an expectation", {
            let bytes = post(PATHS[0], "application/json", b"{}");
            String::from_utf8_lossy(&bytes)
                .replace("connection", "expect: 100-continue\r\nconnection")
                .into_bytes()
        }),
    ];
    for number in 0..16 {
        let bytes: Vec<u8> = std::iter::repeat_with(&mut noise).take(256).flatten().collect();
        shapes.push(Shape::new(format!("noise {number}"), bytes).unfinished());
    }
    shapes
}
