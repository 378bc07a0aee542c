//! Random histories: deliveries, their senders, and the faults meanwhile.

use super::STALLED;
use proptest::{collection::vec, option, prelude::*, strategy::Union};
use serde_json::Value;
use shared::model::{Account, Provider};
use std::{collections::HashSet, time::Duration};
use tests::{Delivery, Fault, SENDERS, Sender, sign_keyspot_token};

/// Deliveries that are sent at the same time.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Whether the replay window passes first.
    pub(super) later: bool,
    /// Whether the functions start again, with empty caches.
    pub(super) cold: bool,
    pub(super) sent: Vec<Sent>,
    pub(super) faults: Vec<Option<Fault>>,
}

/// A delivery: its sender, its person, and how long its sender waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) provider: Provider,
    account: u8,
    /// The persons whose e-mail and phone it has. They may be two persons.
    pub(super) email: Option<u8>,
    pub(super) phone: Option<u8>,
    words: u8,
    pub(super) key: Option<u8>,
    /// The deadline of the function in milliseconds; `None` for a long one.
    pub(super) waits: Option<u64>,
}

/// Providers that accept a person only once more often: their claims meet more often.
fn provider() -> impl Strategy<Value = Provider> {
    let weighted = |sender: &Sender| (1 + sender.unique.len() as u32, Just(sender.account.0));
    Union::new_weighted(SENDERS.iter().map(weighted).collect())
}

prop_compose! {
    fn sent()(
        provider in provider(),
        account in prop_oneof![4 => Just(0), 1 => Just(1)],
        email in option::weighted(0.7, 0..2_u8),
        phone in option::weighted(0.6, 0..2_u8),
        words in 0..2_u8,
        key in option::weighted(0.3, 0..2_u8),
        waits in option::weighted(0.15, 0..12_u64),
    ) -> Sent {
        Sent { provider, account, email, phone, words, key, waits }
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
        1 => (1..20_u64).prop_map(|by| Fault::Delayed(Duration::from_millis(by))),
        1 => Just(Fault::Delayed(STALLED)),
    ]
}

prop_compose! {
    pub(super) fn step()(
        later in prop::bool::weighted(0.1),
        cold in prop::bool::weighted(0.1),
        sent in prop_oneof![6 => vec(sent(), 1), 2 => vec(sent(), 2), 1 => vec(sent(), 3)],
        twin in prop::bool::weighted(0.15),
        faults in vec(option::weighted(0.5, fault()), 0..4),
    ) -> Step {
        let mut sent = sent;
        // The same delivery twice at the same time.
        if twin {
            sent.push(sent[0].clone());
        }
        Step { later, cold, sent, faults }
    }
}

impl Sent {
    pub(super) fn account(&self) -> Account {
        Account { provider: self.provider, id: (u64::from(self.account) + 1).into() }
    }

    pub(super) fn token(&self) -> String {
        format!("{}-{}", self.provider.as_str(), self.account)
    }

    fn email(&self) -> Option<String> {
        self.email.map(|n| format!("person{n}@example.com"))
    }

    pub(super) fn name(&self) -> String {
        format!("Words {}", self.words)
    }

    pub(super) fn phone(&self) -> Option<String> {
        self.phone.map(|n| format!("55119999{n:04}"))
    }

    pub(super) fn sender(&self) -> &'static Sender {
        Sender::of(self.provider)
    }

    pub(super) fn body(&self) -> Value {
        (self.sender().person)(self.name(), self.email(), self.phone())
    }

    pub(super) fn delivery(&self) -> Delivery {
        let body = self.body().to_string();
        let Sender { function, headers, .. } = self.sender();
        let key = self.token();
        let token = if headers.is_empty() { sign_keyspot_token(&key) } else { key };
        let delivery = Delivery::new(function, body).bearer(&token);
        let delivery = delivery.header("x-tenant", self.account().id.as_str());
        match self.key {
            Some(key) => delivery.idempotency_key(&key.to_string()),
            None => delivery,
        }
    }

    /// The values that no other lead of the account may have.
    pub(super) fn claims(&self) -> HashSet<String> {
        let body = self.body();
        let mut claims: HashSet<_> = self.key.map(|key| format!("key {key}")).into_iter().collect();
        let sender = self.sender();
        let (email, phone) = (body["email"].as_str(), body[sender.phone].as_str());
        let contacts = [("email", email), ("phone", phone)];
        let contacts = contacts.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
        if sender.is_unique() {
            let unique = contacts.filter(|(kind, _)| sender.unique.contains(kind));
            claims.extend(unique.map(|(kind, value)| format!("{kind} {value}")));
        } else if contacts.count() > 0 {
            claims.insert(format!("body {body}"));
        }
        claims
    }
}
