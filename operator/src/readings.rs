//! Bodies that are not UTF-8: how they may be read.

pub use encoding_rs::Encoding;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use shared::model::Members;

/// The first bytes of gzip (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How many characters a preview has, and how many of them come before the first that is not ASCII.
const PREVIEW: usize = 60;
const BEFORE: usize = 20;

/// A body, read in an encoding.
pub struct Reading {
    pub encoding: &'static Encoding,
    /// The whole text.
    pub text: String,
}

/// The encoding with this name, as browsers know it.
///
/// # Errors
/// If there is none.
pub fn read_encoding(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| format!("`{name}` is not an encoding"))
}

/// Whether a body is compressed, and so has no text.
pub fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(&GZIP)
}

/// The text of a body in an encoding, without a byte order mark; `None` if it is not in this
/// encoding. Only UTF-8 has U+FFFD in the place of invalid bytes: who names it asks for that.
pub fn decode(body: &[u8], encoding: &'static Encoding) -> Option<String> {
    let (text, is_faulty) = encoding.decode_with_bom_removal(body);
    (encoding == UTF_8 || !is_faulty).then(|| text.into_owned())
}

/// The likely readings of a body that is not UTF-8: those that are JSON objects, or else all. None
/// if it is compressed.
pub fn likely_readings(body: &[u8]) -> Vec<Reading> {
    if is_compressed(body) {
        return Vec::new();
    }
    let encodings = [UTF_16LE, UTF_16BE, WINDOWS_1252, UTF_8].into_iter();
    let read = |encoding| Some(Reading { encoding, text: decode(body, encoding)? });
    let mut readings: Vec<_> = encodings.filter_map(read).collect();
    let is_object = |reading: &Reading| Members::read(&reading.text).is_some();
    if readings.iter().any(is_object) {
        readings.retain(is_object);
    }
    readings
}

/// The part of a text by which people know its encoding: from a little before the first character
/// that is not ASCII.
pub fn preview(text: &str) -> String {
    let first = text.chars().position(|c| !c.is_ascii()).unwrap_or_default();
    let start = first.saturating_sub(BEFORE);
    let mut rest = text.chars().skip(start);
    let part: String = rest.by_ref().take(PREVIEW).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, rest.next().map_or("", |_| "…"));
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_body_that_is_not_utf_8_has_its_likely_readings() {
        let (jose, marked) = (r#"{"name":"José"}"#, "\u{feff}{\"name\":\"José\"}");
        let cases: [(&str, Vec<u8>, &[&str]); 7] = [
            ("Latin-1", b"{\"name\":\"Jos\xe9\"}".to_vec(), &["windows-1252", "UTF-8"]),
            ("little", utf_16(jose, u16::to_le_bytes), &["UTF-16LE"]),
            ("little with its mark", utf_16(marked, u16::to_le_bytes), &["UTF-16LE"]),
            ("big", utf_16(jose, u16::to_be_bytes), &["UTF-16BE"]),
            ("big with its mark", utf_16(marked, u16::to_be_bytes), &["UTF-16BE"]),
            ("no JSON", b"name=Jos\xe9".to_vec(), &["windows-1252", "UTF-8"]),
            ("gzip", vec![0x1f, 0x8b, 8, 0, 0xe9], &[]),
        ];
        for (case, body, expected) in cases {
            let readings = likely_readings(&body);
            let names: Vec<_> = readings.iter().map(|reading| reading.encoding.name()).collect();
            let likely: Vec<_> = names.iter().filter(|name| expected.contains(name)).collect();
            assert_eq!(likely.len(), expected.len(), "{case}: {names:?}");
            if case != "no JSON" {
                assert_eq!(names, expected, "{case}");
                assert!(readings.iter().take(1).all(|reading| reading.text == jose), "{case}");
            }
        }
    }

    #[test]
    fn only_utf_8_is_read_with_replacement_characters() {
        assert_eq!(decode(b"Jos\xe9", UTF_8).as_deref(), Some("Jos\u{fffd}"));
        assert_eq!(decode(b"{\0}", UTF_16LE), None, "half a unit is left");
        assert_eq!(decode(b"\x3d\xd8{\0", UTF_16LE), None, "half a surrogate pair");
        assert!(read_encoding("latin1").is_ok() && read_encoding("utf-99").is_err());
    }

    #[test]
    fn a_preview_has_the_first_character_that_is_not_ascii() {
        let cases = [
            ("José".to_owned(), "José".to_owned()),
            ("x".repeat(100), format!("{}…", "x".repeat(60))),
            (format!("{}é", "x".repeat(100)), format!("…{}é", "x".repeat(20))),
        ];
        for (text, expected) in cases {
            assert_eq!(preview(&text), expected);
        }
    }
}
