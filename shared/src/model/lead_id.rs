use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// 2024-01-01T00:00:00Z, the time of the lowest lead id, in Unix milliseconds.
const EPOCH_MILLISECONDS: i64 = 1_704_067_200_000;
const RANDOM_BITS: u32 = 12;
const TIME_BITS: u32 = 41;
/// Every id is below this: 2^53.
const LIMIT: u64 = 1 << (TIME_BITS + RANDOM_BITS);

/// A lead's id: 41 bits of milliseconds since 2024, then 12 random bits.
///
/// Ids sort by time. They are below 2^53, so a JSON number is exact.
///
/// ```
/// use leadhook_shared::model::LeadId;
///
/// let earlier = LeadId::new("2026-11-21T10:00:00Z".parse()?, 4095);
/// let later = LeadId::new("2026-11-21T10:00:00.001Z".parse()?, 0);
/// assert!(earlier < later);
/// assert_eq!(later.to_string().parse(), Ok(later));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadId(u64);

impl LeadId {
    /// The lowest id. No lead has it.
    pub const FIRST: Self = Self(0);
    /// The highest id.
    pub const LAST: Self = Self(LIMIT - 1);

    /// The time of the lowest lead id. No lead is older.
    pub fn beginning() -> Timestamp {
        Timestamp::from_millisecond(EPOCH_MILLISECONDS).unwrap_or_default()
    }

    /// The id of a lead received at `at`; only the low 12 bits of `random` are used.
    ///
    /// A time before 2024 or after 2093 counts as the nearest time in that range.
    pub fn new(at: Timestamp, random: u128) -> Self {
        let latest = (1_i64 << TIME_BITS) - 1;
        let milliseconds = (at.as_millisecond() - EPOCH_MILLISECONDS).clamp(0, latest);
        let random = (random as u64) & ((1 << RANDOM_BITS) - 1);
        Self(((milliseconds as u64) << RANDOM_BITS) | random)
    }

    /// The highest id below this one. Below the lowest there is none.
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// When the lead was received, to the millisecond.
    pub fn time(self) -> Timestamp {
        let milliseconds = EPOCH_MILLISECONDS + (self.0 >> RANDOM_BITS).cast_signed();
        Timestamp::from_millisecond(milliseconds).unwrap_or_default()
    }

    /// Reads a sort key that [`LeadId::sort_key`] gave.
    pub(crate) fn from_sort_key(text: &str) -> Option<Self> {
        let id = Self(text.parse().ok()?);
        (id.0 < LIMIT && id.sort_key() == text).then_some(id)
    }

    /// The sort key of this id, zero-padded, so that it sorts as the number does.
    pub(crate) fn sort_key(self) -> String {
        format!("{:016}", self.0)
    }
}

/// A range of ids. Both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadSpan {
    /// The lowest id.
    pub first: LeadId,
    /// The highest id.
    pub last: LeadId,
}

impl LeadSpan {
    /// Every id.
    pub const ALL: Self = Self { first: LeadId::FIRST, last: LeadId::LAST };

    /// The ids of leads that were received at `since` or later, and before `until`.
    pub fn of_time(since: Option<Timestamp>, until: Option<Timestamp>) -> Option<Self> {
        let first = since.map_or(LeadId::FIRST, |since| LeadId::new(since, 0));
        let span = Self { first, last: LeadId::LAST };
        match until {
            Some(until) => span.before(LeadId::new(until, 0)),
            None => Some(span),
        }
    }

    /// The ids below `id`; `None` if there are none.
    pub fn before(self, id: LeadId) -> Option<Self> {
        let last = LeadId(id.0.checked_sub(1)?).min(self.last);
        (self.first <= last).then_some(Self { last, ..self })
    }

    /// The ids above `id`; `None` if there are none.
    pub fn after(self, id: LeadId) -> Option<Self> {
        let first = LeadId(id.0 + 1).max(self.first);
        (first <= self.last).then_some(Self { first, ..self })
    }
}

