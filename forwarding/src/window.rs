//! The part of a pass that posts several leads at the same time, to a destination whose owner gave
//! their order up.
//!
//! The cursor is the last lead before which every one was taken or set aside. What was taken after
//! it is noted on the destination, so that little comes again if the pass is killed.

use crate::{
    answer::Verdict,
    filter::meets,
    leads::PAGE,
    lease::{Ended, Leased},
    message::LEAD_VALID_FOR,
    next::{Fault, after_window, note_gone, note_success},
    post::{Answered, Post, PostError},
    poster::{Poster, Refusal, create_message},
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{Destination, DestinationState, LeadId, StoredLead},
    table::StoreError,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How far after the cursor leads are posted, in leads for each one in flight.
const REACH: usize = 8;
/// How long an operator's change may stay unseen while posts begin.
const CHECKED_EVERY: SignedDuration = SignedDuration::from_millis(50);

/// A lead, how often the cursor had been moved back when its post began, and the answer.
type Answer = (LeadId, u32, Result<Answered, PostError>);

/// The leads after the cursor during a pass.
struct Window<'a> {
    /// Posts without an answer.
    posts: FuturesUnordered<BoxFuture<'a, Answer>>,
    /// Their leads.
    in_flight: BTreeSet<LeadId>,
    /// Leads that failed, and what the destination asked for.
    failed: BTreeMap<LeadId, Option<SignedDuration>>,
    /// Leads that were read and not posted.
    waiting: VecDeque<StoredLead>,
    /// When they were read.
    read_at: Timestamp,
    /// Up to which lead all were read.
    read_to: LeadId,
    /// Whether there were no more.
    is_last: bool,
    /// Whether leads were read.
    is_begun: bool,
    /// Whether a lead of the last page was posted.
    is_page_begun: bool,
    /// How often the cursor was moved back.
    moves: u32,
    /// Why no post begins any more.
    ends: Option<Ended>,
    checked_at: Option<Timestamp>,
}

impl<'a, P: Post> Poster<'a, P> {
    /// Posts the leads after the cursor, several at the same time.
    pub(crate) async fn post_window(&mut self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        loop {
            match self.fill_window(leased).await? {
                Fault::None => return Ok(()),
                // The lead is set aside, and the next ones follow.
                Fault::Lead => {}
                Fault::Destination => return Err(Ended::Stopped),
                Fault::Unclear => self.probe(leased).await?,
            }
        }
    }

    /// Posts until nothing waits, or until one fails. Then waits for the others.
    async fn fill_window(&mut self, leased: &mut Leased<'_>) -> Result<Fault, Ended> {
        let mut window = Window::new(&leased.destination, self.forwarder.system.now());
        loop {
            let is_empty = self.begin_posts(leased, &mut window).await?;
            window.move_cursor(&mut leased.destination);
            match window.posts.next().await {
                Some((lead, moves, answer)) => {
                    window.in_flight.remove(&lead);
                    if moves == leased.destination.moves {
                        let destination = &mut leased.destination;
                        self.note_window_answer(destination, &mut window, lead, &answer).await?;
                    } else {
                        // It was posted before a replay, and is posted again.
                        window.forget(lead);
                    }
                    leased.save_now_and_then().await?;
                    window.follow_replay(&leased.destination);
                }
                None if is_empty || window.is_ending() => break,
                // The cursor has moved, so more leads are in reach.
                None => {}
            }
        }
        let is_gone = leased.destination.state == DestinationState::Gone;
        let failure = window.failure().filter(|_| !is_gone);
        let fault = self.judge(&mut leased.destination, failure).await?;
        if is_gone {
            return Err(Ended::Stopped);
        }
        window.ends.map_or(Ok(fault), Err)
    }

