//! A connection that takes longer than a lead that was read may be posted.

use super::new_lead;
use crate::posting::{Endpoint, status};
use forwarding::{Addresses, Forwarder, MasterSecret, PASS_FOR, SETTLED_AFTER, Wake};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use shared::model::{Destination, DestinationId, LeadId, Provider, SetAside, SetAsideEvent};
use std::sync::Arc;
use tests::{SIGNING_KEY, Sender, TestApi, random_mark};

/// An API with a destination of one lead, whose id is returned too.
async fn api() -> (TestApi, Destination, LeadId) {
    let api = TestApi::start().await;
    let (account, context) = (Sender::of(Provider::Integrabot).account(), &api.app.context);
    let id = DestinationId::random(&context.system);
    let destination = Destination::new(&account, id, String::new(), LeadId::FIRST, api.now());
    let lead = context.system.new_lead_id(api.now());
    context.table.create_lead(new_lead(account, lead), &context.system).await.unwrap();
    api.advance(SETTLED_AFTER * 2);
    (api, destination, lead)
}

/// Runs a pass to a destination, each of whose handshakes takes four seconds, and returns what
/// arrived. `meanwhile` happens during the handshakes.
async fn pass(
    api: &Arc<TestApi>,
    destination: Destination,
    meanwhile: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static,
) -> Vec<String> {
    let clock = Arc::clone(api);
    let before = move || -> BoxFuture<'static, ()> {
        clock.advance(SignedDuration::from_secs(4));
        meanwhile()
    };
    let endpoint = Endpoint::start_with(Arc::new(before), || status(200)).await;
    let context = &api.app.context;
    let destination = Destination { url: endpoint.url(), ..destination };
    context.table.add_destination(&destination).await.unwrap();
    let forwarder = Forwarder {
        table: context.table.clone(),
        system: context.system.clone(),
        post: endpoint.client(Addresses::PublicAndLoopback),
        master: MasterSecret::new(SIGNING_KEY).unwrap(),
    };
    let until = api.now() + PASS_FOR;
    forwarder.forward_due(Wake::Schedule, api.now() - SETTLED_AFTER, until).await.unwrap();
    let received = endpoint.received.lock().unwrap();
    received.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap().to_owned()).collect()
}

/// What arrives if the lead is erased during the handshake.
async fn pass_with_erasure(api: TestApi, destination: Destination, lead: LeadId) -> Vec<String> {
    let (api, account) = (Arc::new(api), destination.account());
    let eraser = Arc::clone(&api);
    let erase = move || -> BoxFuture<'static, ()> {
        let (api, account) = (Arc::clone(&eraser), account.clone());
        Box::pin(async move {
            api.app
                .context
                .table
                .erase_lead(&account, lead, api.now(), &random_mark())
                .await
                .unwrap();
        })
    };
    pass(&api, destination, erase).await
}

#[tokio::test]
async fn a_lead_that_is_erased_while_the_connection_opens_is_not_sent() {
    let (api, destination, lead) = api().await;
    let received = pass_with_erasure(api, destination, lead).await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test]
async fn a_lead_set_aside_that_is_erased_while_the_connection_opens_is_not_sent() {
    let (api, destination, lead) = api().await;
    let (event, now) = (SetAsideEvent::Created, api.now());
    let event = SetAside::due(lead, destination.id.clone(), event, now);
    let table = &api.app.context.table;
    table.set_aside(&destination.account(), &event).await.unwrap();
    let destination = Destination { cursor: lead, ..destination };
    let received = pass_with_erasure(api, destination, lead).await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test]
async fn a_lead_is_sent_over_the_connection_that_took_long() {
    let (api, destination, lead) = api().await;
    let expected = format!("msg_{lead}_{}", destination.id);
    let received = pass(&Arc::new(api), destination, || Box::pin(async {})).await;
    assert_eq!(received, [expected]);
}