/// How a provider writes lead ids: a prefix, then a fixed number of digits.
///
/// Integrabot and Flextell write plain numbers and have no such form.
///
/// ```
/// use leadhook_shared::model::{LeadId, LeadIdForm};
///
/// let form = LeadIdForm { prefix: "lead_", alphabet: b"0123456789abcdef", digits: 16 };
/// let id: LeadId = "373458190336353".parse()?;
/// assert_eq!(form.write(id), "lead_000153a882c60161");
/// assert_eq!(form.read("lead_000153a882c60161"), Some(id));
/// # Ok::<(), leadhook_shared::model::NotALeadId>(())
/// ```
#[derive(Clone, Copy)]
pub struct LeadIdForm {
    /// The text before the digits.
    pub prefix: &'static str,
    /// The digits in the order of their values; there are as many as the base.
    pub alphabet: &'static [u8],
    /// How many digits are written, leading zeros included.
    pub digits: usize,
}

impl LeadIdForm {
    /// The id in this form.
    pub fn write(&self, LeadId(mut rest): LeadId) -> String {
        let base = self.alphabet.len() as u64;
        let mut digits = vec![self.alphabet[0]; self.digits];
        for digit in digits.iter_mut().rev() {
            *digit = self.alphabet[(rest % base) as usize];
            rest /= base;
        }
        digits.into_iter().fold(self.prefix.to_owned(), |mut text, digit| {
            text.push(char::from(digit));
            text
        })
    }

    /// Reads an id that [`LeadIdForm::write`] gave; `None` for any other text.
    pub fn read(&self, text: &str) -> Option<LeadId> {
        let digits = text.strip_prefix(self.prefix)?;
        if digits.len() != self.digits {
            return None;
        }
        let base = self.alphabet.len() as u64;
        let number = digits.bytes().try_fold(0_u64, |number, digit| {
            let value = self.alphabet.iter().position(|known| *known == digit)?;
            number.checked_mul(base)?.checked_add(value as u64)
        })?;
        (number < LIMIT).then_some(LeadId(number))
    }
}

impl FromStr for LeadId {
    type Err = NotALeadId;

    /// Reads a number in exactly the form in which [`LeadId`] is displayed.
    fn from_str(text: &str) -> Result<Self, NotALeadId> {
        let number = text.parse().map_err(|_| NotALeadId)?;
        let id = Self(number);
        if number < LIMIT && id.to_string() == text { Ok(id) } else { Err(NotALeadId) }
    }
}

/// A text that is not a lead id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a lead id")]
pub struct NotALeadId;

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ids_sort_by_time_and_not_by_their_random_bits() {
        let earlier = LeadId::new(at("2026-11-21T10:00:00.000Z"), u128::MAX);
        let later = LeadId::new(at("2026-11-21T10:00:00.001Z"), 0);
        assert!(earlier < later);
        assert!(earlier.sort_key() < later.sort_key());
    }

    #[test]
    fn an_id_has_its_milliseconds_before_its_random_bits() {
        assert_eq!(LeadId::new(at("2024-01-01T00:00:00.002Z"), 0xABC_0FF).0, 2 << 12 | 0x0FF);
    }

    #[test]
    fn an_id_tells_its_time() {
        for time in ["2024-01-01T00:00:00Z", "2026-11-21T10:00:00.123Z", "2093-09-06T15:47:35.551Z"]
        {
            assert_eq!(LeadId::new(at(time), u128::MAX).time(), at(time), "{time}");
        }
    }

    #[test]
    fn every_id_is_below_two_to_the_53() {
        for time in ["1970-01-01T00:00:00Z", "2093-09-06T15:47:35Z", "9999-12-30T00:00:00Z"] {
            assert!(LeadId::new(at(time), u128::MAX).0 < 9_007_199_254_740_992, "{time}");
        }
    }
}
