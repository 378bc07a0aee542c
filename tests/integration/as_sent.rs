//! What was sent stays as it was sent.

use forwarding::{Form, Message};
use providers::LeadRecord;
use serde_json::Value;
use shared::model::{DestinationFormat, OwnRequest, Provider};
use tests::{SENDERS, Sender, TestApi};

#[tokio::test]
async fn half_an_emoji_is_accepted_and_written_out_as_the_replacement_character() {
    // A field of text, and JSON that is stored as it was sent.
    let cases = [
        (Provider::Integrabot, "name", r#""custom_fields":{"a\ud83d":"b\ud83d"}"#),
        (Provider::RdStation, "company", r#""custom":{"\ud83d":["\ude00",1.10]}"#),
        (Provider::RdStation, "name", r#""utm":{"a":"\ude00\ud83d"}"#),
        (Provider::PollyBot, "source", r#""metadata":{"a":{"b\ud83d":1e400}}"#),
        (Provider::Keyspot, "message", r#""x":"\ud83d""#),
        (Provider::Flextell, "last_name", r#""marketing_attribution":["a","\ud83d"]"#),
    ];
    let unknown = r#""\ud83d":"\ud83d","y\ud83d":{"\ud83d":[12345678901234567890123]}"#;
    for (provider, text, json) in cases {
        let (api, sender) = (TestApi::start().await, Sender::of(provider));
        let case = format!("{}: {text}, {json}", sender.function);
        let sent =
            sender.body_and(1, &format!(r#""{text}":"a \ud83d\ude00 \ud83d",{json},{unknown}"#));
        let answer = sender.send(&api, sent).await;
        assert_eq!(answer.status, sender.created, "{case}");
        let item = format!("{:?}", api.items("lead#").await[0]);
        assert!(item.contains("a 😀 \u{fffd}"), "{case}: {item}");
        let (_, raw) = json.split_once(':').unwrap();
        for as_sent in [raw, unknown] {
            assert!(item.contains(&as_sent.escape_debug().to_string()), "{case}: {item}");
        }
        let account = sender.account();
        let form = Form {
            account: &account,
            destination: "d",
            format: DestinationFormat::Standard,
            url: "https://a.example/",
            request: &OwnRequest::default(),
        };
        let lead = || async { sender.leads(&api).await.pop().unwrap() };
        let record = LeadRecord::new(&account, lead().await).unwrap();
        let message = Message::created(form, lead().await, api.now()).unwrap();
        let record_text = serde_json::to_string(&record).unwrap();
        let written = [
            ("the record", record_text, true),
            ("the message", message.body, true),
            (
                "the details and unknown members",
                record.details_text(),
                provider != Provider::Keyspot,
            ),
            ("the unknown members", record.extra_text().unwrap().to_owned(), true),
            ("the answer", answer.text, provider != Provider::Keyspot),
        ];
        for (what, json, has_raw) in written {
            let no_value = json.replace("1e400", "0");
            assert!(serde_json::from_str::<Value>(&no_value).is_ok(), "{case}, {what}: {json}");
            assert!(!has_raw || json.contains(r"\ufffd"), "{case}, {what}: {json}");
        }
    }
}

/// Who takes half an emoji in one field must not refuse it in another.
#[tokio::test]
async fn half_an_emoji_breaks_no_rule_of_any_field() {
    for sender in SENDERS {
        let (api, fields) = (TestApi::start().await, sender.echoed);
        for field in fields.iter().chain(&["unknown", "\\ud83d"]) {
            let sent = sender.body_and(1, &format!(r#""{field}":"\ud83d""#));
            let answer = sender.send(&api, sent).await;
            assert!(!answer.text.to_lowercase().contains("unicode"), "{field}: {}", answer.text);
            assert!(!answer.text.contains(r"\ud83d"), "{field}: {}", answer.text);
            let known = [200, 201, 409].contains(&answer.status);
            let refuses = sender.lead_of(&answer)["id"].is_null() && answer.text.contains(field);
            assert!(known || refuses, "{}, {field}: {}", sender.function, answer.text);
        }
    }
}
