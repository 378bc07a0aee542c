//! Fills the local table of a folder with leads of Integrabot's demo account.

use crate::table::TOKEN;
use integrabot::Integrabot;
use local::{EmbeddedTable, Storage, seed_demo_accounts};
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts, create_lead},
    model::ClockAndRandom,
    request::Request,
    table::LeadTable,
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::task::JoinSet;

/// How many deliveries run at once.
const SENDERS: usize = 16;
const SOURCES: [&str; 4] = ["web", "telegram", "email", "manual"];

/// Stores so many leads, each of another person.
pub(crate) async fn fill(folder: PathBuf, leads: u64) {
    let embedded = EmbeddedTable::open(&Storage::Folder(folder)).await.unwrap();
    let table = LeadTable::new(embedded.client(), "leadhook");
    table.create().await.unwrap();
    seed_demo_accounts(&table).await.unwrap();
    let context =
        Context::new(table, ClockAndRandom::system(), DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
    let (context, next) = (Arc::new(context), Arc::new(AtomicU64::new(0)));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (context, next) = (Arc::clone(&context), Arc::clone(&next));
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= leads {
                    return;
                }
                let answer = create_lead::<Integrabot>(&context, &delivery(number)).await.answer;
                assert_eq!(answer.status(), 201, "{}", answer.body());
            }
        });
    }
    senders.join_all().await;
    embedded.close().await;
}

fn delivery(number: u64) -> Request {
    let body = serde_json::json!({
        "name": format!("Maria Silva {number}"),
        "type": SOURCES[(number % 7 % 4) as usize],
        "phone_number": format!("5511{number:09}"),
        "email": format!("maria{number}@exemplo.com"),
        "custom_fields": { "campaign": "spring", "page": format!("/offers/{}", number % 100) },
    });
    let mut request = Request { body: body.to_string().into_bytes(), ..Request::default() };
    request.headers.insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    request
}
