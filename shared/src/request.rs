use crate::{Fields, Rejection, Unauthorized};
use lambda_http::http::{HeaderMap, header::AUTHORIZATION};
use std::{collections::HashMap, net::IpAddr};

/// The largest body a function reads, in bytes: 256 KiB. With keys and overhead this
/// stays below the 400 KB a DynamoDB item may have.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A request to a function, whatever handed it over: an HTTP API, a REST API or a function
/// URL. It is read from their events, and holds nothing of them that no function reads.
#[derive(Default)]
pub struct Request {
    /// The headers. Values of one name are joined by commas.
    pub headers: HeaderMap,
    /// The body, decoded where the event has it in Base64.
    pub body: Vec<u8>,
    /// The path. REST APIs and function URLs leave it percent-encoded, HTTP APIs do not.
    pub path: String,
    /// What stands in the path for the parameters of its route, encoded or not as the path.
    pub path_parameters: HashMap<String, String>,
    /// The address it came from, as the API or function URL saw it.
    pub source_address: Option<IpAddr>,
    /// The id that the API's own access log has for it.
    pub id: Option<String>,
}

/// The token of an `Authorization: Bearer <token>` header (RFC 6750).
///
/// # Errors
/// `Missing` without the header, `Malformed` where it is not `Bearer` and one token.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, Unauthorized> {
    let header = headers.get(AUTHORIZATION).ok_or(Unauthorized::Missing)?;
    let text = header.to_str().map_err(|_| Unauthorized::Malformed)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Unauthorized::Malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(Unauthorized::Malformed);
    }
    Ok(token)
}

/// Reads a body as a JSON object, whatever `Content-Type` says.
///
/// # Errors
/// `BodyTooLarge` over [`MAX_BODY_BYTES`], `NotAnObject` where it is not a JSON object.
pub fn read_body(body: &[u8]) -> Result<Fields<'_>, Rejection> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Rejection::BodyTooLarge);
    }
    Fields::parse(body).ok_or(Rejection::NotAnObject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_a_scheme_and_one_token() {
        let cases: [(&str, &[u8], Option<Unauthorized>); 9] = [
            ("as documented", b"Bearer sk_demo", None),
            ("scheme in lower case", b"bearer sk_demo", None),
            ("more than one space", b"Bearer   sk_demo ", None),
            ("no scheme", b"sk_demo", Some(Unauthorized::Malformed)),
            ("another scheme", b"Basic sk_demo", Some(Unauthorized::Malformed)),
            ("no token", b"Bearer ", Some(Unauthorized::Malformed)),
            ("two tokens", b"Bearer sk_demo sk_demo", Some(Unauthorized::Malformed)),
            ("empty", b"", Some(Unauthorized::Malformed)),
            ("not text", b"Bearer \xff", Some(Unauthorized::Malformed)),
        ];
        for (case, value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.try_into().unwrap());
            match (bearer_token(&headers), expected) {
                (Ok(token), None) => assert_eq!(token, "sk_demo", "{case}"),
                (Err(reason), Some(expected)) => assert_eq!(reason, expected, "{case}"),
                _ => panic!("{case}"),
            }
        }
        assert_eq!(bearer_token(&HeaderMap::new()).err(), Some(Unauthorized::Missing));
    }
}
