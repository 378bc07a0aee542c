use crate::{access::RdStation, contract::JSON_DETAILS, lead_id::LEAD_ID, list_leads::ListLeads};
use lambda_http::http::Method;
use shared::{
    account_request::handle,
    delivery::{Context, create_lead, redeliver},
    model::Provider,
    provider::{About, Api, Demo, Operation, Sample, TokenForm},
};

/// RD Station Mentoria.
pub static ABOUT: About = About {
    provider: Provider::RdStation,
    label: "RD Station",
    lead_id: Some(LEAD_ID),
    json_details: &JSON_DETAILS,
    key: TokenForm::RANDOM,
    token: None,
    has_tenants: false,
    headers: &[],
    kinds: &[],
    demo: Demo {
        account: "wpc_demo",
        key: "demo-rdstation",
        secret: None,
        tenants: &[],
        entries: &[],
    },
    sample: Sample {
        function: CREATE_LEAD,
        path: LEADS,
        body: r#"{"name": "Maria Silva", "email": "maria@exemplo.com", "utm": {"source": "google"}}"#,
    },
};

const CREATE_LEAD: &str = "rdstation-create-lead";
const LEADS: &str = "/rdstation/rest/leads";

/// RD Station's functions.
pub static API: Api<Context> = Api {
    operations: &[
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: LEADS,
            handler: |context, request| Box::pin(create_lead::<RdStation>(context, request)),
        },
        Operation {
            function: "rdstation-list-leads",
            method: Method::GET,
            path: LEADS,
            handler: |context, request| Box::pin(handle::<ListLeads>(context, request)),
        },
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<RdStation>(context, account, held, body))
    },
    update: None,
    document: include_str!("../../../docs/openapi/rdstation.yaml"),
};
