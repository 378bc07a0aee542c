use lambda_http::http::{HeaderMap, header::AUTHORIZATION};

/// What is wrong with a sender's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// There are none.
    Missing,
    /// They do not have the form that the provider documents.
    Malformed,
    /// They are unknown, expired, revoked, or for another provider.
    Invalid,
}

/// The token of an `Authorization: Bearer <token>` header (RFC 6750).
///
/// ```
/// use lambda_http::http::{HeaderMap, HeaderValue};
/// use leadhook_shared::request::{Unauthorized, bearer_token};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(bearer_token(&headers), Err(Unauthorized::Missing));
/// headers.insert("authorization", HeaderValue::from_static("Bearer sk_demo"));
/// assert_eq!(bearer_token(&headers), Ok("sk_demo"));
/// ```
///
/// # Errors
/// `Missing` without the header; `Malformed` if it is not `Bearer` and one token.
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
