//! A pass over one destination: the leads after its cursor are posted, and the cursor moves.

use crate::{
    answer::{Verdict, judge},
    forward::Forwarder,
    message::Message,
    post::Post,
    record::UnreadableLead,
    report::Report,
    wait::{try_again_after, wait_after},
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{
        Account, Destination, DestinationState, LastAttempt, LeadId, LeadSpan, SetAside,
        SetAsideEvent, StoredLead,
    },
    table::{LeadPage, Lease, Order, StoreError},
};
use std::{collections::HashSet, ops::ControlFlow};

/// How long a lease is valid. A post takes 15 seconds at most.
const LEASED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How long a pass posts before it stores its progress and takes the lease for longer.
const SAVED_EVERY: SignedDuration = SignedDuration::from_secs(20);
/// How many leads are read at a time.
const PAGE: i32 = 25;
/// How long a page that was read is posted. Then it is read again, so that a lead which was erased
/// meanwhile is not posted.
const PAGE_VALID_FOR: SignedDuration = SignedDuration::from_secs(1);
/// How long a refused event is stored.
const SET_ASIDE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another pass has the lease, or an operator ended this one.
    #[error("the lease is lost")]
    LeaseLost,
}

/// A pass over one destination.
pub(crate) struct Pass<'a, P> {
    pub(crate) forwarder: &'a Forwarder<P>,
    pub(crate) settled: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) report: Report,
}

