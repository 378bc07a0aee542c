//! What may happen: leads, passes, what destinations do, and what an operator does meanwhile.

use super::clocks::{Step, step};
use proptest::{collection::vec, option, prelude::*};
use tests::Fault;

/// Destinations, and what happens one after the other.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) destinations: Vec<Planned>,
    pub(super) actions: Vec<Action>,
}

/// A destination that an operator adds at the beginning.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) account: u8,
    /// Whether it also gets the leads before it.
    pub(super) gets_all: bool,
    /// What it does with the first posts. It takes all later ones.
    pub(super) script: Vec<Handling>,
    /// The leads that it never takes.
    pub(super) poison: Option<Poison>,
}

/// Leads that a destination never takes: those whose ids are multiples of a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poison {
    pub(super) every: u64,
    /// What it answers about them.
    pub(super) reply: Reply,
}

/// What a destination does with a post.
#[derive(Clone, Debug)]
pub(super) struct Handling {
    pub(super) reply: Reply,
    /// How long the post takes.
    pub(super) milliseconds: i64,
    /// What happens while it is under way.
    pub(super) meanwhile: Vec<Action>,
}

/// The answer of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A status, and perhaps `Retry-After` in seconds.
    Status(u16, Option<i64>),
    /// The message does not arrive.
    Unreached,
    /// The message arrives, but its sender gets no answer.
    AnswerLost,
    /// The message does not arrive, and its sender waits for an answer in vain.
    Silence,
}

/// What happens. A destination or a lead is named by a number that counts round.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// An account gets new leads. They are written this many milliseconds after they arrived.
    Create { account: u8, leads: u8, delay: i64 },
    /// The table's stream gives records of the leads that were written since the last time.
    Stream,
    /// The stream gives all records again.
    StreamAgain,
    /// The clock of an instance jumps.
    Step(Step),
    /// A pass.
    Pass(PlannedPass),
    /// Seconds pass.
    Wait(i64),
    /// The operator pauses a destination.
    Pause(u8),
    /// The operator resumes it.
    Resume(u8),
    /// The operator sets the lead aside at which it fails.
    Skip(u8),
    /// The operator moves the cursor back to the lead with this number.
    Replay(u8, u8),
    /// The operator rotates its secret.
    Rotate(u8),
    /// The operator erases a lead. A pass may run before the lead is deleted.
    Erase(u8, bool),
}

/// A pass of a function instance.
#[derive(Clone, Debug)]
pub(super) struct PlannedPass {
    /// Whether new leads woke it, not the schedule.
    pub(super) new_leads: bool,
    /// At which step of its work it is killed.
    pub(super) killed_at: Option<u16>,
    /// What happens to its requests to the table.
    pub(super) faults: Vec<Option<Fault>>,
}

/// More than a post may take: the instance is frozen meanwhile.
const FROZEN: std::ops::Range<i64> = 30_000..200_000;
const STATUSES: [u16; 14] = [200, 204, 301, 400, 401, 404, 408, 409, 410, 413, 422, 429, 500, 503];

fn reply() -> impl Strategy<Value = Reply> {
    let retry_after = option::weighted(0.5, prop_oneof![0..120_i64, Just(7_200)]);
    prop_oneof![
        8 => Just(Reply::Status(200, None)),
        3 => (prop::sample::select(&STATUSES[..]), Just(None)).prop_map(|(s, r)| Reply::Status(s, r)),
        1 => prop::sample::select(&[400_u16, 422][..]).prop_map(|s| Reply::Status(s, None)),
        1 => (prop::sample::select(&[429_u16, 503][..]), retry_after)
            .prop_map(|(s, r)| Reply::Status(s, r)),
        1 => Just(Reply::Unreached),
        1 => Just(Reply::AnswerLost),
    ]
}

fn milliseconds() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(5_i64), 3 => 500..15_000_i64, 1 => FROZEN]
}

