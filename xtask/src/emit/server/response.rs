//! One enum an operation, one variant a documented response: what is not documented cannot be written.

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::StatusPattern;

use super::doc;
use super::forms::{Body, Form, FormKind};
use super::plan::{HeaderStruct, Plan, PlannedOperation, Variant};

pub(super) fn emit(plan: &Plan<'_>) -> TokenStream {
    let runtime = &plan.runtime;
    let headers = plan.headers.iter().map(header_struct);
    let responses = plan.operations.iter().map(|operation| response(plan, operation));
    quote! {
        use super::types;
        use #runtime::{Answer, HeaderSet, OpenBody, RangeStatus, StreamBody};
        use ::http::StatusCode;

        #(#responses)*
        #(#headers)*
    }
}

fn response(plan: &Plan<'_>, operation: &PlannedOperation<'_>) -> TokenStream {
    let name = &operation.response;
    let docs = doc::lines(&format!("The documented responses of `{}`.", operation.operation.signature()));
    let choices = operation.variants.iter().filter_map(|variant| choice(variant.body.as_ref()?));
    let variants = operation.variants.iter().map(|variant| declaration(plan, variant));
    let documented: Vec<u16> = operation
        .variants
        .iter()
        .filter_map(|variant| match variant.response.status {
            StatusPattern::Exact(code) => Some(code),
            _ => None,
        })
        .collect();
    let arms = operation.variants.iter().map(|variant| arm(plan, variant, &documented));
    let streams = operation.variants.iter().filter_map(|variant| variant.body.as_ref()).any(Body::streams);
    let derive = derive(streams);
    let conversion = if operation.variants.is_empty() {
        quote!(match response {})
    } else {
        quote!(match response { #(#arms)* })
    };
    quote! {
        #(#choices)*

        #docs
        #derive
        pub enum #name { #(#variants,)* }

        impl From<#name> for Answer {
            fn from(response: #name) -> Self {
                use #name as R;
                #conversion
            }
        }
    }
}

/// The parts of a variant besides its name: status, body, headers.
fn parts(
    plan: &Plan<'_>,
    variant: &Variant<'_>,
) -> (Option<TokenStream>, Option<TokenStream>, Option<TokenStream>) {
    let status = match variant.response.status {
        StatusPattern::Exact(_) => None,
        StatusPattern::Range(class) => {
            let class = u16::from(class);
            Some(quote!(RangeStatus<#class>))
        }
        StatusPattern::Default => Some(quote!(StatusCode)),
    };
    let body = variant.body.as_ref().and_then(|body| match &body.choice {
        Some(name) => Some(quote!(#name)),
        None => body.forms.first().map(|form| form.rust_type.clone()),
    });
    let headers = variant.headers.and_then(|index| plan.headers.get(index)).map(|headers| {
        let name = &headers.name;
        quote!(#name)
    });
    (status, body, headers)
}

fn declaration(plan: &Plan<'_>, variant: &Variant<'_>) -> TokenStream {
    let name = &variant.name;
    let documented = variant.response.status.to_string();
    let media_types =
        variant.body.iter().flat_map(|body| &body.forms).map(|form| format!("`{}`", form.media_type));
    let media_types: Vec<String> = media_types.collect();
    let heading = if media_types.is_empty() {
        format!("{documented}, without a body.")
    } else {
        format!("{documented} as {}.", media_types.join(" or "))
    };
    let docs = doc::paragraphs([Some(heading.as_str()), Some(variant.response.description.as_str())]);
    match parts(plan, variant) {
        (None, None, None) => quote! { #docs #name },
        (None, Some(body), None) => quote! { #docs #name(#body) },
        (status, body, headers) => {
            let status = status.map(|status| quote! { /** The status. */ status: #status, });
            let body = body.map(|body| quote! { /** The body. */ body: #body, });
            let headers = headers.map(|headers| quote! { /** The documented headers. */ headers: #headers, });
            quote! { #docs #name { #status #body #headers } }
        }
    }
}

fn arm(plan: &Plan<'_>, variant: &Variant<'_>, documented: &[u16]) -> TokenStream {
    let name = &variant.name;
    let (status_type, body_type, headers_type) = parts(plan, variant);
    let pattern = match (&status_type, &body_type, &headers_type) {
        (None, None, None) => quote!(R::#name),
        (None, Some(_), None) => quote!(R::#name(body)),
        _ => {
            let status = status_type.as_ref().map(|_| quote!(status,));
            let body = body_type.as_ref().map(|_| quote!(body,));
            let headers = headers_type.as_ref().map(|_| quote!(headers,));
            quote!(R::#name { #status #body #headers })
        }
    };
    let status = match variant.response.status {
        StatusPattern::Exact(code) => constant(code).map_or_else(
            || quote!(StatusCode::from_u16(#code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
            |constant| quote!(StatusCode::#constant),
        ),
        StatusPattern::Range(_) => quote!(status.get()),
        StatusPattern::Default => quote!(status),
    };
    let answer = match &variant.body {
        None => quote!(Answer::empty(#status)),
        Some(body) => write_body(body, &status),
    };
    let headers = headers_type.map(|_| quote!(.with_headers(headers)));
    let fault = guard(variant.response.status, documented);
    quote! { #pattern => #answer #headers #fault, }
}

/// A range or `default` does not cover a status that is documented by itself (OpenAPI 3.0.3, Responses Object).
fn guard(status: StatusPattern, documented: &[u16]) -> Option<TokenStream> {
    let shadowed: Vec<u16> = match status {
        StatusPattern::Exact(_) => return None,
        StatusPattern::Range(_) => documented.iter().copied().filter(|code| status.covers(*code)).collect(),
        StatusPattern::Default => documented.to_vec(),
    };
    (!shadowed.is_empty()).then(|| quote!(.unless_documented(&[#(#shadowed),*])))
}

fn write_body(body: &Body, status: &TokenStream) -> TokenStream {
    let value = quote!(body);
    match (&body.choice, body.forms.as_slice()) {
        (Some(name), forms) => {
            let arms = forms.iter().map(|form| {
                let variant = &form.variant;
                let answer = write_form(form, status, &value);
                quote! { #name::#variant(body) => #answer }
            });
            quote! { match body { #(#arms,)* } }
        }
        (None, [form, ..]) => write_form(form, status, &value),
        (None, []) => quote!(Answer::empty(#status)),
    }
}

fn write_form(form: &Form, status: &TokenStream, value: &TokenStream) -> TokenStream {
    let media_type = &form.media_type;
    match form.kind {
        FormKind::Json | FormKind::UrlEncoded | FormKind::Multipart => {
            quote!(Answer::json(#status, #media_type, &#value))
        }
        FormKind::Text => quote!(Answer::text(#status, #media_type, #value)),
        FormKind::Stream => quote!(Answer::stream(#status, #media_type, #value)),
        FormKind::Raw => quote!(Answer::open(#status, #media_type, #value)),
    }
}

fn choice(body: &Body) -> Option<TokenStream> {
    let name = body.choice.as_ref()?;
    let variants = body.forms.iter().map(|form| {
        let (variant, rust_type) = (&form.variant, &form.rust_type);
        let docs = doc::lines(&format!("`{}`.", form.media_type));
        quote! { #docs #variant(#rust_type) }
    });
    let derive = derive(body.streams());
    Some(quote! {
        /// A body of one of the documented media types.
        #derive
        pub enum #name { #(#variants,)* }
    })
}

/// What is sent as it comes cannot be copied.
fn derive(streams: bool) -> TokenStream {
    if streams { quote!(#[derive(Debug)]) } else { quote!(#[derive(Clone, Debug)]) }
}

fn header_struct(headers: &HeaderStruct<'_>) -> TokenStream {
    let name = &headers.name;
    let fields = headers.fields.iter().map(|field| {
        let header = field.header;
        let place = format!("`{}`.", header.name);
        let docs = doc::paragraphs([Some(place.as_str()), header.description.as_deref()]);
        let (name, rust_type) = (&field.name, &field.rust_type);
        let rust_type = if header.required { quote!(#rust_type) } else { quote!(Option<#rust_type>) };
        quote! { #docs pub #name: #rust_type }
    });
    let lines = headers.fields.iter().map(|field| {
        let (name, wire) = (&field.name, &field.header.name);
        if field.header.required {
            quote! { answer = answer.with_typed_header(#wire, &self.#name); }
        } else {
            quote! { if let Some(value) = &self.#name { answer = answer.with_typed_header(#wire, value); } }
        }
    });
    // A default for a header that has to be there would be a made-up value.
    let default = headers.fields.iter().all(|field| !field.header.required).then(|| quote!(, Default));
    quote! {
        /// Documented response headers.
        #[derive(Clone, Debug #default)]
        pub struct #name { #(#fields,)* }

        impl HeaderSet for #name {
            fn write(self, mut answer: Answer) -> Answer {
                #(#lines)*
                answer
            }
        }
    }
}

/// The constant of `http::StatusCode`.
fn constant(code: u16) -> Option<proc_macro2::Ident> {
    let name = match code {
        200 => "OK",
        201 => "CREATED",
        202 => "ACCEPTED",
        204 => "NO_CONTENT",
        301 => "MOVED_PERMANENTLY",
        302 => "FOUND",
        303 => "SEE_OTHER",
        304 => "NOT_MODIFIED",
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        410 => "GONE",
        412 => "PRECONDITION_FAILED",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "UNPROCESSABLE_ENTITY",
        428 => "PRECONDITION_REQUIRED",
        429 => "TOO_MANY_REQUESTS",
        500 => "INTERNAL_SERVER_ERROR",
        501 => "NOT_IMPLEMENTED",
        502 => "BAD_GATEWAY",
        503 => "SERVICE_UNAVAILABLE",
        504 => "GATEWAY_TIMEOUT",
        _ => return None,
    };
    Some(crate::emit::names::ident(name))
}
