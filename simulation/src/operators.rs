//! What operators do, as the commands and the console do it.

use crate::{
    history::{DestinationAction, Place, Sent, Work},
    instances::app,
    log::Attempt,
    senders::{email, phone},
    stage::Stage,
    task::Task,
};
use jiff::{SignedDuration, Timestamp};
use operator::{
    Failure,
    destinations::{pause_destination, resume_destination, skip_lead},
    erase::{erase_matches, find_person},
    replay::replay,
};
use providers::redeliver_held;
use shared::{
    delivery::Context,
    model::{Destination, Email, HeldDelivery, LeadId, Phone},
    person_search::Person,
    table::{DestinationChange, LeadTable, StoreError, WhichHeld},
};
use std::{sync::Arc, time::Duration};
use tests::Answer;
use tokio::time::sleep;

/// How long the secret before a rotation signs too.
const ROTATION: SignedDuration = SignedDuration::from_hours(24);
/// How long an operator waits before the next try.
const TRIES_AFTER: Duration = Duration::from_secs(5);

impl Stage {
    /// Erases a person of an account. Tries again until nothing fails.
    pub(crate) async fn erase(&self, name: String, place: Place, person: u8, work: Work) {
        let begun = self.world.now();
        let mut work = work;
        for attempt in 1.. {
            let task = Task::of_operator(format!("{name}.{attempt}"));
            self.world
                .trace(&task.name, || format!("erases person {person} of {}", place.account()));
            let erased = task.run(&self.world, work, self.erase_once(place, person)).await;
            self.excuse(&task);
            if matches!(erased, Some(Ok(()))) {
                break;
            }
            work = Work::default();
            sleep(TRIES_AFTER).await;
        }
        self.check_erased(place, person, begun);
    }

    async fn erase_once(&self, place: Place, person: u8) -> Result<(), Failure> {
        let table = &self.instances.table;
        let system = table.system(&self.instances.operator()).await?;
        let (email, phone) = (Email::new(&email(person)), Phone::new(&phone(person)));
        let person = Person::new(vec![email], vec![phone]);
        let matches = find_person(table, &person, &[place.account()], |_| false).await?;
        erase_matches(table, &matches, system.now(), &system, |_, _| {}).await?;
        Ok(())
    }

    /// After an erasure, the person is in no item, unless a delivery of the account was handled meanwhile.
    fn check_erased(&self, place: Place, person: u8, begun: Timestamp) {
        let account = place.account();
        let table = self.world.table.lock().unwrap();
        let mut log = self.world.log();
        if log.is_receiving(&account, begun) {
            return;
        }
        let of_account = format!("#{account}");
        let named = [email(person), phone(person)];
        let found = table.items().find(|item| {
            let text = serde_json::to_string(item).unwrap();
            let pk = item["pk"]["S"].as_str().unwrap();
            pk.contains(&of_account) && named.iter().any(|contact| text.contains(contact))
        });
        if let Some(item) = found {
            log.note_broken(format!("person {person} is in {} after an erasure", item["pk"]["S"]));
        }
    }

    /// Redelivers a held delivery of an account with the content of `sent`.
    pub(crate) async fn redeliver(&self, name: String, held: u8, sent: Sent, work: Work) {
        let place = self.place(sent.place);
        let Some(held) = self.held(place, held).await else { return };
        let mut work = work;
        for attempt in 1.. {
            let task = Task::of_operator(format!("{name}.{attempt}"));
            let begun = Attempt::new(&sent, place, true, self.world.now());
            let n = self.world.log().begin(begun);
            self.world.trace(&task.name, || format!("redelivers {}", sent.body(place)));
            let redelivered = self.redeliver_once(place, &held, &sent);
            let answer = task.run(&self.world, work, redelivered).await;
            let is_done = match &answer {
                Some(Ok(answer)) => answer.status != 503,
                Some(Err(_)) | None => false,
            };
            self.world.trace(&task.name, || match &answer {
                Some(Ok(answer)) => format!("gets {} {}", answer.status, answer.text),
                Some(Err(error)) => error.to_string(),
                None => "has no result".to_owned(),
            });
            self.excuse(&task);
            self.world.log().end(n, &task, self.world.now());
            self.world.log().attempts[n].answer = answer.and_then(Result::ok);
            if is_done {
                return self.check_redelivered(place, &held, n).await;
            }
            work = Work::default();
            sleep(TRIES_AFTER).await;
        }
    }

