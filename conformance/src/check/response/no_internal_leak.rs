//! Does no refusal tell how the deployment is built?

use super::evidence::{Evidence, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// What gives the inside away: a text that no message for people contains, and what it is.
const TRACES: &[(&str, &str)] = &[
    ("Traceback (most recent call last)", "a Python stack trace"),
    ("stack backtrace:", "a Rust stack trace"),
    ("panicked at ", "a Rust panic"),
    ("goroutine 1 [", "a Go stack trace"),
    ("[running]:\n", "a Go stack trace"),
    ("Exception in thread \"", "a Java stack trace"),
    ("\n\tat java.", "a Java stack trace"),
    ("\n\tat org.", "a Java stack trace"),
    ("\n\tat com.", "a Java stack trace"),
    ("\n   at System.", "a .NET stack trace"),
    ("\n   at Microsoft.", "a .NET stack trace"),
    ("(node:internal/", "a Node.js stack trace"),
    ("/node_modules/", "a Node.js stack trace"),
    ("Stack trace:\n#0 ", "a PHP stack trace"),
    (".rb:in `", "a Ruby stack trace"),
    ("SQLSTATE[", "a database error"),
    ("SQLSTATE ", "a database error"),
    ("SQLITE_", "a database error"),
    ("syntax error at or near \"", "a database error"),
    ("You have an error in your SQL syntax", "a database error"),
    ("UNIQUE constraint failed: ", "a database error"),
    ("violates unique constraint \"", "a database error"),
    ("violates foreign key constraint \"", "a database error"),
    ("no such table: ", "a database error"),
    ("error returned from database", "a database error"),
];

/// What is less than a trace, and telling all the same.
const HINTS: &[(&str, &str)] = &[
    ("/.cargo/registry/", "a path of the build"),
    ("/site-packages/", "a path of the installation"),
    ("/usr/src/app/", "a path of the installation"),
    ("/var/www/", "a path of the installation"),
    ("C:\\Users\\", "a path of the machine"),
    ("Whitelabel Error Page", "the error page of a framework"),
    ("Werkzeug Debugger", "the error page of a framework"),
    ("org.springframework.", "a class of a framework"),
    ("django.core.", "a class of a framework"),
    ("ActionController::", "a class of a framework"),
    ("Illuminate\\", "a class of a framework"),
];

/// # What it does
/// Looks in the body of every refusal and server error for stack traces, panics, database errors, paths and classes
/// of frameworks. A text that the request itself held is no leak.
/// # Verdicts
/// Fail: a trace or a database error. Divergence: a path or the name of a framework.
/// # Source
/// RFC 9457 §5: problem details ought not to expose how an implementation works.
pub struct NoInternalLeak;

impl ResponseCheck for NoInternalLeak {
    fn id(&self) -> &'static str {
        "no_internal_leak"
    }

    fn question(&self) -> &'static str {
        "Does no refusal tell how the deployment is built?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        if answer.status() < 400 || answer.response.body.is_empty() {
            return None;
        }
        let mut text = String::from_utf8_lossy(&answer.response.body).into_owned();
        // Within JSON, line breaks and quotes are escaped.
        if let Some(body) = answer.response.json() {
            text.clear();
            strings(&body, &mut text);
        }
        let sent = answer.exchange.request.body.as_ref();
        let sent = sent.map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let mut findings = Vec::new();
        for (marks, verdict) in [(TRACES, Verdict::Fail), (HINTS, Verdict::Divergence)] {
            let mark = marks.iter().find(|(mark, _)| text.contains(mark) && !sent.contains(mark));
            if let Some((mark, what)) = mark {
                findings.push(evidence.finding(
                    verdict,
                    format!("an answer {} holds {what}", answer.status()),
                    "a message for the caller",
                    format!("{} with {:?} in its body", received(answer.exchange), mark.trim()),
                    None,
                ));
            }
        }
        if findings.is_empty() && frames(&text) && !frames(&sent) {
            findings.push(evidence.finding(
                Verdict::Fail,
                format!("an answer {} holds a stack trace", answer.status()),
                "a message for the caller",
                format!("{} with lines that name source files and line numbers", received(answer.exchange)),
                None,
            ));
        }
        Some(findings)
    }
}

/// Two or more lines of the form `at … file.ext:12`, which every language prints in one way or another.
fn frames(text: &str) -> bool {
    const SOURCES: &[&str] = &[
        ".rs:",
        ".go:",
        ".py:",
        ".py\", line ",
        ".java:",
        ".kt:",
        ".js:",
        ".ts:",
        ".rb:",
        ".php:",
        ".cs:line ",
    ];
    let is_frame = |line: &&str| {
        SOURCES.iter().any(|source| {
            line.split_once(source)
                .is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
    };
    text.lines().filter(is_frame).count() >= 2
}

/// All strings of a JSON value, one a line.
fn strings(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(members) => members.values().for_each(|member| strings(member, out)),
        _ => {}
    }
}
