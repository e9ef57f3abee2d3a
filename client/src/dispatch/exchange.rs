//! The long way of a request: with hooks, credentials that change, and another time where the first one failed.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Request, Response, StatusCode};

use super::{Body, Core, NoAnswer, present};
use crate::clock::Stopwatch;
use crate::error::{Attempts, Fate, NoCredentials, TransportError};
use crate::hook::{Outcome, Sending, Sent};
use crate::received::Received;
use crate::retry::{Retry, Subject};
use crate::source::{CredentialSource, SourceError};
use crate::support::Scheme;
use crate::trace;
use crate::transport::{Carrier, Transport};

impl Core {
    /// Sends `request` until it is answered for good, or must not be sent again.
    pub(super) async fn exchange(
        &self,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
        body: Body,
    ) -> Result<Received, NoAnswer> {
        let transport: &dyn Transport = match &self.carrier {
            Carrier::Http(http) => http,
            Carrier::Own(transport) => transport.as_ref(),
            Carrier::Missing(reason) => {
                return Err(NoAnswer::Invalid(format!("there is no HTTP client: {reason}")));
            }
        };
        let mut attempts = Attempts::FIRST;
        // An operation that asks for nothing is presented nothing.
        let mut source = self.source.as_ref().filter(|_| !schemes.is_empty());
        loop {
            let retry = self.retry.as_ref().filter(|retry| retry.goes_on(attempts));
            let subject = Subject::of(&request);
            // A body that streams is there once.
            let copy = (retry.is_some() || source.is_some()).then(|| request.try_clone()).flatten();
            let (answer, ticket) =
                self.attempt(transport, operation, request, schemes, body, attempts).await?;
            let mut answer = answer.map(|response| Received::new(response, attempts));
            // A body that breaks off is a reason to ask again, so it has to be here before the answer is handed over.
            if copy.is_some() && body == Body::Whole {
                answer = match answer {
                    Ok(received) => received.read().await,
                    lost => lost,
                };
            }
            if let (Some(copy), Some(then)) = (copy, self.next(&subject, retry, source, &answer, attempts)) {
                // Frees the connection.
                drop(answer);
                let fate = match then {
                    Next::Renewed => {
                        // Once: a second refusal is not about the age of what was presented.
                        if let (Some(source), Some(ticket)) = (source.take(), ticket) {
                            source.refused(ticket);
                        }
                        Fate::NotDone
                    }
                    Next::After(retry, wait, fate) => {
                        retry.wait(wait).await;
                        fate
                    }
                };
                (attempts, request) = (attempts.after(fate), copy);
                continue;
            }
            trace::ended(&answer, attempts);
            return answer.map_err(|error| error.last_of(attempts).into());
        }
    }

    /// How a request goes on that was answered so, if it is sent again.
    fn next<'r>(
        &self,
        subject: &Subject,
        retry: Option<&'r Retry>,
        source: Option<&Arc<dyn CredentialSource>>,
        answer: &Result<Received, TransportError>,
        attempts: Attempts,
    ) -> Option<Next<'r>> {
        let refused =
            answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED.as_u16());
        if refused && source.is_some() {
            return Some(Next::Renewed);
        }
        let retry = retry?;
        let (wait, fate) = retry.after(subject, self.repeat, answer, attempts)?;
        Some(Next::After(retry, wait, fate))
    }

    /// Sends `request` once; also tells the ticket of what was presented, where a source granted it.
    async fn attempt(
        &self,
        transport: &dyn Transport,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
        body: Body,
        attempts: Attempts,
    ) -> Result<(Result<Response, TransportError>, Option<u64>), NoAnswer> {
        let attempt = attempts.sent();
        let missing = |cause| {
            let missing = Box::new(NoCredentials { cause, attempts: attempts.before() });
            trace::not_sent(&missing);
            NoAnswer::Credentials(missing)
        };
        // Before the hooks hear of a request: there may be none.
        let granted = match self.source.as_ref().filter(|_| !schemes.is_empty()) {
            Some(source) => Some(source.credentials().await.map_err(missing)?),
            None => None,
        };
        let present = |request: &mut Request| match &granted {
            None => present(&self.credentials, request, schemes),
            Some(granted) => {
                let presented = granted.credentials.apply(request, schemes);
                presented.map_err(|error| missing(SourceError::lasting(error)))
            }
        };
        // What only hooks want to know is not found out without them.
        let watch = (!self.hooks.is_empty()).then(|| (request.method().clone(), Stopwatch::start()));
        if let Some((method, _)) = &watch {
            // What cannot be presented is found out before they hear of it, so that each of them hears of an end as well.
            present(&mut Request::new(method.clone(), request.url().clone()))?;
            for hook in &self.hooks {
                hook.before(&mut Sending { operation, method, attempt, headers: request.headers_mut() });
            }
        }
        present(&mut request)?;
        self.limit(&mut request, body);
        // What a transport of the caller's own says of its failure may repeat the URL.
        let url = request.url().clone();
        let answer = transport.send(request).await.map_err(|error| error.without(&url).last_of(attempts));
        if let Some((method, stopwatch)) = &watch {
            let elapsed = stopwatch.elapsed();
            for hook in &self.hooks {
                let outcome = match &answer {
                    Ok(answer) => Outcome::Answered { status: answer.status(), headers: answer.headers() },
                    Err(error) => Outcome::Failed(error),
                };
                hook.after(&Sent { operation, method, attempt, outcome, elapsed });
            }
        }
        match answer {
            // Such a request is none the next time either.
            Err(error) if error.is_invalid_request() => Err(error.into()),
            answer => Ok((answer, granted.map(|granted| granted.ticket))),
        }
    }
}

/// How a request is sent again.
enum Next<'r> {
    /// At once, with other credentials.
    Renewed,
    /// After a time.
    After(&'r Retry, Duration, Fate),
}
