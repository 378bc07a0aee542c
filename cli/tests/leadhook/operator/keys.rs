//! The keys that senders come with.

use super::{Desk, ana, deliver, items};
use serde_json::json;

fn today() -> String {
    jiff::Timestamp::now().to_string()[..10].to_owned()
}

#[tokio::test]
async fn a_key_is_made_used_listed_rotated_and_revoked() {
    let desk = Desk::new().await;
    let made_on = today();
    let made = desk.create_key(&["integrabot", "--account", "acme", "--label", "form"]);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("sk_") && token.len() == 51, "{token}");
    let serve = desk.serve();
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
    let listed = &desk.json(&["keys", "list", "--account", "acme"])[0];
    assert_eq!((&listed["label"], &listed["state"]), (&json!("form"), &json!("live")));
    // It may be midnight.
    let days = [made_on, today()];
    assert!(days.contains(&listed["last_used_on"].as_str().unwrap().to_owned()), "{listed}");
    assert!(!listed.to_string().contains(token), "a token is shown once");
    let id = listed["id"].as_str().unwrap();
    let rotated = desk.json(&["keys", "rotate", id, "--keep", "2h"]);
    let new_token = rotated["token"].as_str().unwrap();
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201, "the old one, for a while");
    assert_eq!(deliver(&serve, new_token, ana(3)).await.0, 201);
    desk.run(&["keys", "revoke", rotated["id"].as_str().unwrap()]);
    let states = desk.json(&["keys", "list", "--account", "acme"]);
    let states: Vec<_> = states.as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert!(states.contains(&&json!("live")) && states.contains(&&json!("revoked")), "{states:?}");
    let (code, said) = desk.fail(&["keys", "rotate", rotated["id"].as_str().unwrap()]);
    assert!(code == 2 && said.contains("already expired or revoked"), "{said}");
    serve.stop();
}

#[tokio::test]
async fn tokens_have_their_providers_form_and_only_their_hashes_are_stored() {
    let desk = Desk::new().await;
    let cases: [(&[&str], &str, usize); 5] = [
        (&["integrabot", "--account", "a"], "sk_", 51),
        (&["rdstation", "--account", "a"], "", 48),
        (&["pollybot", "--account", "a"], "sk-workspace_", 64),
        (&["keyspot", "--account", "a", "--network", "203.0.113.0/24"], "", 48),
        (&["flextell", "--tenant", "1", "--tenant", "2"], "", 48),
    ];
    let serve = desk.serve();
    for (arguments, prefix, length) in cases {
        let made = desk.create_key(arguments);
        let token = made["token"].as_str().unwrap();
        assert!(token.starts_with(prefix) && token.len() == length, "{token}");
        assert_eq!(made["secret"].is_string(), arguments[0] == "keyspot", "{made}");
        for item in items(&desk, &serve).await {
            assert!(!item.contains(token), "{item}");
        }
    }
    assert_eq!(desk.json(&["keys", "list", "--account", "2"])[0]["tenants"], json!([1, 2]));
    serve.stop();
}

#[tokio::test]
async fn a_key_is_listed_by_the_account_it_was_made_for_and_by_its_tenants() {
    let desk = Desk::new().await;
    desk.create_key(&["flextell", "--account", "agency", "--tenant", "71", "--tenant", "72"]);
    for account in ["agency", "71", "72"] {
        let listed = desk.json(&["keys", "list", "--account", account]);
        assert_eq!(listed.as_array().unwrap().len(), 1, "{account}");
        assert_eq!(listed[0]["account"], "agency");
    }
    assert_eq!(desk.count(&["keys", "list", "--account", "73"]), 0);
}

#[tokio::test]
async fn a_keyspot_key_is_shown_as_the_headers_it_is_sent_in() {
    let desk = Desk::new().await;
    let create = ["keys", "create", "keyspot", "--account", "acme"];
    let output = desk.command(&create).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("X-API-Key ") && shown.contains("X-API-Secret "), "{shown}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("note both down"));
    let made = desk.create_key(&["keyspot", "--account", "acme"]);
    assert!(made["token"].is_string() && made["secret"].is_string(), "{made}");
}