    /// What became a lead is not held any more, unless the same delivery came again meanwhile.
    async fn check_redelivered(&self, place: Place, held: &HeldDelivery, attempt: usize) {
        let (account, now) = (place.account(), self.world.now());
        let which = WhichHeld::Id(held.id.clone());
        let page = self.instances.table.held_page(&account, &which, now, None).await.unwrap();
        let mut log = self.world.log();
        let Attempt { answer, begun, .. } = &log.attempts[attempt];
        let is_lead = answer.as_ref().is_some_and(|answer| answer.status == place.sender().created);
        let mut others = log.attempts.iter().filter(|other| !other.is_redelivery);
        let came_again =
            others.any(|other| other.account == account && other.may_store_after(*begun));
        if is_lead && !page.held.is_empty() && !came_again {
            log.note_broken(format!("still held after it became a lead: {:?}", held.id));
        }
    }

    async fn held(&self, place: Place, held: u8) -> Option<HeldDelivery> {
        let now = self.world.now();
        let table = &self.instances.table;
        let all = table.held_page(&place.account(), &WhichHeld::All, now, None).await;
        let mut all = all.unwrap().held;
        (!all.is_empty()).then(|| all.swap_remove(usize::from(held) % all.len()))
    }

    async fn redeliver_once(
        &self,
        place: Place,
        held: &HeldDelivery,
        sent: &Sent,
    ) -> Result<Answer, StoreError> {
        let table = self.instances.table.clone();
        let system = table.system(&self.instances.operator()).await?;
        let app = app(table, system);
        let context: &Context = app.as_ref();
        let body = sent.body(place).to_string();
        let handled = redeliver_held(context, &place.account(), held, body.as_bytes()).await?;
        Ok(Answer::of(handled.answer))
    }

    /// Changes a destination. If the command fails, the operator leaves it at that.
    pub(crate) async fn change(&self, name: String, n: u8, action: DestinationAction, work: Work) {
        let Some(destination) = self.destination(n) else { return };
        let task = Task::of_operator(name);
        self.world.trace(&task.name, || format!("{action:?} {}", destination.url));
        if let DestinationAction::Replay(_) = action {
            let mut log = self.world.log();
            let n = log.find(&destination.url);
            log.observed[n].is_excused = true;
        }
        let index = self.world.log().find(&destination.url);
        let (before, posts) = (self.stored(index).await, self.world.log().posts.len());
        let cursor = self.lead_to_replay(&destination, action);
        let changed = self.change_once(&destination, action, cursor);
        let changed = task.run(&self.world, work, changed).await;
        let after = self.stored(index).await;
        if let Some(cursor) = cursor.filter(|_| after.moves == before.moves + 1) {
            self.world.log().observed[index].replays.push((cursor, posts));
        }
        self.world.trace(&task.name, || match &changed {
            Some(Ok(())) => "done".to_owned(),
            Some(Err(error)) => error.to_string(),
            None => "has no result".to_owned(),
        });
        self.excuse(&task);
    }

    async fn change_once(
        &self,
        destination: &Destination,
        action: DestinationAction,
        cursor: Option<LeadId>,
    ) -> Result<(), Failure> {
        let table: &LeadTable = &self.instances.table;
        let (account, id) = (destination.account(), destination.id.as_str());
        let now = table.system(&self.instances.operator()).await?.now();
        match action {
            DestinationAction::Pause => pause_destination(table, id).await,
            DestinationAction::Resume => resume_destination(table, id).await,
            DestinationAction::Skip => {
                let stored = table.get_destination(&account, &destination.id).await?;
                skip_lead(table, &stored.unwrap(), now).await.map(|_| ())
            }
            DestinationAction::Replay(_) => match cursor {
                Some(cursor) => replay(table, id, cursor).await,
                None => Ok(()),
            },
            DestinationAction::Rotate => {
                let stored = table.get_destination(&account, &destination.id).await?.unwrap();
                let secret_version = stored.secret_version + 1;
                let old_secret_until = Some(now + ROTATION);
                let rotated = Destination { secret_version, old_secret_until, ..stored };
                table.change_destination(&rotated, DestinationChange::Secret).await?;
                Ok(())
            }
        }
    }

    /// The cursor of a replay: a lead of the destination's account.
    fn lead_to_replay(
        &self,
        destination: &Destination,
        action: DestinationAction,
    ) -> Option<LeadId> {
        let DestinationAction::Replay(lead) = action else { return None };
        let leads = self.world.log().leads_of(&destination.account());
        leads.get(usize::from(lead) % leads.len().max(1)).copied()
    }

    /// What went wrong with a task excuses repeats.
    pub(crate) fn excuse(&self, task: &Arc<Task>) {
        if !task.is_calm() {
            self.world.log().excuse_all();
        }
    }
}
