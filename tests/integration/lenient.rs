//! Lenient keys: a lead that breaks a rule of form is stored as it was sent, with a note of the rule.

use crate::account_requests::authorized;
use providers::about;
use serde_json::{Value, json};
use shared::model::{ApiKey, Contact, EntryId, EntryKey, Provider, TokenHash};
use tests::{Answer, Delivery, SENDERS, Sender, TestApi};

/// A body, the members of the answer that show what was sent, and the rules that are noted.
type Case = (Value, Value, Vec<&'static str>);

/// The demo accounts, whose keys are lenient.
async fn lenient_api() -> TestApi {
    let api = TestApi::start().await;
    for provider in Provider::ALL {
        let token = TokenHash::of(about(provider).demo.key);
        let key = api.table().get_api_key(&token).await.unwrap().unwrap();
        api.table().update_api_key(&token, &ApiKey { is_lenient: true, ..key }).await.unwrap();
    }
    api
}

fn delivery(sender: &Sender, body: &Value) -> Delivery {
    authorized(sender.account().provider, Delivery::new(sender.function, body.to_string()))
}

/// The answer to a body. The OpenAPI documents are for strict keys alone.
async fn send(api: &TestApi, provider: Provider, body: &Value) -> Answer {
    delivery(Sender::of(provider), body).answer_of(&api.app).await
}

/// The rules that are noted on the newest lead of an account.
async fn noted(api: &TestApi, provider: Provider) -> Vec<String> {
    let leads = Sender::of(provider).leads(api).await;
    leads.last().unwrap().broken_rules.iter().map(ToString::to_string).collect()
}

fn cases_of_integrabot() -> Vec<Case> {
    let types = "type must be one of: web, telegram, email, manual";
    vec![
        (
            json!({ "name": "Ana", "type": "whatsapp", "phone_number": "+55 (11) 99999-0001" }),
            json!({ "type": "whatsapp", "phone_number": "+55 (11) 99999-0001" }),
            vec![types, "phone_number must be digits only"],
        ),
        (
            json!({ "email": "ana@", "agent_id": "bot 7", "custom_fields": { "n": 1 } }),
            json!({
                "name": null, "type": null, "email": "ana@", "agent_id": "bot 7",
                "custom_fields": { "n": 1 },
            }),
            vec![
                "name is required",
                "type is required",
                "email must be a valid email address",
                "agent_id must be a valid UUID",
                "custom_fields must hold strings only",
            ],
        ),
        (
            json!({ "name": " ", "type": "web", "phone_number": 5_511_999_990_002_i64 }),
            json!({ "name": " ", "phone_number": "5511999990002" }),
            vec!["name is required", "phone_number must be a string"],
        ),
        (
            json!({ "name": { "first": "Ana" }, "type": "web", "custom_fields": "none" }),
            json!({ "name": null, "custom_fields": "none" }),
            vec!["name must be a string", "custom_fields must be an object"],
        ),
    ]
}

fn cases(provider: Provider) -> Vec<Case> {
    let captures = "capture must be one of: completed, partial";
    let statuses = "status must be one of: new, contacted, qualified, converted, lost, follow_up";
    match provider {
        Provider::Integrabot => cases_of_integrabot(),
        Provider::RdStation => vec![(
            json!({ "name": 7, "email": false, "capture": "later", "custom": [1], "utm": null }),
            json!({ "name": "7", "email": "false", "capture": "later", "custom": [1], "utm": {} }),
            vec![
                "name must be a string",
                "email must be a string",
                "custom must be an object",
                "utm must be an object",
                captures,
            ],
        )],
        Provider::PollyBot => vec![
            (
                json!({ "name": "Ana", "status": "NEW", "priority": "HIGH" }),
                json!({ "name": "Ana", "email": null, "status": "NEW" }),
                vec!["email is required", statuses],
            ),
            (
                json!({ "name": null, "email": "ana at example", "metadata": "vip" }),
                json!({ "name": null, "email": "ana at example", "metadata": "vip" }),
                vec![
                    "name is required",
                    "email must be a valid email address",
                    "metadata must be an object",
                ],
            ),
        ],
        Provider::Keyspot => vec![(
            json!({ "name": "Ana", "email": "ana", "phone": "11999990001", "source": "LANDING_PAGE" }),
            json!({ "email": "ana", "message": null, "source": "LANDING_PAGE" }),
            vec![
                "email must be a valid email address",
                "message is required",
                "source must be one of: WEBSITE, WHATSAPP, PHONE, EMAIL, SOCIAL_MEDIA, INSTAGRAM, \
                 FACEBOOK, PORTAL, PORTAL_VIVAREAL, PORTAL_ZAPIMOVEIS, PORTAL_OLX, \
                 PORTAL_IMOVELWEB, PORTAL_CHAVESNAMAO, META_ADS, GOOGLE_ADS, RD_STATION, REFERRAL, \
                 REAL_ESTATE, OTHER, API",
            ],
        )],
        Provider::Flextell => vec![
            (
                json!({
                    "first_name": "Ana", "email": "ana@", "source_page_url": "www.x.com",
                    "preferred_contact": "x".repeat(51), "country_id": "BR",
                    "marketing_attribution": [1],
                }),
                json!({
                    "last_name": null, "full_name": "Ana", "email": "ana@",
                    "source_page_url": "www.x.com", "preferred_contact": "x".repeat(51),
                    "country_id": null, "marketing_attribution": [1],
                }),
                vec![
                    "last_name is required",
                    "email must be a valid email address",
                    "preferred_contact must not exceed 50 characters",
                    "source_page_url must be a valid URL",
                    "country_id must be a number",
                    "marketing_attribution must hold strings only",
                ],
            ),
            (
                json!({ "last_name": "Smith", "lead_status_id": 999 }),
                json!({ "last_name": "Smith" }),
                vec!["lead_status_id must be the id of something that exists"],
            ),
        ],
    }
}

#[tokio::test]
async fn a_lead_that_breaks_rules_of_form_is_stored_and_answered_as_it_was_sent() {
    for sender in SENDERS {
        let provider = sender.account().provider;
        for (body, shown, broken) in cases(provider) {
            let (lenient, strict) = (lenient_api().await, TestApi::start().await);
            let status = EntryKey::new("status", EntryId::from(1));
            let entry = json!({ "id": 1, "name": "New", "slug": "new" });
            for api in [&lenient, &strict] {
                let entries = [(status.clone(), entry.clone())];
                api.table().put_entries(&sender.account(), &entries).await.unwrap();
            }
            let refused = send(&strict, provider, &body).await;
            assert!([400, 422].contains(&refused.status), "{body}: {}", refused.text);
            assert!(sender.leads(&strict).await.is_empty(), "{body}");
            let answer = send(&lenient, provider, &body).await;
            assert_eq!(answer.status, sender.created, "{body}: {}", answer.text);
            for (name, value) in shown.as_object().unwrap() {
                assert_eq!(&sender.lead_of(&answer)[name], value, "{body}: {name}");
            }
            assert_eq!(noted(&lenient, provider).await, broken, "{body}");
            assert!(lenient.items("held#").await.is_empty(), "{body}");
        }
    }
}

/// Nothing that was sent gets lost: a value that its field cannot have is among the unknown members.
#[tokio::test]
async fn a_value_that_does_not_fit_into_its_field_is_stored_with_the_unknown_members() {
    let cases = [
        (
            Provider::Integrabot,
            r#"{"name":{"a" : [1.0]},"x":1}"#,
            r#"{"name":{"a" : [1.0]},"x":1}"#,
        ),
        (Provider::Flextell, r#"{"country_id":"BR"}"#, r#"{"country_id":"BR"}"#),
        (Provider::Flextell, r#"{"country_id":1.5}"#, r#"{"country_id":1.5}"#),
        (Provider::PollyBot, r#"{"phone":["1","2"]}"#, r#"{"phone":["1","2"]}"#),
    ];
    for (provider, body, extra) in cases {
        let api = lenient_api().await;
        let delivery = Delivery::new(Sender::of(provider).function, body);
        let answer = authorized(provider, delivery).answer_of(&api.app).await;
        assert_eq!(answer.status, 201, "{body}");
        let leads = Sender::of(provider).leads(&api).await;
        assert_eq!(leads[0].extra.as_ref().unwrap().as_sent(), extra);
    }
}

#[tokio::test]
async fn a_lead_that_breaks_no_rule_has_no_note() {
    let api = lenient_api().await;
    for sender in SENDERS {
        sender.create(&api, 1).await;
        let item = &api.items(&format!("lead#{}", sender.account())).await[0];
        assert!(!item.contains_key("broken_rules"), "{}", sender.function);
    }
}

#[tokio::test]
async fn what_is_no_object_too_large_or_of_a_blocked_person_is_refused_nevertheless() {
    let api = lenient_api().await;
    for sender in SENDERS {
        let to = |body: Vec<u8>| delivery(sender, &json!({})).with_body(body);
        for body in ["", "[]", "7", "{"] {
            let answer = api.send(to(body.into())).await;
            sender.check_error("no_object", &answer, body);
        }
        let answer = api.send(to(vec![b' '; 256 * 1024 + 1])).await;
        sender.check_error("too_large", &answer, "one byte more");
        let (account, contact) = (sender.account(), Contact::email("gone@x.com"));
        api.table().block(&account, &[contact].into()).await.unwrap();
        let fresh = api.another_instance();
        let body = json!({ "email": "gone@x.com" });
        let answer = tests::send_to(&fresh, delivery(sender, &body)).await;
        assert!([400, 422].contains(&answer.status), "{}: {}", sender.function, answer.text);
        assert!(sender.leads(&api).await.is_empty(), "{}", sender.function);
    }
}

/// Two people who give the same text that is no contact are not one person.
#[tokio::test]
async fn a_text_that_is_no_contact_makes_no_claim() {
    let api = lenient_api().await;
    let of = |email: &str, phone: &str, name: &str| json!({ "name": name, "type": "web", "email": email, "phone_number": phone, "phone": phone });
    let texts = [
        ("n/a", "-"),
        ("nao tenho", "ligar depois das 18h"),
        ("a@x.com, b@x.com", "11 99999-0001 ou 11 99999-0002"),
        ("@x.com", "ramal 7"),
        ("ana@", ""),
    ];
    for (provider, created) in [(Provider::Integrabot, 201), (Provider::PollyBot, 201)] {
        for (n, (email, phone)) in texts.into_iter().enumerate() {
            for person in ["Ana", "Bia"] {
                let body = of(email, phone, &format!("{person} {n}"));
                let answer = send(&api, provider, &body).await;
                assert_eq!(answer.status, created, "{body}: {}", answer.text);
            }
        }
        assert_eq!(Sender::of(provider).leads(&api).await.len(), 2 * texts.len());
    }
    // A phone in another writing is one.
    for (phone, status) in [("+55 (11) 99999-0003", 201), ("5511999990003", 200)] {
        let body = of("", phone, phone);
        assert_eq!(send(&api, Provider::Integrabot, &body).await.status, status, "{phone}");
    }
}

/// A sender that got no answer sends the same body again.
#[tokio::test]
async fn the_same_body_again_is_a_replay_if_it_names_a_person() {
    let api = lenient_api().await;
    let cases = [
        (Provider::Integrabot, json!({ "name": "Ana", "email": "ana@x..com, b" }), 201),
        (Provider::PollyBot, json!({ "name": "Ana", "phone": "11999990001" }), 201),
        (Provider::Keyspot, json!({ "name": "Ana", "phone": "11999990001" }), 201),
    ];
    for (provider, body, status) in cases {
        for expected in [None, Some(&json!("true"))] {
            let answer = send(&api, provider, &body).await;
            assert_eq!(answer.status, status, "{body}");
            assert_eq!(answer.headers.get("idempotency-replayed"), expected, "{body}");
        }
        assert_eq!(Sender::of(provider).leads(&api).await.len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_list_for_a_lenient_key_compares_without_case_and_knows_other_values() {
    let api = lenient_api().await;
    for (name, status) in [("Ana", "NEW"), ("Bia", "new"), ("Caio", "NEGOTIATING")] {
        let body = json!({ "name": name, "status": status, "source": "Site" });
        assert_eq!(send(&api, Provider::PollyBot, &body).await.status, 201);
    }
    for (query, expected) in [
        ("status=New", &["Bia", "Ana"][..]),
        ("status=negotiating", &["Caio"]),
        ("status=LOST", &[]),
        ("source=SITE&sortBy=name&sortOrder=asc", &["Ana", "Bia", "Caio"]),
        ("sortBy=nothing", &["Caio", "Bia", "Ana"]),
    ] {
        let request = Delivery::new("pollybot-list-leads", "").query(query);
        let answer = authorized(Provider::PollyBot, request).answer_of(&api.app).await;
        let leads = answer.body["data"]["leads"].as_array().unwrap();
        let names: Vec<_> = leads.iter().map(|lead| lead["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    for query in ["limit=abc", "page=0", "limit=101"] {
        let request = Delivery::new("pollybot-list-leads", "").query(query);
        assert_eq!(api.send(authorized(Provider::PollyBot, request)).await.status, 400, "{query}");
    }
}

/// The notes follow the fields that an update changes.
#[tokio::test]
async fn an_update_with_a_lenient_key_breaks_and_mends_rules() {
    let api = lenient_api().await;
    let created = send(&api, Provider::PollyBot, &json!({ "name": "Ana", "status": "NEW" })).await;
    let id = created.body["data"]["id"].as_str().unwrap().to_owned();
    let statuses = "status must be one of: new, contacted, qualified, converted, lost, follow_up";
    // An update, the lead's name, e-mail and status then, and the rules that it breaks.
    let steps = [
        (json!({ "email": "ana@x.com" }), json!(["Ana", "ana@x.com", "NEW"]), vec![statuses]),
        (
            json!({ "status": "LOST", "name": "" }),
            json!(["", "ana@x.com", "LOST"]),
            vec!["name is required", statuses],
        ),
        (json!({ "status": "lost", "name": "Ana" }), json!(["Ana", "ana@x.com", "lost"]), vec![]),
        (
            json!({ "email": null, "name": 7 }),
            json!(["7", null, "lost"]),
            vec!["name must be a string", "email is required"],
        ),
    ];
    for (update, shown, broken) in steps {
        let request = Delivery::new("pollybot-update-lead", update.to_string());
        let request = authorized(Provider::PollyBot, request.parameter("leadId", &id));
        let lead = request.answer_of(&api.app).await.body["data"].clone();
        assert_eq!(json!([lead["name"], lead["email"], lead["status"]]), shown, "{update}");
        assert_eq!(noted(&api, Provider::PollyBot).await, broken, "{update}");
    }
    // The claim of the e-mail went with it.
    let again = json!({ "name": "Bia", "email": "ana@x.com" });
    assert_eq!(send(&api, Provider::PollyBot, &again).await.status, 201);
}
