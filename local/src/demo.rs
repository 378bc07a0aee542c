use flextell::{Country, ReferenceSource, Status, User};
use keyspot::Property;
use serde_json::json;
use shared::{
    model::{Account, AccountId, ApiKey, EntryId, EntryKey, Provider, TokenHash},
    table::{LeadTable, StoreError},
};

/// Creates the demo accounts in a table, one for each provider. Their credentials are public, so
/// only the embedded table gets them.
///
/// Items that exist are not changed: a revoked key stays revoked.
///
/// # Errors
/// If the table cannot be read or written.
pub async fn seed_demo_accounts(table: &LeadTable) -> Result<(), StoreError> {
    for (token, key) in demo_keys() {
        let token = TokenHash::of(token);
        if table.get_api_key(&token).await?.is_none() {
            table.put_api_key(&token, key).await?;
        }
    }
    seed_directory(table).await
}

fn demo_account(provider: Provider) -> Account {
    let id = match provider {
        Provider::Integrabot | Provider::Keyspot => "demo",
        Provider::RdStation => "wpc_demo",
        Provider::PollyBot => "ws_your_workspace_id",
        Provider::Flextell => "1",
    };
    Account { provider, id: AccountId::from_static(id) }
}

fn demo_keys() -> [(&'static str, ApiKey); 5] {
    let key = |provider| ApiKey::new(demo_account(provider));
    let secret = Some(TokenHash::of("demo-secret"));
    [
        ("sk_demo_integrabot", key(Provider::Integrabot)),
        ("demo-rdstation", key(Provider::RdStation)),
        ("sk-workspace_your_api_key", key(Provider::PollyBot)),
        ("demo-key", ApiKey { secret, ..key(Provider::Keyspot) }),
        ("demo-flextell", ApiKey { tenants: vec![1], ..key(Provider::Flextell) }),
    ]
}

async fn seed_directory(table: &LeadTable) -> Result<(), StoreError> {
    let chatbot = EntryKey::new(pollybot::CHATBOT, EntryId::from_static("cb_1234567890abcdef"));
    table.put_new_entry(&demo_account(Provider::PollyBot), &chatbot, &json!({})).await?;

    let property = Property {
        property_id: "clp0demo0ap001".to_owned(),
        title: "Apartamento 2 quartos, Pinheiros".to_owned(),
    };
    let code = EntryKey::new(keyspot::PROPERTY, EntryId::from_static("AP001"));
    table.put_new_entry(&demo_account(Provider::Keyspot), &code, &property).await?;

    let tenant = demo_account(Provider::Flextell);
    let status = Status {
        id: 1,
        name: Some("New".to_owned()),
        slug: Some("new".to_owned()),
        color: Some("#94a3b8".to_owned()),
        is_terminal: Some(false),
    };
    for id in [EntryId::from(1), EntryId::from_static(flextell::DEFAULT_STATUS)] {
        table.put_new_entry(&tenant, &EntryKey::new(flextell::STATUS, id), &status).await?;
    }
    let source = ReferenceSource { id: 1, name: Some("Website".to_owned()), external_id: None };
    table.put_new_entry(&tenant, &EntryKey::new(flextell::REFERENCE_SOURCE, 1), &source).await?;
    let user = User { id: 1, name: Some("Demo User".to_owned()) };
    table.put_new_entry(&tenant, &EntryKey::new(flextell::USER, 1), &user).await?;
    let country = Country { id: 76, name: Some("Brazil".to_owned()) };
    table.put_new_entry(&tenant, &EntryKey::new(flextell::COUNTRY, 76), &country).await
}
