//! The lifecycle language: its schema, the bundled documents, what mistakes look like, and its small grammars.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use rescind_specs::lifecycle::{Coverage, Expression, Period, Piece, Template};
use rescind_specs::{Contract, Document, Lifecycle, LoadError, ParameterLocation, Pointer, Vendor};

#[test]
fn committed_schema_is_the_generated_one() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("lifecycle.schema.json");
    let mut generated = serde_json::to_string_pretty(&Lifecycle::json_schema()).unwrap();
    generated.push('\n');
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "specs/lifecycle.schema.json is not what the types say; run `UPDATE_SCHEMA=1 cargo test -p rescind-specs`"
    );
}

#[test]
fn bundled_contracts_load_without_errors_or_warnings() {
    for vendor in Vendor::ALL {
        let contract = vendor.contract().unwrap_or_else(|error| panic!("{}", error.render(false)));
        let warnings: Vec<String> = contract.warnings().iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{}", warnings.join("\n"));
        assert!(contract.lifecycle().is_some(), "{vendor} has no lifecycle");
    }
}

/// `specs/uncovered.txt` holds what no check covers, and nothing else.
#[test]
fn what_no_check_covers_is_listed_with_its_reason() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("uncovered.txt");
    let text = fs::read_to_string(path).unwrap();
    let mut listed: BTreeMap<&str, &str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is no `contract/R1: reason`")))
        .collect();
    let mut wrong = Vec::new();
    for vendor in Vendor::ALL {
        for requirement in &vendor.contract().unwrap().lifecycle().unwrap().requirements {
            let name = format!("{vendor}/{}", requirement.id);
            match (requirement.coverage(), listed.remove(name.as_str())) {
                (Coverage::Checked(_), Some(_)) => {
                    wrong.push(format!("{name} has a check by now: take it off the list"));
                }
                (Coverage::NotObserved(why) | Coverage::Pending(why), Some(reason)) if why != reason => {
                    wrong.push(format!("{name}: the list says {reason:?}, its document {why:?}"));
                }
                (Coverage::NotObserved(_) | Coverage::Pending(_), None) => {
                    wrong.push(format!("{name} has no check: write one; the list may not grow"));
                }
                _ => {}
            }
        }
    }
    wrong.extend(listed.into_keys().map(|name| format!("{name} is no requirement")));
    assert!(wrong.is_empty(), "specs/uncovered.txt: {}", wrong.join("\n"));
}

#[test]
fn requirements_are_complete_and_in_order() {
    for (vendor, count) in
        [(Vendor::WattShift, 19), (Vendor::Dinie, 22), (Vendor::ShiftAgent, 26), (Vendor::EntryTarget, 29)]
    {
        let requirements = &vendor.contract().unwrap().lifecycle().unwrap().requirements;
        let found: Vec<&str> = requirements.iter().map(|requirement| requirement.id.0.as_str()).collect();
        let documented: Vec<String> = (1..=count).map(|number| format!("R{number}")).collect();
        assert_eq!(found, documented, "{vendor}");
        for requirement in requirements {
            let sentence = &requirement.text;
            assert!(
                sentence.ends_with('.') && sentence.len() > 20,
                "{vendor}/{}: {sentence}",
                requirement.id
            );
            assert!(!requirement.source.is_empty(), "{vendor}/{} names no source", requirement.id);
            if let Coverage::Pending(what) | Coverage::NotObserved(what) = requirement.coverage() {
                assert!(what.len() > 10, "{vendor}/{} does not say why", requirement.id);
            }
        }
    }
}

