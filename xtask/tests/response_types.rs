//! Whatever schemas, operations and responses are called, each response is decoded as its own schema.
//!
//! Documents are made of few names that the generator is fond of, so that they clash; every schema has one member that
//! no other schema has.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use rescind_specs::{Contract, Document};
use serde_json::{Map, Value, json};
use syn::visit_mut::{self, VisitMut};
use xtask::emit::client::{self, Runtime};
use xtask::lower;

const OPERATIONS: [&str; 6] = ["opX", "op_x", "opXOk", "foo", "fooNot", "error"];
const STATUSES: [&str; 8] = ["200", "201", "302", "400", "404", "4XX", "5XX", "default"];
const MEDIA_TYPES: [&str; 3] = ["application/json", "application/problem+json", "application/vnd.x+json"];
const NAMES: [&str; 16] = [
    "OpXResponse",
    "OpXBody",
    "OpXOk",
    "OpXOkBody",
    "OpXOkOk",
    "OpXError",
    "OpXSuccess",
    "OpXNotFound",
    "opX_ok",
    "FooFound",
    "FooNotFound",
    "FooNotFoundBody",
    "FooDefault",
    "Error",
    "ErrorError",
    "String",
];

/// Choices that are the same in every run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        // The generator of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A document, and the member of each body by operation and status.
struct Made {
    document: Value,
    members: BTreeMap<(String, String), Vec<String>>,
}

fn make(seed: u64) -> Made {
    let mut choices = Choices(seed);
    let mut count = 0;
    let mut schema = |choices: &mut Choices| {
        count += 1;
        let member = format!("m{count}");
        let mut schema = json!({ "type": "object", "required": [member], "properties": { &member: { "type": "string" } } });
        if choices.chance() {
            schema["title"] = json!(NAMES[choices.below(NAMES.len())]);
        }
        (schema, member)
    };
    let mut components = Map::new();
    let mut component_members = Vec::new();
    for name in NAMES {
        if choices.chance() {
            let (made, member) = schema(&mut choices);
            components.insert(name.to_owned(), made);
            component_members.push((name, member));
        }
    }
    let mut paths = Map::new();
    let mut members = BTreeMap::new();
    for id in OPERATIONS {
        let mut responses = Map::new();
        for status in STATUSES {
            // Every operation documents something.
            if choices.chance() && status != "200" {
                continue;
            }
            let mut content = Map::new();
            for media_type in &MEDIA_TYPES[..=choices.below(MEDIA_TYPES.len())] {
                let component = choices.below(component_members.len() + 1);
                let (body, member) = match component_members.get(component) {
                    // The same schema under two media types is one body.
                    Some((name, member)) if !content.values().any(|other| refers_to(other, name)) => {
                        (json!({ "$ref": format!("#/components/schemas/{name}") }), member.clone())
                    }
                    _ => schema(&mut choices),
                };
                content.insert((*media_type).to_owned(), json!({ "schema": body }));
                members.entry((id.to_owned(), status.to_owned())).or_insert_with(Vec::new).push(member);
            }
            responses.insert(status.to_owned(), json!({ "description": "d", "content": content }));
        }
        let mut operation = json!({ "operationId": id, "responses": responses });
        if choices.chance() {
            let (body, _) = schema(&mut choices);
            operation["requestBody"] = json!({ "content": { "application/json": { "schema": body } } });
        }
        paths.insert(format!("/{id}"), json!({ "post": operation }));
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "clash", "version": "1" },
        "paths": paths,
        "components": { "schemas": components },
    });
    Made { document, members }
}

fn refers_to(content: &Value, name: &str) -> bool {
    content["schema"]["$ref"] == json!(format!("#/components/schemas/{name}"))
}

/// Reads from generated code what each status is decoded as.
#[derive(Default)]
struct Decoded {
    /// Names of types, by pattern.
    types: BTreeMap<String, Vec<String>>,
    pattern: Option<String>,
}

impl VisitMut for Decoded {
    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        let outer = self.pattern.is_none();
        if outer {
            self.pattern = Some(pattern(&arm.pat));
        }
        visit_mut::visit_arm_mut(self, arm);
        if outer {
            self.pattern = None;
        }
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let Some(turbofish) = call.turbofish.as_ref().filter(|_| call.method == "json") else { return };
        let Some(syn::GenericArgument::Type(syn::Type::Path(path))) = turbofish.args.first() else { return };
        let name = path.path.segments.last().unwrap().ident.to_string();
        if let Some(pattern) = &self.pattern {
            self.types.entry(pattern.clone()).or_default().push(name);
        }
    }
}

/// A pattern of statuses as the document writes it.
fn pattern(pattern: &syn::Pat) -> String {
    let number = |expr: &syn::Expr| match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => {
            number.base10_parse::<u16>().unwrap()
        }
        _ => panic!("no number"),
    };
    match pattern {
        syn::Pat::Wild(_) => "default".to_owned(),
        syn::Pat::Range(range) => format!("{}XX", number(range.start.as_ref().unwrap()) / 100),
        syn::Pat::Lit(literal) => number(&syn::Expr::Lit(literal.clone())).to_string(),
        _ => "another".to_owned(),
    }
}

/// The fields of each struct of the module `types`.
fn fields(file: &syn::File) -> BTreeMap<String, Vec<String>> {
    let types = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let structs = types.unwrap().1.iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some(item),
        _ => None,
    });
    let named = structs.map(|item| {
        let fields = item.fields.iter().map(|field| field.ident.as_ref().unwrap().to_string());
        (item.ident.to_string(), fields.collect())
    });
    named.collect()
}

#[test]
fn every_response_has_the_members_of_its_schema() {
    for seed in 0..24 {
        let Made { document, members } = make(seed);
        let text = serde_json::to_string_pretty(&document).unwrap();
        let contract = Contract::new("clash", Document::parse("clash", text).unwrap(), None).unwrap();
        let draft = lower::lower(&contract).unwrap();
        let runtime = Runtime { path: "::rescind_client".to_owned() };
        let mut file = client::emit(&draft, &runtime).unwrap();
        let fields = fields(&file);
        let builder = file.items.iter_mut().find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == "builder" => module.content.as_mut(),
            _ => None,
        });
        let mut found = BTreeMap::new();
        for item in &mut builder.unwrap().1 {
            let syn::Item::Impl(item) = item else { continue };
            let syn::Type::Path(path) = &*item.self_ty else { continue };
            let name = path.path.segments.last().unwrap().ident.to_string();
            let mut decoded = Decoded::default();
            decoded.visit_item_impl_mut(item);
            for (status, types) in decoded.types {
                found.insert((name.clone(), status), types);
            }
        }
        for call in &draft.calls {
            for reply in &call.replies {
                let key = (call.operation.id.0.clone(), reply.status.to_string());
                let types = &found[&(call.type_name.clone(), reply.status.to_string())];
                let told: Vec<String> = types.iter().flat_map(|name| fields[name].clone()).collect();
                assert_eq!(told, members[&key], "seed {seed}: {key:?} is decoded as {types:?}");
            }
        }
    }
}
