use crate::{
    access::Flextell,
    contract::JSON_DETAILS,
    directory::{COUNTRY, KINDS, REFERENCE_SOURCE, STATUS, USER},
    get_lead::GetLead,
    list_leads::ListLeads,
    list_reference_sources::ListReferenceSources,
    list_statuses::ListStatuses,
};
use lambda_http::http::Method;
use shared::{
    account_request::handle,
    delivery::{Context, create_lead, redeliver},
    model::Provider,
    provider::{About, Api, Demo, DemoEntry, Operation, Sample, TokenForm},
};

/// Flextell.
pub static ABOUT: About = About {
    provider: Provider::Flextell,
    label: "Flextell",
    lead_id: None,
    json_details: &JSON_DETAILS,
    key: TokenForm::RANDOM,
    token: None,
    has_tenants: true,
    headers: &["x-tenant"],
    kinds: KINDS,
    demo: Demo {
        account: "1",
        key: "demo-flextell",
        secret: None,
        tenants: &[1],
        entries: &[
            DemoEntry {
                kind: STATUS,
                id: "1",
                json: r##"{"name": "New", "slug": "new", "color": "#94a3b8", "default": true}"##,
            },
            DemoEntry { kind: REFERENCE_SOURCE, id: "1", json: r#"{"name": "Website"}"# },
            DemoEntry { kind: USER, id: "1", json: r#"{"name": "Demo User"}"# },
            DemoEntry { kind: COUNTRY, id: "76", json: r#"{"name": "Brazil"}"# },
        ],
    },
    sample: Sample {
        function: CREATE_LEAD,
        path: LEADS,
        body: r#"{"last_name": "Smith", "first_name": "Jane", "email": "jsmith@example.com", "country_id": 76}"#,
    },
};

const CREATE_LEAD: &str = "flextell-create-lead";
const LEADS: &str = "/flextell/api/v1/leads";

/// Flextell's functions.
pub static API: Api<Context> = Api {
    operations: &[
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: LEADS,
            handler: |context, request| Box::pin(create_lead::<Flextell>(context, request)),
        },
        Operation {
            function: "flextell-list-leads",
            method: Method::GET,
            path: LEADS,
            handler: |context, request| Box::pin(handle::<ListLeads>(context, request)),
        },
        Operation {
            function: "flextell-get-lead",
            method: Method::GET,
            path: "/flextell/api/v1/leads/{id}",
            handler: |context, request| Box::pin(handle::<GetLead>(context, request)),
        },
        Operation {
            function: "flextell-list-statuses",
            method: Method::GET,
            path: "/flextell/api/v1/leads/statuses",
            handler: |context, request| Box::pin(handle::<ListStatuses>(context, request)),
        },
        Operation {
            function: "flextell-list-reference-sources",
            method: Method::GET,
            path: "/flextell/api/v1/leads/reference-sources",
            handler: |context, request| Box::pin(handle::<ListReferenceSources>(context, request)),
        },
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<Flextell>(context, account, held, body))
    },
    update: None,
    document: include_str!("../../../docs/openapi/flextell.yaml"),
};
