//! A destination that a pass forwards to, under its lease.

use jiff::SignedDuration;
use shared::{
    model::{ClockAndRandom, Destination, LeadId},
    table::{LeadTable, Lease, StoreError},
};

/// How long a lease is valid. A post takes 15 seconds at most.
const LEASED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How long a pass posts before it stores its progress and takes the lease for longer.
const SAVED_EVERY: SignedDuration = SignedDuration::from_secs(20);

/// Why a pass ends before everything is posted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// Its time is over, the destination failed, or an operator paused it.
    #[error("nothing more is posted in this pass")]
    Stopped,
    /// Another pass has the lease, or the destination was removed.
    #[error("the lease is lost")]
    LeaseLost,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A destination whose lease a pass has. The table gets its progress now and then. Only operators
/// change it meanwhile: they count their changes and leave the lease, and the pass adopts them.
pub(crate) struct Leased<'a> {
    pub(crate) destination: Destination,
    table: &'a LeadTable,
    system: &'a ClockAndRandom,
    holder: String,
}

impl<'a> Leased<'a> {
    /// Takes the lease of a destination, to read its leads up to `settled`; `None` if another pass
    /// has it, or if nothing may be posted now.
    pub(crate) async fn take(
        destination: &Destination,
        table: &'a LeadTable,
        system: &'a ClockAndRandom,
        settled: LeadId,
    ) -> Result<Option<Self>, StoreError> {
        let now = system.now();
        let read_to = destination.read_to.map_or(settled, |read_to| read_to.max(settled));
        let lease = Lease { holder: system.random_mark(), until: now + LEASED_FOR, read_to };
        let Some(before) = table.take_lease(destination, &lease, now).await? else {
            return Ok(None);
        };
        // The pass that left a lease behind may have posted any lead that it read.
        let left_behind = before.lease_until.and(before.read_to);
        let destination = Destination {
            reached: before.reached.max(left_behind),
            read_to: Some(read_to),
            lease: Some(lease.holder.clone()),
            lease_until: Some(lease.until),
            ..before
        };
        Ok(Some(Self { destination, table, system, holder: lease.holder }))
    }

    /// Reads the destination again and adopts what operators changed.
    pub(crate) async fn refresh(&mut self) -> Result<(), Ended> {
        let Destination { id, changes, .. } = &self.destination;
        let stored = self.table.get_destination(&self.destination.account(), id).await?;
        let is_mine = |stored: &Destination| stored.lease.as_ref() == Some(&self.holder);
        let stored = stored.filter(is_mine).ok_or(Ended::LeaseLost)?;
        if stored.changes != *changes {
            self.destination.adopt(stored);
        }
        Ok(())
    }

    /// Stores the progress if the last time is long ago.
    pub(crate) async fn save_now_and_then(&mut self) -> Result<(), Ended> {
        let now = self.system.now();
        let left = self.destination.lease_until.map(|until| until.duration_since(now));
        if left.is_some_and(|left| left > LEASED_FOR - SAVED_EVERY) {
            return Ok(());
        }
        self.save().await
    }

    /// Stores the progress and takes the lease for longer.
    pub(crate) async fn save(&mut self) -> Result<(), Ended> {
        self.destination.lease_until = Some(self.system.now() + LEASED_FOR);
        self.store().await
    }

    /// Stores the progress and gives the lease back.
    pub(crate) async fn release(&mut self) -> Result<(), Ended> {
        self.destination.lease = None;
        self.destination.lease_until = None;
        self.store().await
    }

    async fn store(&mut self) -> Result<(), Ended> {
        while !self.table.save_progress(&self.destination, &self.holder).await? {
            self.refresh().await?;
        }
        Ok(())
    }
}
