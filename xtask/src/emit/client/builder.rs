//! Progenitor's builders, rewritten: names of our own, no undocumented header, optional bodies, typed answers.
//!
//! Each rewrite is counted. A version of progenitor that writes another shape fails here, not in the user's hands.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use rescind_specs::{PathPiece, SchemeKind};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Fields, FnArg, ImplItem, Item, ItemMod, Path, Stmt, parse_quote};

use super::outcome::Outcome;
use crate::emit::names::{Names, ident, snake};
use crate::emit::progenitor::ProgenitorError;
use crate::lower::{BodyKind, Call, Draft};

/// Variables of `send`, which no field may be called like.
const LOCALS: [&str; 9] =
    ["client", "url", "request", "header_map", "body", "received", "value", "support", "types"];

/// Functions of each builder.
const FUNCTIONS: [&str; 7] = ["new", "send", "body", "body_map", "clone", "fmt", "into"];

fn unknown(what: impl Into<String>) -> ProgenitorError {
    ProgenitorError::Output(what.into())
}

/// The builder module with every call rewritten.
pub(super) fn rewrite(
    mut module: ItemMod,
    draft: &Draft<'_>,
    outcomes: &[Outcome],
    root: &Path,
) -> Result<ItemMod, ProgenitorError> {
    let Some((_, items)) = &mut module.content else { return Err(unknown("module `builder` is empty")) };
    let mut rewritten = Vec::new();
    for (index, (call, outcome)) in draft.calls.iter().zip(outcomes).enumerate() {
        let raw = format!("Op{index}");
        let names = CallNames::new(call, &raw);
        let mut count = 0_usize;
        for item in items.iter() {
            let item = match item {
                Item::Struct(item) if item.ident == raw => structure(item.clone(), call, &names)?,
                Item::Impl(item) if is_impl_of(item, &raw) => {
                    implementation(item.clone(), call, outcome, &names, draft)?
                }
                _ => continue,
            };
            rewritten.push(item);
            count += 1;
        }
        if count != 2 {
            return Err(unknown(format!("{count} items instead of 2 for `{}`", call.operation.id)));
        }
    }
    let doc = " One builder a call.";
    Ok(parse_quote! {
        #[doc = #doc]
        pub mod builder {
            #[allow(unused_imports)]
            use super::types;
            #[allow(unused_imports)]
            use #root::support::{self, RequestExt as _};
            #[allow(unused_imports)]
            use #root::{Error, ResponseValue};

            #(#rewritten)*
        }
    })
}

fn is_impl_of(item: &syn::ItemImpl, name: &str) -> bool {
    let syn::Type::Path(path) = &*item.self_ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// The names of one call: those that progenitor was given and those that users see.
struct CallNames {
    raw_type: String,
    type_name: String,
    parameters: Vec<ParameterNames>,
}

struct ParameterNames {
    raw: String,
    field: String,
    setter: String,
    wire: String,
}

impl CallNames {
    fn new(call: &Call<'_>, raw_type: &str) -> Self {
        let mut fields = Names::reserving(LOCALS);
        let mut setters = Names::reserving(FUNCTIONS);
        let parameters = call
            .parameters
            .iter()
            .enumerate()
            .map(|(index, place)| ParameterNames {
                raw: format!("p{index}"),
                field: fields.unique(snake(&place.name), &place.name),
                setter: setters.unique(snake(&place.name), &place.name),
                wire: place.name.clone(),
            })
            .collect();
        Self { raw_type: raw_type.to_owned(), type_name: call.type_name.clone(), parameters }
    }

    fn by_raw(&self, raw: &str) -> Option<&ParameterNames> {
        self.parameters.iter().find(|parameter| parameter.raw == raw)
    }
}

/// Puts users' names in the place of progenitor's.
struct Rename<'a>(&'a CallNames);

impl VisitMut for Rename<'_> {
    /// Users need no dependency on the HTTP library itself.
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        if path.segments.len() > 1 && path.segments.first().is_some_and(|first| first.ident == "reqwest") {
            path.leading_colon = None;
            path.segments.insert(0, parse_quote!(support));
        }
    }

    fn visit_ident_mut(&mut self, found: &mut proc_macro2::Ident) {
        let text = found.to_string();
        if text == self.0.raw_type {
            *found = ident(&self.0.type_name);
        } else if let Some(parameter) = self.0.by_raw(&text) {
            *found = ident(&parameter.field);
        }
    }

    fn visit_lit_str_mut(&mut self, text: &mut syn::LitStr) {
        let value = text.value();
        if let Some(parameter) = self.0.by_raw(&value) {
            *text = syn::LitStr::new(&parameter.wire, text.span());
        } else if let Some(message) = self.message(&value) {
            *text = syn::LitStr::new(&message, text.span());
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        // `p0` on its own stands for `p0: p0`; both sides change alike.
        visit_mut::visit_field_value_mut(self, field);
    }
}