    /// Begins as many posts as the window takes. Whether no lead waits any more.
    async fn begin_posts(
        &mut self,
        leased: &mut Leased<'_>,
        window: &mut Window<'a>,
    ) -> Result<bool, Ended> {
        let forwarder = self.forwarder;
        while window.may_begin(&leased.destination) {
            let Some(lead) = self.next_in_window(leased, window).await? else { return Ok(true) };
            // The reading may take long, so the check comes after it.
            let moves = window.moves;
            if let Err(ended) = self.check_window(leased, window).await {
                window.waiting.push_front(lead);
                window.ends = Some(ended);
                return Ok(false);
            }
            let (id, destination) = (lead.id, &mut leased.destination);
            if window.moves != moves || window.is_known(destination, id) {
                continue;
            }
            if !meets(&destination.only, &destination.account(), &lead) {
                destination.passed_over += 1;
                destination.ahead.insert(id);
                continue;
            }
            match create_message(destination, lead, window.read_at) {
                Ok(message) => {
                    destination.reached = destination.reached.max(Some(id));
                    let (to, moves) = (destination.clone(), destination.moves);
                    window.in_flight.insert(id);
                    window.posts.push(Box::pin(async move {
                        (id, moves, forwarder.post_message(&to, &message).await)
                    }));
                }
                Err(error) => {
                    self.set_lead_aside(destination, id, Refusal::of_message(&error)).await?;
                    destination.ahead.insert(id);
                }
            }
        }
        Ok(false)
    }

    async fn note_window_answer(
        &mut self,
        destination: &mut Destination,
        window: &mut Window<'_>,
        lead: LeadId,
        answer: &Result<Answered, PostError>,
    ) -> Result<(), Ended> {
        let Some(verdict) = self.note_answer(destination, answer).await? else {
            // Nothing was sent: the lead is read again.
            window.forget(lead);
            return Ok(());
        };
        match verdict {
            Verdict::Taken => destination.take_ahead(lead),
            Verdict::Refused(status) => {
                self.set_lead_aside(destination, lead, Refusal::answered(Some(status))).await?;
            }
            Verdict::Gone => {
                note_gone(destination, self.forwarder.system.now());
                window.failed.insert(lead, None);
                return Ok(());
            }
            Verdict::Wait(asked) => {
                window.failed.insert(lead, asked);
                return Ok(());
            }
        }
        destination.ahead.insert(lead);
        if window.failed.is_empty() {
            note_success(destination);
        }
        Ok(())
    }

    /// Whose fault a failure is. Sets a lead aside that is at fault.
    async fn judge(
        &mut self,
        destination: &mut Destination,
        failure: Option<((LeadId, LeadId), Option<SignedDuration>)>,
    ) -> Result<Fault, Ended> {
        let Some((failed, asked)) = failure else { return Ok(Fault::None) };
        let fault = after_window(destination, failed, asked, &self.forwarder.system);
        let (lead, _) = failed;
        if fault == Fault::Lead {
            let status = destination.last.as_ref().and_then(|last| last.status);
            self.set_lead_aside(destination, lead, Refusal::answered(status)).await?;
            destination.ahead.insert(lead);
        }
        Ok(fault)
    }

    /// Reads the destination again if the last time is some moments ago.
    async fn check_window(
        &self,
        leased: &mut Leased<'_>,
        window: &mut Window<'_>,
    ) -> Result<(), Ended> {
        let now = self.forwarder.system.now();
        if window.checked_at.is_some_and(|at| now < at + CHECKED_EVERY) {
            return Ok(());
        }
        self.check(leased).await?;
        window.follow_replay(&leased.destination);
        window.checked_at = Some(now);
        Ok(())
    }

    /// The next lead to post. `None` if none waits.
    async fn next_in_window(
        &self,
        leased: &mut Leased<'_>,
        window: &mut Window<'_>,
    ) -> Result<Option<StoredLead>, Ended> {
        loop {
            let now = self.forwarder.system.now();
            if window.is_page_begun
                && now > window.read_at + LEAD_VALID_FOR
                && let Some(first) = window.waiting.front().map(|lead| lead.id)
            {
                window.begin_at(first.previous());
            }
            match window.waiting.pop_front() {
                Some(lead) if window.is_known(&leased.destination, lead.id) => {}
                Some(lead) => {
                    window.is_page_begun = true;
                    return Ok(Some(lead));
                }
                None if window.is_last => return Ok(None),
                None => {
                    if window.is_begun {
                        window.move_cursor(&mut leased.destination);
                        leased.save().await?;
                        window.follow_replay(&leased.destination);
                    }
                    window.is_begun = true;
                    self.read_window(&leased.destination, window).await?;
                }
            }
        }
    }

