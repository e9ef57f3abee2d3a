//! The console: a page with its script and its style, compiled in. It asks this listener alone for everything else.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, StatusCode};

use super::answer;

const PAGE: (&str, &str) = ("text/html; charset=utf-8", include_str!("../../admin/console/index.html"));
const SCRIPT: (&str, &str) = ("text/javascript; charset=utf-8", include_str!("../../admin/console/app.js"));
const STYLE: (&str, &str) = ("text/css; charset=utf-8", include_str!("../../admin/console/style.css"));
const ICON: (&str, &str) = ("image/svg+xml", include_str!("../../admin/console/icon.svg"));

/// Nothing of elsewhere, nothing within the page's own text, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The routes of the page.
pub(super) fn routes() -> Router {
    Router::new().route("/", get(async || send(PAGE))).route("/console/{file}", get(part))
}

/// Whether a path is one of the page, which holds nothing of the server and therefore needs no token.
pub(super) fn is_part(path: &str) -> bool {
    path == "/" || path.starts_with("/console/")
}

async fn part(Path(file): Path<String>) -> Response {
    match file.as_str() {
        "app.js" => send(SCRIPT),
        "style.css" => send(STYLE),
        "icon.svg" => send(ICON),
        _ => answer::refused(StatusCode::NOT_FOUND, "the console has no such file").into_response(),
    }
}

fn send((media_type, text): (&'static str, &'static str)) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_nobody_else() {
        for (_, text) in [PAGE, SCRIPT, STYLE] {
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("://"), "an address of elsewhere");
        }
        for inline in ["<script>", "<style>", " style=", " onclick="] {
            assert!(!PAGE.1.contains(inline), "{inline} does not work under the policy");
        }
        for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!SCRIPT.1.contains(markup), "{markup} would let a stranger write into the page");
        }
    }

    #[test]
    fn every_part_of_the_page_is_there() {
        for name in ["app.js", "style.css", "icon.svg"] {
            assert!(PAGE.1.contains(&format!("/console/{name}")), "{name}");
        }
        let named = SCRIPT.1.split("$(\"").skip(1).filter_map(|rest| rest.split('"').next());
        for id in named {
            assert!(PAGE.1.contains(&format!("id=\"{id}\"")), "the script looks for #{id}");
        }
    }
}
