//! A table with one destination, whose answers a test chooses.

use crate::receiver::{Receiver, Reply, status};
use forwarding::{Forwarder, MasterSecret, PASS_FOR, Post, PostRequest, SETTLED_AFTER, Wake};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::{
    model::{
        Account, ClockAndRandom, Destination, DestinationFormat, DestinationId, LeadId, NewLead,
        Provider, SetAside,
    },
    table::LeadTable,
};
use std::{collections::BTreeMap, sync::Mutex};
use tests::{SIGNING_KEY, Sender, TestApi};

/// A destination, and the table that it is in.
pub(super) struct TestDestination {
    pub(super) api: TestApi,
    /// As it was added.
    pub(super) added: Destination,
    got: Mutex<Vec<PostRequest>>,
    urls: Mutex<Vec<String>>,
}

/// Takes everything.
pub(super) fn takes(_: usize) -> Reply {
    status(204)
}

pub(super) fn account() -> Account {
    Sender::of(Provider::Integrabot).account()
}

impl TestDestination {
    pub(super) async fn start() -> Self {
        Self::with_format(DestinationFormat::Standard).await
    }

    pub(super) async fn with_format(format: DestinationFormat) -> Self {
        let api = TestApi::start().await;
        let id = DestinationId::random(&api.app.context.system);
        let url = "https://receiver.example/".to_owned();
        let destination = Destination::new(&account(), id, url, LeadId::FIRST, api.now());
        let added = Destination { format, ..destination };
        api.app.context.table.add_destination(&added).await.unwrap();
        Self { api, added, got: Mutex::default(), urls: Mutex::default() }
    }

    pub(super) fn table(&self) -> &LeadTable {
        &self.api.app.context.table
    }

    pub(super) fn system(&self) -> &ClockAndRandom {
        &self.api.app.context.system
    }

    /// Stores leads that arrive now, one second after the other.
    pub(super) async fn store(&self, leads: usize) -> Vec<LeadId> {
        let mut ids = Vec::new();
        for _ in 0..leads {
            ids.push(self.store_with(BTreeMap::new()).await);
            self.api.advance(SignedDuration::from_secs(1));
        }
        ids
    }

    pub(super) async fn store_with(&self, details: BTreeMap<String, Value>) -> LeadId {
        let now = self.api.now();
        let NewLead { account, claims, mut lead } =
            super::new_lead(account(), self.system().new_lead_id(now));
        lead.details = details;
        let id = lead.id;
        let new = NewLead { account, claims, lead };
        self.table().create_lead(new, self.system()).await.unwrap();
        id
    }

    /// A pass after the margin, with these answers.
    pub(super) async fn pass(&self, answer: impl Fn(usize) -> Reply + Send + Sync) {
        self.api.advance(SETTLED_AFTER);
        self.pass_at(self.api.now() - SETTLED_AFTER, PASS_FOR, answer).await;
    }

    /// A pass of the leads before `settled` with these answers.
    pub(super) async fn pass_at(
        &self,
        settled: Timestamp,
        lasts: SignedDuration,
        answer: impl Fn(usize) -> Reply + Send + Sync,
    ) {
        let receiver = Receiver::answering(|received| answer(received.number));
        self.pass_to(&receiver, settled, lasts).await;
    }

    /// A pass after the margin to this receiver.
    pub(super) async fn pass_to_receiver(&self, receiver: &Receiver<'_>) {
        self.api.advance(SETTLED_AFTER);
        self.pass_to(receiver, self.api.now() - SETTLED_AFTER, PASS_FOR).await;
    }

    async fn pass_to(&self, receiver: &Receiver<'_>, settled: Timestamp, lasts: SignedDuration) {
        let forwarder = self.forwarder(receiver);
        forwarder.forward_due(Wake::Schedule, settled, self.api.now() + lasts).await.unwrap();
        *self.got.lock().unwrap() = receiver.got();
        *self.urls.lock().unwrap() = receiver.urls();
    }

    /// A pass of this forwarder after the margin.
    pub(super) async fn pass_of<P: Post>(&self, forwarder: &Forwarder<P>) {
        self.api.advance(SETTLED_AFTER);
        let now = self.api.now();
        let settled = now - SETTLED_AFTER;
        forwarder.forward_due(Wake::Schedule, settled, now + PASS_FOR).await.unwrap();
    }

    pub(super) fn forwarder<P: Post>(&self, post: P) -> Forwarder<P> {
        let (table, system) = (self.table().clone(), self.system().clone());
        Forwarder { table, system, post, master: MasterSecret::new(SIGNING_KEY).unwrap() }
    }

    pub(super) async fn stored(&self) -> Destination {
        let found = self.table().get_destination(&account(), &self.added.id).await;
        found.unwrap().unwrap()
    }

    pub(super) async fn set_aside(&self) -> Vec<SetAside> {
        self.table().events_set_aside(&account(), None, None, self.api.now()).await.unwrap()
    }

    /// The messages of the last pass.
    pub(super) fn got(&self) -> Vec<PostRequest> {
        self.got.lock().unwrap().clone()
    }

    /// The URLs that were called in the last pass.
    pub(super) fn urls_got(&self) -> Vec<String> {
        self.urls.lock().unwrap().clone()
    }

    /// Erases a lead, as an operator does.
    pub(super) async fn erase(&self, lead: LeadId) {
        let mark = self.system().random_mark();
        self.table().erase_lead(&account(), lead, self.api.now(), &mark).await.unwrap();
    }

    /// Their leads.
    pub(super) fn leads_got(&self) -> Vec<LeadId> {
        let lead = |request: PostRequest| request.id.split('_').nth(1).unwrap().parse().unwrap();
        self.got().into_iter().map(lead).collect()
    }

    /// Their bodies.
    pub(super) fn bodies_got(&self) -> Vec<Value> {
        let body = |request: PostRequest| serde_json::from_str(&request.body).unwrap();
        self.got().into_iter().map(body).collect()
    }
}
