//! What will be written, with every name decided: the emitters only spell it out.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rescind_specs::{
    Content, Diagnostic, Direction, KeyLocation, Operation, Parameter, ParameterLocation, Pointer, Response,
    ResponseHeader, SchemeKind, StatusPattern,
};

use super::credentials::{self, CredentialSet};
use super::types::{Types, any};
use crate::emit::names::{Names, ident, media_name, pascal, snake};
use crate::lower::{Draft, words};

/// Everything that is written for one contract.
pub(super) struct Plan<'d> {
    pub(super) draft: &'d Draft<'d>,
    pub(super) runtime: syn::Path,
    /// The sets of credentials that some operation accepts.
    pub(super) credentials: Vec<CredentialSet>,
    pub(super) operations: Vec<PlannedOperation<'d>>,
    /// Header structs, each used by one or several responses.
    pub(super) headers: Vec<HeaderStruct<'d>>,
    pub(super) losses: RefCell<Vec<Diagnostic>>,
}

pub(super) struct PlannedOperation<'d> {
    pub(super) operation: &'d Operation,
    /// The method of the trait.
    pub(super) function: Ident,
    /// The variant of the enum of operations.
    pub(super) variant: Ident,
    pub(super) request: Ident,
    pub(super) response: Ident,
    pub(super) caller: Caller,
    pub(super) fields: Vec<Field<'d>>,
    pub(super) body: Option<Body>,
    pub(super) variants: Vec<Variant<'d>>,
}

/// Whether a method gets to know its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The operation names no security scheme.
    Never,
    /// It works with and without.
    Optional,
    /// It always requires credentials.
    Always,
}

/// A parameter as a field of the request.
pub(super) struct Field<'d> {
    pub(super) parameter: &'d Parameter,
    /// Its place among the parameters of the operation.
    pub(super) index: usize,
    pub(super) name: Ident,
    pub(super) rust_type: TokenStream,
    /// Whether the field always has a value, sent or default.
    pub(super) certain: bool,
}

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

/// A documented response as a variant.
pub(super) struct Variant<'d> {
    pub(super) response: &'d Response,
    pub(super) name: Ident,
    pub(super) body: Option<Body>,
    /// The place in [`Plan::headers`].
    pub(super) headers: Option<usize>,
}

/// A struct of documented response headers.
pub(super) struct HeaderStruct<'d> {
    pub(super) name: Ident,
    pub(super) fields: Vec<HeaderField<'d>>,
    key: Vec<String>,
    users: usize,
}

pub(super) struct HeaderField<'d> {
    pub(super) header: &'d ResponseHeader,
    pub(super) name: Ident,
    pub(super) rust_type: TokenStream,
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

impl<'d> Plan<'d> {
    pub(super) fn new(draft: &'d Draft<'d>, runtime: syn::Path) -> Self {
        let mut plan = Self {
            draft,
            runtime: runtime.clone(),
            credentials: credentials::plan(draft.contract),
            operations: Vec::new(),
            headers: Vec::new(),
            losses: RefCell::default(),
        };
        let types = Types::new(draft, runtime);
        let mut functions = Names::reserving(["authenticate", "reject"]);
        let mut variants = Names::default();
        let mut requests = Names::reserving(["Context", "Admitted", "Rejection"]);
        let mut responses =
            Names::reserving(["Answer", "OpenBody", "StreamBody", "RangeStatus", "StatusCode"]);
        for operation in draft.contract.operations() {
            let id = &operation.id.0;
            let variant = variants.unique(pascal(id), id);
            let request = requests.unique(format!("{}Request", plain(&variant)), id);
            let response = responses.unique(format!("{}Response", plain(&variant)), id);
            let fields = plan.fields(&types, operation);
            let body = operation.request_body.as_ref().and_then(|body| {
                plan.body(
                    &types,
                    &body.content,
                    Direction::Request,
                    &mut requests,
                    &format!("{}Body", plain(&variant)),
                )
                .map(|planned| Body { required: body.required, ..planned })
            });
            if let (Some(documented), None) = (&operation.request_body, &body) {
                plan.lose(
                    &documented.pointer,
                    "the request body has no media type, so nothing of it is read",
                );
            }
            let planned = PlannedOperation {
                operation,
                function: ident(&functions.unique(snake(id), id)),
                request: ident(&request),
                response: ident(&response),
                caller: match (operation.security.schemes().is_empty(), operation.security.allows_anonymous())
                {
                    (true, _) => Caller::Never,
                    (false, true) => Caller::Optional,
                    (false, false) => Caller::Always,
                },
                fields,
                body,
                variants: plan.variants(&types, operation, &variant, &mut responses),
                variant: ident(&variant),
            };
            plan.operations.push(planned);
        }
        plan.name_headers(&mut responses);
        plan
    }

    pub(super) fn lose(&self, at: &Pointer, message: &str) {
        self.losses.borrow_mut().push(self.draft.contract.document().diagnostic(at, message).as_warning());
    }