impl<P: Post> Pass<'_, P> {
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
        let now = sources.now();
        let lease = Lease { holder: sources.draw_mark(), until: now + LEASED_FOR };
        let Some(leased) = table.take_lease(destination, &lease, now).await? else {
            return Ok(());
        };
        // The pass that left a lease behind may have posted any lead until now.
        let is_left_behind = destination.lease_until.is_some();
        *destination = leased;
        if is_left_behind {
            destination.reached = destination.reached.max(Some(LeadId::new(now, 0)));
        }
        let done = match self.post_all(destination, &lease.holder).await {
            Ok(()) => Ok(()),
            Err(PassError::LeaseLost) => return Ok(()),
            Err(PassError::Store(error)) => Err(error),
        };
        destination.lease = None;
        destination.lease_until = None;
        table.save_progress(destination, &lease.holder).await?;
        done
    }

    async fn post_all(
        &mut self,
        destination: &mut Destination,
        holder: &str,
    ) -> Result<(), PassError> {
        for event in self.due_events(destination).await? {
            if self.post_event(destination, event).await?.is_break() {
                return Ok(());
            }
            self.save_now_and_then(destination, holder).await?;
        }
        while !self.is_over() {
            let valid_until = self.forwarder.sources.now() + PAGE_VALID_FOR;
            let LeadPage { leads, rest, .. } = self.read_page(destination).await?;
            let mut leads = leads.into_iter();
            while self.forwarder.sources.now() <= valid_until
                && let Some(lead) = leads.next()
            {
                if self.post_lead(destination, lead).await?.is_break() {
                    return Ok(());
                }
                self.save_now_and_then(destination, holder).await?;
            }
            match (leads.len(), rest) {
                (0, None) => return Ok(()),
                (0, Some(_)) => self.save(destination, holder).await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether no post may begin any more.
    fn is_over(&self) -> bool {
        self.forwarder.sources.now() >= self.until
    }

    /// The oldest leads after the cursor. A page of large leads has fewer of them: DynamoDB ends it
    /// at 1 MB.
    async fn read_page(&self, destination: &Destination) -> Result<LeadPage, StoreError> {
        let settled = LeadId::new(self.settled, 0);
        let span = LeadSpan::ALL.after(destination.cursor).and_then(|span| span.before(settled));
        let Some(span) = span else { return Ok(LeadPage::default()) };
        let account = destination.account();
        self.forwarder.table.leads(&account, span, Order::OldestFirst, Some(PAGE)).await
    }

    /// The events set aside that are due now. The erasure of a lead waits until the lead is deleted,
    /// because until then the lead itself may be posted.
    async fn due_events(&self, destination: &Destination) -> Result<Vec<SetAside>, StoreError> {
        let Forwarder { table, sources, .. } = self.forwarder;
        let (account, now) = (destination.account(), sources.now());
        let due = table.events_set_aside(&account, Some(&destination.id), Some(now), now).await?;
        let erased = due.iter().filter(|event| event.event == SetAsideEvent::Erased);
        let erased: Vec<_> = erased.map(|event| (account.clone(), event.lead_id)).collect();
        let left = table.get_leads(&erased).await?;
        let left: HashSet<_> = left.into_iter().map(|(_, lead)| lead.id).collect();
        let can_be_posted = |event: &SetAside| {
            event.event != SetAsideEvent::Erased || !left.contains(&event.lead_id)
        };
        Ok(due.into_iter().filter(can_be_posted).collect())
    }

    /// Posts a lead after the cursor, and moves the cursor over it. Breaks if the pass ends.
    async fn post_lead(
        &mut self,
        destination: &mut Destination,
        lead: StoredLead,
    ) -> Result<ControlFlow<()>, StoreError> {
        let id = lead.id;
        let message = create_message(destination, lead);
        let posted = self.try_message(destination, message).await;
        if let Posted::Refused(status) = posted {
            let now = self.forwarder.sources.now();
            let event = SetAside::due(id, destination.id.clone(), SetAsideEvent::Created, now);
            self.set_aside(&destination.account(), event, status).await?;
        }
        match posted {
            Posted::Taken | Posted::Refused(_) => {
                destination.cursor = id;
                Ok(ControlFlow::Continue(()))
            }
            Posted::Failed => {
                // The destination may have the lead, although it did not take it.
                destination.reached = destination.reached.max(Some(id));
                Ok(ControlFlow::Break(()))
            }
            Posted::OutOfTime => Ok(ControlFlow::Break(())),
        }
    }

    /// Posts an event that was set aside. Breaks if the pass ends.
    async fn post_event(
        &mut self,
        destination: &mut Destination,
        event: SetAside,
    ) -> Result<ControlFlow<()>, StoreError> {
        let table = &self.forwarder.table;
        let account = destination.account();
        let message = match event.event {
            SetAsideEvent::Created => {
                let mut found = table.get_leads(&[(account.clone(), event.lead_id)]).await?;
                // Without a lead: it was erased meanwhile.
                let Some((_, lead)) = found.pop() else {
                    table.delete_set_aside(&account, &event).await?;
                    return Ok(ControlFlow::Continue(()));
                };
                create_message(destination, lead)
            }
            SetAsideEvent::Erased => {
                let (format, id) = (destination.format, destination.id.as_str());
                Ok(Message::erased(format, id, &account, event.lead_id, event.at))
            }
        };
        match self.try_message(destination, message).await {
            Posted::Taken => table.delete_set_aside(&account, &event).await?,
            Posted::Refused(status) => self.set_aside(&account, event, status).await?,
            Posted::Failed | Posted::OutOfTime => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Posts a message and notes the result in `destination`.
    async fn try_message(
        &mut self,
        destination: &mut Destination,
        message: Result<Message, UnreadableLead>,
    ) -> Posted {
        if self.is_over() {
            return Posted::OutOfTime;
        }
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "a lead is set aside");
                return Posted::Refused(None);
            }
        };
        let answer = self.forwarder.post_message(destination, &message).await;
        let now = self.forwarder.sources.now();
        destination.last = Some(LastAttempt {
            at: now,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: answer.as_ref().err().map(ToString::to_string),
        });
        self.note_verdict(destination, judge(&answer), now)
    }

    fn note_verdict(
        &mut self,
        destination: &mut Destination,
        verdict: Verdict,
        now: Timestamp,
    ) -> Posted {
        match verdict {
            Verdict::Taken => {
                note_success(destination);
                self.report.forwarded += 1;
                Posted::Taken
            }
            Verdict::Refused(status) => {
                note_success(destination);
                Posted::Refused(Some(status))
            }
            Verdict::Gone => {
                destination.state = DestinationState::Gone;
                destination.failing_since.get_or_insert(now);
                self.report.failed += 1;
                Posted::Failed
            }
            Verdict::Wait(asked) => {
                destination.failures = destination.failures.saturating_add(1);
                destination.failing_since.get_or_insert(now);
                let wait = wait_after(destination.failures, asked, &self.forwarder.sources);
                destination.next_attempt_at = Some(now + wait);
                self.report.failed += 1;
                Posted::Failed
            }
        }
    }

    /// Sets an event aside after a refusal.
    async fn set_aside(
        &mut self,
        account: &Account,
        event: SetAside,
        status: Option<u16>,
    ) -> Result<(), StoreError> {
        let now = self.forwarder.sources.now();
        let tries = event.tries + 1;
        let refused = SetAside {
            tries,
            status,
            next_attempt_at: try_again_after(tries, now),
            expires_at: Some((now + SET_ASIDE_FOR).as_second()),
            ..event
        };
        self.report.set_aside += 1;
        self.forwarder.table.set_aside(account, &refused).await
    }

    /// Stores the progress if the last time is long ago.
    async fn save_now_and_then(
        &self,
        destination: &mut Destination,
        holder: &str,
    ) -> Result<(), PassError> {
        let left =
            destination.lease_until.map(|until| until.duration_since(self.forwarder.sources.now()));
        if left.is_some_and(|left| left > LEASED_FOR - SAVED_EVERY) {
            return Ok(());
        }
        self.save(destination, holder).await
    }

    /// Stores the progress and takes the lease for longer.
    async fn save(&self, destination: &mut Destination, holder: &str) -> Result<(), PassError> {
        destination.lease_until = Some(self.forwarder.sources.now() + LEASED_FOR);
        let is_saved = self.forwarder.table.save_progress(destination, holder).await?;
        if is_saved { Ok(()) } else { Err(PassError::LeaseLost) }
    }
}

/// The result of an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Posted {
    Taken,
    /// The destination does not accept this message; it may have answered with this status.
    Refused(Option<u16>),
    /// The destination failed, and gets nothing more in this pass.
    Failed,
    /// Nothing was posted, because the time of the pass is over.
    OutOfTime,
}

fn create_message(destination: &Destination, lead: StoredLead) -> Result<Message, UnreadableLead> {
    let Destination { format, id, .. } = destination;
    Message::created(*format, id.as_str(), &destination.account(), lead)
}

/// A destination that answers about a message has no fault.
fn note_success(destination: &mut Destination) {
    destination.failures = 0;
    destination.failing_since = None;
    destination.next_attempt_at = None;
}
