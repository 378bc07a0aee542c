//! Starts and runs a Lambda function.

mod answer_event;
mod environment;
mod logs;
mod run;
mod start_up;

pub use environment::{Environment, StartUpError};
pub use logs::{asked_filter, guarded, log_panics, start_json_logs};
pub use run::{Handler, run_function};
pub use start_up::read_replay_window;
