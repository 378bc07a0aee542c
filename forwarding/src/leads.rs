//! The part of a pass that posts the leads after the cursor.

use crate::{
    filter::meets,
    lease::{Ended, Leased},
    next::{Next, Step, after_lead, next_step},
    page::Page,
    post::Post,
    poster::{Poster, Refusal, create_message},
};
use shared::{
    model::{Destination, StoredLead},
    table::StoreError,
};

/// How many leads are read at a time.
pub(crate) const PAGE: i32 = 25;

impl<P: Post> Poster<'_, P> {
    /// Whether leads wait for a destination.
    pub(crate) async fn has_leads(&self, destination: &Destination) -> Result<bool, StoreError> {
        let first = self.leads_after(destination, destination.cursor, 1).await?;
        Ok(!first.leads.is_empty())
    }

    /// Posts the leads after the cursor, one after another.
    pub(crate) async fn post_leads(&mut self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        let mut page = self.read_page(&leased.destination).await?;
        loop {
            match next_step(&leased.destination, &page, self.forwarder.system.now()) {
                Step::Post => {
                    self.check(leased).await?;
                    self.post_lead(leased, &mut page).await?;
                    leased.save_now_and_then().await?;
                }
                Step::MoveOver(lead) => {
                    page.take_first(leased.destination.cursor);
                    leased.destination.move_over(lead);
                    leased.destination.passed_over += u64::from(page.passes_over(lead));
                }
                Step::SaveAndRead => {
                    leased.save().await?;
                    self.check_time()?;
                    page = self.read_page(&leased.destination).await?;
                }
                Step::ReadAgain => page = self.read_page(&leased.destination).await?,
                Step::End => return Ok(()),
            }
        }
    }

    async fn read_page(&self, destination: &Destination) -> Result<Page, StoreError> {
        let read_at = self.forwarder.system.now();
        let read = self.leads_after(destination, destination.cursor, PAGE).await?;
        let account = destination.account();
        let wants = |lead: &StoredLead| meets(&destination.only, &account, lead);
        Ok(Page::new(destination.cursor, read, read_at, wants))
    }

    /// Posts the first lead after the cursor. Moves the cursor over it if it was taken or is set
    /// aside.
    async fn post_lead(&mut self, leased: &mut Leased<'_>, page: &mut Page) -> Result<(), Ended> {
        let destination = &mut leased.destination;
        if page.first().is_some_and(|lead| destination.ahead.contains(&lead)) {
            // An operator has just skipped it.
            return Ok(());
        }
        // Without one, an operator has moved the cursor.
        let Some(lead) = page.take_first(destination.cursor) else { return Ok(()) };
        let id = lead.id;
        match create_message(destination, lead, page.read_at()) {
            Ok(message) => {
                let Some(verdict) = self.post(destination, &message).await? else { return Ok(()) };
                match after_lead(destination, id, &verdict, &self.forwarder.system) {
                    Next::GoOn => {}
                    Next::SetAside(status) => {
                        self.set_lead_aside(destination, id, Refusal::answered(status)).await?;
                    }
                    Next::Probe => return self.probe(leased).await,
                    Next::Stop => return Err(Ended::Stopped),
                }
            }
            Err(error) => {
                self.set_lead_aside(destination, id, Refusal::of_message(&error)).await?;
            }
        }
        leased.destination.move_over(id);
        Ok(())
    }
}
