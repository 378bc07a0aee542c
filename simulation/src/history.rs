//! What may happen: deliveries, what operators do, passes, and what fails meanwhile. A history is
//! data, so that a failing one can be made smaller and stored.

use proptest::{collection::vec, option, prelude::*, strategy::Union};
use serde::{Deserialize, Serialize};
use shared::model::{Account, Provider};
use std::{collections::BTreeMap, time::Duration};
use tests::{Fault, SENDERS, Sender};

/// A history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// The seed of everything that the history does not say: delays and random numbers.
    pub schedule: u64,
    /// The accounts.
    pub places: Vec<Place>,
    /// Destinations that operators add at the beginning.
    pub destinations: Vec<Planned>,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
    /// How the records of the table's stream come, one after the other; later ones at once.
    pub records: Vec<Records>,
    /// The faults of the requests to the table, by the number of the request.
    pub faults: BTreeMap<u16, Fault>,
}

/// An account of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The provider.
    pub provider: Provider,
    /// Which of its accounts.
    pub account: u8,
}

/// Something that happens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// How many milliseconds after the step before it begins.
    pub after: u32,
    /// What happens.
    pub action: Action,
}

/// What happens. Places, persons, destinations and leads are named by numbers that count round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Action {
    /// A sender sends a delivery, and sends it again until there is an answer.
    Deliver(Sent, Work),
    /// A pass of the schedule.
    Pass(Work),
    /// The stream gives all its records again.
    StreamAgain(Work),
    /// An operator erases a person, and tries again until that is done.
    Erase {
        /// The account.
        place: u8,
        /// The person.
        person: u8,
        /// How the operator's command runs.
        work: Work,
    },
    /// An operator corrects a held delivery and redelivers it.
    Redeliver {
        /// The account.
        place: u8,
        /// Which held delivery.
        held: u8,
        /// The delivery that it becomes.
        sent: Sent,
        /// How the operator's command runs.
        work: Work,
    },
    /// An operator changes a destination.
    Change(u8, DestinationAction, Work),
    /// No request reaches the table for so many milliseconds.
    Outage(u32),
    /// The clock of an instance jumps.
    Jump(Jump),
    /// DynamoDB deletes expired items.
    Sweep,
}

/// What an operator does with a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DestinationAction {
    /// Pauses it.
    Pause,
    /// Resumes it.
    Resume,
    /// Sets the lead aside at which it fails.
    Skip,
    /// Moves its cursor back to the lead with this number.
    Replay(u8),
    /// Rotates its secret.
    Rotate,
}

/// A delivery: its account and its person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The account.
    pub place: u8,
    /// The persons whose e-mail and phone it has. They may be two persons.
    pub email: Option<u8>,
    /// The same for the phone.
    pub phone: Option<u8>,
    /// What the person writes.
    pub words: u8,
    /// Its `Idempotency-Key`.
    pub key: Option<u8>,
    /// Whether it breaks a rule.
    pub is_invalid: bool,
}

/// How a piece of work runs: which instance does it, and when that is killed or frozen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    /// The instance.
    pub instance: u8,
    /// At which of its steps it is killed.
    pub killed_at: Option<u16>,
    /// At which of its steps it is frozen, and for how many seconds.
    pub frozen_at: Option<(u16, u16)>,
}

/// The clock of an instance jumps.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Jump {
    /// The instance.
    pub instance: u8,
    /// How many milliseconds it is ahead of the table's clock from now on.
    pub ahead: i64,
    /// Whether a new instance replaces it, which does not know the time of the one before.
    pub is_new: bool,
}

/// Some records of the table's stream.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Records {
    /// After how many milliseconds they come.
    pub after: u32,
    /// How the function runs that gets them.
    pub work: Work,
}

/// A destination that an operator adds at the beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// The account.
    pub place: u8,
    /// Whether it also gets leads with ids before its time.
    pub gets_all: bool,
    /// What it does with the first posts. It takes all later ones.
    pub script: Vec<Handling>,
    /// The leads that it never takes.
    pub poison: Option<Poison>,
}

/// Leads that a destination never takes: those whose ids are multiples of a number.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Poison {
    /// The number.
    pub every: u64,
    /// What it answers about them.
    pub reply: Reply,
}

/// What a destination does with a post.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Handling {
    /// Its answer.
    pub reply: Reply,
    /// How many milliseconds until the connection is open.
    pub connects: u32,
    /// How many milliseconds until it answers.
    pub answers: u32,
}

