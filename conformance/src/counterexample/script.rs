//! The shell script that repeats a finding: bash, curl and jq.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderName, Method};
use rescind_specs::lifecycle::{HookEffect, HookName};
use url::{Host, Url};

use super::names::{From, Name, Names};
use super::shell::{Encoding, Part, parts, quote, word};
use super::taking::taking;
use super::{Act, Scene};
use crate::exchange::{Exchange, Place, Replica};
use crate::hook::HookAction;
use crate::lifecycle::{Event, Step};
use crate::target_file::CONTROL_TOKEN;

/// A run of one byte longer than this is made by a command instead of being written out.
const LONG_RUN: usize = 256;
/// What is repeated more seldom is written out.
const FEW: usize = 3;

pub(super) fn script(scene: Scene<'_>, names: &Names, acts: &[Act<'_>]) -> Vec<String> {
    let mut lines = head(scene, names, acts);
    // What is taken from answers that come at once is taken when all of them are there.
    let mut afterwards: Vec<String> = Vec::new();
    for (position, Act { exchange, pause, at_once, hooks }) in acts.iter().enumerate() {
        let last = position + 1 == acts.len();
        if !at_once && position > 0 && acts.get(position - 1).is_some_and(|before| before.at_once) {
            lines.push("wait".to_owned());
            lines.append(&mut afterwards);
        }
        if let Some(passed) = pause {
            lines.push(wait(scene, passed.as_secs_f64()));
        }
        for event in hooks {
            lines.extend(hook(scene, names, event));
        }
        let call = Call { scene, names, exchange };
        let taken = names.taken_from(exchange.id);
        let step = names.step(exchange.id);
        let kept = *at_once && !taken.is_empty();
        if kept {
            lines.push(format!("F{step}=$(mktemp)"));
            afterwards.push(format!("R{step}=$(cat \"$F{step}\"); rm \"$F{step}\""));
        }
        let in_headers = taken.iter().any(|(_, place)| !matches!(place, Place::Body(_)));
        if in_headers {
            lines.push(format!("H{step}=$(mktemp)"));
        }
        let headers = if in_headers { format!("-D \"$H{step}\"") } else { String::new() };
        lines.push(if kept {
            format!(
                "{} &",
                call.line(format!("{headers} -o \"$F{step}\" -w '%{{http_code}}\\n'").trim_start())
            )
        } else if *at_once {
            format!("{} &", call.line("-o /dev/null -w '%{http_code}\\n'"))
        } else if last {
            call.line("-i -w '\\n%{http_code}\\n'")
        } else if taken.is_empty() {
            call.line("-o /dev/null -w '%{http_code}\\n'")
        } else {
            format!("R{step}=$({})", call.line(&headers))
        });
        let mut takings: Vec<String> = taken
            .into_iter()
            .map(|(name, place)| taking(&name.variable, place, step, exchange.response()))
            .collect();
        takings.extend(in_headers.then(|| format!("rm \"$H{step}\"")));
        if kept { afterwards.append(&mut takings) } else { lines.append(&mut takings) }
    }
    if acts.last().is_some_and(|act| act.at_once) {
        lines.push("wait".to_owned());
    }
    lines.extend(outages_ended(scene, names, acts));
    let lines = looped(&lines);
    let redact = |line: String| scene.redactor.redact(&line).into_owned();
    lines.into_iter().map(redact).collect()
}

/// The lines with those that repeat themselves, one by one or in pairs, as a loop.
fn looped(lines: &[String]) -> Vec<String> {
    let mut looped = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        let times = |size: usize| {
            let block = rest.get(..size).unwrap_or_default();
            rest.chunks(size)
                .take_while(|next| *next == block && !next.iter().any(|line| line.ends_with('&')))
                .count()
        };
        let (size, times) = [2, 1]
            .into_iter()
            .map(|size| (size, times(size)))
            .max_by_key(|(size, times)| size * times)
            .unwrap_or((1, 1));
        if times < FEW {
            looped.push(lines[at].clone());
            at += 1;
            continue;
        }
        let block = rest.get(..size).unwrap_or_default().join("; ");
        looped.push(format!("for _ in $(seq {times}); do {block}; done"));
        at += size * times;
    }
    looped
}

/// The variable that holds the address of a replica.
fn base(replica: Replica) -> String {
    match replica.0 {
        0 => "BASE".to_owned(),
        further => format!("BASE_{}", further + 1),
    }
}

