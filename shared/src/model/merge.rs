//! Merges JSON objects as texts, so that numbers, repeated members and order stay as they were
//! sent.

use super::{members::Members, raw_json::RawJson};
use std::borrow::Cow;

/// How many levels of objects are merged. Deeper objects are replaced.
const LEVELS: usize = 32;

impl RawJson {
    /// This object with the changes of another one, as RFC 7396 says: null removes a member, the
    /// members of objects are merged, everything else is replaced.
    pub fn merged(&self, changes: &Self) -> Self {
        Self::valid(merge(self.as_sent(), changes.as_sent(), LEVELS))
    }
}

/// A member of the merged object.
struct Merged<'a> {
    name: &'a str,
    raw_name: &'a str,
    value: Cow<'a, str>,
}

fn merge(old: &str, changes: &str, levels: usize) -> String {
    let (old, changes) = (read(old), read(changes));
    let mut merged: Vec<Merged<'_>> = Vec::new();
    for member in old.iter() {
        let (name, raw_name) = (&*member.name, member.raw_name.get());
        merged.push(Merged { name, raw_name, value: member.value.get().into() });
    }
    for (place, change) in changes.iter().enumerate() {
        let (name, raw_name, value) = (&*change.name, change.raw_name.get(), change.value.get());
        // Of a repeated member, the last one counts.
        if changes.position(name) != Some(place) {
            continue;
        }
        let known = merged.iter().rposition(|member| member.name == name);
        let value = if value.starts_with('{') && levels > 0 {
            let before = known.map_or("{}", |place| &merged[place].value);
            merge(before, value, levels - 1).into()
        } else {
            Cow::Borrowed(value)
        };
        match known {
            _ if value == "null" => merged.retain(|member| member.name != name),
            Some(place) => merged[place].value = value,
            None => merged.push(Merged { name, raw_name, value }),
        }
    }
    let members = merged.iter().map(|Merged { raw_name, value, .. }| format!("{raw_name}:{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The members of an object. Everything else counts as an object without members.
fn read(json: &str) -> Members<'_> {
    Members::read(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of RFC 7396, appendix A, whose changes are objects, and some of texts.
    #[test]
    fn objects_are_merged_as_the_rfc_says() {
        let deep = |levels: usize, inner: &str| {
            format!("{}{inner}{}", r#"{"a":"#.repeat(levels), "}".repeat(levels))
        };
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"a":1.0,"b":1e3}"#, r#"{ "c" : 0.10 }"#, r#"{"a":1.0,"b":1e3,"c":0.10}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":3}"#, r#"{"a":1,"a":3}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":null}"#, "{}"),
            ("{}", r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"\u0061":1}"#, r#"{"a":2}"#, r#"{"\u0061":2}"#),
            ("{}", "{}", "{}"),
            (&deep(32, r#"{"b":1}"#), &deep(32, r#"{"c":null}"#), &deep(32, r#"{"b":1}"#)),
            (&deep(33, r#"{"b":1}"#), &deep(33, r#"{"c":null}"#), &deep(33, r#"{"c":null}"#)),
        ];
        for (old, changes, expected) in cases {
            assert_eq!(merge(old, changes, LEVELS), expected, "{old} {changes}");
        }
    }
}