    async fn read_window(
        &self,
        destination: &Destination,
        window: &mut Window<'_>,
    ) -> Result<(), StoreError> {
        window.read_at = self.forwarder.system.now();
        let limit = PAGE.max(destination.in_flight.get().into());
        let page = self.leads_after(destination, window.read_to, limit).await?;
        window.is_last = page.rest.is_none();
        let last = page.rest.map(|rest| rest.first.previous());
        window.read_to = last.or(page.leads.last().map(|lead| lead.id)).unwrap_or(window.read_to);
        window.waiting = page.leads.into();
        // A new page is never old, so that a slow table does not keep a pass from posting.
        window.is_page_begun = false;
        Ok(())
    }
}

impl Window<'_> {
    fn new(destination: &Destination, now: Timestamp) -> Self {
        Self {
            posts: FuturesUnordered::new(),
            in_flight: BTreeSet::new(),
            failed: BTreeMap::new(),
            waiting: VecDeque::new(),
            read_at: now,
            read_to: destination.cursor,
            is_last: false,
            is_begun: false,
            is_page_begun: false,
            moves: destination.moves,
            ends: None,
            checked_at: None,
        }
    }

    /// Whether another post may begin.
    fn may_begin(&self, destination: &Destination) -> bool {
        let in_flight = usize::from(destination.in_flight.get());
        let is_in_reach = self.in_flight.len() + destination.ahead.len() < REACH * in_flight;
        let may_go_on =
            self.in_flight.is_empty() || is_in_reach && self.in_flight.len() < in_flight;
        may_go_on && !self.is_ending()
    }

    /// The first and the last lead that failed, and how long the destination asked to wait.
    fn failure(&self) -> Option<((LeadId, LeadId), Option<SignedDuration>)> {
        let asked = self.failed.values().flatten().max().copied();
        let mut leads = self.failed.keys().copied();
        let first = leads.next()?;
        Some(((first, leads.next_back().unwrap_or(first)), asked))
    }

    /// Whether no post begins any more.
    fn is_ending(&self) -> bool {
        !self.failed.is_empty() || self.ends.is_some()
    }

    /// After a replay, all leads after the cursor are posted again.
    fn follow_replay(&mut self, destination: &Destination) {
        if destination.moves != self.moves {
            self.moves = destination.moves;
            self.begin_at(destination.cursor);
        }
    }

    /// Whether a lead is in flight, or was taken or set aside.
    fn is_known(&self, destination: &Destination, lead: LeadId) -> bool {
        lead <= destination.cursor
            || self.in_flight.contains(&lead)
            || destination.ahead.contains(&lead)
    }

    /// Reads from after this lead on.
    fn begin_at(&mut self, lead: LeadId) {
        self.waiting.clear();
        self.read_to = lead;
        self.is_last = false;
    }

    /// Reads a lead again that was not sent, with those that wait.
    fn forget(&mut self, lead: LeadId) {
        let first = self.waiting.front().map_or(lead, |waiting| waiting.id.min(lead));
        self.begin_at(self.read_to.min(first.previous()));
    }

    /// Moves the cursor over the leads that were taken or set aside, up to the first one that was
    /// not.
    fn move_cursor(&self, destination: &mut Destination) {
        let waiting = self.waiting.front().map(|lead| lead.id);
        let open = self.in_flight.first().copied().into_iter().chain(waiting);
        let open = open.chain(self.failed.first_key_value().map(|(lead, _)| *lead));
        let open = open.min().unwrap_or(LeadId::LAST);
        let unread = if self.is_last { LeadId::LAST } else { self.read_to };
        let is_before = |lead: &&LeadId| **lead < open && **lead <= unread;
        if let Some(last) = destination.ahead.iter().rev().find(is_before).copied() {
            destination.move_over(last);
        }
    }
}