prop_compose! {
    fn handling()(
        reply in reply(),
        milliseconds in milliseconds(),
        meanwhile in prop_oneof![5 => Just(Vec::new()), 3 => vec(action(), 1..3)],
    ) -> Handling {
        Handling { reply, milliseconds, meanwhile }
    }
}

prop_compose! {
    fn planned()(
        account in prop_oneof![3 => Just(0_u8), 1 => Just(1)],
        gets_all in any::<bool>(),
        script in vec(handling(), 0..10),
        poison in option::weighted(0.3, poison()),
    ) -> Planned {
        Planned { account, gets_all, script, poison }
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

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![Just(Fault::AnswerLost), Just(Fault::RequestLost), Just(Fault::Failed)]
}

/// One fault, or so many that retries do not help.
fn faults() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let some = (vec(Just(None), 0..14), fault(), prop_oneof![1..3_usize, Just(8)]);
    let some = some.prop_map(|(mut faults, fault, times)| {
        faults.extend(std::iter::repeat_n(Some(fault), times));
        faults
    });
    prop_oneof![5 => Just(Vec::new()), 1 => some]
}

prop_compose! {
    fn pass()(
        new_leads in prop::bool::weighted(0.3),
        killed_at in option::weighted(0.2, 0..60_u16),
        faults in faults(),
    ) -> PlannedPass {
        PlannedPass { new_leads, killed_at, faults }
    }
}

fn delay() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0..20_i64, 2 => 20..2_500_i64, 2 => 4_000..100_000_i64]
}

fn action() -> impl Strategy<Value = Action> {
    let account = prop_oneof![3 => Just(0_u8), 1 => Just(1)];
    let leads = prop_oneof![20 => 1..4_u8, 1 => Just(30)];
    let seconds =
        prop_oneof![4 => 1..10_i64, 3 => 50..400_i64, 2 => Just(3_700), 1 => Just(25_000)];
    prop_oneof![
        6 => (account, leads, delay())
            .prop_map(|(account, leads, delay)| Action::Create { account, leads, delay }),
        2 => Just(Action::Stream),
        1 => Just(Action::StreamAgain),
        3 => step().prop_map(Action::Step),
        8 => pass().prop_map(Action::Pass),
        4 => seconds.prop_map(Action::Wait),
        1 => any::<u8>().prop_map(Action::Pause),
        1 => any::<u8>().prop_map(Action::Resume),
        1 => any::<u8>().prop_map(Action::Skip),
        1 => any::<(u8, u8)>().prop_map(|(n, lead)| Action::Replay(n, lead)),
        1 => any::<u8>().prop_map(Action::Rotate),
        2 => any::<(u8, bool)>().prop_map(|(lead, pass)| Action::Erase(lead, pass)),
    ]
}

prop_compose! {
    pub(super) fn history()(
        destinations in vec(planned(), 1..4),
        actions in vec(action(), 2..12),
        calm in prop::bool::weighted(0.3),
    ) -> History {
        let history = History { destinations, actions };
        if calm { history.calmed() } else { history }
    }
}

impl History {
    /// The same without anything that excuses repeats.
    fn calmed(mut self) -> Self {
        self.actions.iter_mut().for_each(Action::calm);
        for handling in self.destinations.iter_mut().flat_map(|planned| &mut planned.script) {
            handling.milliseconds = handling.milliseconds.min(15_000);
            handling.meanwhile.iter_mut().for_each(Action::calm);
            if handling.reply == Reply::AnswerLost {
                handling.reply = Reply::Unreached;
            }
        }
        self
    }
}

impl Action {
    fn calm(&mut self) {
        match self {
            Self::Pass(pass) => {
                *pass = PlannedPass { killed_at: None, faults: Vec::new(), ..*pass }
            }
            Self::Replay(..) => *self = Self::Wait(5),
            Self::Create { .. }
            | Self::Stream
            | Self::StreamAgain
            | Self::Step(_)
            | Self::Wait(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Skip(_)
            | Self::Rotate(_)
            | Self::Erase(..) => {}
        }
    }
}