/// What has to be set before the first call.
fn head(scene: Scene<'_>, names: &Names, acts: &[Act<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    let by_variable: BTreeMap<&str, &Name> =
        names.iter().map(|(_, name)| (name.variable.as_str(), name)).collect();
    let supplied: Vec<&&Name> =
        by_variable.values().filter(|name| matches!(name.from, From::Secret | From::Id(None))).collect();
    if !supplied.is_empty() {
        let wanted: Vec<String> =
            supplied.iter().map(|name| format!("{} ({})", name.variable, name.words)).collect();
        lines.push(format!("# Set beforehand: {}", wanted.join(", ")));
    }
    let mut replicas: Vec<Replica> = acts.iter().map(|act| act.exchange.replica).collect();
    replicas.sort_unstable();
    replicas.dedup();
    for replica in replicas {
        let address = scene.deployment.address(replica).as_str().trim_end_matches('/');
        lines.push(format!("{}={}", base(replica), quote(address)));
    }
    if let Some(control) = &scene.deployment.control
        && acts.iter().any(|act| act.pause.is_some())
    {
        let further = &scene.deployment.further_controls;
        let all = std::iter::once(control).chain(further).map(|url| url.as_str().trim_end_matches('/'));
        let all = all.collect::<Vec<_>>().join(" ");
        let variable = if further.is_empty() { "CONTROL" } else { "CONTROLS" };
        lines.push(format!("{variable}={}", quote(&all)));
    }
    if scene.deployment.control_token.is_some() {
        lines.push(format!("# Where the clock or a hook is asked: set {CONTROL_TOKEN} beforehand"));
    }
    for name in by_variable.values() {
        if let From::Id(Some(default)) = &name.from {
            lines.push(format!(
                ": \"${{{}:={}}}\"",
                name.variable,
                default.replace(['"', '$', '`', '\\', '}'], "")
            ));
        }
    }
    lines
}

fn wait(scene: Scene<'_>, seconds: f64) -> String {
    let seconds = format!("{seconds:.3}");
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    let token = token(scene.deployment.control_token.is_some());
    let moved = format!(
        "curl -sS -o /dev/null \"$CONTROL/clock/advance\"{token} -H 'Content-Type: application/json' \
         -d '{{\"seconds\": {seconds}}}'"
    );
    match &scene.deployment.control {
        None => format!("sleep {seconds}"),
        Some(_) if scene.deployment.further_controls.is_empty() => moved,
        Some(_) => format!("for CONTROL in $CONTROLS; do {moved}; done"),
    }
}

/// The header with the token of the control interface, which is in the environment and in no script.
fn token(is_wanted: bool) -> String {
    if is_wanted { format!(" -H \"Authorization: Bearer ${CONTROL_TOKEN}\"") } else { String::new() }
}

/// A step outside of the API, as the run did it.
fn hook(scene: Scene<'_>, names: &Names, event: &Event) -> Vec<String> {
    let Step::Hook(name, _) = &event.step else { return Vec::new() };
    let id = event.credential.as_ref().map(|credential| credential.id.text.as_str());
    act(scene, names, name, id)
}

/// The lines that run a hook. Arguments and addresses of elsewhere may hold secrets, so they stay in the target file.
fn act(scene: Scene<'_>, names: &Names, name: &HookName, id: Option<&str>) -> Vec<String> {
    let shown = |text: &str| word(&parts(text, names, scene.redactor));
    let about = id.map(|id| format!("RESCIND_CREDENTIAL_ID={}", shown(id)));
    match scene.deployment.hooks.get(name) {
        Some(HookAction::Post(addresses)) if addresses.iter().all(is_loopback) => {
            let body = match id {
                Some(id) => serde_json::json!({ "credential": { "id": id } }),
                None => serde_json::json!({}),
            };
            let body = shown(&body.to_string());
            let call = |address: &Url| {
                let token = token(scene.deployment.token_for(address).is_some());
                let address = quote(address.as_str());
                format!(
                    "curl -sS -o /dev/null {address}{token} -H 'Content-Type: application/json' -d {body}"
                )
            };
            addresses.iter().map(call).collect()
        }
        Some(HookAction::Command { program, arguments }) if arguments.is_empty() => {
            let hook = format!("RESCIND_HOOK={}", quote(&name.0));
            let words: Vec<String> = std::iter::once(hook).chain(about).chain([quote(program)]).collect();
            vec![words.join(" ")]
        }
        _ => {
            let with = about.map(|about| format!(", with {about}")).unwrap_or_default();
            vec![format!("# Now run the hook {name} of the target file{with}.")]
        }
    }
}

fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What ends the outages that the script begins and does not end.
fn outages_ended(scene: Scene<'_>, names: &Names, acts: &[Act<'_>]) -> Vec<String> {
    let known = scene.contract.lifecycle().map(|lifecycle| &lifecycle.hooks);
    let mut begun: Vec<&HookName> = Vec::new();
    for event in acts.iter().flat_map(|act| &act.hooks) {
        let Step::Hook(name, _) = &event.step else { continue };
        begun.retain(|end| *end != name);
        if let Some(HookEffect::OutageUntil(end)) =
            known.and_then(|hooks| hooks.get(name)).map(|hook| &hook.does)
        {
            begun.push(end);
        }
    }
    begun.into_iter().flat_map(|end| act(scene, names, end, None)).collect()
}

