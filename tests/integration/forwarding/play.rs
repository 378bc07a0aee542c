//! Plays a history: leads, passes and operators over one table, and destinations that note what
//! they receive.

use super::{
    clocks::Clocks,
    history::{Action, Handling, History, Planned, PlannedPass, Reply},
    lead_record,
    model::{Erasure, Log, Observed, Seen, WrittenLead},
    new_lead,
};
use crate::receiver::{Received, Receiver};
use aws_sdk_dynamodb::Client;
use forwarding::{
    Answered, Forwarder, ForwardingEvent, MasterSecret, PASS_FOR, PostError, PostRequest,
    SETTLED_AFTER, Wake, refused,
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{
        Account, ClockAndRandom, Destination, DestinationId, DestinationState, LeadId, Provider,
        SetAside, SetAsideEvent, Stuck,
    },
    table::{DestinationChange, LeadTable},
};
use std::{
    collections::HashSet,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};
use tests::FaultyConnection;

pub(super) const MASTER: &str = "a master secret that everybody knows";
/// How long the secret before a rotation signs too.
const ROTATION: SignedDuration = SignedDuration::from_hours(24);
/// Longer than any wait of a destination.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(67);
/// Longer than any wait of a refused message.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_hours(25);
/// More passes than any number of leads needs that a destination never takes.
const MOST_PASSES: usize = 150;
/// More than a step of a pass takes if its instance is not frozen.
const FROZEN: SignedDuration = SignedDuration::from_secs(20);

/// A history that is being played.
pub(super) struct Play {
    pub(super) table: LeadTable,
    /// For the passes that are killed, or whose requests to the table fail.
    pub(super) faulty: Client,
    pub(super) connection: Arc<FaultyConnection>,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) system: ClockAndRandom,
    pub(super) clocks: Clocks,
    pub(super) log: Mutex<Log>,
    pub(super) peace: AtomicBool,
    /// How many passes are running, one inside a post of the other.
    pub(super) passes: AtomicUsize,
    /// How many posts wait for what happens meanwhile. That is no part of a pass, so no pass is
    /// killed then.
    pub(super) acting: AtomicUsize,
}

/// The destinations of one pass.
struct Destinations {
    play: Arc<Play>,
    system: ClockAndRandom,
    /// When the pass made its last step at each.
    steps: Mutex<Vec<Timestamp>>,
}

impl Destinations {
    fn receiver(self: &Arc<Self>) -> Receiver<'static> {
        let destinations = Arc::clone(self);
        Receiver::new(move |received| {
            let destinations = Arc::clone(&destinations);
            Box::pin(async move { destinations.answer(&received).await })
        })
    }

    async fn answer(&self, Received { url, request, .. }: &Received) -> crate::receiver::Reply {
        let (play, begun) = (&self.play, self.play.now());
        let (n, handling) = play.receive(url, request, begun, self.system.now());
        self.step(n);
        play.acting.fetch_add(1, SeqCst);
        for action in handling.meanwhile {
            play.act(action).await;
        }
        play.acting.fetch_sub(1, SeqCst);
        play.note_pause(n).await;
        let end = begun + SignedDuration::from_millis(handling.milliseconds);
        play.clock.fetch_max(end.as_millisecond(), SeqCst);
        self.step(n);
        match handling.reply {
            Reply::Status(status, seconds) => {
                let retry_after = seconds.map(SignedDuration::from_secs);
                Ok(Answered { status, retry_after, body: String::new() })
            }
            Reply::Unreached => Err(PostError::NoConnection),
            Reply::AnswerLost | Reply::Silence => Err(PostError::TimedOut),
        }
    }

    /// Notes a step. After a step that took too long, the lease may be over.
    fn step(&self, n: usize) {
        let now = self.play.now();
        let mut steps = self.steps.lock().unwrap();
        if now.duration_since(steps[n]) > FROZEN {
            self.play.log().observed[n].is_excused = true;
        }
        steps[n] = now;
    }
}

