use crate::{Fields, Rejection, Unauthorized};
use lambda_http::{
    Request, RequestExt,
    http::{HeaderMap, header::AUTHORIZATION},
    request::RequestContext,
};
use std::net::IpAddr;

/// The largest body a function reads, in bytes: 256 KiB. With keys and overhead this
/// stays below the 400 KB a DynamoDB item may have.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

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

/// Reads the body as a JSON object, whatever `Content-Type` says.
///
/// # Errors
/// `BodyTooLarge` over [`MAX_BODY_BYTES`], `NotAnObject` where it is not a JSON object.
pub fn read_body(request: &Request) -> Result<Fields<'_>, Rejection> {
    let body: &[u8] = request.body().as_ref();
    if body.len() > MAX_BODY_BYTES {
        return Err(Rejection::BodyTooLarge);
    }
    Fields::parse(body).ok_or(Rejection::NotAnObject)
}

/// The address the request came from, as the API or function URL saw it.
pub fn source_address(request: &Request) -> Option<IpAddr> {
    let address = match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_ref(),
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_ref(),
        _ => None,
    };
    address?.parse().ok()
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
