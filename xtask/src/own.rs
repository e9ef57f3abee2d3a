//! From a document of the user's own to the sources of a client and of server stubs. Writes nothing.

use std::path::Path;

use rescind_specs::{Diagnostic, LeftOut, Prepared};
use syn::{Item, parse_quote};

use crate::artifact::Artifact;
use crate::codegen::CodegenError;
use crate::emit::client::{self, Runtime};
use crate::emit::names;
use crate::emit::server::{self, DocumentPlace};
use crate::lower::{self, Draft, Loss};
use crate::output::facts::Facts;

/// Which code is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// The client.
    Client,
    /// The server stubs.
    Server,
    /// Both.
    Both,
}

/// How the code is meant to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As a crate: `src/lib.rs` and its modules.
    Crate,
    /// As modules of a crate that there is.
    Module,
}

/// Bytes of the stack that code is made on: as many as a main thread has, for trees that are as deep.
const STACK: usize = 8 << 20;

/// The code that was made from a document.
pub type Generated = Attempt<Option<Vec<Artifact>>>;

/// The files of one side, or why there are none.
pub type SideResult = Result<Vec<Artifact>, CodegenError>;

/// What came of a document, each side by itself: [`Generated`] where both are as they were asked for.
#[derive(Debug)]
pub struct Attempt<T> {
    /// What READMEs and manifests say of it.
    pub facts: Facts,
    /// The client's files, relative to where they will lie, if it was asked for.
    pub client: T,
    /// The files of the stubs, relative to where they will lie, if they were asked for.
    pub server: T,
    /// Number of operations in the document, whether they were generated or not.
    pub documented: usize,
    /// What the code cannot express, as warnings with their places, in the order of the document.
    pub warnings: Vec<Diagnostic>,
    /// The operations that are not in the code, each with why.
    pub left_out: Vec<LeftOut>,
}

/// Generates from the document at `openapi`. It is called `name`, or as its title or its file.
pub fn generate(
    openapi: &Path,
    name: Option<&str>,
    sides: Sides,
    shape: Shape,
) -> Result<Generated, CodegenError> {
    let Attempt { facts, client, server, documented, warnings, left_out } =
        attempt(openapi, name, sides, shape)?;
    let (client, server) = (client.transpose()?, server.transpose()?);
    Ok(Attempt { facts, client, server, documented, warnings, left_out })
}

/// The same, and a side that cannot be made leaves the other as it is.
pub fn attempt(
    openapi: &Path,
    name: Option<&str>,
    sides: Sides,
    shape: Shape,
) -> Result<Attempt<Option<SideResult>>, CodegenError> {
    let file = file_name(openapi);
    let prepared = Prepared::read(name.map_or_else(|| stem(openapi), str::to_owned), openapi)?;
    let contract = &prepared.contract;
    let mut warnings = prepared.notes.clone();
    let lowered = lower::lower(contract).map_err(CodegenError::Unsupported)?;
    warnings.extend(lowered.losses.iter().map(|loss: &Loss| loss.diagnostic(contract.document())));
    let title = if shape == Shape::Crate { contract.title() } else { contract.name() };
    let mut facts = Facts::new(&lowered, &file, [name.unwrap_or(title), contract.name()]);
    // The module `r#type` lies in `type.rs`.
    let module = names::snake(contract.name());
    let module = module.trim_start_matches("r#");
    let client = || client_files(&lowered, shape, module, &file);
    let server = || server_files(&lowered, shape, module, file.clone());
    let (client, server) = match sides {
        Sides::Client => (Some(client()), None),
        Sides::Server => (None, Some(server())),
        Sides::Both => {
            let (client, server) = beside(client, server);
            (Some(client), Some(server))
        }
    };
    let server = server.map(|server| {
        let (files, losses) = server?;
        warnings.extend(losses);
        Ok(files)
    });
    warnings.sort_by_key(|warning| warning.position.as_ref().map_or(0, |position| position.range.start));
    facts.tell(&warnings, &prepared.left_out);
    let documented = contract.operations().len() + prepared.left_out.len();
    Ok(Attempt { facts, client, server, documented, warnings, left_out: prepared.left_out })
}

/// Does both at a time, each of which takes about as long as the other.
fn beside<A: Send, B>(one: impl Fn() -> A + Sync, other: impl Fn() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, &one);
        let other = other();
        let one = match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // There is no thread to be had.
            Err(_) => one(),
        };
        (one, other)
    })
}

fn client_files(
    draft: &Draft<'_>,
    shape: Shape,
    module: &str,
    file: &str,
) -> Result<Vec<Artifact>, CodegenError> {
    let runtime = Runtime { path: "::rescind_client".to_owned() };
    let emitted = client::emit(draft, &runtime)
        .map_err(|source| CodegenError::Client { contract: draft.contract.name().to_owned(), source })?;
    Ok(match shape {
        Shape::Crate => client_crate(emitted, file),
        Shape::Module => vec![Artifact::from_file(format!("{module}.rs"), file, &emitted)],
    })
}

fn server_files(
    draft: &Draft<'_>,
    shape: Shape,
    module: &str,
    file: String,
) -> Result<(Vec<Artifact>, Vec<Diagnostic>), CodegenError> {
    let options = server::Options {
        runtime: "::rescind_server::runtime".to_owned(),
        document: DocumentPlace::Beside,
        source: file,
    };
    let folder = match shape {
        Shape::Crate => Path::new("src"),
        Shape::Module => Path::new(module),
    };
    let contract = draft.contract.name().to_owned();
    let (mut files, losses) =
        server::files(folder, draft, &options).map_err(|source| CodegenError::Server { contract, source })?;
    if shape == Shape::Crate {
        for file in files.iter_mut().filter(|file| file.path == Path::new("src/mod.rs")) {
            file.path = "src/lib.rs".into();
            let (header, rest) = file.contents.split_once('\n').unwrap_or_default();
            file.contents = format!("{header}\n#![doc = include_str!(\"../README.md\")]\n{rest}");
        }
    }
    Ok((files, losses))
}

/// The name of the file without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "api".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The name of the file and not its place: the same document gives the same bytes anywhere.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| stem(path), |file| file.to_string_lossy().into_owned())
}

/// The client as a crate: its large modules are files of their own.
fn client_crate(mut file: syn::File, source: &str) -> Vec<Artifact> {
    let mut files = Vec::new();
    for item in &mut file.items {
        let Item::Mod(module) = item else { continue };
        if module.ident != "types" && module.ident != "builder" {
            continue;
        }
        if let Some((_, items)) = module.content.take() {
            module.semi = Some(syn::token::Semi::default());
            let path = format!("src/{}.rs", module.ident);
            let content = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
            files.push(Artifact::from_file(path, source, &content));
        }
    }
    file.attrs.extend([
        parse_quote!(#![doc = include_str!("../README.md")]),
        parse_quote!(#![allow(clippy::all, clippy::pedantic, clippy::allow_attributes, clippy::unwrap_used)]),
        parse_quote!(#![allow(missing_docs, nonstandard_style, unreachable_pub, unused_qualifications, rustdoc::all)]),
    ]);
    files.insert(0, Artifact::from_file("src/lib.rs", source, &file));
    files
}
