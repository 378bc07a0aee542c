use jiff::SignedDuration;

/// How long an equal body is the same delivery, unless `REPLAY_WINDOW_SECONDS` says otherwise.
/// `template.yaml` has the same default.
pub const DEFAULT_REPLAY_WINDOW: SignedDuration = SignedDuration::from_secs(300);
