//! The base URL of a client. It is parsed once, as that costs more than all else about a URL.

use std::str::FromStr;

use reqwest::Url;

/// What comes before the path of each operation.
pub(crate) struct Base {
    /// As it was given, without slashes at its end.
    text: String,
    /// The URL, where its text begins as parsing leaves it.
    parsed: Option<Parsed>,
}

struct Parsed {
    url: Url,
    /// Length of the scheme and the authority.
    origin: usize,
}

impl Base {
    pub(crate) fn new(text: &str) -> Self {
        let text = text.trim_end_matches('/').to_owned();
        let parsed = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.and_then(|url| {
            let origin = url.origin().ascii_serialization();
            text.starts_with(&origin).then_some(Parsed { url, origin: origin.len() })
        });
        Self { text, parsed }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The URL of `text`, which begins with the text of this one.
    pub(super) fn url(&self, text: &str) -> Result<Url, <Url as FromStr>::Err> {
        let Some(Parsed { url, origin }) = &self.parsed else { return Url::parse(text) };
        match text.as_bytes().get(*origin..) {
            // With another slash it would name another host; a parser drops tabs and line ends before it looks.
            Some([b'/', b'/' | b'\\' | b'\t' | b'\n' | b'\r', ..]) => Url::parse(text),
            Some([b'/', ..]) => url.join(&text[*origin..]),
            _ => Url::parse(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All parts of a URL, or what is wrong with it.
    fn parts(url: &Result<Url, <Url as FromStr>::Err>) -> String {
        format!("{url:?}")
    }

    proptest! {
        #[test]
        fn it_is_the_url_that_parsing_all_of_it_gives(
            base in prop_oneof![
                4 => r"https?://(localhost|127\.0\.0\.1|\[::1\]|example\.org)(:8080)?(/[a./%2E]{0,4})?([?#]a)?/?",
                1 => r"(HTTP|https|ftp|a)://?(u(:p)?@)?(LOCALHOST|1|ex[äa]mple\.org)(:80|:443|:)?(/[a.]{0,4})?",
            ],
            rest in r"[/\\]{0,2}[a-z./\\\t\n\r :@?#%&=ä-]{0,12}",
        ) {
            let base = Base::new(&base);
            let text = format!("{}{rest}", base.text());
            prop_assert_eq!(parts(&base.url(&text)), parts(&Url::parse(&text)), "{}", text);
        }
    }

    #[test]
    fn no_path_leads_to_another_host() {
        let base = Base::new("https://api.example.org/");
        assert!(base.parsed.is_some());
        for path in ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n\\evil.example", "/a//b"] {
            let url = base.url(&format!("{}{path}", base.text())).unwrap();
            assert_eq!(url.host_str(), Some("api.example.org"), "{path:?}");
        }
    }
}
