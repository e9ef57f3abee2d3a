//! The client of one contract: its types, a builder a call, and the typed layer around them.

mod arguments;
mod builder;
mod headers;
mod multipart;
mod outcome;
mod reply;

use quote::quote;
use syn::{File, Item, parse_quote};

use super::error::Unsound;
use super::names::ident;
use super::types;
use crate::lower::{self, Draft};

/// Where generated code finds the code that it stands on.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The path of the crate `rescind-client`: `crate` within it, `::rescind_client` elsewhere.
    pub path: String,
}

impl Runtime {
    fn root(&self) -> Result<syn::Path, Unsound> {
        syn::parse_str(&self.path).map_err(|error| Unsound::Output(format!("`{}`: {error}", self.path)))
    }
}

/// The client module of `draft`.
pub fn emit(draft: &Draft<'_>, runtime: &Runtime) -> Result<File, Unsound> {
    let root = runtime.root()?;
    let type_items = types::module(draft, &runtime.path)?;
    let arguments = arguments::arguments(draft, &runtime.path)?;
    let (outcomes, headers) = outcome::outcomes(draft);
    let builders = builder::module(draft, &arguments, &outcomes, &root);
    let forms = multipart::module(draft, &arguments, &root);
    let client = client(draft);
    let functions = draft.calls.iter().map(function);
    let mut file: File = parse_quote! {
        #[allow(unused_imports)]
        use #root::support;
        #[allow(unused_imports)]
        pub use #root::{Credentials, Error, HeaderError, ResponseValue};
    };
    file.items.extend(client);
    file.items.push(parse_quote! {
        impl Client {
            #(#functions)*
        }
    });
    file.items.extend(outcomes.into_iter().flat_map(|outcome| outcome.items));
    file.items.extend(headers);
    file.items.push(Item::Mod(type_items));
    file.items.extend(forms);
    file.items.push(builders);
    super::complete::complete(&mut file);
    super::docs::tidy(&mut file);
    Ok(file)
}

/// The client struct and what it is made of.
fn client(draft: &Draft<'_>) -> Vec<Item> {
    let contract = draft.contract;
    let mut doc = format!(" Client of the {}, version {}.", contract.title(), contract.version());
    if !contract.servers().is_empty() {
        doc.push_str("\n\n Documented servers:");
        for server in contract.servers() {
            doc.push_str("\n * `");
            doc.push_str(server);
            doc.push('`');
        }
    }
    let client: File = parse_quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub struct Client {
            core: support::Core,
        }

        impl Client {
            /// A client of the deployment at `base_url`, which ends before the paths of the contract begin.
            ///
            /// It follows no redirects: they would carry API keys to places that the contract does not name.
            pub fn new(base_url: &str) -> Self {
                Self { core: support::Core::new(base_url) }
            }

            /// A client that sends over `http`, for timeouts, proxies and certificates of your own.
            pub fn new_with_client(base_url: &str, http: support::reqwest::Client) -> Self {
                Self { core: support::Core::with_client(base_url, http) }
            }

            /// The same client with `credentials`; each operation sends only those that it asks for.
            #[must_use]
            pub fn with_credentials(mut self, credentials: Credentials) -> Self {
                self.core.set_credentials(credentials);
                self
            }

            /// The same client with `settings`: time limits, retries, hooks, what it sends over.
            #[must_use]
            pub fn with_settings(mut self, settings: support::Settings) -> Self {
                self.core.set(settings);
                self
            }
        }
    };
    client.items
}

/// The function that starts the call.
fn function(call: &lower::Call<'_>) -> proc_macro2::TokenStream {
    let operation = call.operation;
    let function = ident(&super::names::snake(&call.function));
    let builder = ident(&call.type_name);
    let mut doc = String::new();
    for text in [&operation.summary, &operation.description].into_iter().flatten() {
        doc.push_str(&paragraph(text));
        doc.push_str("\n\n");
    }
    doc.push_str(" Sends `");
    doc.push_str(&operation.signature());
    doc.push_str("`.");
    quote! {
        #[doc = #doc]
        pub fn #function(&self) -> builder::#builder<'_> {
            builder::#builder::new(self)
        }
    }
}

/// Text of a document as a paragraph of a doc comment.
pub(super) fn paragraph(text: &str) -> String {
    text.trim().lines().map(|line| format!(" {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}
