//! Random histories.

use crate::history::{
    Action, DestinationAction, Edit, Handling, History, Jump, Place, Planned, Poison, Records,
    Reply, Sent, Step, Work,
};
use proptest::{collection::vec, option, prelude::*, strategy::Union};
use std::{collections::BTreeMap, time::Duration};
use tests::{Fault, SENDERS, Sender};

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
        in_flight in prop_oneof![3 => Just(1), 1 => 2..9_u8],
        without in option::weighted(0.2, 1..3_u8),
    ) -> Planned {
        Planned { place, gets_all, script, poison, in_flight, without }
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

fn edit() -> impl Strategy<Value = Edit> {
    let person = || option::weighted(0.5, 0..3_u8);
    let update = (person(), person(), person()).prop_map(|(words, email, phone)| Edit::Update {
        words,
        email,
        phone,
    });
    prop_oneof![3 => update, 1 => Just(Edit::Delete)]
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
        3 => (0..3_u8, any::<u8>(), edit(), work())
            .prop_map(|(place, lead, edit, work)| Action::Edit { place, lead, edit, work }),
        1 => (0..3_u8, work()).prop_map(|(place, work)| Action::List { place, work }),
        1 => (0..3_u8, any::<u8>(), sent(), work()).prop_map(|(place, held, sent, work)| {
            Action::Redeliver { held, sent: Sent { place, is_invalid: false, ..sent }, work }
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
    pub(crate) fn history()(
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
