//! Items of another shape than leadhook's beside those that a pass reads.

use super::test_destination::{TestDestination, account, takes};
use aws_sdk_dynamodb::types::AttributeValue;
use shared::model::{DestinationId, LeadId, SetAside, SetAsideEvent};

#[tokio::test]
async fn a_pass_gets_past_items_of_another_shape() {
    let destination = TestDestination::start().await;
    let aside = destination.store(1).await[0];
    destination.pass(takes).await;
    let (account, id) = (account(), destination.added.id.clone());
    let event = SetAside::due(aside, id.clone(), SetAsideEvent::Created, destination.api.now());
    destination.table().set_aside(&account, &event).await.unwrap();
    let other = DestinationId::random(destination.system());
    let sort_key = |id: LeadId| format!("{:0>16}", id.to_string());
    let after = sort_key(LeadId::new(destination.api.now(), 1));
    let [of_lead, of_event, of_destination] =
        ["lead", "set-aside", "destination"].map(|kind| format!("{kind}#{account}"));
    let items = [
        ("a lead", of_lead, after),
        ("an event", of_event, format!("{}#{id}", sort_key(LeadId::FIRST))),
        ("a destination", of_destination, other.to_string()),
        ("a listed item that can be read", "destinations".to_owned(), format!("{account}#{other}")),
        ("a listed item", "destinations".to_owned(), "elsewhere#of a later version".to_owned()),
    ];
    let (client, name) = (destination.api.direct_client(), destination.table().name());
    for (_, pk, sk) in &items {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = client.put_item().table_name(name).item("pk", text(pk)).item("sk", text(sk));
        let put = put.item("id", text("of a later version")).item("event", text("moved"));
        let put = put.item("destination", text(id.as_str()));
        put.item("next_attempt_at", AttributeValue::N("0".to_owned())).send().await.unwrap();
    }
    let ids = destination.store(2).await;
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), [&[aside], &ids[..]].concat());
    let skipped = destination.table().skipped();
    for (case, pk, sk) in &items {
        let is_noted = skipped.iter().any(|item| item.pk == *pk && item.sk == *sk);
        assert_eq!(is_noted, !case.contains("can be read"), "{case}");
    }
}

/// It is not an erased lead: somebody may correct it.
#[tokio::test]
async fn an_event_of_a_lead_of_another_shape_stays_set_aside() {
    let destination = TestDestination::start().await;
    let (account, id) = (account(), destination.added.id.clone());
    let lead = destination.store(1).await[0];
    destination.pass(takes).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let (client, name) = (destination.api.direct_client(), destination.table().name());
    let put = client.put_item().table_name(name).item("pk", text(&format!("lead#{account}")));
    let put = put.item("sk", text(&format!("{:0>16}", lead.to_string())));
    put.item("id", text("of a later version")).send().await.unwrap();
    let event = SetAside::due(lead, id.clone(), SetAsideEvent::Created, destination.api.now());
    destination.table().set_aside(&account, &event).await.unwrap();
    destination.pass(takes).await;
    let now = destination.api.now();
    let left = destination.table().events_set_aside(&account, Some(&id), None, now).await.unwrap();
    assert_eq!(
        left.iter().map(|event| (event.lead_id, event.tries)).collect::<Vec<_>>(),
        [(lead, 1)]
    );
}
