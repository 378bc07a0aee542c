//! A connection that takes longer than a lead that was read may be posted.

use super::{new_lead, play::MASTER};
use crate::posting::{Endpoint, status};
use forwarding::{Addresses, Forwarder, MasterSecret, SETTLED_AFTER, Wake};
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
    let until = world.now() + SignedDuration::from_secs(50);
    forwarder.forward_due(Wake::Schedule, world.now() - SETTLED_AFTER, until).await.unwrap();
    let received = endpoint.received.lock().unwrap();
    received.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_lead_that_is_erased_while_the_connection_opens_is_not_sent() {
    for is_set_aside in [false, true] {
        let (world, destination, lead) = world().await;
        let world = Arc::new(world);
        let account = destination.account();
        let destination = if is_set_aside {
            let now = world.now();
            let event = SetAsideEvent::Created;
            let event = SetAside::due(lead, destination.id.clone(), event, now);
            world.app.context.table.set_aside(&account, &event).await.unwrap();
            Destination { cursor: lead, ..destination }
        } else {
            destination
        };
        let eraser = Arc::clone(&world);
        let erase = move || -> BoxFuture<'static, ()> {
            let (world, account) = (Arc::clone(&eraser), account.clone());
            Box::pin(async move {
                world.app.context.table.erase_lead(&account, lead).await.unwrap();
            })
        };
        let received = pass(&world, destination, erase).await;
        assert!(received.is_empty(), "set aside {is_set_aside}: {received:?}");
    }
}

#[tokio::test]
async fn a_lead_is_sent_over_the_connection_that_took_long() {
    let (world, destination, lead) = world().await;
    let expected = format!("msg_{lead}_{}", destination.id);
    let received = pass(&Arc::new(world), destination, || Box::pin(async {})).await;
    assert_eq!(received, [expected]);
}
