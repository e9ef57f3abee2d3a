//! What is missing or contradictory in a lifecycle document that could be read, seen together with its OpenAPI
//! document: one rule a file, each with a page of its own.
//!
//! Mistakes in names and shape are none of this: with such a document there is no contract at all.

mod binding_without_source;
mod cannot_present;
mod contradictory_condition;
mod contradictory_issue;
mod contradictory_times;
mod contradictory_ways;
mod invalid_call;
mod members;
mod no_documented_success;
mod no_requirements;
mod nothing_is_judged;
mod nothing_shows_revocation;
mod open_question;
mod overlapping_probe;
mod pending_requirement;
mod preferred_is_no_answer;
mod probe_needs_no_credential;
mod revokes_whatever;
mod survey;
#[cfg(test)]
mod tests;
mod unaccounted_operation;
mod undocumented_status;
mod unknown_id_form;
mod unknown_member;
mod unused_name;
mod unused_presentation;

use self::survey::Survey;
use crate::{Contract, Diagnostic, Severity};

/// A rule of the lint of lifecycle documents.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its identifier: the name of its file.
    pub id: &'static str,
    /// How bad what it finds is.
    pub severity: Severity,
    /// What it finds, in a sentence.
    pub finds: &'static str,
    /// Why that matters and what to do about it.
    pub page: &'static str,
    check: fn(&mut Survey<'_>),
}

/// All rules, in the order of the manual.
pub const RULES: &[Rule] = &[
    open_question::RULE,
    nothing_is_judged::RULE,
    no_requirements::RULE,
    nothing_shows_revocation::RULE,
    revokes_whatever::RULE,
    overlapping_probe::RULE,
    probe_needs_no_credential::RULE,
    cannot_present::RULE,
    unused_presentation::RULE,
    invalid_call::RULE,
    undocumented_status::RULE,
    no_documented_success::RULE,
    unknown_member::RULE,
    unknown_id_form::RULE,
    contradictory_condition::RULE,
    preferred_is_no_answer::RULE,
    contradictory_times::RULE,
    contradictory_issue::RULE,
    contradictory_ways::RULE,
    binding_without_source::RULE,
    pending_requirement::RULE,
    unused_name::RULE,
    unaccounted_operation::RULE,
];

/// What the rules find in the lifecycle document of a contract, in the order of the text. Without such a document there
/// is nothing to find.
pub fn lint_lifecycle(contract: &Contract) -> Vec<Diagnostic> {
    let (Some(lifecycle), Some(document)) = (contract.lifecycle(), contract.lifecycle_document()) else {
        return Vec::new();
    };
    let mut survey = Survey::new(contract, lifecycle, document);
    for rule in RULES {
        survey.run(rule);
    }
    survey.done()
}
