//! Answers: the statuses that can come, their headers and bodies.

use rescind_specs::{Direction, Operation, Response, ResponseHeader, Responses, StatusPattern};

use super::{Class, Comparison};

/// The response of `list` that documents whatever `status` documents.
fn covering(list: &Responses, status: StatusPattern) -> Option<&Response> {
    let exact = list.iter().find(|response| response.status == status);
    exact.or_else(|| match status {
        StatusPattern::Exact(code) => list.find(code),
        // A class is covered by the default only where nothing of the class has an entry of its own.
        StatusPattern::Range(_) => list.iter().find(|response| response.status == StatusPattern::Default),
        StatusPattern::Default => None,
    })
}

fn is_refusal(status: StatusPattern) -> bool {
    match status {
        StatusPattern::Exact(code) => code >= 400,
        StatusPattern::Range(class) => class >= 4,
        StatusPattern::Default => true,
    }
}

impl<'e> Comparison<'e> {
    pub(super) fn responses(&mut self, old: &'e Operation, new: &'e Operation) {
        let places = (old.pointer.join("responses"), new.pointer.join("responses"));
        let said = |response: &Response| Some(response.status.to_string());
        for before in &old.responses {
            if let Some(after) = covering(&new.responses, before.status) {
                self.response(before, after);
                continue;
            }
            let (class, why) = if is_refusal(before.status) {
                (Class::Compatible, "one refusal less can come")
            } else {
                (Class::Breaking, "callers take it for the success, and something else comes now")
            };
            self.tell(
                class,
                "status-removed",
                format!("{} is not answered any more", before.status),
                why,
                (&before.pointer, said(before)),
                (&places.1, None),
            );
        }
        for after in &new.responses {
            if old.responses.iter().any(|before| before.status == after.status) {
                continue;
            }
            if let Some(before) = covering(&old.responses, after.status) {
                self.response(before, after);
                continue;
            }
            let (class, why) = if is_refusal(after.status) {
                (Class::Warning, "callers know it by its class only")
            } else {
                (Class::Breaking, "callers do not know this answer")
            };
            self.tell(
                class,
                "status-added",
                format!("{} can be answered", after.status),
                why,
                (&places.0, None),
                (&after.pointer, said(after)),
            );
        }
    }

    fn response(&mut self, old: &'e Response, new: &'e Response) {
        let what = format!("answer {}", old.status);
        let same = |a: &ResponseHeader, b: &ResponseHeader| a.name.eq_ignore_ascii_case(&b.name);
        for header in &old.headers {
            let label = format!("header `{}` of {what}", header.name);
            let Some(after) = new.headers.iter().find(|after| same(header, after)) else {
                self.tell(
                    Class::Breaking,
                    "header-removed",
                    format!("the {label} is gone"),
                    "callers that read it find nothing",
                    (&header.pointer, Some(header.name.clone())),
                    (&new.pointer.join("headers"), None),
                );
                continue;
            };
            let places = (header.pointer.join("required"), after.pointer.join("required"));
            match (header.required, after.required) {
                (true, false) => self.tell(
                    Class::Breaking,
                    "header-optional",
                    format!("the {label} may be missing"),
                    "callers rely on it",
                    (&places.0, Some("required".to_owned())),
                    (&places.1, Some("optional".to_owned())),
                ),
                (false, true) => self.tell(
                    Class::Compatible,
                    "header-required",
                    format!("the {label} is always there"),
                    "callers may rely on it",
                    (&places.0, Some("optional".to_owned())),
                    (&places.1, Some("required".to_owned())),
                ),
                _ => {}
            }
            self.optional_schemas(
                header.schema.as_ref(),
                after.schema.as_ref(),
                (&header.pointer, &after.pointer),
                Direction::Response,
                &label,
            );
        }
        for header in new.headers.iter().filter(|after| !old.headers.iter().any(|old| same(old, after))) {
            self.tell(
                Class::Compatible,
                "header-added",
                format!("the header `{}` of {what} is new", header.name),
                "callers need not read it",
                (&old.pointer.join("headers"), None),
                (&header.pointer, Some(header.name.clone())),
            );
        }
        let content = (old.content.as_slice(), new.content.as_slice());
        self.contents(content, (&old.pointer, &new.pointer), Direction::Response, &what);
    }
}
