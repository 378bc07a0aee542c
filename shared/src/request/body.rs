use super::fields::Fields;

/// The largest body a function reads, in bytes: 256 KiB. With keys and overhead it fits into a
/// DynamoDB item, which has 400 KB at most.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is larger than [`MAX_BODY_BYTES`].
    #[error("the body is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// It is not JSON, or not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
}

/// Reads a body as a JSON object. The `Content-Type` does not matter.
///
/// # Errors
/// If the body is too large or not a JSON object.
pub fn read_body(body: &[u8]) -> Result<Fields<'_>, BodyError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    Fields::parse(body).ok_or(BodyError::NotAnObject)
}