impl Play {
    pub(super) fn now(&self) -> Timestamp {
        self.system.now()
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// Plays a history to its end, and then lets everything work until nothing waits.
    pub(super) async fn run(self: &Arc<Self>, history: History) {
        for (n, planned) in history.destinations.into_iter().enumerate() {
            self.add_destination(n, planned).await;
        }
        for action in history.actions {
            self.act(action).await;
        }
        // A killed pass may have requests that the connection has not read yet.
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.connection.settle().await;
        self.end_in_peace().await;
    }

    async fn add_destination(&self, n: usize, planned: Planned) {
        // Two leads are older than every destination.
        for _ in 0..2 {
            self.create(planned.account, 1, 0).await;
        }
        let now = self.now();
        let starts_after = if planned.gets_all { LeadId::FIRST } else { LeadId::new(now, 0) };
        let account = account(planned.account);
        let url = format!("https://receiver-{n}.example/");
        let id = DestinationId::random(&self.system);
        let destination = Destination::new(&account, id, url, starts_after, now);
        self.table.add_destination(&destination).await.unwrap();
        self.log().observed.push(Observed::new(destination, planned));
    }

    /// Does an action. It may be part of a post of another one.
    fn act(self: &Arc<Self>, action: Action) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let play = Arc::clone(self);
        Box::pin(async move {
            match action {
                Action::Create { account, leads, delay } => {
                    play.create(account, leads, delay).await;
                }
                Action::Stream => play.stream().await,
                Action::StreamAgain => play.stream_again().await,
                Action::Step(step) => play.step(step),
                Action::Pass(pass) => play.pass(pass).await,
                Action::Wait(seconds) => play.wait(SignedDuration::from_secs(seconds)),
                Action::Pause(n) => play.set_state(n, DestinationState::Paused).await,
                Action::Resume(n) => play.set_state(n, DestinationState::Active).await,
                Action::Skip(n) => play.skip(n).await,
                Action::Replay(n, lead) => play.replay(n, lead).await,
                Action::Rotate(n) => play.rotate(n).await,
                Action::Erase(lead, with_pass) => play.erase(lead, with_pass).await,
            }
        })
    }

    fn wait(&self, time: SignedDuration) {
        self.clock.fetch_add(time.as_millis() as i64, SeqCst);
    }

    /// Stores leads now that arrived before.
    async fn create(&self, n: u8, leads: u8, delay: i64) {
        let account = account(n);
        for _ in 0..leads {
            self.wait(SignedDuration::from_millis(1));
            let system = self.clocks.of_account(n);
            let arrived = system.now() - SignedDuration::from_millis(delay);
            self.store(&account, system.new_lead_id(arrived)).await;
        }
    }

    /// Stores a lead that no destination refuses to take.
    async fn create_good(&self, n: u8) {
        self.wait(SignedDuration::from_millis(1));
        let is_good = |id: &LeadId| {
            let log = self.log();
            log.observed.iter().all(|observed| observed.answer_to_poison(*id).is_none())
        };
        let mut ids = std::iter::repeat_with(|| self.system.new_lead_id(self.now()));
        let id = ids.find(is_good).unwrap();
        self.store(&account(n), id).await;
    }

    async fn store(&self, account: &Account, id: LeadId) {
        let new = new_lead(account.clone(), id);
        self.table.create_lead(new, &self.system).await.unwrap();
        let written = self.now();
        self.log().note_lead(account.clone(), id, written);
    }

    /// Gives the records of the new leads to the function, again and again until it has noted them.
    async fn stream(&self) {
        let leads = std::mem::take(&mut self.log().not_streamed);
        self.give_records(&leads).await;
    }

    /// The stream gives all records again, but those that it has not given yet.
    async fn stream_again(&self) {
        let leads = self.log().streamed();
        self.give_records(&leads).await;
    }

    async fn give_records(&self, leads: &[WrittenLead]) {
        if leads.is_empty() {
            return;
        }
        let records: Vec<_> =
            leads.iter().map(|lead| lead_record(&lead.account, lead.id, lead.written)).collect();
        let event = serde_json::json!({ "Records": records });
        let event: ForwardingEvent = serde_json::from_value(event).unwrap();
        let nobody = Receiver::answering(|_| unreachable!("only leads are noted"));
        let forwarder = forwarder(self.table.clone(), nobody, self.clocks.of_pass(0));
        forwarder.note_late_leads(&event.new_leads().unwrap()).await.unwrap();
        for lead in leads.iter().filter(|lead| lead.is_late()) {
            let events =
                self.table.events_set_aside(&lead.account, None, None, self.now()).await.unwrap();
            self.log().note_late(lead, &events);
        }
    }

    async fn pass(self: &Arc<Self>, planned: PlannedPass) {
        let is_calm = planned.faults.is_empty() && planned.killed_at.is_none();
        let faulty = || LeadTable::new(self.faulty.clone(), self.table.name());
        let table = if is_calm { self.table.clone() } else { faulty() };
        let started = self.now();
        let _running = Running::begin(&self.passes);
        if self.passes.load(SeqCst) == 1 {
            self.log().observed.iter_mut().for_each(Observed::forget_old_secrets);
        }
        if !is_calm {
            self.log().excuse_all();
            self.connection.set_script(planned.faults.iter().copied());
        }
        let count = self.log().observed.len();
        let steps = Mutex::new(vec![started; count]);
        let Ok(system) = table.system(&self.clocks.of_pass(self.passes.load(SeqCst))).await else {
            return self.connection.set_script([]);
        };
        let begun = system.now();
        let destinations = Destinations { play: Arc::clone(self), system: system.clone(), steps };
        let destinations = Arc::new(destinations);
        let forwarder = forwarder(table, destinations.receiver(), system);
        let accounts = || self.log().leads.iter().map(|lead| lead.account.clone()).collect();
        let wake = if planned.new_leads { Wake::NewLeads(accounts()) } else { Wake::Schedule };
        let pass = forwarder.forward_due(wake, begun - SETTLED_AFTER, begun + PASS_FOR);
        let depth = self.acting.load(SeqCst);
        let may_die = || self.acting.load(SeqCst) == depth;
        let done = until_killed(pass, planned.killed_at, may_die).await;
        if !is_calm {
            self.connection.set_script([]);
        }
        match done {
            None => self.log().excuse_all(),
            Some(_) => (0..count).for_each(|n| destinations.step(n)),
        }
    }

