//! The README of a generated crate.

use std::fmt::Write as _;

use super::facts::{Facts, OperationFacts};
use super::package::Side;

/// Whether stubs learn who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Callers {
    /// No operation takes credentials.
    Unknown,
    /// Whoever implements the stubs says whom credentials belong to.
    Authenticated,
}

/// The text, with the command that makes the crate again.
pub(super) fn text(facts: &Facts, side: Side, package: &str, command: &str, callers: Callers) -> String {
    let mut text = format!(
        "<!-- {} -->\n# {package}\n\n{}\n",
        super::folder::mark(&facts.file),
        introduction(facts, side)
    );
    let library = package.replace('-', "_");
    match side {
        Side::Client => client_example(&mut text, facts, &library),
        Side::Server => server_example(&mut text, &library, callers),
    }
    credentials(&mut text, facts, side);
    operations(&mut text, facts, side);
    losses(&mut text, facts);
    let _ = write!(text, "\n## Generate again\n\n```console\n$ {command}\n```\n");
    text
}

fn introduction(facts: &Facts, side: Side) -> String {
    let what = match side {
        Side::Client => "A typed client of",
        Side::Server => "Server stubs, on axum, of",
    };
    let mut text = format!("{what} {}", prose(facts.called()));
    if !facts.version.is_empty() {
        let _ = write!(text, ", version {}", prose(&facts.version));
    }
    let _ = writeln!(text, ", generated from `{}`.", code(&facts.file));
    if side == Side::Client && !facts.servers.is_empty() {
        text.push_str("\nDocumented servers:\n\n");
        for server in &facts.servers {
            let _ = writeln!(text, "- `{}`", code(server));
        }
    }
    text
}

fn client_example(text: &mut String, facts: &Facts, library: &str) {
    let Some(call) = facts.easiest() else { return };
    let server = facts.servers.iter().find(|server| server.starts_with("http"));
    let server = server.map_or("https://api.example.com", String::as_str);
    let given: String = facts.schemes.iter().take(1).map(|scheme| scheme.given.as_str()).collect();
    let _ = write!(
        text,
        "\n## Call an operation\n\n```rust,no_run\nuse {library}::{{Client, Credentials}};\n\n\
         # async fn call() {{\n\
         let credentials = Credentials::new(){given};\n\
         let client = Client::new({server:?}).with_credentials(credentials);\n\
         match client.{}(){}.send().await {{\n    \
             Ok(answer) => println!(\"{{}}\", answer.status()),\n    \
             Err(error) => println!(\"{{error}}\"),\n\
         }}\n# }}\n```\n\n\
         A documented failure is a variant of the error's enum: ask `error.documented()`. Nothing is sent when a \
         required\nparameter or body was not given, and the error says which.\n",
        call.function,
        arguments(call)
    );
    if call.texts.is_none() {
        text.push_str(
            "This operation needs more than its name: give it its parameters and its body before `send`.\n",
        );
    }
}

fn arguments(call: &OperationFacts) -> String {
    call.texts.iter().flatten().fold(String::new(), |mut text, name| {
        let _ = write!(text, ".{name}(\"…\")");
        text
    })
}

fn server_example(text: &mut String, library: &str, callers: Callers) {
    let (imports, authenticate) = match callers {
        Callers::Unknown => {
            ("use {library}::{Api, router};\nuse rescind_server::runtime::{Limits, Mode};", "{}")
        }
        Callers::Authenticated => (
            "use {library}::{Api, Credentials, Operation, router};\n\
             use rescind_server::runtime::{Context, Limits, Mode, Presented, Refused};",
            "{\n    \
                 type Caller = ();\n\n    \
                 async fn authenticate(\n        \
                     &self,\n        \
                     _: Operation,\n        \
                     _: &Presented<Credentials>,\n        \
                     _: &Context,\n    \
                 ) -> Result<(), Refused> {\n        \
                     Ok(())\n    \
                 }\n\
             }",
        ),
    };
    let _ = write!(
        text,
        "\n## Serve it\n\nImplement `Api`: one method an operation. Those that are not written answer as not \
         implemented; with\n`Mode::Examples` they answer with the documented example. A request that breaks the \
         contract reaches no method.\n\n\
         ```rust,no_run\n\
         use std::sync::Arc;\n\n\
         {}\n\n\
         struct Service;\n\n\
         impl Api for Service {authenticate}\n\n\
         # fn serve() -> Result<(), Box<dyn std::error::Error>> {{\n\
         let app = router(Arc::new(Service), Limits::default(), Mode::Examples)?;\n\
         # drop(app);\n\
         # Ok(())\n\
         # }}\n```\n\n`app` is an `axum::Router`.\n",
        imports.replace("{library}", library)
    );
}

fn credentials(text: &mut String, facts: &Facts, side: Side) {
    if facts.schemes.is_empty() {
        return;
    }
    text.push_str("\n## Credentials\n\n");
    match side {
        Side::Client => {
            text.push_str("| scheme | what it is | give it with `Credentials::new()` and |\n|---|---|---|\n");
        }
        Side::Server => text.push_str("| scheme | what it is |\n|---|---|\n"),
    }
    for scheme in &facts.schemes {
        let _ = write!(text, "| {} | {} |", cell(&scheme.name), cell(&scheme.about));
        if side == Side::Client {
            let given =
                if scheme.given.is_empty() { String::new() } else { format!("`{}`", cell(&scheme.given)) };
            let _ = write!(text, " {given} |");
        }
        text.push('\n');
    }
    text.push_str(match side {
        Side::Client => {
            "\nEach operation sends those that the document asks for, and no other. Where several schemes are of one \
             kind,\n`.scheme(NAME, …)` tells them apart.\n"
        }
        Side::Server => {
            "\n`Api::authenticate` says whom they belong to; it is called where credentials are documented and complete.\n"
        }
    });
}

fn operations(text: &mut String, facts: &Facts, side: Side) {
    let function = if side == Side::Client { "function of `Client`" } else { "method of `Api`" };
    let _ = write!(text, "\n## Operations\n\n| operation | {function} | |\n|---|---|---|\n");
    for operation in &facts.operations {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} |",
            cell(&code(&operation.signature)),
            operation.function,
            cell(&prose(&operation.summary))
        );
    }
}

fn losses(text: &mut String, facts: &Facts) {
    if !facts.left_out.is_empty() {
        text.push_str("\n## Operations that are missing\n\n| operation | why |\n|---|---|\n");
        for (signature, reason) in &facts.left_out {
            let _ = writeln!(text, "| `{}` | {} |", cell(&code(signature)), cell(&prose(reason)));
        }
    }
    if facts.losses.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n## Not carried\n\nWhat `{}` says and the code cannot express, with line and column:\n\n",
        code(&facts.file)
    );
    for loss in &facts.losses {
        let _ = writeln!(text, "- {}", prose(loss));
    }
}

/// A text of the document that cannot begin a block, a link, a tag or code that is tested.
fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '#') {
            safe.push('\\');
        }
        safe.push(sign);
    }
    safe.replace("```", "'''").replace("~~~", "~")
}

/// A text of the document within a code span.
fn code(text: &str) -> String {
    text.replace('`', "'")
}

/// A text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
