//! A connection that takes longer than a lead that was read may be posted.

use super::{new_lead, play::MASTER};
use crate::posting::{Endpoint, status};
use forwarding::{Addresses, Forwarder, MasterSecret, PASS_FOR, SETTLED_AFTER, Wake};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use shared::model::{Destination, DestinationId, LeadId, Provider, SetAside, SetAsideEvent};
use std::sync::Arc;
use tests::{Sender, World};

/// A world with a destination of one lead, whose id is returned too.
async fn world() -> (World, Destination, LeadId) {
    let world = World::start().await;
    let (account, context) = (Sender::of(Provider::Integrabot).account(), &world.app.context);
    let id = DestinationId::draw(&context.sources);
    let destination = Destination::new(&account, id, String::new(), LeadId::FIRST, world.now());
    let lead = context.sources.draw_lead_id(world.now());
    context.table.create_lead(new_lead(account, lead), &context.sources).await.unwrap();
    world.advance(SETTLED_AFTER * 2);
    (world, destination, lead)
}

/// Runs a pass to a destination, each of whose handshakes takes four seconds, and returns what
/// arrived. `meanwhile` happens during the handshakes.
async fn pass(
    world: &Arc<World>,
    destination: Destination,
    meanwhile: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static,
) -> Vec<String> {
    let clock = Arc::clone(world);
    let before = move || -> BoxFuture<'static, ()> {
        clock.advance(SignedDuration::from_secs(4));
        meanwhile()
    };
    let endpoint = Endpoint::start_with(Arc::new(before), || status(200)).await;
    let context = &world.app.context;
    let destination = Destination { url: endpoint.url(), ..destination };
    context.table.add_destination(&destination).await.unwrap();
    let forwarder = Forwarder {
        table: context.table.clone(),
        sources: context.sources.clone(),
        post: endpoint.client(Addresses::PublicAndLoopback),
        master: MasterSecret::new(MASTER).unwrap(),
    };
    let until = world.now() + PASS_FOR;
    forwarder.forward_due(Wake::Schedule, world.now() - SETTLED_AFTER, until).await.unwrap();
    let received = endpoint.received.lock().unwrap();
    received.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap().to_owned()).collect()
}

/// What arrives if the lead is erased during the handshake.
async fn pass_with_erasure(world: World, destination: Destination, lead: LeadId) -> Vec<String> {
    let (world, account) = (Arc::new(world), destination.account());
    let eraser = Arc::clone(&world);
    let erase = move || -> BoxFuture<'static, ()> {
        let (world, account) = (Arc::clone(&eraser), account.clone());
        Box::pin(async move {
            world.app.context.table.erase_lead(&account, lead).await.unwrap();
        })
    };
    pass(&world, destination, erase).await
}

#[tokio::test]
async fn a_lead_that_is_erased_while_the_connection_opens_is_not_sent() {
    let (world, destination, lead) = world().await;
    let received = pass_with_erasure(world, destination, lead).await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test]
async fn a_lead_set_aside_that_is_erased_while_the_connection_opens_is_not_sent() {
    let (world, destination, lead) = world().await;
    let (event, now) = (SetAsideEvent::Created, world.now());
    let event = SetAside::due(lead, destination.id.clone(), event, now);
    let table = &world.app.context.table;
    table.set_aside(&destination.account(), &event).await.unwrap();
    let destination = Destination { cursor: lead, ..destination };
    let received = pass_with_erasure(world, destination, lead).await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test]
async fn a_lead_is_sent_over_the_connection_that_took_long() {
    let (world, destination, lead) = world().await;
    let expected = format!("msg_{lead}_{}", destination.id);
    let received = pass(&Arc::new(world), destination, || Box::pin(async {})).await;
    assert_eq!(received, [expected]);
}
