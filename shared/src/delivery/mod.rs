//! A delivery from its request to its answer: the steps around every provider's handler, the
//! reasons to refuse it, how it is held, and its log line.

mod answer;
mod context;
mod endpoint;
mod hold;
mod log;
mod rejection;

pub use answer::{Answer, delivery_answer, json_answer};
pub use context::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts};
pub use endpoint::{
    Accepted, Delivery, LeadEndpoint, LeadFields, Redelivered, create_lead, redeliver,
};
pub use log::{DeliveryLog, DeliverySummary, FieldFault, Report};
pub use rejection::{RefusalReason, Rejection};
