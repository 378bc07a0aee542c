//! Fills a folder's local table with leads of Integrabot's demo account, to measure commands that
//! read them: `cargo run --release --example fill_table <folder> <leads>`.

use integrabot::Integrabot;
use leadhook_local::{EmbeddedTable, Storage, seed_demo_accounts};
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts, create_lead},
    model::Sources,
    request::Request,
    table::LeadTable,
};
use std::{
    env,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

/// How many deliveries run at once.
const SENDERS: usize = 16;
const SOURCES: [&str; 4] = ["web", "telegram", "email", "manual"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, leads] = &arguments[..] else { return Err("fill_table <folder> <leads>".into()) };
    let leads: u64 = leads.parse()?;
    let embedded = EmbeddedTable::open(&Storage::Folder(folder.into())).await?;
    let table = LeadTable::new(embedded.client(), "leadhook");
    table.create().await?;
    seed_demo_accounts(&table).await?;
    let context =
        Context::new(table, Sources::system(), DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
    let (context, next) = (Arc::new(context), Arc::new(AtomicU64::new(0)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| tokio::spawn(send_until(Arc::clone(&context), Arc::clone(&next), leads)))
        .collect();
    for sender in senders {
        sender.await??;
    }
    embedded.close().await;
    Ok(())
}

async fn send_until(
    context: Arc<Context>,
    next: Arc<AtomicU64>,
    leads: u64,
) -> Result<(), &'static str> {
    loop {
        let n = next.fetch_add(1, SeqCst);
        if n >= leads {
            return Ok(());
        }
        let source = SOURCES[(n % 7 % 4) as usize];
        let body = format!(
            r#"{{"name": "Maria Silva {n}", "type": "{source}", "phone_number": "5511{n:09}", "email": "maria{n}@exemplo.com", "custom_fields": {{"campaign": "spring", "page": "/offers/{}"}}}}"#,
            n % 100
        );
        let mut request = Request { body: body.into_bytes(), ..Request::default() };
        let token = "Bearer sk_demo_integrabot".parse().map_err(|_| "no header")?;
        request.headers.insert("authorization", token);
        if create_lead::<Integrabot>(&context, &request).await.answer.status() != 201 {
            return Err("a lead was not accepted");
        }
    }
}
