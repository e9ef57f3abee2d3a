//! What a lifecycle document says that a mock does not keep: told when it starts, so that nobody takes it for kept.

use rescind_specs::lifecycle::{Expression, Lifecycle, Piece, Template};
use rescind_specs::{Contract, OperationId};

/// A sentence for each.
pub(super) fn not_kept(contract: &Contract, lifecycle: &Lifecycle) -> Vec<String> {
    let mut sentences = Vec::new();
    for name in lifecycle.obtained.keys() {
        sentences.push(format!("obtained.{name}: it is given, and whatever stands in its place is accepted"));
    }
    for (name, kind) in &lifecycle.credentials {
        if let Some(issue) = &kind.issue {
            let in_body = |template: &Template| matches!(lone(template), Some(Expression::ResponseBody(_)));
            let is_told = issue.secret.iter().chain([&issue.id]).any(in_body);
            if is_told && !can_be_told(contract, &issue.call.operation) {
                sentences.push(format!(
                    "credentials.{name}.issue: {} is documented to answer neither JSON nor a form nor text, so nobody \
                     gets to know what it issues",
                    issue.call.operation
                ));
            }
        }
        for (token, spec) in &kind.tokens {
            let at = format!("credentials.{name}.tokens.{token}");
            let says_secret = spec.exchange.expressions().any(|known| known == Expression::CredentialSecret);
            let presents = contract
                .operation(&spec.exchange.operation)
                .is_some_and(|operation| !operation.security.schemes().is_empty());
            if says_secret && !presents {
                sentences.push(format!(
                    "{at}: a credential in the body of {} is not looked at, so it is answered by its example",
                    spec.exchange.operation
                ));
            } else if !matches!(lone(&spec.token), Some(Expression::ResponseBody(_))) {
                sentences.push(format!("{at}: a token is given in the body of an answer only"));
            }
        }
    }
    sentences
}

fn lone(template: &Template) -> Option<&Expression> {
    match template.pieces() {
        [Piece::Expression(expression)] => Some(expression),
        _ => None,
    }
}

fn can_be_told(contract: &Contract, operation: &OperationId) -> bool {
    let mut responses =
        contract.operation(operation).into_iter().flat_map(|operation| operation.responses.iter());
    responses.any(|response| {
        let mut types = response.content.iter().map(|content| &content.media_type);
        types.any(|media_type| media_type.is_json() || media_type.is_form() || media_type.is_text())
    })
}

#[cfg(test)]
mod tests {
    use rescind_specs::Document;

    use super::*;

    const OPENAPI: &str = "
openapi: 3.0.3
info: { title: One, version: '1' }
paths:
  /forgery:
    get: { operationId: forgery, responses: { '200': { description: It. } } }
  /keys:
    post:
      operationId: create
      responses:
        '201': { description: It., content: { image/png: { schema: { type: string } } } }
  /tokens:
    post:
      operationId: exchange
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses:
        '200': { description: It., content: { application/json: { schema: { type: object } } } }
";
    const LIFECYCLE: &str = "
callers: {}
obtained:
  forgery:
    about: A token.
    call: { operation: forgery }
    success: { status: 200 }
    values: { token: $response.cookie.forgery }
credentials:
  key:
    about: A key.
    issue:
      call: { operation: create }
      success: { status: 201 }
      id: $response.header.Location
      unknown_id: '{$unique}'
      secret: $response.body
    tokens:
      access:
        exchange: { operation: exchange, body: { secret: $credential.secret } }
        success: { status: 200 }
        token: $response.body#/token
        lifetime: 1h
        after_revocation: dies
        present: {}
requirements: []
";

    #[test]
    fn what_is_not_kept_is_told() {
        let openapi = Document::parse("openapi.yaml", OPENAPI).unwrap();
        let lifecycle = Document::parse("lifecycle.yaml", LIFECYCLE).unwrap();
        let contract = Contract::new("one", openapi, Some(&lifecycle)).unwrap();
        let told = not_kept(&contract, contract.lifecycle().unwrap());
        let expected = [
            "obtained.forgery: it is given, and whatever stands in its place is accepted",
            "credentials.key.issue: create is documented to answer neither JSON nor a form nor text, so nobody gets to \
             know what it issues",
            "credentials.key.tokens.access: a credential in the body of exchange is not looked at, so it is answered by \
             its example",
        ];
        assert_eq!(told, expected);
    }
}
