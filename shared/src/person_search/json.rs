//! JSON taken apart by its strings, whole or not.

use super::decode::unescaped;
use std::{borrow::Cow, ops::ControlFlow};

/// What takes a piece of JSON, with the names of the members it stands in; empty for a list.
pub(super) type TakePiece<'t> = dyn FnMut(&[Cow<'_, str>], &str) -> ControlFlow<()> + 't;

/// Whether a text means to be JSON that has members or items.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Hands each string to `take`, decoded, names as well, and each text between strings, until
/// it breaks. Nothing has to fit together: JSON may be cut off, nested however deep, and have
/// a member twice.
pub(super) fn each_piece(text: &str, take: &mut TakePiece<'_>) -> ControlFlow<()> {
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        match first {
            b'"' => {
                let (string, after) = split_string(&rest[1..]);
                rest = after;
                let string = unescaped(string).map_or(Cow::Borrowed(string), Cow::Owned);
                let is_name = rest.trim_start().starts_with(':');
                if let Some(name) = names.last_mut().filter(|_| is_name) {
                    name.clone_from(&string);
                }
                take(&names, &string)?;
            }
            b'{' | b'[' | b'}' | b']' | b',' => {
                rest = &rest[1..];
                match first {
                    b'{' | b'[' => names.push(Cow::Borrowed("")),
                    b'}' | b']' => _ = names.pop(),
                    _ => {}
                }
            }
            _ => {
                let end = rest.find(['"', '{', '[', '}', ']', ',']).unwrap_or(rest.len());
                take(&names, rest[..end].trim_matches(|c: char| c == ':' || c.is_whitespace()))?;
                rest = &rest[end..];
            }
        }
    }
    ControlFlow::Continue(())
}

/// A string, from behind its first quotation mark to its last, and what follows that.
fn split_string(text: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_apart_whole_or_not() {
        let deep = format!("{}\"v\"", "[".repeat(100_000));
        let cases = [
            ("a member", r#"{"a": "v"}"#, vec![("a", "a"), ("a", "v")]),
            ("one that stands twice", r#"{"a":"v","a":"w"}"#, vec![("a", "v"), ("a", "w")]),
            ("one inside another", r#"{"a":{"b":["v"]},"c":1}"#, vec![("a.b", "v"), ("c", "1")]),
            ("escapes", r#"{"\u0061":"\"v\\"}"#, vec![("a", "\"v\\")]),
            ("cut off", r#"{"a":"\u0076"#, vec![("a", "v")]),
            ("broken", r#"{"a":"x"v\u0077,"b":'w'"#, vec![("a", r"v\u0077"), ("b", "'w'")]),
            ("too deep", deep.as_str(), vec![("", "v")]),
        ];
        for (case, text, expected) in cases {
            let mut pieces = Vec::new();
            let _ = each_piece(text, &mut |names, piece| {
                let names: Vec<_> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
                pieces.push((names.join("."), piece.to_owned()));
                ControlFlow::Continue(())
            });
            for (name, piece) in expected {
                let piece = (name.to_owned(), piece.to_owned());
                assert!(pieces.contains(&piece), "{case}: {piece:?} in {pieces:?}");
            }
        }
    }
}
