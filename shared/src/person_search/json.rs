//! Splits JSON into its strings, even if the JSON is broken.

use super::decode::unescaped;
use std::{borrow::Cow, ops::ControlFlow};

/// A function that takes a piece of JSON and the names of the members around it.
pub(super) type TakePiece<'t> = dyn FnMut(&Names<'_>, &str) -> ControlFlow<()> + 't;

/// The names of the members around a piece of JSON. Lists have none, so the cost of the first names
/// does not depend on how deep the piece is.
#[derive(Default)]
pub(super) struct Names<'a> {
    depth: usize,
    /// Each name with its depth.
    names: Vec<(usize, Cow<'a, str>)>,
}

impl<'a> Names<'a> {
    /// One name; none: the whole text.
    pub(super) fn of(names: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        let names: Vec<_> = (1..).zip(names).collect();
        Self { depth: names.len(), names }
    }

    /// From the outside to the inside.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, name)| name.as_ref())
    }

    fn leave(&mut self) {
        self.names.pop_if(|(depth, _)| *depth == self.depth);
        self.depth = self.depth.saturating_sub(1);
    }

    fn name(&mut self, name: Cow<'a, str>) {
        self.names.pop_if(|(depth, _)| *depth == self.depth);
        if self.depth > 0 && !name.is_empty() {
            self.names.push((self.depth, name));
        }
    }
}

/// Whether a text looks like a JSON object or array.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Calls `take` with each decoded string, names included, and with each text between strings, until
/// `take` breaks. The JSON may be cut off, nested to any depth, or have a member twice.
pub(super) fn each_piece(text: &str, take: &mut TakePiece<'_>) -> ControlFlow<()> {
    let mut names = Names::default();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        match first {
            b'"' => {
                let (string, after) = split_string(&rest[1..]);
                rest = after;
                let string = unescaped(string).map_or(Cow::Borrowed(string), Cow::Owned);
                let is_name = rest.trim_start().starts_with(':');
                if is_name {
                    names.name(string.clone());
                }
                take(&names, &string)?;
            }
            b'{' | b'[' | b'}' | b']' | b',' => {
                rest = &rest[1..];
                match first {
                    b'{' | b'[' => names.depth += 1,
                    b'}' | b']' => names.leave(),
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

/// A string up to its closing quotation mark, and the text after that mark. `text` begins after the
/// opening mark.
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
    fn json_is_split_even_if_it_is_broken() {
        let deep = format!("{}\"v\"", "[".repeat(100_000));
        let cases = [
            ("a member", r#"{"a": "v"}"#, vec![("a", "a"), ("a", "v")]),
            ("a member that is there twice", r#"{"a":"v","a":"w"}"#, vec![("a", "v"), ("a", "w")]),
            (
                "a member inside another",
                r#"{"a":{"b":["v"]},"c":1}"#,
                vec![("a.b", "v"), ("c", "1")],
            ),
            ("escapes", r#"{"\u0061":"\"v\\"}"#, vec![("a", "\"v\\")]),
            ("cut off", r#"{"a":"\u0076"#, vec![("a", "v")]),
            ("broken", r#"{"a":"x"v\u0077,"b":'w'"#, vec![("a", r"v\u0077"), ("b", "'w'")]),
            ("too deep", deep.as_str(), vec![("", "v")]),
        ];
        for (case, text, expected) in cases {
            let mut pieces = Vec::new();
            let _ = each_piece(text, &mut |names, piece| {
                let names: Vec<_> = names.iter().collect();
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
