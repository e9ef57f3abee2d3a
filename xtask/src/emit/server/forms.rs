//! Bodies: one form a media type, each with how it is written and which type it has.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rescind_specs::{Content, Direction};

use super::plan::Plan;
use super::types::{Types, any};
use crate::emit::names::{Names, ident, media_name};

/// A body of one or several media types.
pub(super) struct Body {
    pub(super) required: bool,
    /// The name of the enum over `forms`, where they differ.
    pub(super) choice: Option<Ident>,
    pub(super) forms: Vec<Form>,
}

/// A body of one media type.
pub(super) struct Form {
    /// The place among the documented media types.
    pub(super) index: usize,
    pub(super) variant: Ident,
    pub(super) media_type: String,
    pub(super) kind: FormKind,
    pub(super) rust_type: TokenStream,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormKind {
    Json,
    UrlEncoded,
    /// Parts by name; in requests only.
    Multipart,
    Text,
    /// Bytes of the one media type that is documented, sent as they come.
    Stream,
    /// Bytes of a media type that the range leaves open; in a request, of any.
    Raw,
}

impl Body {
    /// Whether an answer of some form is sent as it comes, so that it cannot be copied.
    pub(super) fn streams(&self) -> bool {
        self.forms.iter().any(Form::streams)
    }
}

impl Form {
    fn streams(&self) -> bool {
        matches!(self.kind, FormKind::Stream | FormKind::Raw)
    }
}

impl Plan<'_> {
    pub(super) fn body(
        &self,
        types: &Types,
        contents: &[Content],
        direction: Direction,
        scope: &mut Names,
        wanted: &str,
    ) -> Option<Body> {
        let mut names = Names::default();
        let forms: Vec<Form> = contents
            .iter()
            .enumerate()
            .map(|(index, content)| {
                let media_type = content.media_type.to_string();
                Form {
                    index,
                    variant: ident(&names.unique(media_name(&media_type), &media_type)),
                    kind: Self::kind(content, direction),
                    rust_type: self.form_type(types, content, direction),
                    media_type,
                }
            })
            .collect();
        let first = forms.first()?;
        let alike = |form: &Form| {
            let value = |kind| matches!(kind, FormKind::Json | FormKind::UrlEncoded);
            let same_type = form.rust_type.to_string() == first.rust_type.to_string();
            same_type && (form.kind == first.kind || (value(form.kind) && value(first.kind)))
        };
        // A request of either media type is the same to its operation; an answer has to say which one it is.
        let single = forms.len() == 1 || (direction == Direction::Request && forms.iter().all(alike));
        let choice = (!single).then(|| ident(&scope.unique(wanted.to_owned(), wanted)));
        Some(Body { required: true, choice, forms })
    }

    fn kind(content: &Content, direction: Direction) -> FormKind {
        let media_type = &content.media_type;
        if content.media_type.is_range() {
            FormKind::Raw
        } else if media_type.is_json() {
            FormKind::Json
        } else if media_type.is_form() && direction == Direction::Request {
            FormKind::UrlEncoded
        } else if media_type.is_multipart_form() && direction == Direction::Request {
            FormKind::Multipart
        } else if direction == Direction::Response && is_stream(&media_type.to_string()) {
            FormKind::Stream
        } else if media_type.is_text() {
            FormKind::Text
        } else if direction == Direction::Request {
            // Parameters such as a boundary belong to the body.
            FormKind::Raw
        } else {
            FormKind::Stream
        }
    }

    fn form_type(&self, types: &Types, content: &Content, direction: Direction) -> TokenStream {
        let runtime = &self.runtime;
        let kind = Self::kind(content, direction);
        let way = match direction {
            Direction::Request => "a request",
            Direction::Response => "a response",
        };
        if matches!(kind, FormKind::Stream | FormKind::Raw)
            && content.schema.as_ref().is_some_and(|schema| schema.properties().next().is_some())
        {
            let message =
                format!("{way} body of `{}` is carried as bytes, and not checked", content.media_type);
            self.lose(&content.pointer, &message);
        }
        let encoding = content.pointer.join("encoding");
        if kind != FormKind::Multipart && self.draft.contract.document().get(&encoding).is_some() {
            self.lose(&encoding, "`encoding` is not read; members of a form have their default style");
        }
        match kind {
            FormKind::Json | FormKind::UrlEncoded => match &content.schema {
                None => any(),
                // A schema that says nothing is JSON without a type.
                Some(schema) if schema.value().as_object().is_some_and(serde_json::Map::is_empty) => any(),
                Some(schema) => types.of(schema).unwrap_or_else(|| {
                    let message =
                        format!("{way} body of `{}` is carried as JSON without a type", content.media_type);
                    self.lose(schema.pointer(), &message);
                    any()
                }),
            },
            FormKind::Text => quote!(String),
            FormKind::Multipart => quote!(#runtime::Multipart),
            FormKind::Stream => quote!(#runtime::StreamBody),
            FormKind::Raw if direction == Direction::Request => quote!(#runtime::BodyStream),
            FormKind::Raw => quote!(#runtime::OpenBody),
        }
    }
}

/// Whether bodies of a media type are a sequence without a documented end.
fn is_stream(media_type: &str) -> bool {
    matches!(
        media_type,
        "text/event-stream"
            | "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/json-seq"
    )
}
