use jiff::SignedDuration;

/// The default replay window: how long a delivery with the same body is a replay.
/// `template.yaml` has the same default. [`Claims::replay`](crate::model::Claims::replay) makes the
/// claim that says so.
pub const DEFAULT_REPLAY_WINDOW: SignedDuration = SignedDuration::from_secs(300);