#[test]
fn bundled_documents_satisfy_the_schema() {
    let schema = jsonschema::validator_for(&Lifecycle::json_schema()).unwrap();
    for vendor in Vendor::ALL {
        let [_, (name, text)] = vendor.documents();
        let document = Document::parse(name, text).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(document.root())
            .map(|error| format!("{name}#{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

/// A bundled document and what it becomes when it is written out again mean the same.
#[test]
fn typed_form_round_trips() {
    for vendor in Vendor::ALL {
        let lifecycle = vendor.contract().unwrap().lifecycle().unwrap();
        let written = serde_json::to_value(lifecycle).unwrap();
        let read: Lifecycle = serde_json::from_value(written).unwrap();
        assert_eq!(&read, lifecycle, "{vendor}");
    }
}

/// Each mistake: its name, a line of a bundled document, and what stands there instead.
const MISTAKES: [(&str, &str, &str); 18] = [
    ("unknown_operation", "operation: revokeCredential", "operation: revokeCredentials"),
    (
        "unknown_caller",
        "operation: revokeCredential\n        as: operator",
        "operation: revokeCredential\n        as: operater",
    ),
    ("misspelt_member", "propagation_delay: 0s", "propagation_dely: 0s"),
    ("misspelt_parameter_of_a_check", "token: access, at_most: 1h", "token: access, at_mots: 1h"),
    ("misspelt_check", "- secret_shown_once: {}", "- secret_shown_ones: {}"),
    ("bad_period", "propagation_delay: 0s", "propagation_delay: 5 minutes"),
    ("bad_expression", "id: $response.body#/client_id", "id: $response.boddy#/client_id"),
    ("bad_expression_in_a_body", "name: 'rescind {$unique}'", "name: 'rescind {$uniqe}'"),
    (
        "requirement_with_two_coverages",
        "not_observed: It needs two deployments of one partner, and a run judges one.",
        "not_observed: It needs two deployments of one partner.\n    pending: a second deployment",
    ),
    (
        "hook_that_does_something_else",
        "use_after_revocation: { within: 0s, watch: 25h }",
        "use_after_revocation: { within: 0s, watch: 25h, by: { hook: restart } }",
    ),
    (
        "unknown_hook",
        "use_after_revocation: { within: 0s, watch: 25h }",
        "use_after_revocation: { within: 0s, watch: 25h, then: restrat }",
    ),
    ("unknown_supplied_value", "name: 'rescind {$unique}'", "name: 'rescind {$supplied.tenant}'"),
    ("unknown_obtained_value", "name: 'rescind {$unique}'", "name: 'rescind {$obtained.csrf.token}'"),
    ("unknown_way", "others_unaffected: {}", "others_unaffected: { by: { way: everywhere } }"),
    ("way_that_ends_one", "others_unaffected: {}", "others_revoked: { by: call, within: 0s }"),
    ("missing_path_parameter", "        parameters: { client_id: $credential.id }\n", ""),
    ("wrong_token_name", "outstanding_tokens: { token: access }", "outstanding_tokens: { token: acess }"),
    (
        "presentation_of_the_wrong_shape",
        "basicAuth: { username: $credential.id, password: $credential.secret }",
        "basicAuth: $credential.secret",
    ),
];

#[test]
fn mistakes_are_shown_with_their_place() {
    let [(openapi, openapi_text), (name, text)] = Vendor::Dinie.documents();
    for (mistake, right, wrong) in MISTAKES {
        assert_eq!(text.matches(right).count(), 1, "{mistake}: the line is not there once");
        let document = Document::parse(name, text.replace(right, wrong)).unwrap();
        let openapi = Document::parse(openapi, openapi_text).unwrap();
        let error = Contract::new("mistaken", openapi, Some(&document)).unwrap_err();
        let LoadError::Invalid(diagnostics) = &error else { panic!("{mistake}: {error}") };
        for diagnostic in diagnostics {
            assert!(diagnostic.position.is_some(), "{mistake}: {diagnostic} has no place");
        }
        insta::assert_snapshot!(mistake, format!("{error}\n\n{}", error.render(false)));
    }
}

#[test]
fn periods_are_a_number_with_a_unit() {
    let read = |text: &str| text.parse::<Period>().map(|period| period.duration().as_millis());
    for (text, millis) in [
        ("0s", 0),
        ("1500ms", 1500),
        ("5m", 300_000),
        ("1h 30m", 5_400_000),
        ("1h30m", 5_400_000),
        ("2 d", 172_800_000),
    ] {
        assert_eq!(read(text), Ok(millis), "{text}");
    }
    for text in
        ["", " ", "5", "m", "-5m", "1.5h", "5 minutes", "PT5M", "99999999999999999999s", "9999999999999999d"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9_-]{0,12}"
}

fn pointer() -> impl Strategy<Value = Pointer> {
    proptest::collection::vec("[a-z0-9~/ .-]{0,8}", 0..4)
        .prop_map(|names| names.iter().fold(Pointer::root(), |pointer, name| pointer.join(name)))
}

fn expression() -> impl Strategy<Value = Expression> {
    let location = prop_oneof![
        Just(ParameterLocation::Path),
        Just(ParameterLocation::Query),
        Just(ParameterLocation::Header),
        Just(ParameterLocation::Cookie)
    ];
    prop_oneof![
        pointer().prop_map(Expression::RequestBody),
        pointer().prop_map(Expression::ResponseBody),
        (location, name()).prop_map(|(location, name)| Expression::RequestParameter(location, name)),
        name().prop_map(Expression::ResponseHeader),
        name().prop_map(Expression::ResponseCookie),
        Just(Expression::CallerId),
        Just(Expression::CallerSecret),
        (name(), name()).prop_map(|(name, value)| Expression::Obtained(name, value)),
        Just(Expression::CredentialId),
        Just(Expression::CredentialSecret),
        Just(Expression::OtherId),
        Just(Expression::Token),
        Just(Expression::PoolId),
        Just(Expression::PoolSecret),
        Just(Expression::DependentId),
        name().prop_map(Expression::Supplied),
        Just(Expression::Unique),
        Just(Expression::Expiry),
    ]
}

proptest! {
    #[test]
    fn periods_round_trip(millis in prop_oneof![0..10_000_u64, 0..u64::MAX]) {
        let period: Period = format!("{millis}ms").parse().unwrap();
        prop_assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
    }

    #[test]
    fn expressions_round_trip(expression in expression()) {
        prop_assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression);
    }

    #[test]
    fn templates_keep_their_text_and_their_expressions(before in "[a-z -]{0,6}", inner in expression(), after in "[a-z$-]{0,6}") {
        let text = format!("{before}{{{inner}}}{after}");
        let template: Template = text.parse().unwrap();
        prop_assert_eq!(template.as_str(), &text);
        prop_assert_eq!(template.expressions().collect::<Vec<_>>(), vec![&inner]);
        let again = String::from(template.clone()).parse::<Template>().unwrap();
        prop_assert_eq!(&again, &template);
        let literal: String = template.pieces().iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Expression(_) => None,
        }).collect();
        prop_assert_eq!(literal, format!("{before}{after}"));
    }

    #[test]
    fn no_text_makes_the_grammars_panic(text in any::<String>()) {
        let _ = text.parse::<Period>();
        let _ = text.parse::<Expression>();
        let _ = text.parse::<Template>();
        let _ = format!("x{{${text}}}").parse::<Template>();
    }
}

/// The manual of the language has every word of it.
#[test]
fn every_word_is_in_the_manual() {
    let manual = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let schema = Lifecycle::json_schema();
    let mut missing = Vec::new();
    let mut look = |place: &str, object: &serde_json::Value| {
        for word in object["properties"].as_object().into_iter().flat_map(|members| members.keys()) {
            if !manual.contains(word.as_str()) {
                missing.push(format!("{place}: {word}"));
            }
        }
    };
    look("document", &schema);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        look(name, definition);
        for variant in definition["oneOf"].as_array().into_iter().flatten() {
            look(name, variant);
        }
    }
    for id in rescind_specs::lifecycle::CheckSpec::IDS {
        if !manual.contains(&format!("`{id}`")) {
            missing.push((*id).to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "specs/README.md lacks words of the language");
}
