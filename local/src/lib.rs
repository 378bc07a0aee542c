//! The API and its table on one machine, in place of API Gateway, Lambda and DynamoDB.

mod access_key;
mod demo;
mod engine;
mod folder;
mod forward;
mod gateway;
mod guard;
mod in_process;
mod listen;
mod new_leads;
mod own_file;
mod recent;
mod running;
mod server;
mod sources_after;
mod table;

pub use access_key::AccessKey;
pub use demo::seed_demo_accounts;
pub use folder::forwarding_secret;
pub use forward::keep_forwarding;
pub use gateway::{ANSWERED_HEADERS, SENT_HEADERS, router};
pub use guard::{Guard, RefusedRequest};
pub use listen::listen;
pub use new_leads::NewLeads;
pub use recent::{REMEMBERED, REMEMBERED_BODY, RecentDeliveries, SeenBody, SeenDelivery};
pub use running::{Arrival, Running};
pub use sources_after::sources_after;
pub use table::{
    EmbeddedError, EmbeddedTable, LocalTable, REGION, ServedTable, Storage, connect_to,
};
