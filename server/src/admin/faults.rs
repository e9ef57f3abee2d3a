//! The faults over the admin listener.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

use super::Admin;
use super::answer::Refusal;
use crate::fault::Fault;

#[derive(Serialize)]
pub(super) struct Shown {
    name: &'static str,
    about: &'static str,
    is_on: bool,
    breaks: Vec<String>,
    needs_replicas: bool,
}

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<Shown>> {
    let shown = Fault::ALL.iter().map(|fault| Shown {
        name: fault.name(),
        about: fault.about(),
        is_on: admin.state.faults().is_on(*fault),
        breaks: fault.requirements().collect(),
        needs_replicas: fault.needs_replicas(),
    });
    Json(shown.collect())
}

pub(super) async fn set(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Vec<&'static str>>, Refusal> {
    admin.state.faults().set(name.parse()?);
    Ok(on(&admin))
}

pub(super) async fn clear(
    State(admin): State<Admin>,
    Path(name): Path<String>,
) -> Result<Json<Vec<&'static str>>, Refusal> {
    admin.state.faults().clear(name.parse()?);
    Ok(on(&admin))
}

pub(super) async fn clear_all(State(admin): State<Admin>) -> Json<Vec<&'static str>> {
    admin.state.faults().clear_all();
    on(&admin)
}

fn on(admin: &Admin) -> Json<Vec<&'static str>> {
    Json(admin.state.faults().on().map(Fault::name).collect())
}
