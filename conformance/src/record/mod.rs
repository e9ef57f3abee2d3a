//! What of a run goes into its result: every exchange, redacted, and the life of each credential.

mod body;
mod presenter;
mod secrets;
pub(crate) mod timeline;

use http::HeaderMap;

use self::body::kept;
use self::presenter::Presenters;
use crate::exchange::{Exchange, Reply};
use crate::redact::Redactor;
use crate::report::CredentialTimeline;
use crate::report::exchange::{ExchangeRecord, ReplyRecord};
use crate::session::Session;

/// Every exchange of a run, in order, without secrets.
pub(crate) fn exchanges(session: &Session<'_>) -> Vec<ExchangeRecord> {
    let mut presenters = Presenters::new(session);
    let redactor = session.redactor();
    let exchanges = session.exchanges();
    secrets::learn(session.contract(), &exchanges, redactor);
    exchanges
        .iter()
        .map(|exchange| {
            let by = presenters.of(exchange).redacted(redactor);
            record(exchange, by, redactor)
        })
        .collect()
}

fn record(
    exchange: &Exchange,
    by: crate::report::exchange::Presenter,
    redactor: &Redactor,
) -> ExchangeRecord {
    let request = &exchange.request;
    ExchangeRecord {
        id: exchange.id,
        operation: request.operation.as_ref().map(ToString::to_string),
        by,
        replica: exchange.replica.0,
        timing: exchange.timing,
        sent: exchange.sent,
        took: exchange.took.as_secs_f64(),
        method: request.method.to_string(),
        target: redactor.redact(&request.target).into_owned(),
        headers: headers(&request.headers, redactor),
        body: request.body.as_ref().map(|body| kept(body, &request.headers, redactor)),
        reply: match &exchange.reply {
            Reply::Received(response) => ReplyRecord::Received {
                status: response.status.as_u16(),
                headers: headers(&response.headers, redactor),
                body: (!response.body.is_empty()).then(|| kept(&response.body, &response.headers, redactor)),
            },
            Reply::Lost(why) => ReplyRecord::Lost(redactor.redact(why).into_owned()),
        },
    }
}

fn headers(headers: &HeaderMap, redactor: &Redactor) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), redactor.redact_header(name, value))).collect()
}

/// The life of each credential of a run, without secrets.
pub(crate) fn timelines(session: &Session<'_>) -> Vec<CredentialTimeline> {
    let redactor = session.redactor();
    let mut timelines = session.timelines();
    for timeline in &mut timelines {
        timeline.id = redactor.redact(&timeline.id).into_owned();
        for event in &mut timeline.events {
            event.words = redactor.redact(&event.words).into_owned();
        }
    }
    timelines
}
