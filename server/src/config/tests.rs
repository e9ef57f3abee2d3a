//! What the settings come to, from each of their places.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::*;

fn invoke(folder: &Path, arguments: &[&str]) -> Result<Invocation, String> {
    let arguments: Vec<OsString> = ["rescind-server"].iter().chain(arguments).map(Into::into).collect();
    parse(&arguments, folder).map_err(|error| error.to_string())
}

/// What a file with this text comes to, with `DIR` for its folder.
fn told(text: &str, arguments: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(DEFAULT), text).unwrap();
    let hide = |text: String| text.replace(&folder.path().display().to_string(), "DIR");
    let invocation = invoke(folder.path(), arguments).map_err(hide)?;
    Ok(hide(print(&invocation.settings)))
}

/// The line about a key, without the space before its remark.
fn line(told: &str, key: &str) -> String {
    let found = told
        .lines()
        .find(|line| line.starts_with(&format!("{key} =")) || line.starts_with(&format!("# {key} =")));
    found.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_flag_comes_before_the_file_and_the_file_before_the_default() {
    let text = "listen = \"127.0.0.1:1\"\nmax-connections = 1_000\nat-root = true\nclock = \"virtual\"\nfault = [\"sliding-cache\", \"guard-ignored\"]\n";
    let told = told(text, &["--clock", "system", "--at-root=false"]).unwrap();
    for (key, expected) in [
        ("listen", "listen = \"127.0.0.1:1\" # DIR/rescind-server.toml:1"),
        ("max-connections", "max-connections = 1000 # DIR/rescind-server.toml:2"),
        ("at-root", "at-root = false # flag"),
        ("clock", "clock = \"system\" # flag"),
        ("fault", "fault = [\"sliding-cache\", \"guard-ignored\"] # DIR/rescind-server.toml:5"),
        ("request-timeout", "request-timeout = \"30s\" # default"),
        ("admin", "# admin = # not set"),
    ] {
        assert_eq!(line(&told, key), expected);
    }
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let text = "contract = \"dinie\"\nat-root = true\nseed = 7\nwrite-target = \"/x/target.toml\"\n";
    let first = told(text, &["config"]).unwrap();
    let values = |text: &str| text.parse::<toml::Table>().unwrap();
    let again = told(&first, &[]).unwrap();
    assert_eq!(values(&again), values(&first));
    assert_eq!(values(&first)["seed"], 7.into());
}

#[test]
fn every_page_may_call_a_mock_and_none_the_reference_server() {
    let mock = ["mock", "--openapi", "x.yaml"];
    for (text, arguments, expected) in [
        ("", &[][..], "cors = [\"none\"] # default"),
        ("", &mock, "cors = [\"any\"] # default"),
        ("cors = \"https://a.example\"", &mock, "cors = [\"https://a.example\"] # DIR/rescind-server.toml:1"),
    ] {
        assert_eq!(line(&told(text, arguments).unwrap(), "cors"), expected);
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let told = told("write-target = \"t.toml\"\ndatabase = \"sqlite:x.db\"\n", &[]).unwrap();
    assert_eq!(line(&told, "write-target"), "write-target = \"DIR/t.toml\" # DIR/rescind-server.toml:1");
    assert_eq!(line(&told, "database"), "database = \"sqlite:DIR/x.db\" # DIR/rescind-server.toml:2");
}

#[test]
fn a_value_may_be_kept_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clock"), "virtual\n").unwrap();
    std::fs::write(folder.path().join(DEFAULT), "clock = { file = \"clock\" }\n").unwrap();
    let settings = invoke(folder.path(), &[]).unwrap().settings;
    assert!(settings.iter().any(|setting| setting.key == "clock" && setting.value == Some("virtual".into())));
    let text =
        "clock = { env = \"RESCIND_TEST_NO_SUCH_VARIABLE\" }\nlisten = { env = \"A\", file = \"B\" }\n";
    assert_eq!(
        told(text, &[]).unwrap_err(),
        "DIR/rescind-server.toml:1:9: `clock`: the environment variable RESCIND_TEST_NO_SUCH_VARIABLE is not set\n\
         DIR/rescind-server.toml:2:10: `listen`: write the value itself, { env = \"NAME\" } or { file = \"PATH\" }"
    );
}

#[test]
fn every_mistake_has_its_place_and_says_what_was_meant() {
    for (text, expected) in [
        ("max_connections = 3\n", "1:1: unknown key `max_connections`; did you mean `max-connections`?"),
        (
            "\n zebra = 1\n",
            "2:2: unknown key `zebra`; the keys are the long flags of `rescind-server --help` without dashes",
        ),
        ("config = \"x\"\n", "1:1: unknown key `config`"),
        ("max-connections = \"many\"\n", "1:19: `max-connections` is a whole number, not string"),
        ("max-connections = -1\n", "1:19: `max-connections`: "),
        ("at-root = 1\n", "1:11: `at-root` is `true` or `false`, not integer"),
        ("listen = \"localhost\"\n", "1:10: `listen`: invalid socket address syntax"),
        ("log-format = \"yaml\"\n", "1:14: `log-format`: write one of \"text\", \"json\""),
        ("fault = [\"sliding-cache\", \"acme\"]\n", "1:27: `fault`: there is no fault \"acme\""),
        ("request-timeout = \"30\"\n", "1:19: `request-timeout`: write a time with its unit"),
        ("listen =\n", "1:9: "),
        ("clock = \"system\"\nclock = \"system\"\n", "2:1: duplicate key"),
    ] {
        let expected = format!("DIR/rescind-server.toml:{expected}");
        let received = told(text, &[]).unwrap_err();
        assert!(received.starts_with(&expected), "{received}\nand not\n{expected}");
        assert_eq!(received.lines().count(), 1, "{received}");
    }
    assert_eq!(told("a = 1\nb = 2\n", &[]).unwrap_err().lines().count(), 2);
}

#[test]
fn a_file_that_is_named_has_to_be_there_and_one_that_is_not_named_need_not() {
    let folder = tempfile::tempdir().unwrap();
    assert!(invoke(folder.path(), &[]).unwrap().file.is_none());
    let missing = invoke(folder.path(), &["--config", "/no/such/file.toml"]).unwrap_err();
    assert!(missing.starts_with("cannot read /no/such/file.toml: "), "{missing}");
    // What serves nothing reads nothing.
    std::fs::write(folder.path().join(DEFAULT), "nonsense\n").unwrap();
    assert!(invoke(folder.path(), &["faults"]).is_ok());
    assert!(invoke(folder.path(), &["config"]).is_err());
}

#[test]
fn no_password_is_shown() {
    let wrong = invoke(Path::new(""), &["--listen", "postgres://me:hidden@host/db"]).unwrap_err();
    assert!(wrong.contains("me:***@host") && !wrong.contains("hidden"), "{wrong}");
}

#[test]
fn every_key_is_in_the_schema_and_every_argument_of_serving_has_a_variable() {
    let command = cli::command();
    let schema = schema().to_value();
    let documented: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    let tables = key::tables(&command).map(|(name, _)| name.to_owned());
    let keys: BTreeSet<_> =
        key::own(&command).map(|argument| key::name(argument).to_owned()).chain(tables).collect();
    assert_eq!(documented, keys);
    for argument in command.get_arguments() {
        let Some(name) = argument.get_long().filter(|name| !["help", "version", "log-level"].contains(name))
        else {
            continue;
        };
        let expected = format!("RESCIND_{}", name.replace('-', "_").to_uppercase());
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        assert_eq!(variable, Some(expected), "--{name}");
        assert!(argument.get_help().is_some(), "--{name} says nothing");
    }
}

#[test]
fn the_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.schema.json");
    let written = schema_text();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, written, "run UPDATE_SCHEMA=1 cargo test -p rescind-server --lib schema");
}
