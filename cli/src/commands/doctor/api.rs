//! Sends a lead through each provider's address of an API, finds it in the table, and erases it.

use super::finding::{Finding, failed};
use crate::commands::server::Server;
use operator::keys::{NewCredentials, NewKey};
use providers::{about, demo_entries};
use shared::{
    model::{AccountId, ClockAndRandom, LeadSpan, Provider, Scope},
    provider::About,
    table::{LeadPage, LeadTable, Order},
};
use std::time::{Duration, Instant};

/// The accounts of the leads are numbers from here on.
const FIRST_NUMBER: u64 = 1_000_000_000_000;
/// How long the keys live that are made for this.
const KEYS_LIVE: &str = "1h";

/// Tries the address of a provider. The lead is the provider's sample, in an account of its own, so
/// no destination gets it.
pub(super) async fn check_address(
    provider: Provider,
    api: &str,
    table: &LeadTable,
    system: &ClockAndRandom,
) -> Finding {
    match try_address(provider, api, table, system).await {
        Ok([stored, found, erased]) => Finding::Good(format!(
            "a lead was stored in {} ms, found in {} ms and erased in {} ms",
            stored.as_millis(),
            found.as_millis(),
            erased.as_millis()
        )),
        Err(finding) => finding,
    }
}

async fn try_address(
    provider: Provider,
    api: &str,
    table: &LeadTable,
    system: &ClockAndRandom,
) -> Result<[Duration; 3], Finding> {
    let about @ About { has_tenants, sample, .. } = about(provider);
    // A number that is a tenant of Flextell, and an account of its own for the others.
    let [a, b, c, d, ..] = system.random_key();
    let number = u64::from(u32::from_le_bytes([a, b, c, d])) + FIRST_NUMBER;
    let new = NewKey {
        provider,
        account: (!has_tenants).then(|| AccountId::from(number)),
        scopes: vec![Scope::Create],
        limit: None,
        is_lenient: false,
        label: Some("leadhook doctor".to_owned()),
        expires: Some(KEYS_LIVE.to_owned()),
        tenants: if *has_tenants { vec![number] } else { Vec::new() },
        networks: Vec::new(),
    };
    let created = new.create(table, system).await;
    let (credentials, key) = created.map_err(|failure| Finding::Bad(failure.to_string()))?;
    // The sample may name an entry.
    let entries = demo_entries(provider).map_err(Finding::Bad)?;
    let put = table.put_entries(&key.account, &entries).await;
    put.map_err(|error| failed(error, "dynamodb:BatchWriteItem"))?;
    let NewCredentials { token, secret } = &credentials;
    let headers = about.credentials(token, secret.as_deref(), has_tenants.then_some(number));
    let mut server = Server::new(api, provider);
    let begun = Instant::now();
    let sent = server.send_lead(sample.path, headers, None, sample.body.as_bytes());
    let stored = begun.elapsed();
    // The key and the entries go whatever came of it.
    let revoked = table.revoke_api_key(&credentials.hash(), system.now()).await;
    for (entry, _) in &entries {
        let deleted = table.delete_entry(&key.account, entry).await;
        deleted.map_err(|error| failed(error, "dynamodb:DeleteItem"))?;
    }
    sent.map_err(|failure| Finding::Bad(failure.to_string()))?;
    revoked.map_err(|error| failed(error, "dynamodb:UpdateItem"))?;
    let begun = Instant::now();
    let read = table.leads(&key.account, LeadSpan::ALL, Order::NewestFirst, Some(1)).await;
    let page: LeadPage = read.map_err(|error| failed(error, "dynamodb:Query"))?;
    let found = begun.elapsed();
    let Some(lead) = page.leads.first() else {
        return Err(Finding::Bad(format!(
            "the lead is not in {}: do the functions use another table?",
            table.name()
        )));
    };
    let begun = Instant::now();
    let mark = system.random_mark();
    let erased = table.erase_lead(&key.account, lead.id, system.now(), &mark).await;
    erased.map_err(|error| failed(error, "dynamodb:DeleteItem"))?;
    Ok([stored, found, begun.elapsed()])
}
