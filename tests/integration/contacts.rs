//! One mailbox has many writings: text copied from a chat, keyboards of other scripts, old clients.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use shared::{
    model::{Contact, Email, Provider},
    person_search::Person,
};
use tests::{Sender, TestApi};

/// Writings of one mailbox that every provider accepts as an e-mail.
const WRITINGS: [(&str, &str); 8] = [
    ("as it is known", "maria@ação.com.br"),
    ("upper case", "MARIA@AÇÃO.COM.BR"),
    ("a zero-width space at its end", "maria@ação.com.br\u{200b}"),
    ("a soft hyphen", "maria@aç\u{ad}ão.com.br"),
    ("full-width letters", "maria@ａção.com.br"),
    ("an ideographic full stop", "maria@ação。com。br"),
    ("NFD", "maria@ac\u{327}a\u{303}o.com.br"),
    ("the domain in ASCII", "maria@xn--ao-siap.com.br"),
];

#[tokio::test]
async fn another_writing_of_a_mailbox_is_the_same_person() {
    for provider in [Provider::Integrabot, Provider::PollyBot] {
        let (api, sender) = (TestApi::start().await, Sender::of(provider));
        for (index, (case, email)) in WRITINGS.into_iter().enumerate() {
            let answer = sender.send(&api, sender.body_with(1, "email", email)).await;
            let wanted = match (index, provider) {
                (0, _) => 201,
                (_, Provider::Integrabot) => 200,
                _ => 409,
            };
            assert_eq!(answer.status, wanted, "{provider:?}: {case}: {}", answer.text);
        }
        assert_eq!(api.items("lead#").await.len(), 1, "{provider:?}");
        // A delivery that differs only in the writing has no new content.
        assert_eq!(api.items("held#").await.len(), 0, "{provider:?}");
    }
}

#[tokio::test]
async fn another_writing_of_a_blocked_mailbox_is_blocked() {
    for provider in Provider::ALL {
        let (api, sender) = (TestApi::start().await, Sender::of(provider));
        let table = api.table();
        table.block(&sender.account(), &[Contact::email(WRITINGS[0].1)].into()).await.unwrap();
        for (case, email) in WRITINGS {
            let answer = sender.send(&api, sender.body_with(1, "email", email)).await;
            let case = format!("{provider:?}: {case}: {}", answer.text);
            assert!([400, 422].contains(&answer.status), "{case}");
            assert_eq!(api.items("held#").await.len(), 0, "{case}");
        }
        assert_eq!(api.items("lead#").await.len(), 0, "{provider:?}");
    }
}

/// In the field for the e-mail, and in free text of a body that was refused.
#[test]
fn an_erasure_finds_every_writing_of_a_mailbox() {
    for (_, erased) in WRITINGS {
        let maria = Person::new(vec![Email::new(erased)], vec![]);
        for (case, email) in WRITINGS {
            for text in [email.to_owned(), json!({ "note": email }).to_string()] {
                assert!(maria.is_in(&text), "{erased}: {case}: {text}");
            }
        }
        for other in ["ana.maria@ação.com.br", "maria@acao.com.br", "maria@ação.com"] {
            assert!(!maria.is_in(other), "{erased}: {other}");
        }
    }
}

#[test]
fn the_compared_form_of_an_email_has_itself_as_its_form() {
    let mailbox = "[\\pL\\pM\\pN.+-]{0,6}@([\\pL\\pM\\pN]{1,4}[.。]){0,2}[\\pL\\pM]{1,4}";
    let text = prop_oneof![mailbox, "\\PC{0,12}", any::<String>(), "[ -~]{0,6}@[ -~]{0,9}"];
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&text, |text| {
        let form = Email::new(&text);
        let again = Email::new(form.as_str());
        prop_assert_eq!(again.as_str(), form.as_str());
        let plain = text.trim().to_ascii_lowercase();
        if text.is_ascii() && !plain.contains("xn--") && !plain.contains('@') {
            prop_assert_eq!(form.as_str(), plain);
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
