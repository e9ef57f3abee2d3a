//! Bodies of requests, and what both directions share: media types with their schemas.

use rescind_specs::{Content, Direction, Operation, Pointer, RequestBody};

use super::{Class, Comparison};

impl<'e> Comparison<'e> {
    pub(super) fn request_body(&mut self, old: &'e Operation, new: &'e Operation) {
        let place = |operation: &Operation| operation.pointer.join("requestBody");
        match (&old.request_body, &new.request_body) {
            (Some(before), Some(after)) => self.bodies(before, after),
            (None, Some(after)) => {
                let (class, rule, why) = if after.required {
                    (Class::Breaking, "required-body-added", "requests of today have no body")
                } else {
                    (Class::Compatible, "body-added", "requests of today do well without it")
                };
                let said = if after.required { "a required body" } else { "an optional body" };
                let now = (&after.pointer, Some(said.to_owned()));
                self.tell(class, rule, "the request has a body now", why, (&place(old), None), now);
            }
            (Some(before), None) => self.tell(
                Class::Breaking,
                "body-removed",
                "the request has no body any more",
                "what callers send in it has no effect, or is refused",
                (&before.pointer, Some("a body".to_owned())),
                (&place(new), None),
            ),
            (None, None) => {}
        }
    }

    fn bodies(&mut self, old: &'e RequestBody, new: &'e RequestBody) {
        let places = (old.pointer.join("required"), new.pointer.join("required"));
        match (old.required, new.required) {
            (false, true) => self.tell(
                Class::Breaking,
                "body-required",
                "the body of the request is required",
                "requests without it were accepted",
                (&places.0, Some("optional".to_owned())),
                (&places.1, Some("required".to_owned())),
            ),
            (true, false) => self.tell(
                Class::Compatible,
                "body-optional",
                "the body of the request is optional",
                "requests that have it stay right",
                (&places.0, Some("required".to_owned())),
                (&places.1, Some("optional".to_owned())),
            ),
            _ => {}
        }
        let content = (old.content.as_slice(), new.content.as_slice());
        self.contents(content, (&old.pointer, &new.pointer), Direction::Request, "body of the request");
    }

    /// The bodies that a request or an answer may have, one a media type.
    pub(super) fn contents(
        &mut self,
        (old, new): (&'e [Content], &'e [Content]),
        places: (&Pointer, &Pointer),
        direction: Direction,
        what: &str,
    ) {
        let key = |content: &Content| content.pointer.last().unwrap_or_default();
        let find = |list: &'e [Content], content: &Content| {
            let exact = list.iter().find(|other| key(other) == key(content));
            exact.or_else(|| list.iter().find(|other| other.media_type.accepts(&content.media_type)))
        };
        for content in old {
            let Some(after) = find(new, content) else {
                let why = match direction {
                    Direction::Request => "requests of that media type were accepted",
                    Direction::Response => "callers that read it get something else",
                };
                let said = Some(content.media_type.to_string());
                self.tell(
                    Class::Breaking,
                    "media-type-removed",
                    format!("the {what} is not {} any more", content.media_type),
                    why,
                    (&content.pointer, said),
                    (&places.1.join("content"), None),
                );
                continue;
            };
            let label = format!("{what} ({})", content.media_type);
            self.optional_schemas(
                content.schema.as_ref(),
                after.schema.as_ref(),
                (&content.pointer, &after.pointer),
                direction,
                &label,
            );
            let (before_document, after_document) = self.documents();
            let encoding = (content.pointer.join("encoding"), after.pointer.join("encoding"));
            if before_document.get(&encoding.0) != after_document.get(&encoding.1) {
                let (from, to) = (before_document.get(&encoding.0), after_document.get(&encoding.1));
                let (from, to) = (from.map(ToString::to_string), to.map(ToString::to_string));
                self.tell(
                    Class::Unclassified,
                    "encoding-changed",
                    format!("the parts of the {label} are written in another way"),
                    "`encoding` is compared as a whole only",
                    (&encoding.0, from),
                    (&encoding.1, to),
                );
            }
        }
        for content in new.iter().filter(|content| find(old, content).is_none()) {
            let (class, why) = match direction {
                Direction::Request => (Class::Compatible, "more is accepted than before"),
                Direction::Response if old.is_empty() => {
                    (Class::Compatible, "there was no body, and callers need not read this one")
                }
                Direction::Response => {
                    (Class::Warning, "a caller that does not say what it accepts may get it")
                }
            };
            let said = Some(content.media_type.to_string());
            self.tell(
                class,
                "media-type-added",
                format!("the {what} may be {}", content.media_type),
                why,
                (&places.0.join("content"), None),
                (&content.pointer, said),
            );
        }
    }
}
