//! Sends a lead through each provider's address of an API, finds it in the table, and erases it.

use super::finding::{Finding, failed};
use crate::commands::{failure::Failure, server::Server};
use operator::keys::{NewCredentials, NewKey};
use providers::{about, demo_entries};
use shared::{
    model::{AccountId, ClockAndRandom, LeadSpan, Provider, Scope},
    provider::{About, Token},
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
    let About { has_tenants, .. } = about(provider);
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
    let begun = Instant::now();
    let sent = send_sample(provider, api, &credentials, number);
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

/// Sends the sample of a provider with a key. If the provider has tokens, gets one first.
fn send_sample(
    provider: Provider,
    api: &str,
    credentials: &NewCredentials,
    tenant: u64,
) -> Result<(), Failure> {
    let about = about(provider);
    let server = Server::new(api, provider);
    let tenant = about.has_tenants.then_some(tenant);
    let mut headers = about.credentials(&credentials.token, credentials.secret.as_deref(), tenant);
    if let Some(Token { path, read, .. }) = &about.token {
        let answer = server.post(path, headers, b"")?;
        let json = serde_json::from_str(&answer.body).unwrap_or_default();
        let token = read(&json).ok_or_else(|| {
            Failure::Failed(format!("no token was issued: {}", answer.status.as_u16()))
        })?;
        headers = vec![("Authorization", format!("Bearer {token}"))];
    }
    headers.push(("Content-Type", "application/json".to_owned()));
    let answer = server.post(about.sample.path, headers, about.sample.body.as_bytes())?;
    if answer.is_success() {
        Ok(())
    } else {
        Err(Failure::Failed(format!("the lead was not accepted: {}", answer.status.as_u16())))
    }
}
