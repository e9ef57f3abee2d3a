//! The document as a whole: its operations, and where they are.

use std::collections::{BTreeMap, HashMap};

use rescind_specs::{Operation, PathPiece, Pointer};
use serde_json::Value;

use super::{Class, Comparison};

/// Method and path, with the names of parameters taken out.
fn shape(operation: &Operation) -> String {
    let mut shape = format!("{} ", operation.method);
    for piece in operation.path.pieces() {
        match piece {
            PathPiece::Literal(text) => shape.push_str(text),
            PathPiece::Parameter(_) => shape.push_str("{}"),
        }
    }
    shape
}

impl<'e> Comparison<'e> {
    pub(super) fn document(&mut self) {
        self.servers();
        self.left_out();
        self.schemes();
        let after: HashMap<String, &'e Operation> =
            self.new.contract.operations().iter().map(|operation| (shape(operation), operation)).collect();
        let before: HashMap<String, &'e Operation> =
            self.old.contract.operations().iter().map(|operation| (shape(operation), operation)).collect();
        let paths = Pointer::root().join("paths");
        for old in self.old.contract.operations() {
            self.operation = Some(old.signature());
            match after.get(&shape(old)) {
                Some(new) => self.operation(old, new),
                None if self.is_left_out(old) => {}
                None => self.tell(
                    Class::Breaking,
                    "operation-removed",
                    format!("{} is gone", old.signature()),
                    "callers of it get an error",
                    (&old.pointer, Some(format!("operation {}", old.id))),
                    (&paths, None),
                ),
            }
        }
        for new in self.new.contract.operations() {
            if !before.contains_key(&shape(new)) {
                self.operation = Some(new.signature());
                self.tell(
                    Class::Compatible,
                    "operation-added",
                    format!("{} is new", new.signature()),
                    "nobody calls it yet",
                    (&paths, None),
                    (&new.pointer, Some(format!("operation {}", new.id))),
                );
            }
        }
        self.operation = None;
    }

    fn is_left_out(&self, operation: &Operation) -> bool {
        let signature = operation.signature();
        self.new.left_out.iter().any(|left_out| signature.ends_with(&left_out.signature))
    }

    /// An operation that could not be read cannot be compared.
    fn left_out(&mut self) {
        let told = |edition: &super::Edition| -> BTreeMap<String, Vec<String>> {
            let reasons = |left_out: &rescind_specs::LeftOut| {
                left_out.reasons.iter().map(|reason| reason.message.to_string()).collect()
            };
            edition.left_out.iter().map(|left_out| (left_out.signature.clone(), reasons(left_out))).collect()
        };
        let (before, after) = (told(self.old), told(self.new));
        let paths = Pointer::root().join("paths");
        let signatures: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for signature in signatures {
            if before.get(signature) == after.get(signature) {
                continue;
            }
            let reason = |side: Option<&Vec<String>>| side.map(|reasons| reasons.join("; "));
            self.tell(
                Class::Unclassified,
                "operation-unreadable",
                format!("{signature} could not be read"),
                "an operation that cannot be read cannot be compared",
                (&paths, reason(before.get(signature))),
                (&paths, reason(after.get(signature))),
            );
        }
    }

    fn operation(&mut self, old: &'e Operation, new: &'e Operation) {
        if old.id != new.id {
            self.tell(
                Class::Compatible,
                "operation-renamed",
                format!("{} goes by another operationId", old.signature()),
                "requests and answers stay what they were; generated names change",
                (&old.pointer.join("operationId"), Some(old.id.to_string())),
                (&new.pointer.join("operationId"), Some(new.id.to_string())),
            );
        }
        self.deprecation("operation", &old.signature(), &old.pointer, &new.pointer);
        self.security(old, new);
        self.parameters(old, new);
        self.request_body(old, new);
        self.responses(old, new);
        for keyword in ["callbacks", "servers"] {
            let (before, after) = self.documents();
            let (was, now) = (old.pointer.join(keyword), new.pointer.join(keyword));
            let said = |value: Option<&Value>| value.map(|_| format!("`{keyword}`"));
            let (from, to) = (before.get(&was), after.get(&now));
            if from != to {
                let (from, to) = (said(from), said(to));
                self.tell(
                    Class::Unclassified,
                    "operation-part-changed",
                    format!("`{keyword}` of {} differ", old.signature()),
                    "these are compared as a whole only",
                    (&was, from),
                    (&now, to),
                );
            }
        }
    }

    /// Whether something became, or ceased to be, `deprecated`.
    pub(super) fn deprecation(&mut self, kind: &str, name: &str, old: &Pointer, new: &Pointer) {
        let (before, after) = self.documents();
        let flag = |document: &rescind_specs::Document, at: &Pointer| {
            document.get(&at.join("deprecated")).and_then(Value::as_bool).unwrap_or_default()
        };
        let places = (old.join("deprecated"), new.join("deprecated"));
        match (flag(before, old), flag(after, new)) {
            (false, true) => self.tell(
                Class::Warning,
                "deprecated",
                format!("{kind} {name} is deprecated"),
                "it still works, and is to go",
                (&places.0, None),
                (&places.1, Some("deprecated".to_owned())),
            ),
            (true, false) => self.tell(
                Class::Compatible,
                "deprecation-removed",
                format!("{kind} {name} is not deprecated any more"),
                "it is to stay",
                (&places.0, Some("deprecated".to_owned())),
                (&places.1, None),
            ),
            _ => {}
        }
    }

    fn servers(&mut self) {
        let at = Pointer::root().join("servers");
        let (before, after) = (self.old.contract.servers(), self.new.contract.servers());
        for (index, url) in before.iter().enumerate().filter(|(_, url)| !after.contains(url)) {
            self.tell(
                Class::Breaking,
                "server-removed",
                format!("the server {url} is gone"),
                "callers that use it reach nothing",
                (&at.index(index), Some(url.clone())),
                (&at, None),
            );
        }
        for (index, url) in after.iter().enumerate().filter(|(_, url)| !before.contains(url)) {
            self.tell(
                Class::Compatible,
                "server-added",
                format!("the server {url} is new"),
                "nobody has to use it",
                (&at, None),
                (&at.index(index), Some(url.clone())),
            );
        }
    }
}
