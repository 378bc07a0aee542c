//! The operations that read: who may read what, and lists of leads.

mod integrabot;
mod lists;

use providers::{ROUTES, about};
use shared::model::{ApiKey, Provider, Scope, TokenHash};
use tests::{Answer, Delivery, Sender, TestApi, account};

/// A request to each operation that reads, for the lead with this id.
pub(crate) fn requests(lead: &str) -> Vec<(Provider, Delivery)> {
    let get = |function| Delivery::new(function, "");
    vec![
        (Provider::Integrabot, get("integrabot-list-leads")),
        (Provider::Integrabot, get("integrabot-get-lead").parameter("id", lead)),
    ]
}

#[test]
fn every_operation_that_reads_is_tried() {
    let tried = requests("1").into_iter().map(|(_, request)| request.function);
    let reading = ROUTES.iter().filter(|route| route.method == "GET").map(|route| route.function);
    assert_eq!(tried.collect::<Vec<_>>(), reading.collect::<Vec<_>>());
}

fn check_error(provider: Provider, error: &str, answer: &Answer, case: &str) {
    Sender::of(provider).check_error(error, answer, case);
}

/// The table is asked for nothing but the key.
#[tokio::test]
async fn a_key_reads_only_with_the_scope_read() {
    let api = TestApi::start().await;
    let lead = Sender::of(Provider::Integrabot).create(&api, 1).await.to_string();
    for (provider, request) in requests(&lead) {
        let account = Sender::of(provider).account();
        for (n, scopes) in [&[][..], &[Scope::Create], &[Scope::Write], &[Scope::Read], &Scope::ALL]
            .into_iter()
            .enumerate()
        {
            let (token, scopes) = (format!("key-{n}"), scopes.iter().copied().collect());
            let key = ApiKey { scopes, ..ApiKey::new(account.clone()) };
            api.put_key(&token, key.clone()).await;
            api.connection.take_operations();
            let answer = api.another_instance_answers(request.clone().bearer(&token)).await;
            if key.scopes.contains(&Scope::Read) {
                assert_eq!(answer.status, 200, "{} {:?}", request.function, key.scopes);
            } else {
                check_error(provider, "out_of_scope", &answer, request.function);
                assert_eq!(api.connection.take_operations(), ["GetItem"], "{}", request.function);
            }
        }
    }
}

#[tokio::test]
async fn nobody_reads_without_a_valid_key_of_the_provider() {
    let api = TestApi::start().await;
    for (provider, request) in requests("1") {
        let bearer = |token: &str| request.clone().bearer(token);
        check_error(provider, "no_credentials", &api.send(request.clone()).await, "none");
        let answer = api.send(request.clone().header("authorization", "Basic c2s6")).await;
        check_error(provider, "malformed_credentials", &answer, "another scheme");
        for other in Provider::ALL.into_iter().filter(|other| *other != provider) {
            let answer = api.send(bearer(about(other).demo.key)).await;
            check_error(provider, "unknown_credentials", &answer, other.as_str());
        }
        check_error(provider, "unknown_credentials", &api.send(bearer("unknown")).await, "unknown");
    }
}

/// The lead of another account is answered byte for byte as one that nobody has.
#[tokio::test]
async fn a_key_reads_only_the_leads_of_its_account() {
    let api = TestApi::start().await;
    let lead = Sender::of(Provider::Integrabot).create(&api, 1).await.to_string();
    for ((provider, request), (_, of_nobody)) in requests(&lead).into_iter().zip(requests("1")) {
        let other = account(provider, "other");
        let key = ApiKey { scopes: [Scope::Read].into(), ..ApiKey::new(other) };
        api.put_key("other", key).await;
        let foreign = api.send(request.bearer("other")).await;
        let unknown = api.send(of_nobody.bearer("other")).await;
        assert_eq!((foreign.status, foreign.text), (unknown.status, unknown.text));
    }
}

#[tokio::test]
async fn a_read_is_a_use_of_the_key_and_changes_nothing_else() {
    let api = TestApi::start().await;
    let lead = Sender::of(Provider::Integrabot).create(&api, 1).await.to_string();
    let before = api.items("").await.len();
    for (provider, request) in requests(&lead) {
        let account = Sender::of(provider).account();
        let key = ApiKey { scopes: [Scope::Read].into(), ..ApiKey::new(account) };
        api.put_key("reader", key).await;
        assert_eq!(api.another_instance_answers(request.bearer("reader")).await.status, 200);
        let stored = api.table().get_api_key(&TokenHash::of("reader")).await.unwrap().unwrap();
        assert!(stored.last_used_on.is_some());
    }
    // The key, and its place in the list of keys.
    assert_eq!(api.items("").await.len(), before + 2);
    assert!(api.items("held#").await.is_empty());
}
