//! A pass over one destination: the leads after its cursor are posted, and the cursor moves.

use crate::{
    answer::{Verdict, judge},
    events::set_aside_unreadable,
    forward::Forwarder,
    lease::{Ended, Leased},
    message::Message,
    next::{Next, after_lead},
    page::Page,
    post::Post,
    report::Report,
};
use jiff::Timestamp;
use providers::UnreadableLead;
use shared::{
    model::{
        Destination, DestinationState, LastAttempt, LeadId, LeadSpan, SetAside, SetAsideEvent,
        StoredLead,
    },
    table::{LeadPage, Order, StoreError},
};

/// How many leads are read at a time.
const PAGE: i32 = 25;

/// A pass over one destination.
pub(crate) struct Pass<'a, P> {
    pub(crate) forwarder: &'a Forwarder<P>,
    pub(crate) settled: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) report: Report,
    /// An event that failed, with the time of its next attempt. It is not clear yet whose fault
    /// that is.
    pub(crate) suspect: Option<SetAside>,
}

impl<'a, P: Post> Pass<'a, P> {
    pub(crate) fn new(forwarder: &'a Forwarder<P>, settled: Timestamp, until: Timestamp) -> Self {
        Self { forwarder, settled, until, report: Report::default(), suspect: None }
    }

    /// Forwards to a destination if it is due, and reports its state.
    pub(crate) async fn run(mut self, mut destination: Destination, is_due: bool) -> Report {
        if is_due && let Err(error) = self.forward(&mut destination).await {
            self.report.table_faults += 1;
            tracing::error!(%error, destination = destination.id.as_str(), "cannot forward");
        }
        self.report.note_state(&destination, self.forwarder.sources.now());
        self.report
    }

    /// Forwards what waits for a destination. Changes nothing if another pass does so.
    async fn forward(&mut self, destination: &mut Destination) -> Result<(), StoreError> {
        let Forwarder { table, sources, .. } = self.forwarder;
        if self.read_page(destination).await?.leads.is_empty()
            && self.due_events(destination).await?.is_empty()
        {
            return Ok(());
        }
        let settled = LeadId::new(self.settled, 0).previous();
        let Some(mut leased) = Leased::take(destination, table, sources, settled).await? else {
            return Ok(());
        };
        let posted = self.post_all(&mut leased).await;
        let done = match posted {
            Err(Ended::LeaseLost) => posted,
            Ok(()) | Err(Ended::Stopped | Ended::Store(_)) => leased.release().await.and(posted),
        };
        *destination = leased.destination;
        match done {
            Ok(()) | Err(Ended::Stopped | Ended::LeaseLost) => Ok(()),
            Err(Ended::Store(error)) => Err(error),
        }
    }

    async fn post_all(&mut self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        self.post_events(leased).await?;
        let mut page = self.read_leads(leased).await?;
        while let Some(lead) = self.next_lead(leased, &mut page).await? {
            self.post_lead(leased, lead, page.read_at()).await?;
            leased.save_now_and_then().await?;
        }
        Ok(self.delay_suspect(&mut leased.destination).await?)
    }

    /// The first lead after the cursor. A lead that is in `page` is not read again.
    async fn next_lead(
        &self,
        leased: &mut Leased<'_>,
        page: &mut Page,
    ) -> Result<Option<StoredLead>, Ended> {
        if page.is_done() && page.is_at(leased.destination.cursor) {
            if page.is_last() {
                return Ok(None);
            }
            leased.save().await?;
        }
        self.check(leased).await?;
        let now = self.forwarder.sources.now();
        if page.is_done() || page.is_old(now) || !page.is_at(leased.destination.cursor) {
            *page = self.read_leads(leased).await?;
        }
        Ok(page.next_lead())
    }

    /// Ends the pass if no post may begin: its time is over, or the destination is paused, removed,
    /// or leased to another pass.
    pub(crate) async fn check(&self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        if self.forwarder.sources.now() >= self.until {
            return Err(Ended::Stopped);
        }
        leased.refresh().await?;
        match leased.destination.state {
            DestinationState::Active => Ok(()),
            DestinationState::Paused | DestinationState::Gone => Err(Ended::Stopped),
        }
    }

    async fn read_leads(&self, leased: &Leased<'_>) -> Result<Page, StoreError> {
        let now = self.forwarder.sources.now();
        let read = self.read_page(&leased.destination).await?;
        Ok(Page::new(leased.destination.cursor, read, now))
    }

    /// The oldest leads after the cursor. A page of large leads has fewer of them: DynamoDB ends it
    /// at 1 MB.
    async fn read_page(&self, destination: &Destination) -> Result<LeadPage, StoreError> {
        self.read_after(destination, destination.cursor, PAGE).await
    }

    pub(crate) async fn read_after(
        &self,
        destination: &Destination,
        lead: LeadId,
        limit: i32,
    ) -> Result<LeadPage, StoreError> {
        let settled = LeadId::new(self.settled, 0);
        let span = LeadSpan::ALL.after(lead).and_then(|span| span.before(settled));
        let Some(span) = span else { return Ok(LeadPage::default()) };
        let account = destination.account();
        self.forwarder.table.leads(&account, span, Order::OldestFirst, Some(limit)).await
    }

    /// Posts the first lead after the cursor, and moves the cursor over it, unless the lead must be
    /// read again.
    async fn post_lead(
        &mut self,
        leased: &mut Leased<'_>,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<(), Ended> {
        let id = lead.id;
        let destination = &mut leased.destination;
        let next = if destination.taken_ahead == Some(id) {
            Next::GoOn
        } else {
            match create_message(destination, lead, read_at) {
                Ok(message) => {
                    let verdict = self.post(destination, &message).await?;
                    after_lead(destination, id, &verdict, &self.forwarder.sources)
                }
                Err(error) => set_aside_unreadable(&error),
            }
        };
        match next {
            Next::GoOn => {}
            Next::SetAside(status) => {
                let now = self.forwarder.sources.now();
                let event = SetAsideEvent::Created;
                let event = SetAside::due(id, destination.id.clone(), event, now);
                self.set_aside(&destination.account(), event, status).await?;
            }
            Next::Probe => return self.probe(leased).await,
            Next::ReadAgain => return Ok(()),
            Next::Stop => return Err(Ended::Stopped),
        }
        leased.destination.move_over(id);
        Ok(())
    }

    /// Posts a message, and notes what came back. If it is taken, an event that failed before is at
    /// fault itself.
    pub(crate) async fn post(
        &mut self,
        destination: &mut Destination,
        message: &Message,
    ) -> Result<Verdict, StoreError> {
        let answer = self.forwarder.post_message(destination, message).await;
        let verdict = judge(&answer);
        if verdict == Verdict::Outdated {
            return Ok(verdict);
        }
        destination.last = Some(LastAttempt {
            at: self.forwarder.sources.now(),
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: answer.as_ref().err().map(ToString::to_string),
        });
        self.report.note_verdict(&verdict);
        if verdict == Verdict::Taken
            && let Some(event) = self.suspect.take()
        {
            let status = event.status;
            self.set_aside(&destination.account(), event, status).await?;
        }
        Ok(verdict)
    }
}

pub(crate) fn create_message(
    destination: &Destination,
    lead: StoredLead,
    read_at: Timestamp,
) -> Result<Message, UnreadableLead> {
    let Destination { format, id, .. } = destination;
    Message::created(*format, id.as_str(), &destination.account(), lead, read_at)
}