    /// The destination with this number, as it is stored.
    async fn destination(&self, n: u8) -> (usize, Destination) {
        let (n, Destination { id, provider, account, .. }) = {
            let log = self.log();
            let n = usize::from(n) % log.observed.len();
            (n, log.observed[n].destination.clone())
        };
        let account = Account { provider, id: account };
        (n, self.table.get_destination(&account, &id).await.unwrap().unwrap())
    }

    async fn set_state(&self, n: u8, state: DestinationState) {
        let (n, destination) = self.destination(n).await;
        self.log().observed[n].rests = false;
        let changed = Destination { state, next_attempt_at: None, ..destination };
        let change = match state {
            DestinationState::Active => DestinationChange::Resume,
            DestinationState::Paused | DestinationState::Gone => DestinationChange::Pause,
        };
        self.table.change_destination(&changed, change).await.unwrap();
    }

    async fn replay(&self, n: u8, lead: u8) {
        let (n, destination) = self.destination(n).await;
        let leads = self.log().leads_of(&destination.account());
        let Some(lead) = leads.get(usize::from(lead) % leads.len().max(1)) else { return };
        if *lead > destination.cursor {
            return;
        }
        if !self.table.move_cursor_back(&destination, *lead).await.unwrap() {
            return;
        }
        let mut log = self.log();
        log.observed[n].is_excused = true;
        let start = &mut log.observed[n].destination.starts_after;
        *start = (*start).min(*lead);
    }

    /// After a post during which its destination was paused, nothing more is posted to it. A pass
    /// that was frozen does not count: another one may be between its last look and its post.
    async fn note_pause(&self, n: usize) {
        let (_, destination) = self.destination(n as u8).await;
        let observed = &mut self.log().observed[n];
        observed.rests = destination.state == DestinationState::Paused && !observed.is_excused;
    }

    async fn skip(&self, n: u8) {
        let (n, destination) = self.destination(n).await;
        let Some(Stuck { lead, .. }) = destination.stuck else { return };
        let (account, now) = (destination.account(), self.now());
        let event = SetAside::due(lead, destination.id.clone(), SetAsideEvent::Created, now);
        self.table.set_aside(&account, &refused(event, None, now)).await.unwrap();
        self.table.move_cursor_over(&destination, lead).await.unwrap();
        self.log().observed[n].skipped.insert(lead);
    }

    async fn rotate(&self, n: u8) {
        let (n, destination) = self.destination(n).await;
        let changed = Destination {
            secret_version: destination.secret_version + 1,
            old_secret_until: Some(self.now() + ROTATION),
            ..destination
        };
        // Before it is stored: from then on a running pass signs with it.
        self.log().observed[n].secrets.push((changed.secret_version, changed.old_secret_until));
        self.table.change_destination(&changed, DestinationChange::Secret).await.unwrap();
    }

    /// Erases a lead, and sets a message aside for the destinations that may have it: before the
    /// lead is deleted, and again afterwards for those that got it meanwhile.
    async fn erase(self: &Arc<Self>, n: u8, with_pass: bool) {
        let Some((account, id)) = self.log().begin_erasure(n) else { return };
        let mut noted = HashSet::new();
        self.note_erasure(&account, id, &mut noted).await;
        if with_pass {
            self.pass(CALM_PASS).await;
        }
        self.table.erase_lead(&account, id).await.unwrap();
        let now = self.now();
        self.log().note_erased(id, now);
        self.note_erasure(&account, id, &mut noted).await;
    }

    async fn note_erasure(
        &self,
        account: &Account,
        lead: LeadId,
        noted: &mut HashSet<DestinationId>,
    ) {
        for destination in self.table.destinations().await.unwrap() {
            if destination.account() == *account
                && destination.may_have(lead)
                && noted.insert(destination.id.clone())
            {
                let event = SetAsideEvent::Erased;
                let event = SetAside::due(lead, destination.id, event, self.now());
                self.table.set_aside(account, &event).await.unwrap();
            }
        }
    }

