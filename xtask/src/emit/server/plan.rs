//! What will be written, with every name decided: the emitters only spell it out.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use rescind_specs::{
    Diagnostic, Direction, KeyLocation, Operation, Parameter, ParameterLocation, Pointer, Response,
    ResponseHeader, SchemeKind, StatusPattern,
};

use super::credentials::{self, CredentialSet};
use super::forms::Body;
use super::types::{Types, any};
use crate::emit::names::{Names, ident, pascal, snake};
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

/// An identifier as a part of a longer one.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}
