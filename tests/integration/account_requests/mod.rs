//! The operations on what an account has: who may read, update and delete what, and lists of leads.

mod flextell;
mod integrabot;
mod keyspot;
mod lists;
mod pollybot;
mod rdstation;
mod writes;

use providers::{ROUTES, about, write_id};
use serde_json::json;
use shared::model::{Account, ApiKey, EntryKey, Provider, Scope, TokenHash};
use std::collections::HashMap;
use tests::{Answer, Delivery, SENDERS, Sender, TestApi, account, sign_keyspot_token};

pub(crate) const AGENT: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
const CHATBOT: &str = "cb_1234567890abcdef";

/// Ids in paths: a lead of each provider, as it writes it, an agent, and an entity with values.
pub(crate) struct Ids {
    leads: HashMap<Provider, String>,
    agent: String,
    entity: String,
}

impl Ids {
    /// The same text for each id.
    pub(crate) fn all(text: &str) -> Self {
        let leads = Provider::ALL.map(|provider| (provider, text.to_owned())).into();
        Self { leads, agent: text.to_owned(), entity: text.to_owned() }
    }

    /// Ids that nobody has.
    fn of_nobody() -> Self {
        let lead = |provider| (provider, write_id(provider, "1".parse().unwrap()));
        let agent = "00000000-0000-0000-0000-000000000000".to_owned();
        Self { leads: Provider::ALL.map(lead).into(), agent, entity: "leads".to_owned() }
    }
}

/// Creates the `n`th lead of each provider's demo account, and an agent of Integrabot's.
pub(crate) async fn create_leads(api: &TestApi, n: usize) -> Ids {
    let mut leads = HashMap::new();
    for sender in SENDERS {
        let (provider, id) = (sender.account.0, sender.create(api, n).await);
        leads.insert(provider, write_id(provider, id));
    }
    let account = Sender::of(Provider::Integrabot).account();
    let agent = EntryKey::new("agent", AGENT.parse::<shared::model::EntryId>().unwrap());
    let entry = json!({ "name": "Ana", "is_active": true });
    api.table().put_entries(&account, &[(agent, entry)]).await.unwrap();
    Ids { leads, agent: AGENT.to_owned(), entity: "leads".to_owned() }
}

