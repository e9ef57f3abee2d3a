//! The long way of a request: with hooks, credentials that change, and another time where the first one failed.

use std::time::Duration;

use reqwest::{Request, Response, StatusCode};

use super::{Body, Core, NoAnswer, present};
use crate::clock::Stopwatch;
use crate::error::{Attempts, Fate, NoCredentials, TransportError};
use crate::hook::{Outcome, Sending, Sent};
use crate::received::Received;
use crate::retry::{Retry, Subject};
use crate::source::SourceError;
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
        // An operation that asks for nothing is presented nothing. Asked once for other credentials: a second refusal is
        // not about the age of what was presented.
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
            let next = match ticket {
                Some(ticket) if is_refused(&answer) => source.take().map(|source| {
                    // Also where this request is not sent again: the next one should not present the same.
                    source.refused(ticket);
                    Next::Renewed
                }),
                _ => self.next(&subject, retry, &answer, attempts),
            };
            if let (Some(copy), Some(then)) = (copy, next) {
                // Frees the connection.
                drop(answer);
                let fate = match then {
                    Next::Renewed => Fate::NotDone,
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

    /// How a request goes on that was answered so and not refused, if it is sent again.
    fn next<'r>(
        &self,
        subject: &Subject,
        retry: Option<&'r Retry>,
        answer: &Result<Received, TransportError>,
        attempts: Attempts,
    ) -> Option<Next<'r>> {
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

/// Whether what was presented is not taken.
fn is_refused(answer: &Result<Received, TransportError>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED.as_u16())
}

/// How a request is sent again.
enum Next<'r> {
    /// At once, with other credentials.
    Renewed,
    /// After a time.
    After(&'r Retry, Duration, Fate),
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use reqwest::{Body as Content, Method, Url};

    use super::*;
    use crate::future::BoxFuture;
    use crate::source::{CredentialSource, Granted};
    use crate::stream::Chunks;
    use crate::{Credentials, Settings};

    /// Grants under tickets that count up, and writes down which were refused.
    #[derive(Clone, Default)]
    struct Counting(Arc<Mutex<(u64, Vec<u64>)>>);

    impl CredentialSource for Counting {
        fn credentials(&self) -> BoxFuture<'_, Result<Granted, SourceError>> {
            let mut state = self.0.lock().unwrap();
            state.0 += 1;
            let ticket = state.0;
            Box::pin(async move { Ok(Granted { credentials: Credentials::new().bearer("t"), ticket }) })
        }

        fn refused(&self, ticket: u64) {
            self.0.lock().unwrap().1.push(ticket);
        }
    }

    /// Takes nobody's word.
    struct Refusing;

    impl Transport for Refusing {
        fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
            let refusal = http::Response::builder().status(401).body(Content::default()).unwrap();
            Box::pin(async { Ok(refusal.into()) })
        }
    }

    #[tokio::test]
    async fn a_source_hears_of_one_refusal_also_where_the_body_cannot_be_sent_again() {
        for (content, sent) in [
            (Content::from("whole"), 2),
            (Content::wrap_stream(Chunks([Bytes::from_static(b"once")].into_iter())), 1),
        ] {
            let source = Counting::default();
            let mut core = Core::new("http://nowhere.invalid");
            core.set(Settings::new().transport(Refusing).source(source.clone()));
            let mut request = Request::new(Method::POST, Url::parse("http://nowhere.invalid").unwrap());
            *request.body_mut() = Some(content);
            let scheme = Scheme::Bearer { name: "token" };
            let answer = core.exchange("upload", request, &[&[scheme]], Body::Whole).await;
            assert!(answer.is_ok_and(|answer| answer.status() == 401));
            assert_eq!(*source.0.lock().unwrap(), (sent, vec![1]));
        }
    }
}
