//! The texts of Slack's incoming webhooks:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.

use providers::LeadRecord;
use serde_json::{Value, json};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The lead's contact, line by line, in Slack's markup.
pub(crate) fn describe(what: &str, lead: &LeadRecord) -> String {
    let lines = [
        ("Name", &lead.name),
        ("E-mail", &lead.email),
        ("Phone", &lead.phone),
        ("Source", &lead.source),
    ];
    let mut text = format!("{what} from {} ({})", lead.provider, escape(&lead.account));
    for (label, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("\n*{label}:* {}", escape(value)));
        }
    }
    text.push_str(&format!("\n*Id:* {}", lead.id));
    text
}

/// A text on one line, in which the characters are escaped that Slack's markup gives a meaning:
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub(crate) fn escape(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text without line breaks and without characters that are invisible or change the reading
/// direction. A sender could use them to forge another field.
fn one_line(text: &str) -> String {
    let is_shown = |c: &char| c.general_category() != GeneralCategory::Format;
    let is_break = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
    text.chars().filter(is_shown).map(|c| if is_break(c) { ' ' } else { c }).collect()
}

pub(crate) fn slack_text(text: &str) -> String {
    let body: Value = json!({ "text": text });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_a_text_for_people_is_one_line() {
        let breaks = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0"];
        for text in breaks {
            let name = format!("Ana{text}*E-mail:* eve@example.com");
            let lead = LeadRecord {
                id: "1".to_owned(),
                provider: "integrabot",
                account: name.clone(),
                created_at: String::new(),
                updated_at: String::new(),
                name: Some(name.clone()),
                email: Some(name.clone()),
                phone: Some(name.clone()),
                source: Some(name),
                status: None,
                details: std::collections::BTreeMap::new(),
                extra: None,
                broken_rules: Vec::new(),
            };
            let described = describe("New lead", &lead);
            let ends = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c);
            let begin: Vec<_> =
                described.split(ends).filter_map(|line| line.split(' ').next()).collect();
            let expected = ["New", "*Name:*", "*E-mail:*", "*Phone:*", "*Source:*", "*Id:*"];
            assert_eq!(begin, expected, "{text:?}");
        }
        for text in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{ad}", "\u{e0041}"] {
            assert_eq!(escape(&format!("a{text}b")), "ab", "{text:?}");
        }
        assert_eq!(escape("João & <名前> 👍"), "João &amp; &lt;名前&gt; 👍");
    }
}
