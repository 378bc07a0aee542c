//! The part of a pass that posts the events set aside.

use crate::{
    filter::meets,
    lease::{Ended, Leased},
    message::{CannotWrite, Form, Message},
    next::{Next, after_event, event_wait, note_failure},
    post::Post,
    poster::{Poster, Refusal},
};
use providers::UnreadableLead;
use shared::{
    model::{Destination, SetAside, SetAsideEvent},
    table::StoreError,
};

impl<P: Post> Poster<'_, P> {
    /// Posts the events that are due, up to the first one that fails.
    pub(crate) async fn post_events(&mut self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        for event in self.due_events(&leased.destination).await? {
            loop {
                self.check(leased).await?;
                if self.post_event(&mut leased.destination, event.clone()).await? {
                    break;
                }
            }
            if self.suspect.is_some() {
                break;
            }
            leased.save_now_and_then().await?;
        }
        Ok(())
    }

    /// The events set aside that are due now, the longest due first.
    pub(crate) async fn due_events(
        &self,
        destination: &Destination,
    ) -> Result<Vec<SetAside>, StoreError> {
        let table = &self.forwarder.table;
        let (account, now) = (destination.account(), self.forwarder.system.now());
        let mut due =
            table.events_set_aside(&account, Some(&destination.id), Some(now), now).await?;
        due.sort_by_key(|event| event.next_attempt_at);
        Ok(due)
    }

    /// Posts an event. False if nothing was sent, because the event must be read again.
    async fn post_event(
        &mut self,
        destination: &mut Destination,
        mut event: SetAside,
    ) -> Result<bool, Ended> {
        let (table, account) = (&self.forwarder.table, destination.account());
        let Some(message) = self.read_event(destination, &mut event).await? else {
            table.delete_set_aside(&account, &event).await?;
            return Ok(true);
        };
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                let refusal = Refusal::of_message(&error);
                self.set_aside(destination, event, refusal).await?;
                return Ok(true);
            }
        };
        let Some(verdict) = self.post(destination, &message).await? else { return Ok(false) };
        let system = &self.forwarder.system;
        let wait = event_wait(destination, &verdict, system);
        event.next_attempt_at = Some(system.now() + wait);
        match after_event(destination, &verdict, system) {
            Next::GoOn => table.delete_set_aside(&account, &event).await?,
            Next::SetAside(status) => {
                self.set_aside(destination, event, Refusal::answered(status)).await?;
            }
            Next::Probe => {
                let status = destination.last.as_ref().and_then(|last| last.status);
                self.suspect = Some(SetAside { status, ..event });
            }
            Next::Stop => return Err(Ended::Stopped),
        }
        Ok(true)
    }

    /// The message of an event. `None` if its lead was erased meanwhile, or if the destination
    /// does not get such a lead. The event of an update is
    /// then that of the lead as it is in the message.
    async fn read_event(
        &self,
        destination: &Destination,
        event: &mut SetAside,
    ) -> Result<Option<Result<Message, CannotWrite>>, StoreError> {
        let (account, lead_id) = (destination.account(), event.lead_id);
        let form = Form::of(destination, &account);
        let write = match event.event {
            SetAsideEvent::Created => Message::created,
            SetAsideEvent::Updated => Message::updated,
            SetAsideEvent::Erased => {
                return Ok(Some(Message::erased(form, lead_id, event.at)));
            }
        };
        let (table, read_at) = (&self.forwarder.table, self.forwarder.system.now());
        let found = table.get_leads(&[(account.clone(), lead_id)]).await?.pop();
        if found.is_none() && table.has_lead(&account, lead_id).await? {
            return Ok(Some(Err(UnreadableLead(lead_id).into())));
        }
        let found = found.filter(|(account, lead)| meets(&destination.only, account, lead));
        Ok(found.map(|(_, lead)| {
            event.version = event.version.map(|_| lead.version());
            write(form, lead, read_at)
        }))
    }

    /// Lets an event wait that failed, if no lead showed whose fault that is. Leads need not wait.
    pub(crate) async fn delay_suspect(
        &mut self,
        destination: &mut Destination,
    ) -> Result<(), StoreError> {
        let Some(event) = self.suspect.take() else { return Ok(()) };
        note_failure(destination, self.forwarder.system.now());
        self.forwarder.table.set_aside(&destination.account(), &event).await
    }
}