/// The answer of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// A status, and perhaps `Retry-After` in seconds.
    Status(u16, Option<i64>),
    /// The message does not arrive.
    Unreached,
    /// The message arrives, but its sender gets no answer.
    AnswerLost,
    /// The message does not arrive, and its sender waits for an answer in vain.
    Silence,
}

impl Place {
    /// The account.
    pub fn account(self) -> Account {
        Account { provider: self.provider, id: (u64::from(self.account) + 1).into() }
    }

    /// How to send to the provider.
    pub fn sender(self) -> &'static Sender {
        Sender::of(self.provider)
    }

    /// The API key of the account.
    pub fn token(self) -> String {
        format!("{}-{}", self.provider.as_str(), self.account)
    }
}

impl Work {
    /// Whether it runs to its end without a break.
    pub fn is_calm(self) -> bool {
        self.killed_at.is_none() && self.frozen_at.is_none()
    }
}

const STATUSES: [u16; 14] = [200, 204, 301, 400, 401, 404, 408, 409, 410, 413, 422, 429, 500, 503];

/// Providers that accept a person only once come more often: their claims meet more often.
fn place() -> impl Strategy<Value = Place> {
    let weighted = |sender: &Sender| (1 + sender.unique.len() as u32, Just(sender.account.0));
    let provider = Union::new_weighted(SENDERS.iter().map(weighted).collect());
    (provider, prop_oneof![4 => Just(0_u8), 1 => Just(1)])
        .prop_map(|(provider, account)| Place { provider, account })
}

prop_compose! {
    fn sent()(
        place in 0..3_u8,
        email in option::weighted(0.7, 0..2_u8),
        phone in option::weighted(0.6, 0..2_u8),
        words in 0..2_u8,
        key in option::weighted(0.3, 0..2_u8),
        is_invalid in prop::bool::weighted(0.1),
    ) -> Sent {
        Sent { place, email, phone, words, key, is_invalid }
    }
}

prop_compose! {
    fn work()(
        instance in 0..2_u8,
        killed_at in option::weighted(0.08, 1..40_u16),
        frozen_at in option::weighted(0.04, (1..30_u16, 1..200_u16)),
    ) -> Work {
        Work { instance, killed_at, frozen_at }
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::AnswerLost),
        2 => Just(Fault::AnswerAndTokenLost),
        2 => Just(Fault::RequestLost),
        2 => Just(Fault::Conflict),
        1 => Just(Fault::Throttled),
        1 => Just(Fault::Failed),
        1 => (1..200_u64).prop_map(|by| Fault::Delayed(Duration::from_millis(by))),
        1 => Just(Fault::Delayed(Duration::from_millis(1_200))),
    ]
}

