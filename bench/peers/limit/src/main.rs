//! The limit: what a function costs that does only what it must. It sends the same requests as the
//! floor, but it has no SDK, no runtime library and no async runtime: it writes HTTP/1.1 by hand on
//! two connections and signs by hand. Nobody should write a function like this.
#![expect(clippy::unwrap_used, reason = "a peer of a benchmark stops at its first fault")]
#![expect(clippy::disallowed_methods, reason = "a peer does not start from a snapshot")]

mod http;
mod sign;

use http::Connection;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use sign::{Credentials, hex, sha256};
use std::{
    collections::HashMap,
    env,
    net::TcpStream,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

#[derive(Deserialize)]
struct Event {
    headers: HashMap<String, String>,
    body: String,
}

#[derive(Deserialize)]
struct Lead<'a> {
    name: &'a str,
    r#type: &'a str,
    phone_number: &'a str,
    email: &'a str,
    agent_id: &'a str,
    #[serde(borrow)]
    custom_fields: &'a RawValue,
}

#[derive(Serialize)]
struct LeadAnswer<'a> {
    id: u64,
    name: &'a str,
    r#type: &'a str,
    phone_number: &'a str,
    email: &'a str,
    status: &'a str,
    agent_id: &'a str,
    custom_fields: &'a RawValue,
}

struct Table {
    connection: Option<Connection<StreamOwned<ClientConnection, TcpStream>>>,
    tls: Arc<ClientConfig>,
    host: String,
    credentials: Credentials,
    name: String,
    accounts: HashMap<String, String>,
}

fn main() {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let endpoint = env::var("AWS_ENDPOINT_URL_DYNAMODB").unwrap();
    let mut table = Table {
        connection: None,
        tls: Arc::new(tls),
        host: endpoint.strip_prefix("https://").unwrap().to_owned(),
        credentials: Credentials::from_env(),
        name: env::var("TABLE_NAME").unwrap(),
        accounts: HashMap::new(),
    };
    let api = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut runtime = Connection::new(TcpStream::connect(&api).unwrap());
    loop {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n");
        let event = runtime.send(&next, b"");
        let answer = table.create_lead(&serde_json::from_slice(&event.body).unwrap());
        let id = event.header("lambda-runtime-aws-request-id").unwrap();
        let respond = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {api}\r\n"
        );
        runtime.send(&respond, answer.to_string().as_bytes());
    }
}

impl Table {
    fn create_lead(&mut self, event: &Event) -> Value {
        let token = event.headers["authorization"].strip_prefix("Bearer ").unwrap();
        let account = self.account_of(token);
        let lead: Lead<'_> = serde_json::from_str(&event.body).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // One instance does not take two leads in a microsecond.
        let id = now.as_micros() as u64;
        let claim_of =
            |kind, text: &str| format!("claim#{account}#{kind}#{}", hex(&sha256(text.as_bytes())));
        let claims = [claim_of("phone", lead.phone_number), claim_of("email", lead.email)];
        let stored = json!({
            "pk": { "S": format!("lead#{account}") },
            "sk": { "S": format!("{id:016}") },
            "id": { "N": id.to_string() },
            "created_at": { "N": now.as_millis().to_string() },
            "claims": { "SS": claims },
            "name": { "S": lead.name },
            "source": { "S": lead.r#type },
            "phone": { "S": lead.phone_number },
            "email": { "S": lead.email },
            "agent_id": { "S": lead.agent_id },
            "custom_fields": { "S": lead.custom_fields.get() },
        });
        let put = |item: Value| {
            let condition = "attribute_not_exists(pk)";
            let name = &self.name;
            json!({ "Put": { "TableName": name, "Item": item, "ConditionExpression": condition } })
        };
        let claim = |pk: &String| {
            let (pk, sk, id) = (json!({ "S": pk }), json!({ "S": "claim" }), id.to_string());
            json!({ "pk": pk, "sk": sk, "lead_id": { "N": id } })
        };
        let items = [put(stored), put(claim(&claims[0])), put(claim(&claims[1]))];
        let token = format!("{:032x}", rand::random::<u128>());
        let write = json!({ "TransactItems": items, "ClientRequestToken": token });
        self.call("TransactWriteItems", &write);
        let Lead { name, r#type, phone_number, email, agent_id, custom_fields } = lead;
        let status = "new";
        let answer =
            LeadAnswer { id, name, r#type, phone_number, email, status, agent_id, custom_fields };
        json!({
            "statusCode": 201,
            "headers": { "content-type": "application/json" },
            "body": serde_json::to_string(&answer).unwrap(),
        })
    }

    fn account_of(&mut self, token: &str) -> String {
        let hash = hex(&sha256(token.as_bytes()));
        if let Some(account) = self.accounts.get(&hash) {
            return account.clone();
        }
        let key = self.get(&format!("key#{hash}"), "key");
        let item = &key["Item"];
        let account =
            ["provider", "account"].map(|name| item[name]["S"].as_str().unwrap()).join("#");
        assert!(self.get(&format!("block#{account}"), "any").get("Item").is_none());
        self.accounts.insert(hash, account.clone());
        account
    }

    fn get(&mut self, pk: &str, sk: &str) -> Value {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let get = json!({ "TableName": self.name, "Key": key, "ConsistentRead": true });
        self.call("GetItem", &get)
    }

    fn call(&mut self, operation: &str, request: &Value) -> Value {
        let body = request.to_string();
        let head = self.credentials.sign(&self.host, operation, &body);
        let connection = self.connection.get_or_insert_with(|| {
            let name = self.host.split(':').next().unwrap().to_owned().try_into().unwrap();
            let tls = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
            Connection::new(StreamOwned::new(tls, TcpStream::connect(&self.host).unwrap()))
        });
        let answer = connection.send(&head, body.as_bytes());
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{operation}: {text}");
        serde_json::from_slice(&answer.body).unwrap()
    }
}
