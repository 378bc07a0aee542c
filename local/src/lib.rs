//! The API and its table on one machine, in place of API Gateway, Lambda and DynamoDB.

mod access_key;
mod demo;
mod engine;
mod event;
mod folder;
mod forward;
mod gateway;
mod guard;
mod in_process;
mod listen;
mod other_writers;
mod own_answers;
mod own_file;
mod recent;
mod running;
mod served;
mod server;
mod storage;
mod system_after;
mod table;

pub use access_key::AccessKey;
pub use demo::seed_demo_accounts;
pub use folder::forwarding_secret;
pub use forward::keep_forwarding;
pub use gateway::{ANSWERED_HEADERS, router};
pub use guard::{Guard, RefusedRequest};
pub use listen::listen;
pub use other_writers::OtherWriters;
pub use recent::{REMEMBERED, REMEMBERED_BODY, RecentDeliveries, SeenBody, SeenDelivery};
pub use running::{Arrival, Running};
pub use served::{REGION, ServedTable, connect_to};
pub use storage::{EmbeddedError, Storage};
pub use system_after::system_after;
pub use table::{EmbeddedTable, LocalTable};