/// One fault, or several in a row, so that retries fail too.
fn faults() -> impl Strategy<Value = BTreeMap<u16, Fault>> {
    let several =
        (0..150_u16, fault(), prop_oneof![8 => Just(1_u16), 2 => 2..4_u16, 1 => Just(12)]);
    vec(several, 0..5).prop_map(|several| {
        let each = |(first, fault, count)| (first..first + count).map(move |n| (n, fault));
        several.into_iter().flat_map(each).collect()
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    let retry_after = option::weighted(0.5, prop_oneof![0..120_i64, Just(7_200)]);
    prop_oneof![
        8 => Just(Reply::Status(200, None)),
        3 => prop::sample::select(&STATUSES[..]).prop_map(|status| Reply::Status(status, None)),
        1 => prop::sample::select(&[400_u16, 422][..]).prop_map(|s| Reply::Status(s, None)),
        1 => (prop::sample::select(&[429_u16, 503][..]), retry_after)
            .prop_map(|(status, seconds)| Reply::Status(status, seconds)),
        1 => Just(Reply::Unreached),
        1 => Just(Reply::AnswerLost),
    ]
}

prop_compose! {
    fn handling()(
        reply in reply(),
        connects in prop_oneof![6 => 0..20_u32, 1 => 500..5_000_u32],
        answers in prop_oneof![6 => 1..20_u32, 3 => 500..10_000_u32],
    ) -> Handling {
        Handling { reply, connects, answers }
    }
}

prop_compose! {
    fn poison()(
        every in 2..6_u64,
        reply in prop::sample::select(&[
            Reply::Status(500, None),
            Reply::Status(500, Some(0)),
            Reply::Unreached,
            Reply::Silence,
        ][..]),
    ) -> Poison {
        Poison { every, reply }
    }
}

prop_compose! {
    fn planned()(
        place in 0..3_u8,
        gets_all in any::<bool>(),
        script in vec(handling(), 0..10),
        poison in option::weighted(0.3, poison()),
    ) -> Planned {
        Planned { place, gets_all, script, poison }
    }
}

prop_compose! {
    fn jump()(
        instance in 0..5_u8,
        ahead in prop_oneof![
            1 => Just(0_i64),
            3 => -4_000..0_i64,
            1 => -12_000..-4_000_i64,
            3 => 0..12_000_i64,
            1 => prop::sample::select(&[-3_600_000_i64, 3_600_000, -90_000, 90_000][..]),
        ],
        is_new in any::<bool>(),
    ) -> Jump {
        Jump { instance, ahead, is_new }
    }
}

fn destination_action() -> impl Strategy<Value = DestinationAction> {
    prop_oneof![
        Just(DestinationAction::Pause),
        Just(DestinationAction::Resume),
        Just(DestinationAction::Skip),
        any::<u8>().prop_map(DestinationAction::Replay),
        Just(DestinationAction::Rotate),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        12 => (sent(), work()).prop_map(|(sent, work)| Action::Deliver(sent, work)),
        4 => work().prop_map(Action::Pass),
        1 => work().prop_map(Action::StreamAgain),
        1 => (0..3_u8, 0..2_u8, work())
            .prop_map(|(place, person, work)| Action::Erase { place, person, work }),
        1 => (0..3_u8, any::<u8>(), sent(), work()).prop_map(|(place, held, sent, work)| {
            Action::Redeliver { place, held, sent: Sent { is_invalid: false, ..sent }, work }
        }),
        2 => (any::<u8>(), destination_action(), work())
            .prop_map(|(n, action, work)| Action::Change(n, action, work)),
        1 => (100..20_000_u32).prop_map(Action::Outage),
        1 => jump().prop_map(Action::Jump),
        1 => Just(Action::Sweep),
    ]
}

fn after() -> impl Strategy<Value = u32> {
    prop_oneof![
        8 => 0..4_u32,
        4 => 4..2_000_u32,
        3 => 2_000..20_000_u32,
        1 => 50_000..400_000_u32,
        1 => prop::sample::select(&[3_700_000, 25_000_000][..]),
    ]
}

prop_compose! {
    fn records()(
        after in prop_oneof![5 => 0..1_500_u32, 1 => 4_000..100_000_u32],
        work in work(),
    ) -> Records {
        Records { after, work }
    }
}

prop_compose! {
    /// A random history.
    pub fn history()(
        schedule in any::<u64>().no_shrink(),
        places in vec(place(), 1..4),
        destinations in vec(planned(), 0..3),
        steps in vec((after(), action()).prop_map(|(after, action)| Step { after, action }), 2..14),
        records in vec(records(), 0..6),
        faults in faults(),
        is_calm in prop::bool::weighted(0.3),
    ) -> History {
        let history = History { schedule, places, destinations, steps, records, faults };
        if is_calm { history.calmed() } else { history }
    }
}

impl History {
    /// The same without anything that excuses repeats.
    fn calmed(mut self) -> Self {
        self.faults.clear();
        self.steps.retain(|step| !step.action.is_rough());
        for step in &mut self.steps {
            if let Some(work) = step.action.work() {
                *work = Work { instance: work.instance, ..Work::default() };
            }
        }
        for records in &mut self.records {
            records.work = Work { instance: records.work.instance, ..Work::default() };
        }
        for handling in self.destinations.iter_mut().flat_map(|planned| &mut planned.script) {
            if handling.reply == Reply::AnswerLost {
                handling.reply = Reply::Unreached;
            }
        }
        self
    }
}

impl Action {
    /// Whether it excuses repeats.
    fn is_rough(&self) -> bool {
        matches!(
            self,
            Self::Outage(_) | Self::Jump(_) | Self::Change(_, DestinationAction::Replay(_), _)
        )
    }

    fn work(&mut self) -> Option<&mut Work> {
        match self {
            Self::Deliver(_, work)
            | Self::Pass(work)
            | Self::StreamAgain(work)
            | Self::Erase { work, .. }
            | Self::Redeliver { work, .. }
            | Self::Change(_, _, work) => Some(work),
            Self::Outage(_) | Self::Jump(_) | Self::Sweep => None,
        }
    }
}
