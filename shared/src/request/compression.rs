use super::body::MAX_BODY_BYTES;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use lambda_http::http::{HeaderMap, header::CONTENT_ENCODING};
use std::{borrow::Cow, io::Read};

/// The body without the compression that its `Content-Encoding` names: `gzip` or `deflate`. A body
/// that cannot be decompressed, or has another encoding, is returned as it was sent. Of a large
/// body only so much is returned that [`read_body`](super::read_body) refuses it.
pub fn decompress<'a>(headers: &HeaderMap, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|encoding| encoding.to_str().ok());
    let text = match encoding.map(|encoding| encoding.trim().to_ascii_lowercase()).as_deref() {
        Some("gzip" | "x-gzip") => read(MultiGzDecoder::new(body)),
        Some("deflate") => read(ZlibDecoder::new(body)),
        _ => None,
    };
    text.map_or(body.into(), Cow::Owned)
}

fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    decoder.take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut text).ok()?;
    Some(text)
}