impl Rename<'_> {
    /// A message about an argument, in users' words.
    fn message(&self, text: &str) -> Option<String> {
        if let Some(raw) = text.strip_suffix(" was not initialized") {
            let setter = self.0.by_raw(raw).map_or(raw, |parameter| parameter.setter.as_str());
            return Some(format!("`{}` is required and was not given", setter.trim_start_matches("r#")));
        }
        let rest = text.strip_prefix("conversion to `")?;
        let (_, rest) = rest.split_once("` for ")?;
        let (raw, tail) = rest.split_once(' ')?;
        let setter = self.0.by_raw(raw).map_or(raw, |parameter| parameter.setter.as_str());
        let tail = tail.strip_prefix("failed")?;
        Some(format!("`{}` is not a value that the contract allows{tail}", setter.trim_start_matches("r#")))
    }
}

fn optional_body(call: &Call<'_>) -> bool {
    call.body.as_ref().is_some_and(|body| !body.required)
}

fn structure(mut item: syn::ItemStruct, call: &Call<'_>, names: &CallNames) -> Result<Item, ProgenitorError> {
    if optional_body(call) {
        let Fields::Named(fields) = &mut item.fields else { return Err(unknown("a builder without fields")) };
        let body =
            fields.named.iter_mut().find(|field| field.ident.as_ref().is_some_and(|name| name == "body"));
        let body =
            body.ok_or_else(|| unknown(format!("no body in the builder of `{}`", call.operation.id)))?;
        let inner = &body.ty;
        body.ty = parse_quote!(::std::option::Option<#inner>);
    }
    Rename(names).visit_item_struct_mut(&mut item);
    let function = snake(&call.function);
    let doc = format!(" The call that [`Client::{function}`](super::Client::{function}) starts.");
    item.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
    item.attrs.insert(0, parse_quote!(#[doc = #doc]));
    item.attrs.push(parse_quote!(#[must_use = "a call does nothing until it is sent"]));
    Ok(Item::Struct(item))
}

fn implementation(
    mut item: syn::ItemImpl,
    call: &Call<'_>,
    outcome: &Outcome,
    names: &CallNames,
    draft: &Draft<'_>,
) -> Result<Item, ProgenitorError> {
    let mut sent = 0_usize;
    for member in &mut item.items {
        let ImplItem::Fn(function) = member else { continue };
        let name = function.sig.ident.to_string();
        match name.as_str() {
            "send" => {
                send(function, call, outcome, draft)?;
                Rename(names).visit_block_mut(&mut function.block);
                sent += 1;
            }
            "new" => {
                if optional_body(call) {
                    start_without_body(function)?;
                }
                Rename(names).visit_block_mut(&mut function.block);
                function.attrs = vec![parse_quote!(#[doc = " The call, with nothing filled in."])];
                function.vis = parse_quote!(pub(super));
            }
            _ => {
                if optional_body(call) && (name == "body" || name == "body_map") {
                    set_optional_body(function, &name)?;
                }
                Rename(names).visit_block_mut(&mut function.block);
                Rename(names).visit_generics_mut(&mut function.sig.generics);
                let doc = setter_doc(&name, call, names);
                function.attrs = vec![parse_quote!(#[doc = #doc])];
                if let Some(parameter) = names.by_raw(&name) {
                    function.sig.ident = ident(&parameter.setter);
                }
            }
        }
    }
    if sent != 1 {
        return Err(unknown(format!("{sent} functions `send` for `{}`", call.operation.id)));
    }
    let Some(syn::Type::Path(path)) = Some(&mut *item.self_ty) else {
        return Err(unknown("an impl of no path"));
    };
    for segment in &mut path.path.segments {
        if segment.ident == names.raw_type {
            segment.ident = ident(&names.type_name);
        }
    }
    Ok(Item::Impl(item))
}

fn setter_doc(name: &str, call: &Call<'_>, names: &CallNames) -> String {
    match name {
        "body" => " Sets the body.".to_owned(),
        "body_map" => " Changes the body, starting from an empty one.".to_owned(),
        _ => {
            let place = names
                .parameters
                .iter()
                .position(|parameter| parameter.raw == name)
                .and_then(|index| call.parameters.get(index));
            let Some(place) = place else { return format!(" Sets `{name}`.") };
            let mut doc = format!(" Sets the {} parameter `{}`.", place.location, place.name);
            if let Some(description) = &place.description {
                doc.push_str("\n\n");
                doc.push_str(&super::paragraph(description));
            }
            doc
        }
    }
}

/// `body: …` becomes `body: None`.
fn start_without_body(function: &mut syn::ImplItemFn) -> Result<(), ProgenitorError> {
    struct Start(usize);
    impl VisitMut for Start {
        fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
            if matches!(&field.member, syn::Member::Named(name) if name == "body") {
                field.expr = parse_quote!(None);
                self.0 += 1;
            }
        }
    }
    let mut start = Start(0);
    start.visit_block_mut(&mut function.block);
    if start.0 == 1 { Ok(()) } else { Err(unknown("`new` does not set the body once")) }
}

/// `self.body = x` becomes `self.body = Some(x)`.
fn set_optional_body(function: &mut syn::ImplItemFn, name: &str) -> Result<(), ProgenitorError> {
    struct Set(usize);
    impl VisitMut for Set {
        fn visit_expr_assign_mut(&mut self, assign: &mut syn::ExprAssign) {
            let value = &assign.right;
            *assign.right = parse_quote!(Some(#value));
            self.0 += 1;
        }
    }
    if name == "body_map" {
        function.block = parse_quote!({
            let body = self.body.unwrap_or_else(|| Ok(::std::default::Default::default()));
            self.body = Some(body.map(f));
            self
        });
        return Ok(());
    }
    let mut set = Set(0);
    set.visit_block_mut(&mut function.block);
    if set.0 == 1 { Ok(()) } else { Err(unknown("`body` does not set the body once")) }
}

/// Rewrites how the request is built and replaces everything after it.
fn send(
    function: &mut syn::ImplItemFn,
    call: &Call<'_>,
    outcome: &Outcome,
    draft: &Draft<'_>,
) -> Result<(), ProgenitorError> {
    let (success, failure) = (&outcome.success, &outcome.failure);
    function.sig.output = parse_quote!(-> ::std::result::Result<ResponseValue<#success>, Error<#failure>>);
    debug_assert!(matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_))));
    let doc = format!(" Sends `{}`.", call.operation.signature());
    function.attrs = vec![parse_quote!(#[doc = #doc])];

    let mut counts = Counts::default();
    let mut statements = Vec::new();
    for mut statement in std::mem::take(&mut function.block.stmts) {
        match local_name(&statement).as_deref() {
            Some("url") => {
                statements.push(url(call));
                counts.url += 1;
                continue;
            }
            Some("header_map") => {
                statements
                    .push(parse_quote!(#[allow(unused_mut)] let mut header_map = support::HeaderMap::new();));
                continue;
            }
            Some("body") if optional_body(call) => {
                statements.push(finish_optional_body(statement)?);
                continue;
            }
            Some("request") => {
                let mut request = Request { call, outcome, counts: &mut counts };
                request.visit_stmt_mut(&mut statement);
                statements.push(statement);
                // What follows are progenitor's hooks and its untyped answers.
                break;
            }
            _ => {}
        }
        if is_api_version(&statement) {
            counts.api_version += 1;
            continue;
        }
        statements.push(statement);
    }
    let body = usize::from(call.body.is_some());
    let documented = Counts { url: 1, api_version: 1, client: 1, body, build: 1 };
    if counts != documented {
        return Err(unknown(format!("`send` of `{}` has another shape: {counts:?}", call.operation.id)));
    }
    let security = security(call, draft);
    let arms = &outcome.arms;
    let sending = ident(outcome.send);
    statements.push(parse_quote!(let received = client.core.#sending(request, #security).await?;));
    let decode: Expr = parse_quote!(match received.status() { #(#arms,)* });
    statements.push(Stmt::Expr(decode, None));
    function.block.stmts = statements;
    Ok(())
}

/// How often each rewrite found its place.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    url: usize,
    api_version: usize,
    client: usize,
    body: usize,
    build: usize,
}

fn local_name(statement: &Stmt) -> Option<String> {
    let Stmt::Local(local) = statement else { return None };
    match &local.pat {
        syn::Pat::Ident(pattern) => Some(pattern.ident.to_string()),
        _ => None,
    }
}

/// Whether the statement adds the header `api-version`, which no contract documents.
fn is_api_version(statement: &Stmt) -> bool {
    let Stmt::Expr(Expr::MethodCall(call), _) = statement else { return false };
    let Some(Expr::Call(name)) = call.args.first() else { return false };
    call.method == "append"
        && matches!(name.args.first(), Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) if text.value() == "api-version")
}

/// The URL, each parameter in a segment of its own.
fn url(call: &Call<'_>) -> Stmt {
    let parts = call.operation.path.pieces().iter().filter_map(|piece| match piece {
        PathPiece::Literal(text) => Some(quote!(#text)),
        PathPiece::Parameter(name) => {
            let position =
                call.parameters.iter().position(|place| place.location == "path" && place.name == *name)?;
            let raw = ident(&format!("p{position}"));
            Some(quote!(&support::segment(#name, &#raw.to_string())?))
        }
    });
    parse_quote!(let url = [client.core.base_url() #(, #parts)*].concat();)
}

/// A body that was not given is not finished.
fn finish_optional_body(statement: Stmt) -> Result<Stmt, ProgenitorError> {
    let Stmt::Local(mut local) = statement else { return Err(unknown("a body that is not let")) };
    let init = local.init.as_mut().ok_or_else(|| unknown("a body without a value"))?;
    let finish = &init.expr;
    *init.expr = parse_quote!(match body { Some(body) => Some(#finish), None => None });
    Ok(Stmt::Local(local))
}

/// Rewrites the chain that builds the request.
struct Request<'a, 'c> {
    call: &'a Call<'c>,
    outcome: &'a Outcome,
    counts: &'a mut Counts,
}

impl VisitMut for Request<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Some(replacement) = self.replacement(expr) else { return };
        *expr = replacement;
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        if let Some(first) = path.segments.first_mut().filter(|first| first.ident == "progenitor_client") {
            *first = parse_quote!(support);
        }
    }
}

impl Request<'_, '_> {
    fn replacement(&mut self, expr: &Expr) -> Option<Expr> {
        if let Expr::Try(tried) = expr {
            // Our own way to write a form cannot fail before the request is built.
            return match &*tried.expr {
                Expr::MethodCall(call) if call.method == "form" || call.method == "optional_form" => {
                    Some((*tried.expr).clone())
                }
                _ => None,
            };
        }
        let Expr::MethodCall(call) = expr else { return None };
        let receiver = &call.receiver;
        if is_http_client(receiver) {
            self.counts.client += 1;
            let method = ident(self.call.operation.method.as_str());
            let accept = &self.outcome.accept;
            let method = quote_spanned!(method.span()=> support::Method::#method);
            return Some(parse_quote! {
                client.core.http()?.request(#method, url).header(support::ACCEPT, #accept)
            });
        }
        let body = self.call.body.as_ref();
        let optional = body.is_some_and(|body| !body.required);
        match (call.method.to_string().as_str(), body) {
            ("json", Some(body)) => {
                self.counts.body += 1;
                let media_type = &body.media_type;
                Some(match (optional, media_type.as_str()) {
                    (true, _) => parse_quote!(#receiver.optional_json(#media_type, body.as_ref())),
                    (false, "application/json") => parse_quote!(#receiver.json(&body)),
                    (false, _) => {
                        parse_quote!(#receiver.header(support::CONTENT_TYPE, #media_type).json(&body))
                    }
                })
            }
            ("form_urlencoded", Some(_)) => {
                self.counts.body += 1;
                Some(if optional {
                    parse_quote!(#receiver.optional_form(body.as_ref()))
                } else {
                    parse_quote!(#receiver.form(&body))
                })
            }
            ("body", Some(body)) => {
                self.counts.body += 1;
                let media_type = &body.media_type;
                // The header that progenitor sets comes just before.
                let Expr::MethodCall(header) = &**receiver else { return None };
                let before = &header.receiver;
                debug_assert!(matches!(body.kind, BodyKind::Bytes | BodyKind::Text));
                Some(if optional {
                    parse_quote!(#before.optional_body(#media_type, body))
                } else {
                    parse_quote!(#before.header(support::CONTENT_TYPE, #media_type).body(body))
                })
            }
            ("build", _) => {
                self.counts.build += 1;
                None
            }
            _ => None,
        }
    }
}

/// `client.client`
fn is_http_client(expr: &Expr) -> bool {
    let Expr::Field(field) = expr else { return false };
    matches!(&field.member, syn::Member::Named(name) if name == "client")
        && matches!(&*field.base, Expr::Path(path) if path.path.is_ident("client"))
}

/// The schemes that the operation asks for: any one list, all of it.
fn security(call: &Call<'_>, draft: &Draft<'_>) -> TokenStream {
    let alternatives = call.operation.security.0.iter().map(|alternative| {
        let schemes = alternative.iter().map(|name| {
            let kind = draft.contract.scheme(name).map(|scheme| &scheme.kind);
            let name = &name.0;
            match kind {
                Some(SchemeKind::Basic) => quote!(support::Scheme::Basic { name: #name }),
                Some(SchemeKind::Bearer) => quote!(support::Scheme::Bearer { name: #name }),
                Some(SchemeKind::ApiKey { location, name: key }) => {
                    let variant = match location {
                        rescind_specs::KeyLocation::Header => quote!(Header),
                        rescind_specs::KeyLocation::Query => quote!(Query),
                        rescind_specs::KeyLocation::Cookie => quote!(Cookie),
                    };
                    quote!(support::Scheme::#variant { name: #name, key: #key })
                }
                Some(SchemeKind::OtherHttp(_)) | None => quote!(support::Scheme::Other { name: #name }),
            }
        });
        quote!(&[#(#schemes),*])
    });
    quote!(&[#(#alternatives),*])
}
