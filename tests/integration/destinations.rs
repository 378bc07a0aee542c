//! Destinations in the table: their cursors, their events, and how they are removed.

use shared::model::{
    Account, Destination, DestinationId, LeadId, Provider, SetAside, SetAsideEvent,
};
use tests::{Fault, Sender, TestApi};

fn sender() -> &'static Sender {
    Sender::of(Provider::Integrabot)
}

fn account() -> Account {
    sender().account()
}

/// A destination whose cursor is at this lead.
fn destination(api: &TestApi, cursor: LeadId) -> Destination {
    let id = DestinationId::random(&api.app.context.system);
    let url = "https://example.com/".to_owned();
    let new = Destination::new(&account(), id, url, LeadId::FIRST, api.now());
    Destination { cursor, ..new }
}

#[tokio::test]
async fn a_cursor_is_moved_back_only_from_where_it_was_seen() {
    let api = TestApi::start().await;
    let table = api.table();
    let ids = sender().create_leads(&api, 3).await;
    let stored = Destination { starts_after: ids[0], ..destination(&api, ids[2]) };
    table.add_destination(&stored).await.unwrap();
    let seen_before = Destination { cursor: ids[1], ..stored.clone() };
    assert!(!table.move_cursor_back(&seen_before, LeadId::FIRST).await.unwrap());
    let now = |id| async move { table.get_destination(&account(), id).await.unwrap().unwrap() };
    assert_eq!(now(&stored.id).await, stored);
    assert!(table.move_cursor_back(&stored, LeadId::FIRST).await.unwrap());
    let (cursor, reached) = (LeadId::FIRST, Some(ids[2]));
    let (changes, moves) = (1, 1);
    let moved =
        Destination { starts_after: cursor, cursor, reached, changes, moves, ..stored.clone() };
    assert_eq!(now(&stored.id).await, moved);
    table.remove_destination(&moved, api.now()).await.unwrap();
    assert!(!table.move_cursor_back(&moved, LeadId::FIRST).await.unwrap());
    assert!(table.destinations().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cursor_is_moved_back_also_if_the_first_answer_was_lost() {
    let api = TestApi::start().await;
    let table = api.table();
    let stored = destination(&api, sender().create(&api, 1).await);
    table.add_destination(&stored).await.unwrap();
    api.connection.fail_next("UpdateItem", Fault::AnswerLost);
    assert!(table.move_cursor_back(&stored, LeadId::FIRST).await.unwrap());
    api.connection.fail_next("UpdateItem", Fault::Conflict);
    let moved = Destination { cursor: LeadId::FIRST, ..stored };
    assert!(table.move_cursor_back(&moved, LeadId::FIRST).await.unwrap(), "a conflict");
}

#[tokio::test]
async fn a_destination_that_was_not_removed_completely_can_be_removed_again() {
    let api = TestApi::start().await;
    let table = api.table();
    let lead = sender().create(&api, 1).await;
    let stored = destination(&api, lead);
    table.add_destination(&stored).await.unwrap();
    let event = SetAside::due(lead, stored.id.clone(), SetAsideEvent::Created, api.now());
    table.set_aside(&account(), &event).await.unwrap();
    // The SDK gives up after twelve attempts.
    for _ in 0..12 {
        api.connection.fail_next("BatchWriteItem", Fault::Throttled);
    }
    assert!(table.remove_destination(&stored, api.now()).await.is_err());
    assert_eq!(table.destinations().await.unwrap(), std::slice::from_ref(&stored));
    table.remove_destination(&stored, api.now()).await.unwrap();
    assert!(table.destinations().await.unwrap().is_empty());
    assert!(api.items("set-aside#").await.is_empty());
}

#[tokio::test]
async fn events_of_a_lead_are_found_at_each_destination() {
    let api = TestApi::start().await;
    let table = api.table();
    let lead = sender().create(&api, 1).await;
    let both = [destination(&api, lead), destination(&api, lead)];
    let event = SetAside::due(lead, both[1].id.clone(), SetAsideEvent::Created, api.now());
    table.set_aside(&account(), &event).await.unwrap();
    assert_eq!(table.lead_set_aside(lead, &both).await.unwrap(), [event]);
    assert!(table.lead_set_aside(lead, &both[..1]).await.unwrap().is_empty());
}
