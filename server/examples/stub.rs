//! A contract of one's own, served from stubs that `cargo xtask codegen` wrote.
//!
//! ```text
//! cargo run -p rescind-server --example stub -- 127.0.0.1:8080
//!
//! curl -i localhost:8080/health                                     # 204
//! curl -i localhost:8080/notes                                      # 401, in the document's own envelope
//! curl -i localhost:8080/notes -H 'authorization: Bearer ada' --json '{"text":"Buy milk."}'    # 201
//! curl -i localhost:8080/notes -H 'authorization: Bearer ada' --json '{"text":""}'             # 400
//! curl -i localhost:8080/notes -H 'authorization: Bearer ada'       # 200
//! curl -i localhost:8080/notes/1/text -H 'authorization: Bearer ada'    # not written below: the example
//! ```

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

#[rustfmt::skip]
#[path = "../../xtask/tests/golden/notes/server.rs"]
mod notes;

use std::sync::{Arc, Mutex, PoisonError};

use notes::request::{AddNoteRequest, GetHealthRequest, ListNotesRequest};
use notes::response::{AddNoteCreatedHeaders, AddNoteResponse, GetHealthResponse, ListNotesResponse};
use notes::types::{ListNotesOk, Note};
use notes::{Api, Credentials, Operation};
use rescind_server::runtime::{Context, Failure, Limits, Mode, Presented, Refused};

/// All notes, each with whose it is.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<(String, Note)>>);

impl Api for Notes {
    /// The name of the caller, which serves as its token here.
    type Caller = String;

    async fn authenticate(
        &self,
        _: Operation,
        presented: &Presented<Credentials>,
        _: &Context,
    ) -> Result<String, Refused> {
        match presented.first() {
            Credentials::Token(token) if token.expose() == "nobody" => Err(Refused::because("unknown")),
            Credentials::Token(token) => Ok(token.expose().to_owned()),
        }
    }

    async fn list_notes(
        &self,
        caller: String,
        request: ListNotesRequest,
    ) -> Result<ListNotesResponse, Failure> {
        let limit = usize::try_from(request.limit)?;
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = notes.iter().rev().filter(|(owner, _)| *owner == caller).map(|(_, note)| note.clone());
        Ok(ListNotesResponse::Ok(ListNotesOk(own.take(limit).collect())))
    }

    async fn add_note(&self, caller: String, request: AddNoteRequest) -> Result<AddNoteResponse, Failure> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from(request.body.text);
        let note = Note { id: u64::try_from(notes.len())? + 1, text };
        notes.push((caller, note.clone()));
        let headers = AddNoteCreatedHeaders { location: format!("/notes/{}/text", note.id) };
        Ok(AddNoteResponse::Created { body: note, headers })
    }

    async fn get_health(&self, _: GetHealthRequest) -> Result<GetHealthResponse, Failure> {
        Ok(GetHealthResponse::NoContent)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    // What is not implemented shows the documented example.
    let routes = notes::router(Arc::new(Notes::default()), Limits::default(), Mode::Examples)?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}
