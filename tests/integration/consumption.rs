//! The DynamoDB requests of each operation: those that the table in `docs/performance.md` says.

use crate::account_requests::{AGENT, authorized};
use providers::{about, write_id};
use serde_json::{Value, json};
use shared::model::{Account, AccountId, EntryId, EntryKey, Provider};
use std::{collections::BTreeMap, fs};
use tests::{Delivery, Sender, TestApi};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
/// How the table in the document begins.
const HEAD: &str = "| provider | case | requests | write units | read units |\n";
const KEY: &str = "idempotency-key";
/// The case of the document's table that each provider has.
const WITH_A_KEY: &str = "the same with an `Idempotency-Key`";

/// A provider, a row of the document, what is added, and the request.
type Case = (&'static str, &'static str, Also, Delivery);

/// What an operation costs.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cost {
    operations: Vec<String>,
    /// Read and write units. Those of a refused write are not reported.
    units: f64,
}

/// The rows of the document's table, by provider and case. A row may be for several providers.
fn documented() -> BTreeMap<(String, String), Cost> {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let rows = text.split_once(HEAD).unwrap().1.lines().skip(1);
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [providers, case, requests, written, read] = cells[..] else { panic!("{line}") };
        let units = |cell: &str| -> f64 {
            let reported = cell.trim_end_matches('*').trim_end_matches(" + ");
            if reported.is_empty() { 0.0 } else { reported.parse().unwrap() }
        };
        let requests = requests.split(", ").filter(|request| *request != "none");
        let operations = requests.flat_map(|request| {
            let name = request.trim_end_matches(" (refused)");
            match name.strip_prefix("2 ") {
                Some(name) => vec![name.to_owned(); 2],
                None => vec![name.to_owned()],
            }
        });
        let cost = Cost { operations: operations.collect(), units: units(written) + units(read) };
        let keys = providers.split(", ").map(|provider| (provider.to_owned(), case.to_owned()));
        keys.map(|key| (key, cost.clone())).collect::<Vec<_>>()
    };
    rows.take_while(|line| line.starts_with('|')).flat_map(row).collect()
}

/// What the document says beside the table.
#[derive(Clone, Copy, PartialEq)]
enum Also {
    Nothing,
    /// The first delivery of a day with a key writes the day.
    FirstOfDay,
    /// The delivery is held.
    Held,
}

impl Cost {
    fn and(mut self, also: Also) -> Self {
        match also {
            Also::Nothing => {}
            Also::FirstOfDay => {
                self.operations.insert(1, "UpdateItem".to_owned());
                self.units += 1.0;
            }
            Also::Held => {
                self.operations.push("PutItem".to_owned());
                self.units += 1.0;
            }
        }
        self
    }
}

fn integrabot(body: Value) -> Delivery {
    Delivery::new("integrabot-create-lead", body.to_string()).bearer("sk_demo_integrabot")
}

fn rdstation(body: Value) -> Delivery {
    Delivery::new("rdstation-create-lead", body.to_string()).bearer("demo-rdstation")
}

fn pollybot(body: Value) -> Delivery {
    let delivery = Delivery::new("pollybot-create-lead", body.to_string());
    delivery.bearer("sk-workspace_your_api_key").chatbot("cb_1234567890abcdef")
}

fn keyspot(token: &str, body: Value) -> Delivery {
    Delivery::new("keyspot-create-lead", body.to_string()).bearer(token)
}

fn flextell(body: Value) -> Delivery {
    let delivery = Delivery::new("flextell-create-lead", body.to_string());
    delivery.bearer("demo-flextell").header("x-tenant", "1")
}

