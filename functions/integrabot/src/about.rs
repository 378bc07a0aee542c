use crate::{
    access::Integrabot,
    agents::KINDS,
    contract::{self, JSON_DETAILS},
    get_agent::GetAgent,
    get_lead::GetLead,
    list_agents::ListAgents,
    list_leads::ListLeads,
};
use lambda_http::http::Method;
use shared::{
    account_request::handle,
    delivery::{Context, create_lead, redeliver, update_as_operator},
    model::Provider,
    provider::{About, Api, Demo, Operation, Sample, TokenForm},
};

/// Integrabot.
pub static ABOUT: About = About {
    provider: Provider::Integrabot,
    label: "Integrabot",
    lead_id: None,
    json_details: &JSON_DETAILS,
    key: TokenForm { prefix: "sk_", ..TokenForm::RANDOM },
    token: None,
    has_tenants: false,
    headers: &[],
    kinds: KINDS,
    demo: Demo {
        account: "demo",
        key: "sk_demo_integrabot",
        secret: None,
        tenants: &[],
        entries: &[],
    },
    sample: Sample {
        function: CREATE_LEAD,
        path: LEADS,
        body: r#"{"name": "Maria Silva", "type": "web", "phone_number": "5511999998888", "email": "maria@exemplo.com"}"#,
    },
};

const CREATE_LEAD: &str = "integrabot-create-lead";
const LEADS: &str = "/integrabot/v1/leads";

/// Integrabot's functions.
pub static API: Api<Context> = Api {
    operations: &[
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: LEADS,
            handler: |context, request| Box::pin(create_lead::<Integrabot>(context, request)),
        },
        Operation {
            function: "integrabot-list-leads",
            method: Method::GET,
            path: LEADS,
            handler: |context, request| Box::pin(handle::<ListLeads>(context, request)),
        },
        Operation {
            function: "integrabot-get-lead",
            method: Method::GET,
            path: "/integrabot/v1/leads/{id}",
            handler: |context, request| Box::pin(handle::<GetLead>(context, request)),
        },
        Operation {
            function: "integrabot-list-agents",
            method: Method::GET,
            path: "/integrabot/v1/agents",
            handler: |context, request| Box::pin(handle::<ListAgents>(context, request)),
        },
        Operation {
            function: "integrabot-get-agent",
            method: Method::GET,
            path: "/integrabot/v1/agents/{uuid}",
            handler: |context, request| Box::pin(handle::<GetAgent>(context, request)),
        },
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<Integrabot>(context, account, held, body))
    },
    update: Some(|context, account, lead, body| {
        Box::pin(update_as_operator::<Integrabot, contract::UpdateLead>(
            context, account, lead, body,
        ))
    }),
    document: include_str!("../../../docs/openapi/integrabot.yaml"),
};
