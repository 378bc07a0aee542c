//! Reads a request: its event, its token, its body, the fields of the body and their rules.

mod bearer;
mod body;
mod compression;
mod event;
mod fields;
mod query_fields;
pub mod rules;
mod update_fields;
mod violation;

pub use bearer::{Unauthorized, bearer_token};
pub use body::{BodyError, MAX_BODY_BYTES, read_body};
pub use compression::decompress;
pub use event::Request;
pub use fields::{Check, Fields};
pub use update_fields::Change;
pub use violation::{JsonType, Rule, Violation};
