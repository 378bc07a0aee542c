//! Notices accounts whose leads stopped.

use crate::Failure;
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{Account, LeadSpan},
    table::{LeadPage, LeadTable, Order},
};

/// How many of the newest leads show the usual pauses.
const NEWEST: i32 = 100;
/// With fewer leads, no pause is usual.
const FEWEST: usize = 10;
/// No silence is shorter, however fast leads usually come.
const SHORTEST: SignedDuration = SignedDuration::from_hours(1);

/// When the leads of an account came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// When the last one came.
    pub last: Timestamp,
    /// The longest pause between the newest leads.
    pub longest_pause: SignedDuration,
}

impl Pace {
    /// The pace of an account; `None` if it has too few leads to tell. It makes one request.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn of(table: &LeadTable, account: &Account) -> Result<Option<Self>, Failure> {
        let newest = table.leads(account, LeadSpan::ALL, Order::NewestFirst, Some(NEWEST)).await;
        let page: LeadPage = newest?;
        let times: Vec<_> = page.leads.iter().map(|lead| lead.created_at).collect();
        Ok(Self::between(&times))
    }

    /// The pace of leads that came at these times, the newest first.
    fn between(times: &[Timestamp]) -> Option<Self> {
        let pauses = times.windows(2).map(|pair| pair[0].duration_since(pair[1]));
        let longest_pause = pauses.max()?;
        (times.len() >= FEWEST).then_some(Self { last: times[0], longest_pause })
    }

    /// Whether the time since the last lead is more than twice the longest pause.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        now.duration_since(self.last) > (self.longest_pause * 2).max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    /// Leads that came every `pause` minutes until minute 10,000.
    fn every(pause: i64, leads: i64) -> Vec<Timestamp> {
        (0..leads).map(|n| at(10_000 - n * pause)).collect()
    }

    #[test]
    fn an_account_is_silent_after_twice_its_longest_pause() {
        let with_a_night = [every(10, 20), vec![at(9_000), at(8_990)]].concat();
        // The times of the leads, the minutes since the last one, whether the account is silent.
        let cases = [
            ("every 10 minutes", every(10, 20), 60, Some(false)),
            ("every 10 minutes", every(10, 20), 61, Some(true)),
            ("every 45 minutes", every(45, 20), 90, Some(false)),
            ("every 45 minutes", every(45, 20), 91, Some(true)),
            ("with a night between", with_a_night.clone(), 1_620, Some(false)),
            ("with a night between", with_a_night, 1_621, Some(true)),
            ("ten leads", every(45, 10), 91, Some(true)),
            ("nine leads", every(45, 9), 5_000, None),
            ("one lead", every(45, 1), 5_000, None),
            ("no lead", Vec::new(), 5_000, None),
        ];
        for (case, times, minutes, expected) in cases {
            let pace = Pace::between(&times);
            let is_silent = pace.map(|pace| pace.is_silent(at(10_000 + minutes)));
            assert_eq!(is_silent, expected, "{case}, {minutes} minutes later");
        }
    }
}
