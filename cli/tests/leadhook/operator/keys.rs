//! The commands for API keys.

use super::{Cli, ana, deliver, items};
use serde_json::{Value, json};

fn today() -> String {
    jiff::Timestamp::now().to_string()[..10].to_owned()
}

#[tokio::test]
async fn a_new_key_works_and_is_listed_without_its_token() {
    let cli = Cli::new().await;
    let made_on = today();
    let made = cli.create_key(&["integrabot", "--account", "acme", "--label", "form"]);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("sk_") && token.len() == 51, "{token}");
    let serve = cli.serve();
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
    let listed = &cli.json(&["keys", "list", "--account", "acme"])[0];
    assert_eq!((&listed["label"], &listed["state"]), (&json!("form"), &json!("live")));
    // It may be midnight.
    let days = [made_on, today()];
    assert!(days.contains(&listed["last_used_on"].as_str().unwrap().to_owned()), "{listed}");
    assert!(!listed.to_string().contains(token), "a token is shown once");
    serve.stop();
}

#[tokio::test]
async fn with_keep_both_keys_work_after_a_rotation() {
    let cli = Cli::new().await;
    let old = cli.create_key(&["integrabot", "--account", "acme"]);
    let new = cli.json(&["keys", "rotate", old["id"].as_str().unwrap(), "--keep", "2h"]);
    let serve = cli.serve();
    assert_eq!(deliver(&serve, old["token"].as_str().unwrap(), ana(1)).await.0, 201, "old key");
    assert_eq!(deliver(&serve, new["token"].as_str().unwrap(), ana(2)).await.0, 201, "new key");
    assert_eq!(cli.count(&["keys", "list", "--account", "acme"]), 2);
    serve.stop();
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_cannot_be_rotated() {
    let cli = Cli::new().await;
    let made = cli.create_key(&["integrabot", "--account", "acme"]);
    let id = made["id"].as_str().unwrap();
    cli.run(&["keys", "revoke", id]);
    let serve = cli.serve();
    assert_eq!(deliver(&serve, made["token"].as_str().unwrap(), ana(1)).await.0, 401);
    assert_eq!(cli.json(&["keys", "list", "--account", "acme"])[0]["state"], "revoked");
    let (code, said) = cli.fail(&["keys", "rotate", id]);
    assert!(code == 2 && said.contains("already expired or revoked"), "{said}");
    serve.stop();
}

#[tokio::test]
async fn a_key_has_the_scopes_it_was_made_with_also_after_a_rotation() {
    let cli = Cli::new().await;
    let serve = cli.serve();
    // The statuses of two deliveries of the same person.
    let cases: [(&[&str], &[&str], [u16; 2]); 3] = [
        (&[], &["create"], [201, 200]),
        (&["--scope", "write", "--scope", "create"], &["create", "write"], [201, 200]),
        (&["--scope", "read,write"], &["read", "write"], [403, 403]),
    ];
    for (n, (arguments, scopes, statuses)) in cases.into_iter().enumerate() {
        let account = format!("acme-{n}");
        let made = cli.create_key(&[&["integrabot", "--account", &account], arguments].concat());
        let rotated = cli.json(&["keys", "rotate", made["id"].as_str().unwrap()]);
        for (key, status) in [made, rotated].into_iter().zip(statuses) {
            assert_eq!(key["scopes"], json!(scopes), "{arguments:?}");
            let answer = deliver(&serve, key["token"].as_str().unwrap(), ana(n)).await;
            assert_eq!(answer.0, status, "{arguments:?}");
        }
        let listed = cli.json(&["keys", "list", "--account", &account]);
        assert_eq!(listed[0]["scopes"], json!(scopes), "{arguments:?}");
    }
    serve.stop();
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_a_limit_holds() {
    let cli = Cli::new().await;
    let made = cli.create_key(&["integrabot", "--account", "acme", "--limit", "2/h"]);
    assert_eq!((&made["limit"], &made["lenient"]), (&json!("2/h"), &json!(false)));
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let serve = cli.serve();
    for (n, expected) in [201, 201, 429].into_iter().enumerate() {
        assert_eq!(deliver(&serve, token, ana(n)).await.0, expected, "{n}");
    }
    let key = || cli.json(&["keys", "list", "--account", "acme"])[0].clone();
    assert_eq!((&key()["limit"], &key()["used"]), (&json!("2/h"), &json!(2)));
    // What is changed, and what the key has then: scopes, limit, leniency.
    let steps: [(&[&str], Value); 5] = [
        (&["--limit", "60/min"], json!([["create"], "60/min", false])),
        (&["--scope", "create,read"], json!([["create", "read"], "60/min", false])),
        (&["--lenient", "--limit", "none"], json!([["create", "read"], null, true])),
        (&["--scope", "write"], json!([["write"], null, true])),
        (&["--strict", "--limit", "0/h"], json!([["write"], "0/h", false])),
    ];
    for (arguments, expected) in steps {
        let updated = cli.json(&[&["keys", "update", id], arguments].concat())[0].clone();
        for key in [updated, key()] {
            let found = json!([key["scopes"], key["limit"], key["lenient"]]);
            assert_eq!(found, expected, "{arguments:?}");
        }
    }
    serve.stop();
}

#[tokio::test]
async fn an_update_that_is_not_possible_says_why_and_changes_nothing() {
    let cli = Cli::new().await;
    let made = cli.create_key(&["integrabot", "--account", "acme"]);
    let id = made["id"].as_str().unwrap();
    let before = cli.run(&["keys", "list"]);
    let cases: [(&[&str], &str); 6] = [
        (&[id], "required arguments were not provided"),
        (&[id, "--limit", "1000"], "1000/h or 60/min"),
        (&[id, "--limit", "10/s"], "1000/h or 60/min"),
        (&[id, "--scope", "all"], "possible values: create, read, write"),
        (&[id, "--lenient", "--strict"], "cannot be used with"),
        (&["000000000000", "--lenient"], "there is no key 000000000000"),
    ];
    for (arguments, expected) in cases {
        let (_, said) = cli.fail(&[&["keys", "update"], arguments].concat());
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(cli.run(&["keys", "list"]), before);
    cli.run(&["keys", "revoke", id]);
    let (_, said) = cli.fail(&["keys", "update", id, "--lenient"]);
    assert!(said.contains("already expired or revoked"), "{said}");
}

#[tokio::test]
async fn a_new_key_says_what_a_client_that_reads_will_get() {
    let cli = Cli::new().await;
    let cases: [(&[&str], bool); 3] = [
        (&["integrabot"], true),
        (&["integrabot", "--scope", "create,read"], false),
        (&["keyspot", "--scope", "write"], true),
    ];
    for (arguments, is_said) in cases {
        let create = [&["keys", "create", "--account", "acme"], arguments].concat();
        let said = String::from_utf8(cli.command(&create).output().unwrap().stderr).unwrap();
        assert_eq!(
            said.contains("gets 403: --scope create,read"),
            is_said,
            "{arguments:?}: {said}"
        );
    }
}

#[tokio::test]
async fn a_token_has_its_providers_form_and_only_its_hash_is_stored() {
    let cli = Cli::new().await;
    let cases: [(&[&str], &str, usize); 5] = [
        (&["integrabot", "--account", "a"], "sk_", 51),
        (&["rdstation", "--account", "a"], "", 48),
        (&["pollybot", "--account", "a"], "sk-workspace_", 64),
        (&["keyspot", "--account", "a", "--network", "203.0.113.0/24"], "", 48),
        (&["flextell", "--tenant", "1", "--tenant", "2"], "", 48),
    ];
    let serve = cli.serve();
    for (arguments, prefix, length) in cases {
        let made = cli.create_key(arguments);
        let token = made["token"].as_str().unwrap();
        assert!(token.starts_with(prefix) && token.len() == length, "{token}");
        assert_eq!(made["secret"].is_string(), arguments[0] == "keyspot", "{made}");
        for item in items(&cli, &serve).await {
            assert!(!item.contains(token), "{item}");
        }
    }
    assert_eq!(cli.json(&["keys", "list", "--account", "2"])[0]["tenants"], json!([1, 2]));
    serve.stop();
}

#[tokio::test]
async fn a_key_is_listed_by_the_account_it_was_made_for_and_by_its_tenants() {
    let cli = Cli::new().await;
    cli.create_key(&["flextell", "--account", "agency", "--tenant", "71", "--tenant", "72"]);
    for account in ["agency", "71", "72"] {
        let listed = cli.json(&["keys", "list", "--account", account]);
        assert_eq!(listed.as_array().unwrap().len(), 1, "{account}");
        assert_eq!(listed[0]["account"], "agency");
    }
    assert_eq!(cli.count(&["keys", "list", "--account", "73"]), 0);
}

#[tokio::test]
async fn a_keyspot_key_is_shown_with_its_header_names() {
    let cli = Cli::new().await;
    let create = ["keys", "create", "keyspot", "--account", "acme"];
    let output = cli.command(&create).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("X-API-Key ") && shown.contains("X-API-Secret "), "{shown}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("note both down"));
    let made = cli.create_key(&["keyspot", "--account", "acme"]);
    assert!(made["token"].is_string() && made["secret"].is_string(), "{made}");
}