    fn fields(&self, types: &Types, operation: &'d Operation) -> Vec<Field<'d>> {
        let mut names = Names::reserving(["body", "context"]);
        let mut fields = Vec::new();
        for (index, parameter) in operation.parameters.iter().enumerate() {
            if self.repeats_scheme(operation, parameter) {
                continue;
            }
            let in_template = operation.path.parameters().any(|name| name == parameter.name);
            if parameter.location == ParameterLocation::Path && !in_template {
                self.lose(
                    &parameter.pointer,
                    "the path template does not name this parameter; no request can carry it",
                );
            }
            let schema = parameter.schema.as_ref();
            let rust_type =
                schema.map_or_else(|| quote!(String), |schema| types.of(schema).unwrap_or_else(any));
            fields.push(Field {
                parameter,
                index,
                name: ident(&names.unique(snake(&parameter.name), &parameter.name)),
                rust_type,
                certain: parameter.required || self.has_default(parameter),
            });
        }
        fields
    }

    /// Whether the gate fills in a value; it does so with a default that satisfies its own schema.
    fn has_default(&self, parameter: &Parameter) -> bool {
        let Some(schema) = &parameter.schema else { return false };
        let Some(default) = schema.keyword("default") else { return false };
        let validator = self.draft.contract.validator(schema, Direction::Request);
        validator.is_ok_and(|validator| validator.is_valid(default))
    }

    fn repeats_scheme(&self, operation: &Operation, parameter: &Parameter) -> bool {
        let wanted = match parameter.location {
            ParameterLocation::Path => return false,
            ParameterLocation::Query => KeyLocation::Query,
            ParameterLocation::Header => KeyLocation::Header,
            ParameterLocation::Cookie => KeyLocation::Cookie,
        };
        let schemes = operation.security.schemes();
        let mut schemes = schemes.iter().filter_map(|name| self.draft.contract.scheme(name));
        schemes.any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { location, name } if *location == wanted => {
                *name == parameter.name
                    || (wanted == KeyLocation::Header && name.eq_ignore_ascii_case(&parameter.name))
            }
            _ => false,
        })
    }

    fn body(
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

    fn variants(
        &mut self,
        types: &Types,
        operation: &'d Operation,
        operation_name: &str,
        scope: &mut Names,
    ) -> Vec<Variant<'d>> {
        let mut names = Names::default();
        let mut variants = Vec::new();
        for response in &operation.responses {
            if matches!(response.status, StatusPattern::Exact(100..=199) | StatusPattern::Range(1)) {
                self.lose(&response.pointer, "an interim response is sent by the web server, not by a stub");
                continue;
            }
            let word = words(response.status);
            let name = names.unique(word.clone(), &word);
            // RFC 9110 §15.3.5, §15.3.6, §15.4.5: these have no content, whatever the document says.
            let empty = matches!(response.status, StatusPattern::Exact(204 | 205 | 304));
            if empty && !response.content.is_empty() {
                self.lose(&response.pointer, &format!("a {} has no body", response.status));
            }
            let to_head = operation.method.as_str() == "HEAD" && !response.content.is_empty();
            if to_head && !empty {
                self.lose(&response.pointer, "an answer to HEAD has no body");
            }
            let contents = if empty || to_head { &[] } else { response.content.as_slice() };
            let wanted = format!("{}{word}Body", plain(operation_name));
            variants.push(Variant {
                response,
                name: ident(&name),
                body: self.body(types, contents, Direction::Response, scope, &wanted),
                headers: self.headers(types, response, &format!("{}{word}Headers", plain(operation_name))),
            });
        }
        if variants.is_empty() {
            self.lose(&operation.pointer, "no final response is documented, so the operation can only fail");
        }
        variants
    }

    /// The struct of the response's headers; responses with the same headers share one.
    fn headers(&mut self, types: &Types, response: &'d Response, wanted: &str) -> Option<usize> {
        if response.headers.is_empty() {
            return None;
        }
        let mut names = Names::default();
        let fields: Vec<HeaderField<'d>> = response
            .headers
            .iter()
            .map(|header| HeaderField {
                header,
                name: ident(&names.unique(snake(&header.name), &header.name)),
                rust_type: header
                    .schema
                    .as_ref()
                    .and_then(|schema| types.of(schema))
                    .unwrap_or_else(|| quote!(String)),
            })
            .collect();
        let key: Vec<String> = fields
            .iter()
            .map(|field| format!("{}:{}:{}", field.header.name, field.header.required, field.rust_type))
            .collect();
        if let Some(known) = self.headers.iter().position(|known| known.key == key) {
            self.headers[known].users += 1;
            return Some(known);
        }
        // The final name depends on how many use it.
        self.headers.push(HeaderStruct { name: ident(&pascal(wanted)), fields, key, users: 1 });
        Some(self.headers.len() - 1)
    }

    /// One user: named after the response. Several: after the header, or simply `Headers`.
    fn name_headers(&mut self, scope: &mut Names) {
        let mut named: BTreeMap<usize, Ident> = BTreeMap::new();
        for (index, headers) in self.headers.iter().enumerate() {
            let wanted = match (headers.users, headers.fields.as_slice()) {
                (1, _) => headers.name.to_string(),
                (_, [only]) => format!("{}Header", pascal(&only.header.name)),
                _ => "Headers".to_owned(),
            };
            named.insert(index, ident(&scope.unique(wanted.clone(), &wanted)));
        }
        for (index, name) in named {
            self.headers[index].name = name;
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

/// An identifier as a part of a longer one.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}