/// A request to each operation on what an account has, for these ids.
pub(crate) fn requests(ids: &Ids) -> Vec<(Provider, Delivery)> {
    let get = |function| Delivery::new(function, "");
    let lead = |provider| ids.leads[&provider].as_str();
    let polly_lead = |function| get(function).parameter("leadId", lead(Provider::PollyBot));
    let update = || polly_lead("pollybot-update-lead").with_body(r#"{"name": "Ana"}"#);
    let values = get("keyspot-list-values").parameter("entity", &ids.entity);
    let flextell_lead = get("flextell-get-lead").parameter("id", lead(Provider::Flextell));
    vec![
        (Provider::Integrabot, get("integrabot-list-leads")),
        (
            Provider::Integrabot,
            get("integrabot-get-lead").parameter("id", lead(Provider::Integrabot)),
        ),
        (Provider::Integrabot, get("integrabot-list-agents")),
        (Provider::Integrabot, get("integrabot-get-agent").parameter("uuid", &ids.agent)),
        (Provider::RdStation, get("rdstation-list-leads")),
        (Provider::PollyBot, get("pollybot-list-leads").chatbot(CHATBOT)),
        (Provider::PollyBot, get("pollybot-list-leads")),
        (Provider::PollyBot, polly_lead("pollybot-get-lead").chatbot(CHATBOT)),
        (Provider::PollyBot, polly_lead("pollybot-get-lead")),
        (Provider::PollyBot, update().chatbot(CHATBOT)),
        (Provider::PollyBot, update()),
        (Provider::PollyBot, polly_lead("pollybot-delete-lead").chatbot(CHATBOT)),
        (Provider::PollyBot, polly_lead("pollybot-delete-lead")),
        (Provider::Keyspot, values.parameter("field", "source")),
        (Provider::Flextell, get("flextell-list-leads")),
        (Provider::Flextell, flextell_lead),
        (Provider::Flextell, get("flextell-list-statuses")),
        (Provider::Flextell, get("flextell-list-reference-sources")),
    ]
}

/// A request with a key of an account, or what a sender has instead of a key.
fn with_key(request: Delivery, account: &Account, token: &str) -> Delivery {
    match account.provider {
        Provider::Integrabot | Provider::RdStation | Provider::PollyBot => request.bearer(token),
        Provider::Keyspot => request.bearer(&sign_keyspot_token(token)),
        Provider::Flextell => request.bearer(token).header("x-tenant", account.id.as_str()),
    }
}

/// A request with the key of the demo account.
pub(crate) fn authorized(provider: Provider, request: Delivery) -> Delivery {
    with_key(request, &Sender::of(provider).account(), about(provider).demo.key)
}

/// Stores a key of an account with these scopes.
async fn put_key(api: &TestApi, token: &str, account: &Account, scopes: &[Scope]) {
    let tenants = account.id.as_str().parse().into_iter().collect();
    let key = ApiKey { scopes: scopes.iter().copied().collect(), ..ApiKey::new(account.clone()) };
    let key = if about(account.provider).has_tenants { ApiKey { tenants, ..key } } else { key };
    api.put_key(token, key).await;
}

/// The scope that an operation needs.
fn scope_of(request: &Delivery) -> Scope {
    let route = ROUTES.iter().find(|route| route.function == request.function).unwrap();
    if route.method == "GET" { Scope::Read } else { Scope::Write }
}

/// The answer to a request to read, with the key of the demo account.
async fn read(api: &TestApi, provider: Provider, request: Delivery) -> Answer {
    api.send(authorized(provider, request)).await
}

#[test]
fn every_operation_on_what_an_account_has_is_tried() {
    let tried = requests(&Ids::of_nobody()).into_iter().map(|(_, request)| request.function);
    let others = ROUTES.iter().filter(|route| route.method != "POST").map(|route| route.function);
    assert_eq!(tried.collect::<Vec<_>>(), others.collect::<Vec<_>>());
}

fn check_error(provider: Provider, error: &str, answer: &Answer, case: &str) {
    Sender::of(provider).check_error(error, answer, case);
}

/// The table is asked for nothing but the key.
#[tokio::test]
async fn a_key_needs_the_scope_of_the_operation() {
    let api = TestApi::start().await;
    let cases = [&[][..], &[Scope::Create], &[Scope::Write], &[Scope::Read], &Scope::ALL];
    for (n, scopes) in cases.into_iter().enumerate() {
        for place in 0..requests(&Ids::of_nobody()).len() {
            // A lead of its own for each request, because some delete it.
            let ids = create_leads(&api, 100 * n + place).await;
            let (provider, request) = requests(&ids).swap_remove(place);
            let account = Sender::of(provider).account();
            let token = format!("{}-{n}", provider.as_str());
            put_key(&api, &token, &account, scopes).await;
            api.connection.take_operations();
            let request = with_key(request.clone(), &account, &token);
            let answer = api.another_instance_answers(request.clone()).await;
            if scopes.contains(&scope_of(&request)) {
                assert_eq!(answer.status, 200, "{} {scopes:?}", request.function);
            } else {
                check_error(provider, "out_of_scope", &answer, request.function);
                assert_eq!(api.connection.take_operations(), ["GetItem"], "{}", request.function);
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_answered_without_a_valid_key_of_the_provider() {
    let api = TestApi::start().await;
    for (provider, request) in requests(&Ids::of_nobody()) {
        let account = Sender::of(provider).account();
        let with_key = |token: &str| with_key(request.clone(), &account, token);
        check_error(provider, "no_credentials", &api.send(request.clone()).await, "none");
        let answer = api.send(request.clone().header("authorization", "Basic c2s6")).await;
        check_error(provider, "malformed_credentials", &answer, "another scheme");
        for other in Provider::ALL.into_iter().filter(|other| *other != provider) {
            let answer = api.send(with_key(about(other).demo.key)).await;
            check_error(provider, "unknown_credentials", &answer, other.as_str());
        }
        check_error(provider, "unknown_credentials", &api.send(with_key("unknown")).await, "new");
    }
}

/// The lead of another account is answered byte for byte as one that nobody has.
#[tokio::test]
async fn a_key_is_for_the_leads_of_its_account_alone() {
    let api = TestApi::start().await;
    let ids = create_leads(&api, 1).await;
    let of_nobody = requests(&Ids::of_nobody());
    for ((provider, request), (_, of_nobody)) in requests(&ids).into_iter().zip(of_nobody) {
        let (other, token) = (account(provider, "2"), provider.as_str());
        put_key(&api, token, &other, &Scope::ALL).await;
        let foreign = api.send(with_key(request, &other, token)).await;
        let unknown = api.send(with_key(of_nobody, &other, token)).await;
        assert_eq!((foreign.status, foreign.text), (unknown.status, unknown.text));
    }
}

#[tokio::test]
async fn a_read_is_a_use_of_the_key_and_changes_nothing_else() {
    let api = TestApi::start().await;
    let ids = create_leads(&api, 1).await;
    let mut reads = requests(&ids);
    reads.retain(|(_, request)| scope_of(request) == Scope::Read);
    for (n, (provider, request)) in reads.into_iter().enumerate() {
        let (account, token) = (Sender::of(provider).account(), format!("reader-{n}"));
        put_key(&api, &token, &account, &[Scope::Read]).await;
        let before = api.items("").await.len();
        let request = with_key(request, &account, &token);
        assert_eq!(api.another_instance_answers(request).await.status, 200);
        let stored = api.table().get_api_key(&TokenHash::of(&token)).await.unwrap().unwrap();
        assert!(stored.last_used_on.is_some());
        assert_eq!(api.items("").await.len(), before);
    }
    assert!(api.items("held#").await.is_empty());
}
