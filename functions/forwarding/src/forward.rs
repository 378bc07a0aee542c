//! A pass: the leads after the cursor of each destination are posted, and the cursor moves.

use crate::{
    answer::{Verdict, judge},
    event::NewLeadRecord,
    message::Message,
    post::{Answered, Post, PostError},
    record::UnreadableLead,
    secret::MasterSecret,
    wait::{try_again_after, wait_after},
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::{
    model::{
        Account, Destination, DestinationState, LastAttempt, LeadId, LeadSpan, SetAside,
        SetAsideEvent, Sources, StoredLead,
    },
    table::{LeadTable, Lease, Order, StoreError},
};

/// When all leads of a time are in the table. Its sender gets an answer within 2.5 seconds, so a
/// lead is written by then.
pub const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// How long a lease is valid. A post takes 15 seconds at most.
const LEASED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How long a pass posts before it stores its progress and takes the lease for longer.
const SAVED_EVERY: SignedDuration = SignedDuration::from_secs(20);
/// How many leads are read at a time. The cursor moves after each page, and a crash repeats a page
/// at most.
const PAGE: usize = 25;
/// How long a page that was read is posted. Then it is read again, so that a lead which was erased
/// meanwhile is not posted.
const PAGE_VALID_FOR: SignedDuration = SignedDuration::from_secs(1);
/// How many destinations are forwarded to at once. One that does not answer keeps its place for 15
/// seconds, then it waits.
const AT_ONCE: usize = 64;
/// How long a refused event is stored.
const SET_ASIDE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Forwards leads.
pub struct Forwarder<P> {
    /// The table with leads and destinations.
    pub table: LeadTable,
    /// The clock and the random numbers.
    pub sources: Sources,
    /// What posts messages.
    pub post: P,
    /// What the secrets of the destinations are derived from.
    pub master: MasterSecret,
}

/// What wakes a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The schedule: all destinations get what waits.
    Schedule,
    /// New leads. Failing destinations are left to the schedule, so that one which does not answer
    /// does not delay the others.
    NewLeads,
}

/// The result of a pass, and the function's log line about it. `template.yaml` counts what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "message", rename = "forwarding")]
pub struct Report {
    /// Messages that a destination took.
    pub forwarded: u64,
    /// Messages that a destination refused.
    pub set_aside: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Active destinations whose last attempt failed.
    pub failing: u64,
    /// For how many seconds the oldest of them has been failing.
    pub failing_seconds: i64,
    /// Destinations whose pass failed because of the table.
    pub table_faults: u64,
}

/// Whether a pass goes on after a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another pass has the lease, or an operator ended this one.
    #[error("the lease is lost")]
    LeaseLost,
}

impl<P: Post> Forwarder<P> {
    /// Forwards what waits, to all destinations at once and to each in the order of the leads' ids.
    /// Leads younger than `settled` wait. No post begins after `until`.
    ///
    /// # Errors
    /// If the destinations cannot be read. A fault of a single destination is only logged.
    pub async fn forward_due(
        &self,
        wake: Wake,
        settled: Timestamp,
        until: Timestamp,
    ) -> Result<Report, StoreError> {
        let destinations = self.table.destinations().await?;
        let now = self.sources.now();
        let passes = destinations.into_iter().map(|destination| {
            let is_left = wake == Wake::NewLeads && destination.is_failing();
            let is_due = destination.is_due(now) && !is_left;
            let report = Report::default();
            Pass { forwarder: self, settled, until, report }.run(destination, is_due)
        });
        let reports = stream::iter(passes).buffer_unordered(AT_ONCE);
        Ok(reports.fold(Report::default(), async |sum, report| sum.plus(report)).await)
    }

    /// Sets leads aside that were written so late that a cursor may have passed them.
    ///
    /// # Errors
    /// If the table cannot be read or written. Then the same leads must be given again.
    pub async fn note_late_leads(&self, leads: &[NewLeadRecord]) -> Result<(), StoreError> {
        if !leads.iter().any(|lead| lead.is_late) {
            return Ok(());
        }
        let destinations = self.table.destinations().await?;
        let now = self.sources.now();
        for NewLeadRecord { account, id, .. } in leads.iter().filter(|lead| lead.is_late) {
            let passed = destinations.iter().filter(|destination| {
                destination.account() == *account && destination.has_passed(*id)
            });
            for destination in passed {
                let event = SetAsideEvent::Created;
                let event = SetAside::due(*id, destination.id.clone(), event, now);
                self.table.set_aside(account, &event).await?;
            }
        }
        Ok(())
    }

    /// Posts a message that only tests a destination.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn test(&self, destination: &Destination) -> Result<Answered, PostError> {
        let now = self.sources.now();
        let message = Message::test(destination.format, &self.sources.draw_mark(), now);
        self.post_message(destination, &message).await
    }

    async fn post_message(
        &self,
        destination: &Destination,
        message: &Message,
    ) -> Result<Answered, PostError> {
        let now = self.sources.now();
        let keys = self.master.keys(destination, now);
        self.post.post(message.sign(&destination.url, &keys, now)).await
    }
}

/// A pass over one destination.
struct Pass<'a, P> {
    forwarder: &'a Forwarder<P>,
    settled: Timestamp,
    until: Timestamp,
    report: Report,
}

