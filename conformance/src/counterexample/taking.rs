//! How a script takes a value from an answer.

use std::fmt::Write as _;

use rescind_specs::Pointer;
use serde_json::Value;

use super::shell::quote;
use crate::exchange::{Place, Response};

/// The line that puts a value of the answer to a step into a variable. The body is in `R` with the number of the step,
/// the headers are in the file that `H` names.
pub(super) fn taking(variable: &str, place: &Place, step: usize, answer: Option<&Response>) -> String {
    let value = match place {
        Place::Body(pointer) => body(pointer, step, answer),
        Place::Header(name) => {
            let line = quote(&format!("^{}:", literal(name)));
            format!("$(grep -i {line} \"$H{step}\" | head -n 1 | cut -d: -f2- | tr -d '\\r' | sed 's/^ *//')")
        }
        Place::Cookie(name) => {
            let line = quote(&format!("^set-cookie: *{}=", literal(name)));
            format!(
                "$(grep -i {line} \"$H{step}\" | tail -n 1 | cut -d= -f2- | cut -d';' -f1 | tr -d '\\r\"')"
            )
        }
    };
    format!("{variable}={value}")
}

fn body(pointer: &Pointer, step: usize, answer: Option<&Response>) -> String {
    let is_form = answer.and_then(Response::media_type).is_some_and(|media_type| media_type.is_form());
    let is_json = answer.is_some_and(|answer| answer.json().is_some());
    match (answer.and_then(Response::value), pointer.last()) {
        (Some(Value::String(_)), None) if !is_json => {
            format!("$R{step}")
        }
        (_, Some(field)) if is_form => {
            let line = quote(&format!("^{}=", literal(&field)));
            format!(
                "$(printf %b \"$(printf %s \"$R{step}\" | tr '&' '\\n' | grep {line} | head -n 1 | cut -d= -f2- \
                 | sed 's/+/ /g; s/%/\\\\x/g')\")"
            )
        }
        (value, _) => {
            format!("$(printf %s \"$R{step}\" | jq -r {})", quote(&filter(pointer, value.as_ref())))
        }
    }
}

/// A text that stands for itself in a regular expression of grep.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| ("\\.*[]^$".contains(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// A pointer as a filter of jq.
fn filter(pointer: &Pointer, body: Option<&Value>) -> String {
    let mut at = body;
    let mut filter = String::new();
    for token in pointer.tokens() {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let simple = token.chars().all(plain) && !token.starts_with(|c: char| c.is_ascii_digit());
        match at {
            Some(Value::Array(items)) => {
                // Writing to a String cannot fail, here and below.
                let _ = write!(filter, "[{token}]");
                at = token.parse::<usize>().ok().and_then(|index| items.get(index));
                continue;
            }
            Some(Value::Object(members)) => at = members.get(&*token),
            _ => at = None,
        }
        let _ = if simple && !token.is_empty() {
            write!(filter, ".{token}")
        } else {
            write!(filter, "[{}]", Value::from(&*token))
        };
    }
    if filter.starts_with('.') { filter } else { format!(".{filter}") }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    /// Takes a value in a shell, as a script does.
    fn take(headers: &[(&'static str, &str)], text: &str, place: &Place) -> String {
        let mut map = HeaderMap::new();
        let mut head = String::from("HTTP/1.1 200 OK\r\n");
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let body = Bytes::copy_from_slice(text.as_bytes());
        let answer = Response { status: StatusCode::OK, headers: map, body };
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), head).unwrap();
        let line = taking("TAKEN", place, 1, Some(&answer));
        let script = format!("R1=$(cat)\n{line}\nprintf %s \"$TAKEN\"");
        let mut child = Command::new("bash")
            .args(["-c", &script])
            .env("H1", file.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn a_value_is_taken_from_wherever_it_stands() {
        let tool = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        if !["bash", "jq", "grep", "sed"].iter().all(tool) {
            println!("not run: bash, jq, grep or sed is missing");
            return;
        }
        let at = |pointer: &str| Place::Body(Pointer::parse(pointer).unwrap());
        let json = [("content-type", "application/json")];
        assert_eq!(take(&json, r#"{"a":[{"b c":"x"}]}"#, &at("/a/0/b c")), "x");
        assert_eq!(take(&json, r#""a word""#, &at("")), "a word");
        assert_eq!(take(&[("content-type", "text/plain")], "00123\n", &at("")), "00123");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(take(&form, "scope=a+b&token=x%2By+z", &at("/token")), "x+y z");
        let headers = [
            ("set-cookie", "session.id=old; Path=/"),
            ("set-cookie", "sessionXid=other"),
            ("set-cookie", "session.id=\"new==\"; HttpOnly"),
            ("x-token", "t 1"),
            ("x-token-kind", "k"),
        ];
        assert_eq!(take(&headers, "", &Place::Cookie("session.id".into())), "new==");
        assert_eq!(take(&headers, "", &Place::Header("X-Token".into())), "t 1");
    }
}
