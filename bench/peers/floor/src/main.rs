//! The floor: a function as one writes it by hand for a single sender, on the same SDK. It does the
//! same look-ups and the same transaction as leadhook, checks only that the fields are there, and
//! has no logs, no timeouts, no retries of its own, and no answer for errors.
#![expect(clippy::unwrap_used, reason = "a peer of a benchmark stops at its first fault")]

use aws_config::{BehaviorVersion, environment::EnvironmentVariableCredentialsProvider};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, Put, TransactWriteItem},
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    env,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

type Item = HashMap<String, AttributeValue>;

#[derive(Deserialize)]
struct Event {
    headers: HashMap<String, String>,
    body: String,
}

#[derive(Deserialize)]
struct Lead {
    name: String,
    r#type: String,
    phone_number: String,
    email: String,
    agent_id: String,
    custom_fields: serde_json::Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: HashMap<&'static str, &'static str>,
    body: String,
}

struct Table {
    client: Client,
    name: String,
    /// The account of each token that was looked up.
    accounts: Mutex<HashMap<String, String>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .load()
        .await;
    let table = Table {
        client: Client::new(&config),
        name: env::var("TABLE_NAME")?,
        accounts: Mutex::default(),
    };
    let table = &table;
    run(service_fn(|event: LambdaEvent<Event>| async move {
        Ok::<_, Error>(table.create_lead(event.payload).await)
    }))
    .await
}

impl Table {
    async fn create_lead(&self, event: Event) -> Answer {
        let token = event.headers["authorization"].strip_prefix("Bearer ").unwrap();
        let account = self.account_of(token).await;
        let lead: Lead = serde_json::from_str(&event.body).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // One instance does not take two leads in a microsecond.
        let id = now.as_micros() as u64;
        let phone = format!("claim#{account}#phone#{}", sha256(&lead.phone_number));
        let email = format!("claim#{account}#email#{}", sha256(&lead.email));
        let mut item = key(format!("lead#{account}"), format!("{id:016}"));
        item.insert("id".to_owned(), AttributeValue::N(id.to_string()));
        item.insert("created_at".to_owned(), AttributeValue::N(now.as_millis().to_string()));
        item.insert("claims".to_owned(), AttributeValue::Ss(vec![phone.clone(), email.clone()]));
        let texts = [
            ("name", &lead.name),
            ("source", &lead.r#type),
            ("phone", &lead.phone_number),
            ("email", &lead.email),
            ("agent_id", &lead.agent_id),
            ("custom_fields", &lead.custom_fields.to_string()),
        ];
        item.extend(texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.clone()))));
        let claim = |pk: String| {
            let mut item = key(pk, "claim".to_owned());
            item.insert("lead_id".to_owned(), AttributeValue::N(id.to_string()));
            item
        };
        let mut transaction = self.client.transact_write_items();
        for item in [item, claim(phone), claim(email)] {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .unwrap();
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        transaction.send().await.unwrap();
        let body = json!({
            "id": id,
            "name": lead.name,
            "type": lead.r#type,
            "phone_number": lead.phone_number,
            "email": lead.email,
            "status": "new",
            "agent_id": lead.agent_id,
            "custom_fields": lead.custom_fields,
        });
        let headers = HashMap::from([("content-type", "application/json")]);
        Answer { status_code: 201, headers, body: body.to_string() }
    }

    /// The account of a token, and whether it blocks anybody: two look-ups, once for each token.
    async fn account_of(&self, token: &str) -> String {
        let hash = sha256(token);
        if let Some(account) = self.accounts.lock().unwrap().get(&hash) {
            return account.clone();
        }
        let found = self.get(key(format!("key#{hash}"), "key".to_owned())).await.unwrap();
        let account =
            ["provider", "account"].map(|name| found[name].as_s().unwrap().as_str()).join("#");
        let blocks = self.get(key(format!("block#{account}"), "any".to_owned())).await;
        assert!(blocks.is_none());
        self.accounts.lock().unwrap().insert(hash, account.clone());
        account
    }

    async fn get(&self, key: Item) -> Option<Item> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key));
        get.consistent_read(true).send().await.unwrap().item
    }
}

fn key(pk: String, sk: String) -> Item {
    [("pk", pk), ("sk", sk)].map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).into()
}

fn sha256(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = Sha256::digest(text).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
