//! What came of an abuse: each exchange's end, what a neighbour saw, how much memory there was.

use std::collections::BTreeMap;

use serde_json::Value;

use super::neighbour::{Seen, beside};
use super::victim::Victim;

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// The connection was closed without an answer.
    Closed,
    /// The documented envelope, with this status.
    Envelope(u16),
    /// A success or a redirection.
    Fine(u16),
    /// A status without a body, and the connection was closed behind it.
    Bare(u16),
    /// Neither answered nor closed when we left.
    Open,
    /// Anything else; what it was.
    Wrong(String),
}

impl End {
    /// What the bytes that came until the connection was closed (or until we left) amount to. Of several answers the
    /// last one counts.
    pub(crate) fn of(bytes: &[u8], is_closed: bool) -> Self {
        let text = String::from_utf8_lossy(bytes);
        if text.is_empty() {
            return if is_closed { Self::Closed } else { Self::Open };
        }
        let Some(start) = text.rfind("HTTP/1.1 ") else { return Self::Wrong(shortened(&text)) };
        let last = &text[start..];
        let Some((head, body)) = last.split_once("\r\n\r\n") else {
            // Cut off by a reset.
            return if is_closed { Self::Closed } else { Self::Wrong(shortened(last)) };
        };
        let Some(status) = head.get(9..12).and_then(|status| status.parse::<u16>().ok()) else {
            return Self::Wrong(shortened(last));
        };
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if is_closed && length.is_some_and(|length| body.len() < length) {
            // Cut off while the answer was on its way.
            return Self::Closed;
        }
        let is_json = head.lines().any(|line| {
            let line = line.to_ascii_lowercase();
            line.starts_with("content-type: application/") && line.contains("json")
        });
        let is_envelope = is_json && serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object());
        match status {
            500.. => Self::Wrong(shortened(last)),
            400.. if is_envelope => Self::Envelope(status),
            400.. if body.is_empty() && is_closed => Self::Bare(status),
            200..400 => Self::Fine(status),
            _ => Self::Wrong(shortened(last)),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

/// All outcomes of one program.
pub(crate) struct Tally {
    baseline: usize,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    ends: BTreeMap<End, usize>,
    seen: Seen,
    peak: usize,
}

impl Tally {
    /// Nothing was done to it yet.
    pub(crate) fn new(victim: &Victim) -> Self {
        Self { baseline: victim.memory("VmHWM"), rows: Vec::new() }
    }

    /// Does something to it while a neighbour lives.
    pub(crate) async fn run(
        &mut self,
        name: &'static str,
        victim: &Victim,
        abuse: impl Future<Output = Vec<End>>,
    ) {
        let (found, seen) = beside(victim, abuse).await;
        let mut ends = BTreeMap::new();
        for end in found {
            *ends.entry(end).or_default() += 1;
        }
        self.rows.push(Row { name, ends, seen, peak: victim.memory("VmHWM") });
    }

    /// Prints a table.
    #[expect(clippy::print_stdout, reason = "it is what the test shows besides its verdict")]
    pub(crate) fn print(&self) {
        let mebibytes = |bytes: usize| bytes / (1 << 20);
        println!("memory at the start: {} MiB", mebibytes(self.baseline));
        println!("{:28} {:>8} {:>7} {:>6} {:>9}  ends", "abuse", "peak MiB", "calls", "wrong", "slowest");
        for row in &self.rows {
            let ends: Vec<_> = row.ends.iter().map(|(end, count)| format!("{count} {end:?}")).collect();
            println!(
                "{:28} {:>8} {:>7} {:>6} {:>7}ms  {}",
                row.name,
                mebibytes(row.peak),
                row.seen.calls,
                row.seen.wrong.len(),
                row.seen.slowest.as_millis(),
                ends.join(", ")
            );
        }
    }

    /// Fails if anything was not as it should be.
    pub(crate) fn check(&self, victim: &Victim, most_growth: usize) {
        for row in &self.rows {
            assert!(!row.ends.is_empty(), "{}: nothing was done", row.name);
            let wrong: Vec<_> =
                row.ends.keys().filter(|end| matches!(end, End::Wrong(_) | End::Open)).collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", row.name);
            assert!(row.seen.wrong.is_empty(), "{}: a neighbour got {:#?}", row.name, row.seen.wrong);
            let growth = row.peak.saturating_sub(self.baseline);
            assert!(growth < most_growth, "{}: memory grew by {growth} bytes", row.name);
        }
        assert_eq!(victim.complaints(), Vec::<String>::new());
    }
}
