//! JSON as text. What was sent is not read into values and written again, because numbers, repeated
//! members and depth would not stay as they were.

use serde_json::value::RawValue;
use std::{borrow::Cow, str};

/// Some programs write it before UTF-8 text. JSON readers may ignore it (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How many bytes an escaped unit of UTF-16 has: `\ud83d`.
const ESCAPE: usize = 6;
/// How many levels [`pretty`] breaks into lines. More levels would make a small body a large text.
const INDENTED: usize = 16;

/// The text of a body, without a byte order mark; `None` if it is not UTF-8.
pub fn text_of(body: &[u8]) -> Option<&str> {
    str::from_utf8(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)).ok()
}

/// JSON that every reader accepts: U+FFFD is in the place of each half of a surrogate pair, such as
/// `\ud83d` alone. Senders that cut texts send it, and strict readers refuse it. Whatever is
/// written out of what was sent goes through this function.
pub fn well_formed(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return json.into();
    }
    let (mut written, mut done, mut at) = (String::new(), 0, 0);
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        at += match (unit(json, at), unit(json, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                written.push_str(&json[done..at]);
                written.push_str("\\ufffd");
                done = at + ESCAPE;
                ESCAPE
            }
            // The character after the backslash may be a backslash too.
            _ => 2,
        };
    }
    if done == 0 {
        return json.into();
    }
    written.push_str(&json[done..]);
    written.into()
}

/// The unit of UTF-16 that is escaped at this place.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

/// The text of a JSON string; empty if it is no string. Most strings have no escapes, and are not
/// copied.
pub fn read_string(json: &RawValue) -> Cow<'_, str> {
    match json.get().strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) if !text.contains('\\') => text.into(),
        _ => serde_json::from_str::<String>(&well_formed(json.get())).unwrap_or_default().into(),
    }
}

/// JSON for people, with a line for each member and item of the first 16 levels; `None` if it is
/// not JSON. Only white space changes, and half surrogate pairs.
pub fn pretty(json: &str) -> Option<String> {
    let json: &RawValue = serde_json::from_str(json).ok()?;
    let mut lines = Lines { text: String::new(), level: 0, is_open: false };
    let (mut in_string, mut is_escaped) = (false, false);
    for c in well_formed(json.get()).chars() {
        if in_string {
            lines.text.push(c);
            in_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
        } else if !c.is_ascii_whitespace() {
            lines.push(c);
            in_string = c == '"';
        }
    }
    Some(lines.text)
}

/// JSON that is broken into lines.
struct Lines {
    text: String,
    level: usize,
    /// Whether the last character opened an object or an array.
    is_open: bool,
}

impl Lines {
    /// Adds a character that is not inside a string.
    fn push(&mut self, c: char) {
        let was_open = std::mem::replace(&mut self.is_open, matches!(c, '{' | '['));
        if matches!(c, '}' | ']') {
            if !was_open {
                self.end_line(self.level - 1);
            }
            self.level -= 1;
        } else if was_open {
            self.end_line(self.level);
        }
        self.text.push(c);
        match c {
            '{' | '[' => self.level += 1,
            ',' => self.end_line(self.level),
            ':' if self.level <= INDENTED => self.text.push(' '),
            _ => {}
        }
    }

    /// Ends a line inside the present level. The next one is indented by `indent` levels.
    fn end_line(&mut self, indent: usize) {
        if self.level <= INDENTED {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", indent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn string(json: &str) -> String {
        read_string(serde_json::from_str(json).unwrap()).into_owned()
    }

    #[test]
    fn half_a_surrogate_pair_is_the_replacement_character() {
        let cases = [
            ("the first half", r#""a\ud83d""#, r#""a\ufffd""#),
            ("the second half", r#""\ude00b""#, r#""\ufffdb""#),
            ("two first halves", r#""\uD83D\ud83D""#, r#""\ufffd\ufffd""#),
            ("in the wrong order", r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            ("a half before a pair", r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            ("a half before another escape", r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#),
            ("a pair", r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            ("an escaped backslash", r#""\\ud83d""#, r#""\\ud83d""#),
            ("after an escaped backslash", r#""\\\ud83d""#, r#""\\\ufffd""#),
            ("other escapes", r#""\u00e3\/\uffff é""#, r#""\u00e3\/\uffff é""#),
            ("in a name", r#"{"\udead":1.10}"#, r#"{"\ufffd":1.10}"#),
            ("not JSON", r"\é\u00", r"\é\u00"),
        ];
        for (case, json, expected) in cases {
            assert_eq!(well_formed(json), expected, "{case}");
            let strict = case == "not JSON" || serde_json::from_str::<Value>(expected).is_ok();
            assert!(strict, "{case}");
        }
    }

    #[test]
    fn the_text_of_a_string_is_read_without_an_error() {
        let cases = [
            (r#""""#, ""),
            (r#""S\u00e3o \"é\"""#, "São \"é\""),
            (r#""\\""#, "\\"),
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            ("5", ""),
        ];
        for (json, text) in cases {
            assert_eq!(string(json), text, "{json}");
        }
    }

    #[test]
    fn pretty_json_has_a_line_for_each_member_and_changes_only_white_space() {
        let json = r#"{"a" : {}, "b":[ ],"c":[1.10,{"d":" [\"{ \\"}],"a":12345678901234567890123}"#;
        let expected = r#"{
  "a": {},
  "b": [],
  "c": [
    1.10,
    {
      "d": " [\"{ \\"
    }
  ],
  "a": 12345678901234567890123
}"#;
        assert_eq!(pretty(json).unwrap(), expected);
        assert_eq!(pretty(expected).unwrap(), expected, "it is stable");
        let value: Value = serde_json::from_str(r#"{"a":[{"b":[1,[]]},null],"c":"d"}"#).unwrap();
        assert_eq!(pretty(&value.to_string()), serde_json::to_string_pretty(&value).ok());
        for not_json in ["", "{", "a", "{}x"] {
            assert!(pretty(not_json).is_none(), "{not_json}");
        }
    }

    #[test]
    fn pretty_json_of_any_depth_stays_small() {
        let deep = format!("{}{}", "[".repeat(131_072), "]".repeat(131_072));
        let shown = pretty(&deep).unwrap();
        assert!(shown.len() < deep.len() + 1_000, "{}", shown.len());
        assert_eq!(shown.lines().count(), 2 * INDENTED + 1);
    }

    #[test]
    fn the_text_of_a_body_has_no_byte_order_mark() {
        assert_eq!(text_of("\u{feff}{}".as_bytes()), Some("{}"));
        assert_eq!(text_of(b"{}"), Some("{}"));
        assert_eq!(text_of(b"\xff\xfe{}"), None);
    }
}
