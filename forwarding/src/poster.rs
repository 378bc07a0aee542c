//! Posts messages to one destination during a pass, and notes what comes back.

use crate::{
    answer::{Verdict, judge},
    forwarder::Forwarder,
    lease::{Ended, Leased},
    message::{CannotWrite, Form, Message},
    post::{Answered, Post, PostError},
    report::Report,
    wait::try_again_after,
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{
        Destination, DestinationState, LastAttempt, LeadId, LeadSpan, SetAside, SetAsideEvent,
        StoredLead,
    },
    table::{LeadPage, Order, StoreError},
};

/// How long a refused event is stored.
const SET_ASIDE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Posts to one destination.
pub(crate) struct Poster<'a, P> {
    pub(crate) forwarder: &'a Forwarder<P>,
    /// Leads from this time on wait.
    pub(crate) settled: Timestamp,
    /// When no post begins any more.
    until: Timestamp,
    pub(crate) report: Report,
    /// An event that failed, with the time of its next attempt. It is not clear yet whose fault
    /// that is.
    pub(crate) suspect: Option<SetAside>,
}

impl<'a, P: Post> Poster<'a, P> {
    pub(crate) fn new(forwarder: &'a Forwarder<P>, settled: Timestamp, until: Timestamp) -> Self {
        Self { forwarder, settled, until, report: Report::default(), suspect: None }
    }

    /// Ends the pass if no post may begin: its time is over, or the destination is paused, removed,
    /// or leased to another pass.
    pub(crate) async fn check(&self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        self.check_time()?;
        leased.refresh().await?;
        match leased.destination.state {
            DestinationState::Active => Ok(()),
            DestinationState::Paused | DestinationState::Gone => Err(Ended::Stopped),
        }
    }

    /// Ends the pass if its time is over.
    pub(crate) fn check_time(&self) -> Result<(), Ended> {
        if self.forwarder.system.now() < self.until { Ok(()) } else { Err(Ended::Stopped) }
    }

    /// The oldest leads after `lead`. A page of large leads has fewer than `limit`: DynamoDB ends
    /// it at 1 MB.
    pub(crate) async fn leads_after(
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

    /// Posts a message, and notes what came back. `None` if nothing was sent, because the message
    /// must be read again. If it is taken, an event that failed before is at fault itself.
    pub(crate) async fn post(
        &mut self,
        destination: &mut Destination,
        message: &Message,
    ) -> Result<Option<Verdict>, StoreError> {
        let answer = self.forwarder.post_message(destination, message).await;
        self.note_answer(destination, &answer).await
    }

    /// Notes what came back. `None` if nothing was sent.
    pub(crate) async fn note_answer(
        &mut self,
        destination: &mut Destination,
        answer: &Result<Answered, PostError>,
    ) -> Result<Option<Verdict>, StoreError> {
        if matches!(answer, Err(PostError::Outdated)) {
            return Ok(None);
        }
        destination.last = Some(LastAttempt {
            at: self.forwarder.system.now(),
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: answer.as_ref().err().map(ToString::to_string),
        });
        let verdict = judge(answer);
        self.report.note_verdict(&verdict);
        if verdict == Verdict::Taken
            && let Some(event) = self.suspect.take()
        {
            let refusal = Refusal::answered(event.status);
            self.set_aside(destination, event, refusal).await?;
        }
        Ok(Some(verdict))
    }

    /// Sets a lead aside after its first refusal.
    pub(crate) async fn set_lead_aside(
        &mut self,
        destination: &Destination,
        lead: LeadId,
        refusal: Refusal,
    ) -> Result<(), StoreError> {
        let (id, now) = (destination.id.clone(), self.forwarder.system.now());
        let event = SetAside::due(lead, id, SetAsideEvent::Created, now);
        self.set_aside(destination, event, refusal).await
    }

    /// Sets an event aside after a refusal.
    pub(crate) async fn set_aside(
        &mut self,
        destination: &Destination,
        event: SetAside,
        refusal: Refusal,
    ) -> Result<(), StoreError> {
        let refused = refused(event, refusal, self.forwarder.system.now());
        self.report.set_aside += 1;
        self.forwarder.table.set_aside(&destination.account(), &refused).await
    }
}

/// Why an event is set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer. `None`: there was none.
    pub status: Option<u16>,
    /// Why no message could be posted.
    pub reason: Option<String>,
}

impl Refusal {
    /// The destination answered with this status, or not at all.
    pub fn answered(status: Option<u16>) -> Self {
        Self { status, reason: None }
    }

    /// No message can be made of the event.
    pub(crate) fn of_message(error: &CannotWrite) -> Self {
        tracing::error!(%error, "a lead is set aside");
        Self { status: None, reason: Some(error.to_string()) }
    }
}

/// An event after one more refusal.
pub fn refused(event: SetAside, refusal: Refusal, now: Timestamp) -> SetAside {
    let tries = event.tries + 1;
    let Refusal { status, reason } = refusal;
    SetAside {
        tries,
        status,
        reason,
        next_attempt_at: try_again_after(tries, now),
        expires_at: Some((now + SET_ASIDE_FOR).as_second()),
        ..event
    }
}

/// The message that a lead was created.
pub(crate) fn create_message(
    destination: &Destination,
    lead: StoredLead,
    read_at: Timestamp,
) -> Result<Message, CannotWrite> {
    Message::created(Form::of(destination, &destination.account()), lead, read_at)
}
