//! Passwords, which occur in the URLs of databases, are not shown, nor the callers of disturbances, who may be secrets.

/// What is shown instead.
const HIDDEN: &str = "***";

/// `text` without the password of the URL that it may be. It rather hides too much than too little: a password may
/// hold any sign, written right or wrong, and the last `@` ends it.
pub(super) fn redact(text: &str) -> String {
    let text = &*without_callers(text);
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let named = rest.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host)));
    let place = match named {
        Some((name, host)) => format!("{name}:{HIDDEN}@{host}"),
        None => rest.to_owned(),
    };
    let (place, query) = match place.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (&*place, None),
    };
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(hidden).collect::<Vec<_>>().join("&"));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{place}{query}")
}

/// A rule of a disturbance without the callers that it names, unless by their hash.
fn without_callers(text: &str) -> String {
    let hidden = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.trim() == "caller" && !value.trim().starts_with("sha256:") => {
            format!("{name}={HIDDEN}")
        }
        _ => part.to_owned(),
    };
    text.split(',').map(hidden).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passwords_are_hidden() {
        for (text, shown) in [
            ("memory", "memory"),
            ("sqlite:a.db", "sqlite:a.db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://me@host/db?sslmode=require", "postgres://me@host/db?sslmode=require"),
            ("postgres://me:pa@ss:w/ord@host/db", "postgres://me:***@host/db"),
            ("postgres://host/db?password=x&user=me", "postgres://host/db?password=***&user=me"),
            ("drop,caller=sk_live,times=0", "drop,caller=***,times=0"),
            ("caller = sk_live, drop", "caller =***, drop"),
            ("drop,caller=sha256:00ff", "drop,caller=sha256:00ff"),
        ] {
            assert_eq!(redact(text), shown);
        }
        assert!(!redact("postgres://me:hid?den@host/db").contains("hid"));
    }
}
