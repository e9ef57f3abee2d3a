//! What an answer shows beside its body: identifiers and secrets in headers and cookies, and values that are obtained.

use rescind_specs::Operation;
use rescind_specs::lifecycle::{Expression, Issue, Piece, Template};

use super::Engine;
use super::form::Form;
use super::issue::Draft;
use crate::id::{Alphabet, Format};
use crate::runtime::Answer;

impl Draft {
    /// The answer with the identifier and the secret wherever they stand beside the body.
    pub(super) fn shown_beside_the_body(&self, issue: &Issue, answer: Answer) -> Answer {
        let mut answer = answer;
        if issue.secret.as_ref() != Some(&issue.id) {
            answer = show(answer, &issue.id, &self.id);
        }
        match (&issue.secret, &self.secret) {
            (Some(template), Some(secret)) => show(answer, template, secret.expose()),
            _ => answer,
        }
    }
}

impl Engine {
    /// The answer to a call that gives values for other calls, where it gives them beside the body.
    pub(super) fn obtained(&self, operation: &Operation) -> Option<Answer> {
        let mut all = self.0.lifecycle.obtained.values();
        let obtained = all.find(|obtained| obtained.call.operation == operation.id)?;
        if !obtained.values.values().any(is_beside_the_body) {
            return None;
        }
        let form = Form::documented(&self.0.contract, operation, &vec![vec![&obtained.success]])?;
        let answer = form.fill(form.body().cloned(), &|_| None);
        let value = || self.ids().make(&Format::new("", Alphabet::LowerHex, 32));
        Some(obtained.values.values().fold(answer, |answer, template| show(answer, template, &value())))
    }
}

fn is_beside_the_body(template: &Template) -> bool {
    matches!(
        template.pieces(),
        [Piece::Expression(Expression::ResponseHeader(_) | Expression::ResponseCookie(_))]
    )
}

/// The answer with a value in the header or the cookie that the template names, if it names one.
fn show(mut answer: Answer, template: &Template, value: &str) -> Answer {
    match template.pieces() {
        [Piece::Expression(Expression::ResponseHeader(name))] => {
            // What the document has there is an example.
            answer.headers.remove(name.as_str());
            answer.with_header(name, value)
        }
        [Piece::Expression(Expression::ResponseCookie(name))] => {
            answer.with_header("set-cookie", &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"))
        }
        _ => answer,
    }
}
