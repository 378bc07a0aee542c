//! Reads a request: its event, its token, its body, the fields of the body and their rules.

mod bearer;
mod body;
mod compression;
mod event;
mod fields;
pub mod rules;
mod violation;

pub use bearer::{Unauthorized, bearer_token};
pub use body::{BodyError, MAX_BODY_BYTES, read_body};
pub use compression::decompress;
pub use event::Request;
pub use fields::{Change, Check, Fields};
pub use violation::{JsonType, Rule, Violation};
