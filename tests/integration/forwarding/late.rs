//! Leads that another process stores late in the table of `leadhook serve`.

use super::{new_lead, play::account};
use forwarding::{Answered, Forwarder, MasterSecret, Post, PostError, PostRequest};
use jiff::SignedDuration;
use local::{EmbeddedTable, Running, ServedTable, Storage, connect_to, keep_forwarding};
use shared::{
    model::{Destination, DestinationId, LeadId, Sources},
    table::{LeadTable, Timeouts},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests::Wire;
use tokio::sync::oneshot;

/// Short, so that a table that is away fails soon.
const FRAGILE: Timeouts = Timeouts { operation: Duration::from_millis(200), ..Timeouts::LOCAL };

/// A destination that takes everything.
#[derive(Clone, Default)]
pub(super) struct Taker(pub(super) Arc<Mutex<Vec<String>>>);

impl Post for Taker {
    async fn post(
        &self,
        _: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Result<Answered, PostError> {
        let request = message().ok_or(PostError::Outdated)?;
        self.0.lock().unwrap().push(request.id);
        Ok(Answered { status: 200, retry_after: None, body: String::new() })
    }
}

/// Waits until a condition is true.
async fn wait_until(is_true: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if is_true() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not become true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_lead_is_forwarded_also_after_a_fault_of_the_table() {
    let mut engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
    let ServedTable { endpoint, access_key, .. } = engine.serve(None).await.unwrap();
    let wire = Wire::to(&endpoint).await;
    let over = |endpoint: &str, timeouts| {
        LeadTable::new(connect_to(endpoint, access_key.as_str(), timeouts), "leads")
    };
    let (other_process, sources) = (over(&endpoint, Timeouts::LOCAL), Sources::system());
    other_process.create().await.unwrap();
    let (account, now) = (account(0), sources.now());
    let (id, url) = (DestinationId::draw(&sources), "https://receiver.example/".to_owned());
    let new = Destination::new(&account, id, url, LeadId::FIRST, now);
    let destination = Destination { cursor: LeadId::new(now, 0), ..new };
    other_process.add_destination(&destination).await.unwrap();
    let late = sources.draw_lead_id(now - SignedDuration::from_mins(1));
    other_process.create_lead(new_lead(account, late), &sources).await.unwrap();

    let (post, running) = (Taker::default(), Running::new(sources.clone()));
    let master = MasterSecret::new(super::play::MASTER).unwrap();
    let table = over(&wire.endpoint, FRAGILE);
    let forwarder = Arc::new(Forwarder { table, sources, post: post.clone(), master });
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    wire.set_away(true);
    let act = async {
        wait_until(|| !wire.take_operations().is_empty()).await;
        // The first attempt has failed when its time is over.
        tokio::time::sleep(FRAGILE.operation * 2).await;
        wire.set_away(false);
        wait_until(|| !post.0.lock().unwrap().is_empty()).await;
        stop.send(()).unwrap();
    };
    tokio::join!(keep_forwarding(forwarder, &running, Some(engine.new_leads()), stopped), act);
    assert_eq!(*post.0.lock().unwrap(), [format!("msg_{late}_{}", destination.id)]);
}
