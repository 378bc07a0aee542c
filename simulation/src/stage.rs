//! Plays a history to its end, and then lets everything work until nothing waits.

use crate::{
    history::{Action, DestinationAction, History, Place, Planned, Sent, Work},
    instances::{Instances, TABLE},
    observed::Observed,
    table::Exchange,
    world::World,
};
use jiff::SignedDuration;
use serde_json::json;
use shared::model::{
    ApiKey, Destination, DestinationId, DestinationState, LeadId, Scope, TokenHash,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// Longer than any wait of a destination, and than any clock is ahead.
const LONGEST_WAIT: Duration = Duration::from_mins(67);
/// Longer than any wait of a refused message.
const LONGEST_RETRY: Duration = Duration::from_hours(25);
/// More passes than any number of leads needs that a destination never takes.
const MOST_PASSES: usize = 150;
/// A person that no step of a history names.
const NOBODY: u8 = 100;

/// A history that is played.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) instances: Instances,
    /// Whether all steps are over.
    is_over: AtomicBool,
}

/// What waits although its destination takes it.
struct Waiting {
    leads: bool,
    events: bool,
}

impl Stage {
    /// A stage with the accounts of the history.
    pub(crate) async fn new(world: &Arc<World>) -> Arc<Self> {
        let instances = Instances::new(world);
        let accounts: BTreeSet<_> =
            world.places.iter().map(|place| (place.token(), place.account())).collect();
        for (token, account) in accounts {
            let tenants = account.id.as_str().parse().into_iter().collect();
            let key = ApiKey { tenants, scopes: Scope::ALL.into(), ..ApiKey::new(account) };
            instances.table.put_api_key(&TokenHash::of(&token), key).await.unwrap();
        }
        Arc::new(Self { world: Arc::clone(world), instances, is_over: AtomicBool::new(false) })
    }

    /// The account with this number.
    pub(crate) fn place(&self, n: u8) -> Place {
        let places = &self.world.places;
        places[usize::from(n) % places.len()]
    }

    /// The destination with this number, as it was added.
    pub(crate) fn destination(&self, n: u8) -> Option<Destination> {
        let log = self.world.log();
        let observed = log.observed.get(usize::from(n) % log.observed.len().max(1))?;
        Some(observed.destination.clone())
    }

