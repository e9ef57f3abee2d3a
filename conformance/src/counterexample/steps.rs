//! What happened, in words: one line an exchange.

use http::StatusCode;

use super::names::{From, Name, Names};
use super::shell::{Part, parts};
use super::{Act, Scene};
use crate::exchange::{Exchange, OriginKind, Reply};

pub(super) fn steps(scene: Scene<'_>, names: &Names, acts: &[Act<'_>]) -> Vec<String> {
    let mut steps = Vec::new();
    for Act { exchange, pause, at_once, .. } in acts {
        let passed =
            pause.map(|time| format!("{} later: ", duration(time.as_secs_f64()))).unwrap_or_default();
        let at_once = if *at_once { "At once with the others: " } else { "" };
        let step = format!("{passed}{at_once}{}", step(scene, names, exchange));
        steps.push(scene.redactor.redact(&step).into_owned());
    }
    steps
}

fn step(scene: Scene<'_>, names: &Names, exchange: &Exchange) -> String {
    let request = &exchange.request;
    let pieces = parts(&request.target, names, scene.redactor);
    let shown: Vec<&Name> = pieces
        .iter()
        .filter_map(|part| match part {
            Part::Named(name, _) => Some(*name),
            Part::Literal(_) => None,
        })
        .collect();
    let target = target(scene, names, exchange);
    let operation = request.operation.as_ref().map(|operation| format!(" ({operation})")).unwrap_or_default();
    let answer = match &exchange.reply {
        Reply::Received(response) => answer(response.status),
        Reply::Lost(why) => format!("no answer, {why}"),
    };
    format!("{} {target}{operation}{} → {answer}", request.method, with(names, exchange, &shown))
}

/// The path and query of a request, with names for what was taken from elsewhere.
pub(super) fn target(scene: Scene<'_>, names: &Names, exchange: &Exchange) -> String {
    let pieces = parts(&exchange.request.target, names, scene.redactor);
    pieces
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Named(name, _) => format!("{{{}}}", name.words),
        })
        .collect()
}

/// What the request was made with that its target does not show.
fn with(names: &Names, exchange: &Exchange, shown: &[&Name]) -> String {
    let request = &exchange.request;
    let mut words: Vec<&str> = Vec::new();
    for origin in &request.origins {
        let found = names.iter().find(|(text, name)| {
            let alike = matches!(
                (&origin.from, &name.from),
                (OriginKind::Response { .. }, From::Answer(..)) | (OriginKind::Supplied(_), From::Secret)
            );
            alike && *text == origin.expose()
        });
        if let Some((_, name)) = found
            && !shown.contains(&name)
            && !words.contains(&name.words.as_str())
        {
            words.push(&name.words);
        }
    }
    if words.is_empty() { String::new() } else { format!(", with the {}", words.join(" and the ")) }
}

fn answer(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// A length of time for a reader: `300 s`, `1 h`.
pub(super) fn duration(seconds: f64) -> String {
    const HOUR: f64 = 3600.0;
    if seconds >= HOUR && seconds % HOUR < 0.5 {
        format!("{:.0} h", seconds / HOUR)
    } else if seconds.fract() < 0.05 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.1} s")
    }
}