/// One call of curl.
struct Call<'c> {
    scene: Scene<'c>,
    names: &'c Names,
    exchange: &'c Exchange,
}

impl Call<'_> {
    fn parts(&self, text: &str) -> Vec<Part<'_>> {
        parts(text, self.names, self.scene.redactor)
    }

    /// The call, with these options before the others.
    fn line(&self, options: &str) -> String {
        let request = &self.exchange.request;
        let mut words = vec!["curl -sS".to_owned()];
        if !options.is_empty() {
            words.push(options.to_owned());
        }
        match (&request.method, &request.body) {
            (&Method::GET, None) => {}
            (&Method::HEAD, _) => words.push("-I".to_owned()),
            (method, _) => words.push(format!("-X {}", quote(method.as_str()))),
        }
        if request.target.contains(['[', ']', '{', '}']) {
            words.push("-g".to_owned());
        }
        if request.target.contains("/.") {
            words.push("--path-as-is".to_owned());
        }
        let way = self.scene.deployment.access.curl();
        words.extend(way.iter().map(|(option, value)| format!("{option} {}", quote(value))));
        let variable = base(self.exchange.replica);
        let base = Name { variable, words: String::new(), from: From::Secret };
        let mut url = vec![Part::Named(&base, Encoding::Plain)];
        url.extend(self.parts(&request.target));
        words.push(word(&url));
        words.extend(request.headers.iter().filter_map(|(name, value)| self.header(name, value.as_bytes())));
        let Some(body) = &request.body else { return words.join(" ") };
        if !request.headers.contains_key(CONTENT_TYPE) {
            words.push("-H 'Content-Type:'".to_owned());
        }
        match std::str::from_utf8(body) {
            Ok(text) if !text.contains('\0') => match long_run(body) {
                None => words.push(format!("--data-raw {}", word(&self.parts(text)))),
                Some((start, end)) => {
                    let piece = |text: &str| word(&self.parts(text));
                    let (before, after) = (piece(&text[..start]), piece(&text[end..]));
                    let byte = quote(&text[start..=start]);
                    let length = end - start;
                    return format!(
                        "{{ printf %s {before}; head -c {length} /dev/zero | tr '\\0' {byte}; printf %s {after}; }} \
                         | {} --data-binary @-",
                        words.join(" ")
                    );
                }
            },
            _ => {
                let encoded = STANDARD.encode(body);
                return format!("printf %s {encoded} | base64 -d | {} --data-binary @-", words.join(" "));
            }
        }
        words.join(" ")
    }

    fn header(&self, name: &HeaderName, value: &[u8]) -> Option<String> {
        if *name == HOST || *name == CONTENT_LENGTH {
            return None;
        }
        let text = String::from_utf8_lossy(value);
        if *name == AUTHORIZATION
            && let Some(pair) = text.strip_prefix("Basic ").and_then(|pair| STANDARD.decode(pair).ok())
            && let Ok(pair) = String::from_utf8(pair)
            && pair.contains(':')
        {
            return Some(format!("-u {}", word(&self.parts(&pair))));
        }
        if text.is_empty() {
            return Some(format!("-H {}", quote(&format!("{name};"))));
        }
        let mut parts = self.parts(&format!("{name}: {text}"));
        if self.makes_repeats_harmless(name) {
            // The same in one run of the script, another in the next, which would get the old answer otherwise.
            let process = Name { variable: "$".to_owned(), words: String::new(), from: From::Secret };
            parts.push(Part::Literal("-".to_owned()));
            return Some(format!("-H {}\"${}\"", word(&parts), process.variable));
        }
        Some(format!("-H {}", word(&parts)))
    }

    fn makes_repeats_harmless(&self, name: &HeaderName) -> bool {
        let kinds = self.scene.contract.lifecycle().map(|lifecycle| lifecycle.credentials.values());
        let issues = kinds.into_iter().flatten().filter_map(|kind| kind.issue.as_ref());
        let mut keys = issues.into_iter().filter_map(|issue| issue.idempotency_key.as_ref());
        keys.any(|key| key.eq_ignore_ascii_case(name.as_str()))
    }
}

/// Where the longest run of one byte is, if it is long.
fn long_run(body: &[u8]) -> Option<(usize, usize)> {
    let mut longest = (0, 0);
    let mut start = 0;
    for at in 1..=body.len() {
        if body.get(at) != body.get(start) {
            if at - start > longest.1 - longest.0 {
                longest = (start, at);
            }
            start = at;
        }
    }
    let ascii = body.get(longest.0).is_some_and(u8::is_ascii_graphic);
    (ascii && longest.1 - longest.0 > LONG_RUN).then_some(longest)
}
