//! Forwards leads to the destinations of their owner.
//!
//! A destination is a cursor. The leads of an account are one partition of the table, sorted by an
//! id that is time. [`Forwarder`] reads the leads after the cursor, posts each to the destination's
//! URL, and moves the cursor. There is no queue, so nothing expires.

mod address;
mod answer;
mod connection;
mod event;
mod events;
mod filter;
mod forwarder;
mod https;
mod late;
mod leads;
mod lease;
mod managed_secret;
mod message;
mod metered;
mod names;
mod next;
mod own_headers;
mod page;
mod pass;
mod post;
mod poster;
mod probe;
mod report;
mod sample;
mod secret;
mod slack;
mod start_up;
mod template;
mod wait;
mod window;

pub use address::{Addresses, BadUrl, check_url};
pub use event::{ForwardingEvent, NewLeadRecord};
pub use filter::{UnknownMember, check_conditions, meets};
pub use forwarder::Forwarder;
pub use https::{HttpsClient, check_host};
pub use managed_secret::{ManagedSecretError, read_managed_secret};
pub use message::{CannotWrite, Form, LEAD_VALID_FOR, Message};
pub use own_headers::{BadHeader, CannotOpen, MAX_HEADERS, OwnHeader};
pub use pass::{PASS_FOR, SETTLED_AFTER, Wake};
pub use post::{Answered, Post, PostError, PostRequest};
pub use poster::{Refusal, refused};
pub use report::Report;
pub use secret::{
    BadSecret, MasterSecret, SIGNING_KEY, SIGNING_SECRET, SecretTooShort, SigningKeys,
};
pub use start_up::{forward_leads, write_log};
pub use template::{TemplateError, is_template};
pub use wait::{try_again_after, wait_after};