/// The cases of the operations that read. The keys are cached.
fn reads() -> Vec<Case> {
    let few = "a list of few leads";
    let one = "a lead that is read";
    let (ib, rs, pb, ks, fx) = (
        Provider::Integrabot,
        Provider::RdStation,
        Provider::PollyBot,
        Provider::Keyspot,
        Provider::Flextell,
    );
    let cases = [
        (ib, few, "integrabot-list-leads"),
        (ib, one, "integrabot-get-lead"),
        (ib, "a list of agents", "integrabot-list-agents"),
        (ib, "an agent that is read", "integrabot-get-agent"),
        (rs, few, "rdstation-list-leads"),
        (pb, few, "pollybot-list-leads"),
        (pb, one, "pollybot-get-lead"),
        (ks, "a list of values", "keyspot-list-values"),
        (fx, few, "flextell-list-leads"),
        (fx, one, "flextell-get-lead"),
        (fx, "a list of statuses", "flextell-list-statuses"),
        (fx, "a list of reference sources", "flextell-list-reference-sources"),
    ];
    let case = |(provider, row, function): (Provider, &'static str, &'static str)| {
        let request = Delivery::new(function, "").parameter("id", "1").parameter("uuid", AGENT);
        let request = request.parameter("leadId", "lead_0000000000000001");
        let request = request.parameter("entity", "leads").parameter("field", "status");
        (about(provider).label, row, Also::Nothing, authorized(provider, request))
    };
    cases.map(case).into()
}

/// The cases run one after the other on one instance. So only the first case of each provider has
/// empty caches.
#[tokio::test]
async fn an_operation_consumes_what_the_documents_say() {
    let api = TestApi::start().await;
    let tenant = Account { provider: Provider::Flextell, id: AccountId::from_static("1") };
    let country = EntryKey::new("country", EntryId::from(76));
    assert!(api.app.context.table.delete_entry(&tenant, &country).await.unwrap());
    let token = api.keyspot_token().await;
    let maria = |n: u32| {
        json!({
            "name": "Maria Silva", "type": "web", "phone_number": format!("551199999{n:04}"),
            "email": format!("maria{n}@exemplo.com"),
        })
    };
    let mut large = maria(9);
    large["custom_fields"] = json!({ "notes": "x".repeat(10 * 1024) });
    let rd = |n: u32| json!({ "name": "Maria Silva", "email": format!("maria{n}@exemplo.com") });
    let john = |n: u32| json!({ "name": "John Doe", "email": format!("john{n}@example.com") });
    let joao = |n: u32| {
        json!({
            "name": "João Silva", "email": "joao@example.com", "phone": n.to_string(),
            "message": "Tenho interesse.", "propertyCode": "AP001",
        })
    };
    let smith = |n: u32| json!({ "last_name": "Smith", "phone_number": n.to_string() });
    let mut more = maria(1);
    more["custom_fields"] = json!({ "again": "yes" });
    let (ib, rs, pb, ks, fx) = ("Integrabot", "RD Station", "PollyBot", "Keyspot", "Flextell");
    let cases = [
        (ib, "cold, phone and e-mail", Also::FirstOfDay, integrabot(maria(0))),
        (ib, "new, phone and e-mail", Also::Nothing, integrabot(maria(1))),
        (ib, WITH_A_KEY, Also::Nothing, integrabot(maria(2)).header(KEY, "a")),
        (
            ib,
            "new, without a contact",
            Also::Nothing,
            integrabot(json!({ "name": "M", "type": "web" })),
        ),
        (ib, "known", Also::Nothing, integrabot(maria(1))),
        (ib, "a replay", Also::Nothing, integrabot(maria(2)).header(KEY, "a")),
        (ib, "known, with a new key", Also::Nothing, integrabot(maria(1)).header(KEY, "b")),
        (ib, "known", Also::Held, integrabot(more)),
        (ib, "", Also::Held, integrabot(json!({ "name": 5 }))),
        (
            ib,
            "an agent's id, without a directory",
            Also::Nothing,
            integrabot(json!({ "name": "M", "type": "web", "agent_id": AGENT })),
        ),
        (rs, "cold", Also::FirstOfDay, rdstation(rd(0))),
        (rs, "new", Also::Nothing, rdstation(rd(1))),
        (rs, WITH_A_KEY, Also::Nothing, rdstation(rd(2)).header(KEY, "a")),
        (rs, "new, without a contact", Also::Nothing, rdstation(json!({}))),
        (rs, "a replay", Also::Nothing, rdstation(rd(1))),
        (pb, "cold, with a chatbot", Also::FirstOfDay, pollybot(john(0))),
        (pb, "new", Also::Nothing, pollybot(john(1))),
        (pb, WITH_A_KEY, Also::Nothing, pollybot(john(2)).header(KEY, "a")),
        (pb, "known", Also::Nothing, pollybot(john(1))),
        (ks, "key cached, property not", Also::Nothing, keyspot(&token, joao(0))),
        (ks, "new", Also::Nothing, keyspot(&token, joao(1))),
        (ks, WITH_A_KEY, Also::Nothing, keyspot(&token, joao(2)).header(KEY, "a")),
        (ks, "a replay", Also::Nothing, keyspot(&token, joao(1))),
        (fx, "cold, a key with tenants", Also::FirstOfDay, flextell(smith(0))),
        (fx, "new", Also::Nothing, flextell(smith(1))),
        (fx, WITH_A_KEY, Also::Nothing, flextell(smith(2)).header(KEY, "a")),
        (fx, "a replay", Also::Nothing, flextell(smith(1))),
        (
            fx,
            "an unknown id",
            Also::Nothing,
            flextell(json!({ "last_name": "Smith", "lead_status_id": 9 })),
        ),
        (
            fx,
            "an id of a kind without a directory",
            Also::Nothing,
            flextell(json!({ "last_name": "Smith", "phone_number": "9", "country_id": 76 })),
        ),
    ];
    // It comes last, because lists would have it too.
    let large = (ib, "the same with 10 KiB of fields", Also::Nothing, integrabot(large));
    let documented = documented();
    let mut tried = BTreeMap::new();
    for case in cases.into_iter().chain(reads()).chain([large]) {
        check(&api, case, &documented, &mut tried).await;
    }
    for case in writes(&api).await {
        check(&api, case, &documented, &mut tried).await;
    }
    assert_eq!(tried, documented, "each row of the document is tried");
}