    /// Whether all steps are over.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(SeqCst)
    }

    /// Plays a history to its end.
    pub(crate) async fn play(self: &Arc<Self>, history: History) {
        for planned in history.destinations {
            self.add_destination(planned).await;
        }
        let stream = tokio::spawn(Arc::clone(self).stream(history.records));
        let mut tasks = JoinSet::new();
        for (n, step) in history.steps.into_iter().enumerate() {
            sleep(Duration::from_millis(step.after.into())).await;
            let stage = Arc::clone(self);
            tasks.spawn(async move { stage.act(n, step.action).await });
        }
        self.world.heal();
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        // A function that its sender did not wait for may still be frozen.
        sleep(Duration::from_mins(5)).await;
        self.is_over.store(true, SeqCst);
        self.world.records.notify_one();
        stream.await.unwrap();
        self.finish().await;
    }

    async fn act(self: &Arc<Self>, n: usize, action: Action) {
        match action {
            Action::Deliver(sent, work) => {
                Arc::clone(self).deliver(format!("delivery {n}"), sent, work).await;
            }
            Action::Pass(work) => self.pass(format!("pass {n}"), work).await,
            Action::StreamAgain(work) => self.stream_again(format!("stream again {n}"), work).await,
            Action::Erase { place, person, work } => {
                self.erase(format!("erasure {n}"), self.place(place), person, work).await;
            }
            Action::Edit { place, lead, edit, work } => {
                Arc::clone(self).edit(format!("edit {n}"), place, lead, edit, work).await;
            }
            Action::List { place, work } => {
                Arc::clone(self).list(format!("list {n}"), place, work).await;
            }
            Action::Redeliver { held, sent, work } => {
                self.redeliver(format!("redelivery {n}"), held, sent, work).await;
            }
            Action::Change(destination, action, work) => {
                self.change(format!("operator {n}"), destination, action, work).await;
            }
            Action::Outage(milliseconds) => {
                let until = self.world.now() + SignedDuration::from_millis(milliseconds.into());
                self.world.trace("the table", || format!("is away for {milliseconds} ms"));
                *self.world.away_until.lock().unwrap() = until;
            }
            Action::Jump(jump) => {
                self.world.trace("the clock", || format!("{jump:?}"));
                self.instances.jump(jump);
                self.world.log().note_jump();
            }
            Action::Sweep => {
                let now = self.world.now().as_second();
                let swept = self.world.table.lock().unwrap().sweep(now);
                for key in swept {
                    self.world.notes.exchange(|| Exchange {
                        operation: "DeleteItem".to_owned(),
                        request: json!({ "TableName": TABLE, "Key": key }).to_string(),
                        answer: Ok(json!({})),
                    });
                }
            }
        }
    }

    async fn add_destination(&self, planned: Planned) {
        let (now, system) = (self.world.now(), self.instances.operator());
        let n = self.world.log().observed.len();
        let starts_after = if planned.gets_all { LeadId::FIRST } else { LeadId::new(now, 0) };
        let account = self.place(planned.place).account();
        let url = format!("https://receiver-{n}.example/");
        let id = DestinationId::random(&system);
        let new = Destination::new(&account, id, url, starts_after, now);
        let in_flight = planned.in_flight.try_into().unwrap();
        let destination = Destination { in_flight, only: planned.only(&account), ..new };
        self.instances.table.add_destination(&destination).await.unwrap();
        self.world.log().observed.push(Observed::new(destination, planned, now));
    }

    /// Everything works: destinations take what they get, and time passes until nothing waits.
    async fn finish(self: &Arc<Self>) {
        let count = self.world.log().observed.len();
        if count == 0 {
            return;
        }
        let mut accounts = BTreeSet::new();
        for n in 0..count {
            let destination = self.stored(n).await;
            accounts.insert(destination.account().to_string());
            if destination.state != DestinationState::Active {
                let (name, resume) = ("the last command".to_owned(), DestinationAction::Resume);
                self.change(name, n as u8, resume, Work::default()).await;
            }
        }
        // One more lead that every destination takes, so that leads which none takes are found out.
        // It comes after all others, whose ids are an hour ahead at most.
        sleep(LONGEST_WAIT).await;
        self.instances.renew();
        for (n, place) in self.world.places.iter().enumerate() {
            if accounts.remove(&place.account().to_string()) {
                self.send_a_good_lead(n as u8).await;
            }
        }
        self.pass_until(|waiting| !waiting.leads).await;
        sleep(LONGEST_RETRY).await;
        self.pass_until(|waiting| !waiting.events).await;
    }

    /// Sends leads until one is stored that every destination takes.
    async fn send_a_good_lead(self: &Arc<Self>, place: u8) {
        let account = self.place(place).account();
        for person in NOBODY.. {
            // Ids of one millisecond have no order.
            sleep(Duration::from_secs(1)).await;
            let (email, phone) = (Some(person), Some(person));
            let sent = Sent { place, email, phone, words: 0, key: None, is_invalid: false };
            let name = format!("the last delivery {place}.{person}");
            Arc::clone(self).deliver(name, sent, Work::default()).await;
            let log = self.world.log();
            let last = log.leads_of(&account).into_iter().next_back().unwrap();
            if !log.is_poisoned(&account, last) {
                return;
            }
        }
    }

    /// Passes until what may not wait is forwarded.
    async fn pass_until(&self, is_done: impl Fn(&Waiting) -> bool) {
        for n in 0..MOST_PASSES {
            sleep(LONGEST_WAIT).await;
            self.pass(format!("the last pass {n}"), Work::default()).await;
            if is_done(&self.waiting().await) {
                return;
            }
        }
    }

    async fn waiting(&self) -> Waiting {
        let mut waiting = Waiting { leads: false, events: false };
        let count = self.world.log().observed.len();
        for n in 0..count {
            let destination = self.stored(n).await;
            let (account, id) = (destination.account(), Some(&destination.id));
            let (table, now) = (&self.instances.table, self.world.now());
            let events = table.events_set_aside(&account, id, None, now).await.unwrap();
            let log = self.world.log();
            let last = log.leads_of(&account).into_iter().max();
            waiting.leads |= last.is_some_and(|last| destination.cursor < last);
            waiting.events |= events.iter().any(|event| {
                let is_poison = log.observed[n].answer_to_poison(event.lead_id).is_some();
                event.next_attempt_at.is_some() && !is_poison
            });
        }
        waiting
    }

    /// A destination as it is stored.
    pub(crate) async fn stored(&self, n: usize) -> Destination {
        let destination = self.world.log().observed[n].destination.clone();
        let (account, id) = (destination.account(), &destination.id);
        self.instances.table.get_destination(&account, id).await.unwrap().unwrap()
    }
}
