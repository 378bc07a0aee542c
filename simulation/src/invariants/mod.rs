//! What must be true after every history, whatever failed. `docs/reliability.md` promises it.
//!
//! What must be true at each moment is checked when it happens: that a post is signed and begins
//! before a pause (`log.rs`), that an invalid delivery is held (`senders.rs`), and that nothing of
//! an erased person is left (`operators.rs`).

mod deliveries;
mod forwarding;

use crate::stage::Stage;

/// A rule that is broken.
pub(crate) type Broken = String;

impl Stage {
    /// Checks a history that was played to its end.
    pub(crate) async fn check(&self) -> Result<(), Broken> {
        if let Some(broken) = self.world.log().broken.clone() {
            return Err(broken);
        }
        self.check_deliveries()?;
        self.check_destinations().await
    }
}
