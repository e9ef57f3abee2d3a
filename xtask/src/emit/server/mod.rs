//! Server stubs: a trait with one method an operation, requests that are already checked, responses of which only
//! documented ones can be written, and the router that connects them.

mod api;
mod credentials;
mod doc;
mod forms;
mod guide;
mod plan;
mod request;
mod response;
mod router;
mod types;

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::Diagnostic;
use syn::{File, Item};

use super::error::Unsound;
use crate::artifact::{self, Artifact, FormatError};
use crate::lower::Draft;

/// Where the stubs will live.
#[derive(Clone, Debug)]
pub struct Options {
    /// Path of the runtime module: `crate::runtime` within the server, `rescind_server::runtime` elsewhere.
    pub runtime: String,
    /// Where the stubs find the OpenAPI document.
    pub document: DocumentPlace,
    /// What diagnostics and reports call the document: `specs/<vendor>/openapi.yaml`.
    pub source: String,
}

/// Where the OpenAPI document lies when the stubs are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentPlace {
    /// At this path, relative to the generated file that includes it.
    At(String),
    /// Beside that file, where [`files`] puts a copy.
    Beside,
}

/// The modules of one contract, by name, in order.
#[derive(Clone, Debug)]
pub struct Stubs {
    /// Name and content of each module.
    pub modules: Vec<(&'static str, File)>,
    /// How to serve them, as inner documentation.
    pub guide: TokenStream,
    /// Re-exports of what users name most.
    pub names: TokenStream,
    /// What the stubs cannot carry, as warnings.
    pub losses: Vec<Diagnostic>,
}

/// Why no stubs were made.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The types could not be made.
    #[error("failed to generate types: {0}")]
    Types(#[from] Unsound),
    /// The path of the runtime is no path.
    #[error("`{0}` is no path of a module; write one such as `crate::runtime`")]
    Runtime(String),
    /// The output is no Rust.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Makes the stubs of a contract.
pub fn emit(draft: &Draft<'_>, options: &Options) -> Result<Stubs, EmitError> {
    let runtime: syn::Path =
        syn::parse_str(&options.runtime).map_err(|_| EmitError::Runtime(options.runtime.clone()))?;
    let plan = plan::Plan::new(draft, runtime);
    let items = types::items(draft, &options.runtime)?;
    let module =
        |name: &'static str, tokens| artifact::parse(format!("{name}.rs"), tokens).map(|file| (name, file));
    let mut modules = vec![
        module("api", api::emit(&plan))?,
        module("request", request::emit(&plan))?,
        module("response", response::emit(&plan))?,
        module("router", router::emit(&plan, options))?,
        ("types", File { shebang: None, frontmatter: None, attrs: Vec::new(), items }),
    ];
    let mut names = quote! {
        pub use api::{Api, Operation};
        pub use router::{DOCUMENT, contract, router};
    };
    if !plan.credentials.is_empty() {
        modules.push(module("credentials", credentials::emit(&plan))?);
        names.extend(quote!(
            pub use credentials::Credentials;
        ));
    }
    Ok(Stubs { modules, guide: guide::emit(&plan), names, losses: plan.losses.into_inner() })
}

/// The stubs as a folder of files.
pub fn files(
    folder: &Path,
    draft: &Draft<'_>,
    options: &Options,
) -> Result<(Vec<Artifact>, Vec<Diagnostic>), EmitError> {
    let stubs = emit(draft, options)?;
    let (lints, guide, names) = (lints(), &stubs.guide, &stubs.names);
    let modules = stubs.modules.iter().map(|(name, _)| {
        let name = super::names::ident(name);
        quote! { pub mod #name; }
    });
    let root = quote! { #guide #lints #(#modules)* #names };
    let mut files = vec![Artifact::rust(folder.join("mod.rs"), &options.source, root)?];
    for (name, file) in &stubs.modules {
        files.push(Artifact::from_file(folder.join(format!("{name}.rs")), &options.source, file));
    }
    if options.document == DocumentPlace::Beside {
        let contents = draft.contract.document().normal_form().into_owned();
        files.push(Artifact { path: folder.join(COPY), contents });
    }
    Ok((files, stubs.losses))
}

/// The stubs as one file, for goldens.
pub fn file(
    path: impl Into<PathBuf>,
    draft: &Draft<'_>,
    options: &Options,
) -> Result<(Artifact, Vec<Diagnostic>), EmitError> {
    let stubs = emit(draft, options)?;
    let path = path.into();
    let (lints, guide, names) = (lints(), &stubs.guide, &stubs.names);
    let mut file = artifact::parse(&path, quote! { #guide #lints #names })?;
    let modules = stubs.modules.into_iter().map(|(name, file)| Item::Mod(super::modules::of(name, file)));
    file.items.splice(0..0, modules);
    Ok((Artifact::from_file(path, &options.source, &file), stubs.losses))
}

/// The exemptions of generated code, which is judged by its generator's tests and not by the lints of hand-written code.
fn lints() -> TokenStream {
    quote! {
        #![allow(clippy::all, clippy::pedantic, clippy::allow_attributes, clippy::unwrap_used, clippy::expect_used)]
        #![allow(nonstandard_style, missing_docs, unreachable_pub, unused_imports, unused_variables, unused_qualifications, dead_code, rustdoc::all)]
    }
}

/// The list of contracts that have stubs.
pub fn list(path: impl Into<PathBuf>, names: &[String]) -> Result<Artifact, FormatError> {
    let modules = names.iter().map(|name| {
        let name = super::names::ident(&super::names::snake(name));
        quote! {
            // Otherwise `cargo fmt` would change what the generator wrote.
            #[rustfmt::skip]
            pub mod #name;
        }
    });
    Artifact::rust(path, "specs", quote! { #(#modules)* })
}

/// Name of the copied document.
const COPY: &str = "openapi.yaml";
