use super::{lead_id::LeadId, steady_clock::steady_clock};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The clock and the random numbers, so that tests can replace them.
#[derive(Clone)]
pub struct ClockAndRandom {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Fn() -> u128 + Send + Sync>,
}

impl ClockAndRandom {
    /// The system's clock and random numbers. Time does not go back for those who share them, even
    /// if the clock is set back.
    pub fn system() -> Self {
        Self::system_from(Timestamp::MIN)
    }

    /// The same, with a time that begins at `start` or later. Each number is from the operating
    /// system: a generator in this process would repeat its numbers in each instance that starts
    /// from the same snapshot, as AWS does with SnapStart.
    pub fn system_from(start: Timestamp) -> Self {
        let started = Instant::now();
        let random = || UnwrapErr(SysRng).random();
        Self::steady(Timestamp::now, move || started.elapsed(), start, random)
    }

    /// The given random numbers, and a time that begins at `start` or later and never goes back. It
    /// follows `wall`; `elapsed` is the time since the start.
    pub fn steady(
        wall: impl Fn() -> Timestamp + Send + Sync + 'static,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
        start: Timestamp,
        random: impl Fn() -> u128 + Send + Sync + 'static,
    ) -> Self {
        Self::new(steady_clock(wall, elapsed, start), random)
    }

    /// The given clock and random numbers.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn() -> u128 + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), random: Arc::new(random) }
    }

    /// The same random numbers, with a clock that is this much later.
    pub fn later_by(self, difference: SignedDuration) -> Self {
        let Self { now, random } = self;
        Self { now: Arc::new(move || now() + difference), random }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A new id for a lead received at `at`.
    pub fn new_lead_id(&self, at: Timestamp) -> LeadId {
        LeadId::new(at, (self.random)())
    }

    /// A random text of `length` letters and digits.
    pub fn random_text(&self, length: usize) -> String {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        // 16 digits use 96 of the 128 random bits. The other bits make all digits almost equally
        // likely.
        const AT_ONCE: usize = 16;
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut random = (self.random)();
            for _ in 0..AT_ONCE.min(length - text.len()) {
                text.push(char::from(DIGITS[(random % 62) as usize]));
                random /= 62;
            }
        }
        text
    }

    /// A random number from 0 to 1, without 1.
    pub fn random_fraction(&self) -> f64 {
        const STEPS: u32 = 1 << 16;
        f64::from((self.random)() as u32 % STEPS) / f64::from(STEPS)
    }

    /// A random key.
    pub fn random_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        for half in key.chunks_mut(16) {
            half.copy_from_slice(&(self.random)().to_be_bytes());
        }
        key
    }

    /// A random mark of 32 characters. No two are equal.
    pub fn random_mark(&self) -> String {
        format!("{:032x}", (self.random)())
    }
}