/// The cases of the operations that update and delete.
async fn writes(api: &TestApi) -> Vec<Case> {
    let leads = Sender::of(Provider::PollyBot).create_leads(api, 2).await;
    let write = |function, lead, body: &str| {
        let id = write_id(Provider::PollyBot, lead);
        authorized(Provider::PollyBot, Delivery::new(function, body).parameter("leadId", &id))
    };
    let (update, pb) = ("pollybot-update-lead", "PollyBot");
    let (name, email) = (r#"{"name": "Bia"}"#, r#"{"email": "bia@example.com"}"#);
    vec![
        (pb, "an update", Also::Nothing, write(update, leads[0], name)),
        (pb, "an update of the e-mail", Also::Nothing, write(update, leads[0], email)),
        (pb, "a delete", Also::Nothing, write("pollybot-delete-lead", leads[1], "")),
    ]
}

/// Sends a request, and compares what it consumes with the document.
async fn check(
    api: &TestApi,
    (provider, row, also, delivery): Case,
    documented: &BTreeMap<(String, String), Cost>,
    tried: &mut BTreeMap<(String, String), Cost>,
) {
    let key = (provider.to_owned(), row.to_owned());
    let said = documented.get(&key).cloned();
    let said = if row.is_empty() {
        Cost::default()
    } else {
        said.unwrap_or_else(|| panic!("no row {row}"))
    };
    let (case, expected) = (format!("{provider}: {row}"), said.clone().and(also));
    api.connection.take_operations();
    api.connection.take_consumed_units();
    api.send(delivery).await;
    assert_eq!(api.connection.take_operations(), expected.operations, "{case}");
    // Amazon's DynamoDB Local counts every transaction as 4 units.
    let consumed = api.connection.take_consumed_units();
    assert!(consumed == expected.units || !api.is_embedded(), "{case}: {consumed}");
    if !row.is_empty() {
        tried.insert(key, said);
    }
}
