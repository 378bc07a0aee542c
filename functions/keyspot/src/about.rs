use crate::{
    contract::PROPERTY, issue_token::issue_token, lead_id::LEAD_ID, list_values::ListValues,
    state::Keyspot,
};
use lambda_http::http::Method;
use shared::{
    account_request::handle,
    delivery::{create_lead, redeliver},
    model::Provider,
    provider::{About, Api, Demo, DemoEntry, Kind, Operation, Sample, Token, TokenForm, text},
};

/// Keyspot.
pub static ABOUT: About = About {
    provider: Provider::Keyspot,
    label: "Keyspot",
    lead_id: Some(LEAD_ID),
    json_details: &[],
    key: TokenForm::RANDOM,
    token: Some(Token {
        function: ISSUE_TOKEN,
        path: TOKEN,
        read: |answer| answer["data"]["token"].as_str(),
    }),
    has_tenants: false,
    headers: &["x-api-key", "x-api-secret"],
    kinds: &[Kind::lettered(PROPERTY, &[text("property_id"), text("title")])],
    demo: Demo {
        account: "demo",
        key: "demo-key",
        secret: Some("demo-secret"),
        tenants: &[],
        entries: &[DemoEntry {
            kind: PROPERTY,
            id: "AP001",
            json: r#"{"property_id": "clp0demo0ap001", "title": "Apartamento 2 quartos, Pinheiros"}"#,
        }],
    },
    sample: Sample {
        function: CREATE_LEAD,
        path: LEADS,
        body: r#"{"name": "João Silva", "email": "joao@example.com", "phone": "11999999999", "message": "Tenho interesse neste imóvel.", "propertyCode": "AP001"}"#,
    },
};

const CREATE_LEAD: &str = "keyspot-create-lead";
const LEADS: &str = "/keyspot/v1/leads";
const ISSUE_TOKEN: &str = "keyspot-issue-token";
const TOKEN: &str = "/keyspot/v1/auth/token";

/// Keyspot's functions.
pub static API: Api<Keyspot> = Api {
    operations: &[
        Operation {
            function: ISSUE_TOKEN,
            method: Method::POST,
            path: TOKEN,
            handler: |keyspot, request| Box::pin(issue_token(keyspot, request)),
        },
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: LEADS,
            handler: |keyspot, request| Box::pin(create_lead::<Keyspot>(keyspot, request)),
        },
        Operation {
            function: "keyspot-list-values",
            method: Method::GET,
            path: "/keyspot/v1/values/{entity}/{field}",
            handler: |keyspot, request| Box::pin(handle::<ListValues>(keyspot, request)),
        },
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<Keyspot>(context, account, held, body))
    },
    update: None,
    document: include_str!("../../../docs/openapi/keyspot.yaml"),
};
