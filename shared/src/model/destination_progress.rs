//! How far a destination is: what its cursor has passed, and what a pass or an operator changes.

use super::{
    destination::{Destination, DestinationState},
    lead_id::LeadId,
};
use jiff::Timestamp;

impl Destination {
    /// Whether a pass may forward to it now: it is active and its wait is over. Whether another pass
    /// forwards to it is decided when the lease is taken.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == DestinationState::Active && self.next_attempt_at.is_none_or(|at| at <= now)
    }

    /// Whether the last attempt failed.
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether its cursor has passed this lead, or may be passing it now: a pass is running that
    /// may have read beyond it.
    ///
    /// A lead that this destination, read after the lead was stored, has not passed is found by the
    /// next pass: each pass stores how far it reads before it reads.
    pub fn has_passed(&self, lead: LeadId) -> bool {
        let is_read = self.is_leased() && self.read_to.is_none_or(|read_to| lead <= read_to);
        lead > self.starts_after && (lead <= self.cursor || is_read)
    }

    /// Whether it got this lead, or may have got it.
    pub fn may_have(&self, lead: LeadId) -> bool {
        let reached = self.reached.map_or(self.cursor, |reached| reached.max(self.cursor));
        lead > self.starts_after && (lead <= reached || self.is_leased())
    }

    /// Moves the cursor over a lead that was taken or is set aside.
    pub fn move_over(&mut self, lead: LeadId) {
        self.cursor = lead;
        self.stuck = self.stuck.filter(|stuck| stuck.lead > lead);
        self.taken_ahead = self.taken_ahead.filter(|ahead| *ahead > lead);
        self.ahead.retain(|ahead| *ahead > lead);
    }

    /// Notes that it took a lead before its turn.
    pub fn take_ahead(&mut self, lead: LeadId) {
        self.taken_ahead = self.taken_ahead.max(Some(lead));
        self.ahead.insert(lead);
    }

    /// Adopts what operators changed while a pass was running, and keeps the progress of the pass.
    pub fn adopt(&mut self, changed: Self) {
        self.reached = self.reached.max(changed.reached);
        if changed.moves == self.moves {
            self.ahead.extend(changed.ahead.iter().filter(|ahead| **ahead > self.cursor));
        } else {
            self.reached = self.reached.max(Some(self.cursor));
            (self.cursor, self.stuck, self.taken_ahead) = (changed.cursor, None, None);
            self.ahead.clear();
        }
        *self = Self {
            cursor: self.cursor,
            stuck: self.stuck,
            taken_ahead: self.taken_ahead,
            ahead: std::mem::take(&mut self.ahead),
            reached: self.reached,
            passed_over: self.passed_over,
            failures: self.failures,
            failing_since: self.failing_since,
            next_attempt_at: self.next_attempt_at,
            last: self.last.take(),
            lease: self.lease.take(),
            lease_until: self.lease_until,
            ..changed
        };
    }

    /// Whether a pass may have posted more than it stored. A pass that ends stores how far it got
    /// and gives the lease back. So this is true also for a lease whose time is over.
    fn is_leased(&self) -> bool {
        self.lease_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, AccountId, Provider, Stuck};
    use jiff::SignedDuration;

    fn id(seconds: i64) -> LeadId {
        LeadId::new(LeadId::beginning() + SignedDuration::from_secs(seconds), 0)
    }

    #[test]
    fn a_lead_is_late_if_it_is_not_above_what_a_pass_has_read_to() {
        let at_rest = Destination { read_to: Some(id(30)), ..at_20() };
        let leased = Destination { lease_until: Some(Timestamp::UNIX_EPOCH), ..at_rest.clone() };
        let moved_back = Destination { cursor: id(15), ..at_rest.clone() };
        let cases = [
            ("before its start", &at_rest, 10, false),
            ("at the cursor", &at_rest, 20, true),
            ("read to, but the next pass reads it again", &at_rest, 21, false),
            ("read to by a running pass", &leased, 30, true),
            ("above what a running pass reads", &leased, 31, false),
            ("before its start, with a lease", &leased, 10, false),
            ("after a cursor that was moved back", &moved_back, 20, false),
        ];
        for (case, destination, lead, expected) in cases {
            assert_eq!(destination.has_passed(id(lead)), expected, "{case}");
        }
    }

    fn at_20() -> Destination {
        let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("acme") };
        let id_of_it = "dst_0123456789abcdefghij".parse().unwrap();
        let new = Destination::new(&account, id_of_it, String::new(), id(0), Timestamp::UNIX_EPOCH);
        Destination { starts_after: id(10), cursor: id(20), ..new }
    }

    /// The pass read the destination at 20 and has come to 25.
    #[test]
    fn a_pass_adopts_what_operators_changed_and_keeps_its_progress() {
        let stuck = Some(Stuck { lead: id(26), failures: 3, probed: Some(id(27)) });
        let ahead = Some(id(28));
        let progress = Destination {
            cursor: id(25),
            failures: 3,
            stuck,
            taken_ahead: ahead,
            ahead: [id(29)].into(),
            ..at_20()
        };
        let changed = Destination { changes: 1, ..at_20() };
        let paused = Destination { state: DestinationState::Paused, ..changed.clone() };
        let rotated = Destination { secret_version: 2, ..changed.clone() };
        let replayed = Destination { cursor: id(15), moves: 1, ..changed.clone() };
        let skipped = Destination { ahead: [id(26)].into(), ..changed.clone() };
        let skipped_meanwhile = Destination { ahead: [id(22)].into(), ..changed.clone() };
        // The cursor, the highest lead that it may have, where it is stuck, the lead that was taken
        // ahead, and those passed over.
        let cases = [
            ("resumed", changed, id(25), None, stuck, ahead, vec![id(29)]),
            ("paused", paused, id(25), None, stuck, ahead, vec![id(29)]),
            ("rotated", rotated, id(25), None, stuck, ahead, vec![id(29)]),
            ("replayed", replayed, id(15), Some(id(25)), None, None, vec![]),
            ("skipped", skipped, id(25), None, stuck, ahead, vec![id(26), id(29)]),
            ("skipped before", skipped_meanwhile, id(25), None, stuck, ahead, vec![id(29)]),
        ];
        for (case, changed, cursor, reached, stuck, taken_ahead, ahead) in cases {
            let mut adopted = progress.clone();
            adopted.adopt(changed.clone());
            assert_eq!((adopted.cursor, adopted.reached), (cursor, reached), "{case}");
            assert_eq!((adopted.stuck, adopted.taken_ahead), (stuck, taken_ahead), "{case}");
            assert_eq!(adopted.ahead.iter().copied().collect::<Vec<_>>(), ahead, "{case}");
            assert_eq!((adopted.failures, adopted.changes), (3, 1), "{case}");
            let of_operator = (adopted.state, adopted.secret_version);
            assert_eq!(of_operator, (changed.state, changed.secret_version), "{case}");
        }
    }

    #[test]
    fn a_destination_may_have_what_it_reached_and_what_a_pass_did_not_store() {
        let at_20 = at_20();
        let moved_back = Destination { cursor: id(15), reached: Some(id(20)), ..at_20.clone() };
        // A pass that crashed did not give its lease back.
        let until = Some(Timestamp::UNIX_EPOCH);
        let crashed = Destination { lease_until: until, ..at_20.clone() };
        let cases = [
            ("before its start", &at_20, 10, false),
            ("after its start", &at_20, 11, true),
            ("at the cursor", &at_20, 20, true),
            ("after the cursor", &at_20, 21, false),
            ("at the highest cursor", &moved_back, 20, true),
            ("after the highest cursor", &moved_back, 21, false),
            ("posted but not stored", &crashed, 21, true),
            ("before its start, with a lease", &crashed, 10, false),
        ];
        for (case, destination, lead, expected) in cases {
            assert_eq!(destination.may_have(id(lead)), expected, "{case}");
        }
    }
}
