//! A delivery from its request to its answer: the steps around every provider's handler, the
//! reasons to refuse it, how it is held, and its log line.

mod answer;
mod context;
mod endpoint;
mod handled;
mod hold;
mod log;
mod rejection;
mod update;

pub use answer::{Answer, delivery_answer, json_answer, limit_answer};
pub use context::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts};
pub use endpoint::{
    Accepted, Delivery, Endpoint, LeadEndpoint, LeadFields, check_limit, create_lead, redeliver,
};
pub(crate) use endpoint::{Caller, add_limit_headers, authenticate};
pub use handled::{DeliverySummary, Handled};
pub use log::{DeliveryLog, Report};
pub use rejection::{OwnRejection, Rejection};
pub use update::{LeadChange, OperatorUpdate, UpdateRequest, check_size, update_as_operator};
