//! Which addresses look like production, where a run that changes something is to be meant.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What the address of a deployment looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Something that nobody depends on.
    Test,
    /// Something that people may depend on, and why.
    Production(String),
}

/// Top-level names that nobody can register, or that are used within houses.
const OWN: &[&str] =
    &["localhost", "local", "test", "example", "invalid", "internal", "intranet", "lan", "home", "corp"];
/// Domains that are kept for documents.
const DOCUMENTS: &[&str] = &["example.com", "example.net", "example.org"];
/// Second-level names below which others are registered.
const SHARED: &[&str] = &["co", "com", "net", "org", "gov", "edu", "ac"];
/// Words of a name that say what it is for.
const TESTS: &[&str] = &[
    "sandbox",
    "sbx",
    "staging",
    "stage",
    "stg",
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "tst",
    "qa",
    "preview",
    "review",
    "demo",
    "uat",
    "sit",
    "ci",
    "mock",
    "playground",
    "nonprod",
    "preprod",
    "localhost",
];
/// Words that say the opposite, whatever stands beside them.
const PRODUCTION: &[&str] = &["prod", "production", "live", "prd"];

/// What an address looks like, going by its host alone.
pub fn looks(url: &Url) -> Looks {
    match url.host() {
        Some(Host::Ipv4(address)) => of_address(is_own_v4(address)),
        Some(Host::Ipv6(address)) => of_address(is_own_v6(address)),
        Some(Host::Domain(name)) => of_name(name),
        None => Looks::Production("it names no host".to_owned()),
    }
}

fn of_address(own: bool) -> Looks {
    if own { Looks::Test } else { Looks::Production("its address is a public one".to_owned()) }
}

fn is_own_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // Addresses shared behind one of a provider: RFC 6598.
    let shared = first == 100 && (64..128).contains(&second);
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_documentation()
        || shared
}

fn is_own_v6(address: Ipv6Addr) -> bool {
    let documentation = address.segments().starts_with(&[0x2001, 0xdb8]);
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || documentation
        || address.to_ipv4_mapped().is_some_and(is_own_v4)
}

fn of_name(name: &str) -> Looks {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    // "non-prod" is one word.
    let name = name.replace("non-prod", "nonprod").replace("pre-prod", "preprod");
    let labels: Vec<&str> = name.split('.').collect();
    let [.., last] = labels.as_slice() else { return Looks::Test };
    // A name without a dot is resolved within a house, and so are these.
    let within = labels.len() == 1 || OWN.contains(last);
    let documents = DOCUMENTS.iter().any(|known| name == *known || name.ends_with(&format!(".{known}")));
    if within || documents {
        return Looks::Test;
    }
    let shared = labels.len() > 2 && SHARED.contains(&labels[labels.len() - 2]);
    let registered = labels.len() - if shared { 3 } else { 2 };
    let words = labels.iter().take(registered + 1).enumerate();
    let words = words.flat_map(|(place, label)| {
        let words: Vec<&str> = label.split(['-', '_']).map(without_number).collect();
        // What somebody is called says nothing of what runs there: dev.to is no test.
        if place == registered && words.len() == 1 { Vec::new() } else { words }
    });
    let words: Vec<&str> = words.collect();
    if let Some(word) = words.iter().find(|word| PRODUCTION.contains(word)) {
        return Looks::Production(format!("its name says {word:?}"));
    }
    if words.iter().any(|word| TESTS.contains(word)) {
        return Looks::Test;
    }
    let why = "no part of its name says that it is a test, such as sandbox, staging, dev, test, qa, preview or demo";
    Looks::Production(why.to_owned())
}

/// `staging2` is a staging.
fn without_number(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_test(host: &str) -> bool {
        looks(&format!("https://{host}/v3").parse().unwrap()) == Looks::Test
    }

    /// The decision table.
    #[test]
    fn hosts_are_told_apart() {
        let tests = [
            "localhost",
            "localhost:8080",
            "127.0.0.1",
            "127.8.8.8:1",
            "[::1]",
            "0.0.0.0",
            "10.0.0.7",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "192.0.2.1",
            "[fd00::1]",
            "[fe80::1]",
            "[2001:db8::1]",
            "[::ffff:10.0.0.1]",
            "ledger",
            "ledger:3000",
            "ledger.local",
            "api.ledger.test",
            "api.example",
            "api.invalid",
            "api.example.com",
            "example.org",
            "ledger.svc.cluster.local",
            "ledger.internal",
            "sandbox.api.acme.com.br",
            "api.sandbox.acme.com",
            "staging.acme.com",
            "STAGING.acme.com",
            "staging2.acme.com",
            "api-staging.acme.com",
            "api.acme-staging.com",
            "eu-west-1.qa.acme.io",
            "pr-12.preview.acme.dev",
            "demo.acme.co.uk",
            "uat.acme.com.",
            "nonprod.acme.com",
            "non-prod.acme.com",
            "api.pre-prod.acme.com",
            "dev.acme.com",
        ];
        let production = [
            "api.acme.com",
            "acme.com",
            "acme.co.uk",
            "www.acme.com",
            "8.8.8.8",
            "[2606:4700::1111]",
            "100.128.0.1",
            "172.32.0.1",
            "[::ffff:8.8.8.8]",
            "dev.to",
            "test.com",
            "demo.co.uk",
            "api.test.com",
            "production.acme.com",
            "prod.acme.com",
            "live.acme.com",
            "prod-test.acme.com",
            "test.prod.acme.com",
            "contest.acme.com",
            "latest.acme.com",
            "devices.acme.com",
            "acme.dev",
            "example.com.evil.io",
            "testing1-prod2.acme.com",
        ];
        for host in tests {
            assert!(is_test(host), "{host}");
        }
        for host in production {
            assert!(!is_test(host), "{host}");
        }
    }

    proptest! {
        /// A name in which no word speaks of a test looks like production, and one more label makes it a test.
        #[test]
        fn a_name_is_production_until_it_says_otherwise(
            labels in prop::collection::vec("[a-z]{9,12}", 1..4),
            domain in prop::sample::select(vec!["com", "io", "com.br", "co.uk", "dev"]),
            word in prop::sample::select(TESTS),
            number in prop::option::of(0_u8..100),
        ) {
            let name = format!("{}.{domain}", labels.join("."));
            prop_assume!(labels.iter().all(|label| !TESTS.contains(&label.as_str()) && !PRODUCTION.contains(&label.as_str())));
            prop_assert!(!is_test(&name), "{name}");
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            let tests = [format!("{word}{number}.{name}"), format!("api-{word}{number}.{name}")];
            for test in tests {
                prop_assert!(is_test(&test), "{test}");
                prop_assert!(!is_test(&format!("prod.{test}")), "prod.{test}");
            }
        }

        /// Exactly the addresses of the private ranges are tests.
        #[test]
        fn addresses_are_told_by_their_range(bytes: [u8; 4]) {
            let [first, second, third, _] = bytes;
            let own = matches!(
                (first, second, third),
                (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) | (100, 64..=127, _)
                    | (192, 0, 2) | (198, 51, 100) | (203, 0, 113)
            ) || bytes == [0; 4];
            prop_assert_eq!(is_test(&Ipv4Addr::from(bytes).to_string()), own);
        }
    }
}
