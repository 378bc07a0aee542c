//! A delivery from its request to its answer: the steps around every provider's handler, the
//! reasons to refuse it, how it is held, and its log line.

mod access;
mod answer;
mod context;
mod endpoint;
mod handled;
mod hold;
mod log;
mod rejection;
mod update;

pub(crate) use access::{Caller, add_limit_headers, authenticate};
pub use access::{Endpoint, check_limit};
pub use answer::{Answer, delivery_answer, json_answer, limit_answer};
pub use context::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts};
pub use endpoint::{Accepted, Delivery, LeadEndpoint, LeadFields, create_lead, redeliver};
pub use handled::{DeliverySummary, Handled};
pub use log::{DeliveryLog, Report};
pub use rejection::{OwnRejection, Rejection};
pub(crate) use update::UpdateRequest;
pub use update::{LeadChange, OperatorUpdate, check_size, update_as_operator};