    /// Notes a post, and says what its destination does with it.
    fn receive(
        &self,
        url: &str,
        request: &PostRequest,
        at: Timestamp,
        signed_at: Timestamp,
    ) -> (usize, Handling) {
        let mut log = self.log();
        let n = log.find(url);
        let scripted = log.observed[n].script.pop_front();
        let mut handling = scripted.filter(|_| !self.peace.load(SeqCst)).unwrap_or(TAKES);
        log.check_post(n, request, signed_at);
        let mut seen = Seen::new(n, request, at, handling.reply);
        if let Some(reply) = log.observed[n].answer_to(&seen) {
            (handling.reply, seen.reply) = (reply, reply);
        }
        if handling.reply == Reply::Silence {
            handling.milliseconds = handling.milliseconds.max(15_000);
        }
        log.seen.push(seen);
        (n, handling)
    }

    /// Everything works: destinations take what they get, and time passes until nothing waits.
    async fn end_in_peace(self: &Arc<Self>) {
        self.peace.store(true, SeqCst);
        self.stream().await;
        let destinations = self.log().observed.len();
        for n in 0..destinations {
            let (_, destination) = self.destination(n as u8).await;
            if destination.state != DestinationState::Active {
                self.set_state(n as u8, DestinationState::Active).await;
            }
        }
        // One more lead that every destination takes, so that leads which none takes are found out.
        // It comes after all others, whose ids are an hour ahead at most.
        self.wait(LONGEST_WAIT);
        for account in 0..2 {
            self.create_good(account).await;
        }
        self.pass_until(|waiting| !waiting.leads).await;
        self.wait(LONGEST_RETRY);
        self.pass_until(|waiting| !waiting.events).await;
    }

    /// Passes until what may not wait is forwarded.
    async fn pass_until(self: &Arc<Self>, is_done: impl Fn(&Waiting) -> bool) {
        for _ in 0..MOST_PASSES {
            self.wait(LONGEST_WAIT);
            self.pass(CALM_PASS).await;
            if is_done(&self.waiting().await) {
                return;
            }
        }
    }

    async fn waiting(&self) -> Waiting {
        let mut waiting = Waiting { leads: false, events: false };
        let destinations = self.log().observed.len();
        for n in 0..destinations {
            let (_, destination) = self.destination(n as u8).await;
            let (account, id) = (destination.account(), Some(&destination.id));
            let events = self.table.events_set_aside(&account, id, None, self.now()).await.unwrap();
            let log = self.log();
            let last = log.leads_of(&account).into_iter().max();
            waiting.leads |= last.is_some_and(|last| destination.cursor < last);
            waiting.events |= events.iter().any(|event| {
                let is_poison = log.observed[n].answer_to_poison(event.lead_id).is_some();
                event.next_attempt_at.is_some() && !is_poison
            });
        }
        waiting
    }
}

/// What waits although its destination takes it.
struct Waiting {
    leads: bool,
    events: bool,
}

const TAKES: Handling =
    Handling { reply: Reply::Status(200, None), milliseconds: 1, meanwhile: Vec::new() };

const CALM_PASS: PlannedPass =
    PlannedPass { new_leads: false, killed_at: None, faults: Vec::new() };

fn forwarder(
    table: LeadTable,
    post: Receiver<'static>,
    system: ClockAndRandom,
) -> Forwarder<Receiver<'static>> {
    let master = MasterSecret::new(MASTER).unwrap();
    Forwarder { table, system, post, master }
}

/// A running pass. It also ends if it is killed.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn begin(passes: &'a AtomicUsize) -> Self {
        passes.fetch_add(1, SeqCst);
        Self(passes)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

pub(super) fn account(n: u8) -> Account {
    Account { provider: Provider::Integrabot, id: (u64::from(n) + 1).into() }
}

/// The result of a pass; `None` if it was killed before its end. It is dropped when its work was
/// continued this many times.
async fn until_killed<T>(
    pass: impl Future<Output = T>,
    killed_at: Option<u16>,
    may_die: impl Fn() -> bool,
) -> Option<T> {
    let mut pass = pin!(pass);
    let mut left = killed_at;
    poll_fn(|context| {
        if left == Some(0) && may_die() {
            return Poll::Ready(None);
        }
        left = left.map(|left| left.saturating_sub(1));
        pass.as_mut().poll(context).map(Some)
    })
    .await
}

impl Erasure {
    /// What a pass has read is at most a second old when it is posted.
    /// The clock of a pass may go at half the speed until it is right again.
    pub(super) fn is_over(self, at: Timestamp, has_stepped: bool) -> bool {
        at.duration_since(self.at) > SignedDuration::from_secs(if has_stepped { 2 } else { 1 })
    }
}
