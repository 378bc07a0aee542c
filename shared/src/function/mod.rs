//! Starts and runs a Lambda function.

mod answer_event;
mod environment;
mod logs;
mod run;
mod secret;
mod start_up;

pub use environment::{Environment, StartUpError};
pub use logs::{asked_filter, guarded, log_panics};
pub use run::{EventHandler, Handler, run_event_function, run_function};
pub use secret::{Secret, SecretError, SecretStage, read_secret};
pub use start_up::read_replay_window;