impl<P: Post> Pass<'_, P> {
    /// Forwards to a destination if it is due, and reports its state.
    async fn run(mut self, mut destination: Destination, is_due: bool) -> Report {
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
        if self.read_page(destination).await?.is_empty()
            && self.due_events(destination).await?.is_empty()
        {
            return Ok(());
        }
        let now = sources.now();
        let lease = Lease { holder: sources.draw_mark(), until: now + LEASED_FOR };
        let Some(leased) = table.take_lease(destination, &lease, now).await? else {
            return Ok(());
        };
        *destination = leased;
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
            if self.post_event(destination, event).await? == Next::Stop {
                return Ok(());
            }
            self.save_now_and_then(destination, holder).await?;
        }
        loop {
            let valid_until = self.forwarder.sources.now() + PAGE_VALID_FOR;
            let mut page = self.read_page(destination).await?.into_iter();
            let is_last = page.len() < PAGE;
            while self.forwarder.sources.now() <= valid_until
                && let Some(lead) = page.next()
            {
                if self.post_lead(destination, lead).await? == Next::Stop {
                    return Ok(());
                }
                self.save_now_and_then(destination, holder).await?;
            }
            match page.len() {
                0 if is_last => return Ok(()),
                0 => self.save(destination, holder).await?,
                _ => {}
            }
        }
    }

    /// The oldest leads after the cursor.
    async fn read_page(&self, destination: &Destination) -> Result<Vec<StoredLead>, StoreError> {
        let settled = LeadId::new(self.settled, 0);
        let span = LeadSpan::ALL.after(destination.cursor).and_then(|span| span.before(settled));
        let Some(span) = span else { return Ok(Vec::new()) };
        let (account, order) = (destination.account(), Order::OldestFirst);
        let limit = i32::try_from(PAGE).ok();
        Ok(self.forwarder.table.leads(&account, span, order, limit).await?.leads)
    }

    /// The events set aside that are due now.
    async fn due_events(&self, destination: &Destination) -> Result<Vec<SetAside>, StoreError> {
        let Forwarder { table, sources, .. } = self.forwarder;
        let (account, now) = (destination.account(), sources.now());
        table.events_set_aside(&account, Some(&destination.id), Some(now), now).await
    }

    /// Posts a lead after the cursor, and moves the cursor over it.
    async fn post_lead(
        &mut self,
        destination: &mut Destination,
        lead: StoredLead,
    ) -> Result<Next, StoreError> {
        let id = lead.id;
        let message = create_message(destination, lead);
        let posted = self.try_message(destination, message).await;
        if let Posted::Refused(status) = posted {
            let now = self.forwarder.sources.now();
            let event = SetAside::due(id, destination.id.clone(), SetAsideEvent::Created, now);
            self.set_aside(&destination.account(), event, status).await?;
        }
        if posted == Posted::Stopped {
            // The destination may have the lead, although it gave no answer.
            destination.reached = destination.reached.max(Some(id));
            return Ok(Next::Stop);
        }
        destination.cursor = id;
        Ok(Next::GoOn)
    }

    /// Posts an event that was set aside.
    async fn post_event(
        &mut self,
        destination: &mut Destination,
        event: SetAside,
    ) -> Result<Next, StoreError> {
        let table = &self.forwarder.table;
        let account = destination.account();
        let message = match event.event {
            SetAsideEvent::Created => {
                let mut found = table.get_leads(&[(account.clone(), event.lead_id)]).await?;
                // Without a lead: it was erased meanwhile.
                let Some((_, lead)) = found.pop() else {
                    table.delete_set_aside(&account, &event).await?;
                    return Ok(Next::GoOn);
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
            Posted::Stopped => return Ok(Next::Stop),
        }
        Ok(Next::GoOn)
    }

    /// Posts a message and notes the result in `destination`.
    async fn try_message(
        &mut self,
        destination: &mut Destination,
        message: Result<Message, UnreadableLead>,
    ) -> Posted {
        let sources = &self.forwarder.sources;
        if sources.now() >= self.until {
            return Posted::Stopped;
        }
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "a lead is set aside");
                return Posted::Refused(None);
            }
        };
        let answer = self.forwarder.post_message(destination, &message).await;
        let now = sources.now();
        destination.last = Some(LastAttempt {
            at: now,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: answer.as_ref().err().map(ToString::to_string),
        });
        match judge(&answer) {
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
                self.report.failed += 1;
                Posted::Stopped
            }
            Verdict::Wait(asked) => {
                destination.failures = destination.failures.saturating_add(1);
                destination.failing_since.get_or_insert(now);
                let wait = wait_after(destination.failures, asked, sources);
                destination.next_attempt_at = Some(now + wait);
                self.report.failed += 1;
                Posted::Stopped
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
    /// The destination gets nothing more in this pass.
    Stopped,
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

impl Report {
    /// Whether nothing was posted.
    pub fn is_empty(&self) -> bool {
        self.forwarded + self.set_aside + self.failed == 0
    }

    fn note_state(&mut self, destination: &Destination, now: Timestamp) {
        let Some(since) = destination.failing_since else { return };
        if destination.state == DestinationState::Active {
            self.failing += 1;
            self.failing_seconds = now.duration_since(since).as_secs();
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            forwarded: self.forwarded + other.forwarded,
            set_aside: self.set_aside + other.set_aside,
            failed: self.failed + other.failed,
            failing: self.failing + other.failing,
            failing_seconds: self.failing_seconds.max(other.failing_seconds),
            table_faults: self.table_faults + other.table_faults,
        }
    }
}
