//! What every request to the page must fulfil, and the headers that every answer has.
//!
//! The page acts on personal data. Other sites, other pages of this machine and other users of it
//! must not be able to use it.

use crate::{
    app::Console,
    page::{Failed, NoSessionPage},
    sessions::START_PATH,
};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{self, COOKIE, HOST, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Allows our own stylesheet, script and events, and the icon in the page itself. No other site may
/// frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Where names and contacts are shown or hidden. It changes only the session, so a read-only page
/// allows it.
pub(crate) const UNMASK_PATH: &str = "/console/unmask";

/// Refuses requests that are not of the page itself. Adds the headers to every answer.
pub(crate) async fn guard(
    State(console): State<Arc<Console>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match check(&console, &mut request) {
        Ok(()) => next.run(request).await,
        Err(Refused::Forbidden(text)) => Failed::new(StatusCode::FORBIDDEN, text).into_response(),
        Err(Refused::NoSession) => NoSessionPage.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why a request is refused.
enum Refused {
    /// It may not do this.
    Forbidden(String),
    /// Its browser has no session.
    NoSession,
}

fn check(console: &Console, request: &mut Request) -> Result<(), Refused> {
    let forbidden = |text: &str| Refused::Forbidden(text.to_owned());
    let headers = request.headers();
    let host = console.guard.check_host(request.uri(), headers);
    host.map_err(|refused| forbidden(&refused.to_string()))?;
    let is_start = request.uri().path() == START_PATH;
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    // The printed address may be opened by a click in any program.
    if !is_start && is_of_another_page(headers) {
        return Err(forbidden("another web page may not read this page"));
    }
    if !reads && !is_of_this_page(headers) {
        return Err(forbidden("another web page may not act here"));
    }
    if is_start {
        let opens = request.method() == Method::GET && is_navigation(headers);
        return opens.then_some(()).ok_or_else(|| forbidden("open this address in a browser"));
    }
    let cookies = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let session = console.sessions.find(cookies).ok_or(Refused::NoSession)?;
    if !reads && !console.allows_changes && request.uri().path() != UNMASK_PATH {
        return Err(forbidden("this page is read-only; open it with --allow-changes"));
    }
    request.extensions_mut().insert(session);
    Ok(())
}

/// Whether a browser says that another page sent this request.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether no browser says that a request is anything but a visit to the page. Previews and
/// prefetches must not use up the token of an address.
fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name, expected| headers.get(name).is_none_or(|value| value == expected);
    let is_ahead =
        ["sec-purpose", "purpose", "x-moz"].iter().any(|name| headers.contains_key(*name));
    is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document") && !is_ahead
}

/// Whether a browser says that this page sent the request. What acts must prove it.
fn is_of_this_page(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (headers.get(ORIGIN), headers.get(HOST)) else {
        return false;
    };
    origin.as_bytes().strip_prefix(b"http://") == Some(host.as_bytes())
}
