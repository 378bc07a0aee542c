//! Members of a body that its provider does not have.

use serde_json::Value;
use shared::{model::HeldReason, table::WhichHeld};
use tests::{SENDERS, TestApi};

/// Members that no provider has, as they are sent: each form of JSON, repeated, escaped.
const UNKNOWN: &str = concat!(
    r#""utm":{"n" : 1.10,"n":[12345678901234567890123, 1e400]},"Email":"o@x.com","a\/b":null,"#,
    r#""utm":"again","caf\u00e9":"S\u00e3o","":true"#
);

/// The attribute `extra` of the only lead.
async fn stored(api: &TestApi) -> Option<String> {
    let leads = api.items("lead#").await;
    assert_eq!(leads.len(), 1);
    leads[0].get("extra").map(|extra| extra.as_s().unwrap().clone())
}

#[tokio::test]
async fn unknown_members_are_stored_as_sent_and_are_not_answered() {
    for sender in SENDERS {
        let name = sender.function;
        // RD Station has a member `utm`.
        let unknown = UNKNOWN.replace(r#""utm""#, r#""x_utm""#);
        let (with, without) = (TestApi::start().await, TestApi::start().await);
        let more = sender.send(&with, sender.body_and(1, &unknown)).await;
        let less = sender.send_nth(&without, 1).await;
        assert_eq!(more.status, sender.created, "{name}");
        assert_eq!(stored(&with).await, Some(format!("{{{unknown}}}")), "{name}");
        assert_eq!(stored(&without).await, None, "{name}");
        let members = |answer| {
            let lead: &Value = sender.lead_of(answer);
            lead.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(members(&more), members(&less), "{name}");
    }
}

#[tokio::test]
async fn of_a_repeated_field_all_values_but_the_last_are_stored_with_the_unknown_members() {
    for sender in SENDERS {
        let api = TestApi::start().await;
        let body = sender.body_and(1, r#""email":"b@x.com","email":"c@x.com""#);
        assert_eq!(sender.send(&api, body.clone()).await.status, sender.created);
        let first = (sender.body)(1).get("email").map(|email| format!("\"email\":{email},"));
        let expected = format!("{{{}\"email\":\"b@x.com\"}}", first.unwrap_or_default());
        assert_eq!(stored(&api).await, Some(expected), "{}", sender.function);
        let lead = &api.items("lead#").await[0];
        assert_eq!(lead["email"].as_s().unwrap(), "c@x.com", "{}", sender.function);
    }
}

#[tokio::test]
async fn a_known_person_with_another_unknown_member_is_held_as_a_repeat() {
    for sender in SENDERS.iter().filter(|sender| sender.is_unique()) {
        let api = TestApi::start().await;
        for (more, held) in
            [(r#""a":1"#, 0), (r#" "a" : 1 "#, 0), (r#""a":1.0"#, 1), (r#""b":1"#, 2)]
        {
            sender.send(&api, sender.body_and(1, more)).await;
            let mut reasons = Vec::new();
            let (table, now) = (api.table(), api.now());
            let take = |delivery: shared::model::HeldDelivery| reasons.push(delivery.reason);
            table.each_held(&sender.account(), &WhichHeld::All, now, take).await.unwrap();
            assert_eq!(reasons.len(), held, "{}: {more}", sender.function);
            assert!(reasons.iter().all(|reason| matches!(reason, HeldReason::Repeat(_))));
        }
    }
}
