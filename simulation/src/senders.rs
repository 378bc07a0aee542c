//! Senders: each sends a delivery until it gets an answer.

use crate::{
    history::{Place, Planned, Sent, Work},
    log::Attempt,
    stage::Stage,
    task::Task,
};
use serde_json::Value;
use shared::model::{Account, Condition, Provider};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tests::{Answer, Delivery, Sender, sign_keyspot_token};
use tokio::time::{sleep, timeout};

/// How long API Gateway waits for a function.
pub(crate) const GATEWAY_WAITS: Duration = Duration::from_secs(29);

impl Sent {
    pub(crate) fn name(&self) -> String {
        name(self.words)
    }

    pub(crate) fn body(&self, place: Place) -> Value {
        let mut body =
            (place.sender().person)(self.name(), self.email.map(email), self.phone.map(phone));
        if self.is_invalid {
            body["email"] = Value::from(5);
        }
        body
    }

    fn delivery(&self, place: Place) -> Delivery {
        let Sender { function, headers, .. } = place.sender();
        let key = place.token();
        let token = if headers.is_empty() { sign_keyspot_token(&key) } else { key };
        let delivery = Delivery::new(function, self.body(place).to_string()).bearer(&token);
        let delivery = delivery.header("x-tenant", place.account().id.as_str());
        match self.key {
            Some(key) => delivery.idempotency_key(&key.to_string()),
            None => delivery,
        }
    }

    /// The values that no other lead of the account may have.
    pub(crate) fn claims(&self, place: Place, is_redelivery: bool) -> BTreeSet<String> {
        if self.is_invalid {
            return BTreeSet::new();
        }
        let (body, sender) = (self.body(place), place.sender());
        let key = self.key.filter(|_| !is_redelivery).map(|key| format!("key {key}"));
        let mut claims: BTreeSet<_> = key.into_iter().collect();
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

impl Planned {
    /// The conditions of its leads.
    pub(crate) fn only(&self, account: &Account) -> Vec<Condition> {
        let words = self.without.filter(|_| account.provider != Provider::PollyBot);
        words.map(|words| format!("name!={}", name(words)).parse().unwrap()).into_iter().collect()
    }
}

pub(crate) fn name(words: u8) -> String {
    format!("Words {words}")
}

pub(crate) fn email(person: u8) -> String {
    format!("person{person}@example.com")
}

pub(crate) fn phone(person: u8) -> String {
    format!("55119999{person:04}")
}

impl Stage {
    /// Sends a delivery, and sends it again after a 503 and if there is no answer.
    pub(crate) async fn deliver(self: Arc<Self>, name: String, sent: Sent, first: Work) {
        let place = self.place(sent.place);
        let mut work = first;
        for attempt in 1.. {
            let name = format!("{name}.{attempt}");
            let answer = self.attempt(name, &sent, place, work).await;
            if answer.is_some_and(|answer| answer.status != 503) {
                return;
            }
            // An instance that was killed or frozen takes no second delivery.
            work = Work { instance: first.instance, ..Work::default() };
            sleep(Duration::from_millis(self.world.number(1_000..5_000))).await;
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        name: String,
        sent: &Sent,
        place: Place,
        work: Work,
    ) -> Option<Answer> {
        let attempt = Attempt::new(sent, place, false, self.world.now());
        let n = self.world.log().begin(attempt);
        let task = Task::new(name);
        let (stage, delivery) = (Arc::clone(self), sent.delivery(place));
        let (of_function, sent_text) = (Arc::clone(&task), sent.body(place));
        self.world.trace(&task.name, || format!("sends {sent_text} to {}", place.account()));
        let function = tokio::spawn(async move {
            let app = stage.instances.receiver(work.instance);
            let handled = async { delivery.answer_of(&app).await };
            let answer = of_function.run(&stage.world, work, handled).await;
            stage.world.log().end(n, &of_function, stage.world.now());
            answer
        });
        let answer = timeout(GATEWAY_WAITS, function).await.ok().and_then(|done| done.unwrap());
        self.world.trace(&task.name, || match &answer {
            Some(answer) => format!("gets {} {}", answer.status, answer.text),
            None => "gets no answer".to_owned(),
        });
        self.world.log().attempts[n].answer.clone_from(&answer);
        self.check_held(&task, sent, place, n);
        answer
    }

    /// An invalid delivery is held, unless something failed or was slow meanwhile. An operator may
    /// have redelivered or erased it since.
    fn check_held(&self, task: &Task, sent: &Sent, place: Place, n: usize) {
        let mut log = self.world.log();
        let Attempt { begun, answer, .. } = &log.attempts[n];
        let is_refused = answer.as_ref().is_some_and(|answer| answer.status != 503);
        if !sent.is_invalid || !is_refused || task.troubles() != Some(0) {
            return;
        }
        let (partition, body) = (format!("held#{}", place.account()), sent.body(place).to_string());
        let is_held = log
            .held
            .iter()
            .any(|held| held.partition == partition && held.body == body && held.at >= *begun);
        if !is_held {
            log.note_broken(format!("an invalid delivery is not held: {sent:?}"));
        }
    }
}
