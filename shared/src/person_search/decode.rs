//! Decodes bytes and texts in every encoding that a sender may use.

use percent_encoding::percent_decode_str;
use std::ops::ControlFlow;

const BYTE_ORDER_MARK: char = '\u{feff}';
/// How many layers of encoding are decoded.
const MOST_LAYERS: usize = 8;

/// The bytes as text: as UTF-8, and also as UTF-16 if they may be UTF-16.
pub(super) fn texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if has_mark || bytes.contains(&0) {
        texts.extend([u16::from_le_bytes, u16::from_be_bytes].map(|unit| utf16(bytes, unit)));
    }
    for text in &mut texts {
        *text = text.trim_start_matches(BYTE_ORDER_MARK).to_owned();
    }
    texts
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks().0.iter().copied().map(unit);
    let chars = char::decode_utf16(units);
    chars.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Calls `take` with the text as it is, and with the text decoded from JSON, a form or a URL and
/// without invisible characters. Decodes again while the result is still encoded.
pub(super) fn each_reading(
    text: &str,
    take: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    take(text)?;
    each_decoded(decoded(text), take)?;
    each_decoded(form_decoded(text), take)
}

fn each_decoded(
    mut reading: Option<String>,
    take: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for _ in 0..MOST_LAYERS {
        let Some(text) = reading else { break };
        take(&text)?;
        reading = decoded(&text);
    }
    ControlFlow::Continue(())
}

fn decoded(text: &str) -> Option<String> {
    [unescaped, percent_decoded, visible].into_iter().fold(None, |done, decode| {
        let decoded = decode(done.as_deref().unwrap_or(text));
        decoded.or(done)
    })
}

/// The text with its JSON escapes decoded; `None` if it has none.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let (mut rest, mut decoded) = (text.contains('\\').then_some(text)?, String::new());
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (c, length) = escaped(after);
        decoded.push(c);
        rest = &after[length..];
    }
    decoded.push_str(rest);
    (decoded != text).then_some(decoded)
}

/// The character of an escape, and the escape's length after its backslash. If it is not an escape:
/// the backslash itself.
fn escaped(text: &str) -> (char, usize) {
    match text.bytes().next() {
        Some(c @ (b'"' | b'\\' | b'/')) => (c.into(), 1),
        Some(b'n') => ('\n', 1),
        Some(b't') => ('\t', 1),
        Some(b'r') => ('\r', 1),
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'u') => escaped_unicode(text).unwrap_or(('\\', 0)),
        _ => ('\\', 0),
    }
}

/// The character of `u0040`, or of a surrogate pair `ud83d\ude00`.
fn escaped_unicode(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        are_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let first = unit(text)?;
    let second = text.get(5..).and_then(|rest| unit(rest.strip_prefix('\\')?));
    let pair = char::decode_utf16([first].into_iter().chain(second)).next();
    match pair {
        Some(Ok(c)) if c > '\u{ffff}' => Some((c, 11)),
        Some(Ok(c)) => Some((c, 5)),
        _ => Some((char::REPLACEMENT_CHARACTER, 5)),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let decoded = text.contains('%').then(|| percent_decode_str(text).decode_utf8_lossy())?;
    (decoded != text).then(|| decoded.into_owned())
}

/// A form or a URL has no spaces: a `+` may mean a space, and an encoded `+` means a plus.
fn form_decoded(text: &str) -> Option<String> {
    let is_form = text.contains('=') && text.contains('+') && !text.contains(char::is_whitespace);
    let spaced = is_form.then(|| text.replace('+', " "))?;
    Some(percent_decoded(&spaced).unwrap_or(spaced))
}

fn visible(text: &str) -> Option<String> {
    let has_invisible = !text.is_ascii() && text.contains(is_invisible);
    has_invisible.then(|| text.replace(is_invisible, ""))
}

/// An invisible character: soft hyphens, joiners, marks of direction and of byte order.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | BYTE_ORDER_MARK
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str) -> Vec<String> {
        let mut readings = Vec::new();
        let _ = each_reading(text, &mut |reading| {
            readings.push(reading.to_owned());
            ControlFlow::Continue(())
        });
        readings
    }

    #[test]
    fn a_text_is_decoded_from_each_encoding() {
        let cases = [
            ("not encoded", r"m\n@x", r"m\n@x"),
            ("escapes", r#"\u006d\u0040\"\\\/\n"#, "m@\"\\/\n"),
            ("a surrogate pair", r"\ud83d\ude00m", "😀m"),
            ("half of a pair", r"\ud83dm", "\u{fffd}m"),
            ("not an escape", r"\u00 \ü \", r"\u00 \ü \"),
            ("a sign is not a digit", r"\u+040", r"\u+040"),
            ("JSON in JSON", r"\\u0040", "@"),
            ("percent", "m%40x.com", "m@x.com"),
            ("percent twice", "m%2540x.com", "m@x.com"),
            ("percent in JSON", r"m\u002540x.com", "m@x.com"),
            ("a form", "a=b+m%40x.com", "a=b m@x.com"),
            ("a plus in a form", "a=b%2Bm%40x.com", "a=b+m@x.com"),
            ("invisible characters", "m\u{200b}@\u{ad}x.com", "m@x.com"),
        ];
        for (case, text, expected) in cases {
            assert!(readings(text).contains(&expected.to_owned()), "{case}");
        }
        let encoded_plus = readings("a=b%2Bm%40x.com");
        assert!(!encoded_plus.iter().any(|reading| reading.contains(" m@")), "{encoded_plus:?}");
        let many_layers = format!("%{}", "25".repeat(100));
        assert_eq!(readings(&many_layers).len(), 1 + MOST_LAYERS);
    }

    #[test]
    fn bytes_are_read_as_utf_8_and_as_utf_16() {
        let units = |unit: fn(u16) -> [u8; 2]| "é@x.com".encode_utf16().flat_map(unit).collect();
        let little: Vec<u8> = units(u16::to_le_bytes);
        let big: Vec<u8> = units(u16::to_be_bytes);
        let cases = [
            ("UTF-8", "é@x.com".as_bytes().to_vec()),
            ("UTF-8 with its mark", "\u{feff}é@x.com".as_bytes().to_vec()),
            ("little", little.clone()),
            ("little with its mark", [&b"\xff\xfe"[..], &little].concat()),
            ("little, cut off", [&little[..], b"x"].concat()),
            ("big", big.clone()),
            ("big with its mark", [&b"\xfe\xff"[..], &big].concat()),
        ];
        for (case, bytes) in cases {
            assert!(texts(&bytes).contains(&"é@x.com".to_owned()), "{case}");
        }
        assert_eq!(texts(b"Jos\xe9 m@x.com"), ["Jos\u{fffd} m@x.com"]);
    }
}
