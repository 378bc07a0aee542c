use crate::{
    access::PollyBot,
    chatbot::CHATBOT,
    contract::{self, JSON_DETAILS},
    delete_lead::DeleteLead,
    get_lead::GetLead,
    lead_id::LEAD_ID,
    list_leads::ListLeads,
    update_lead::UpdateLead,
};
use lambda_http::http::Method;
use shared::{
    account_request::handle,
    delivery::{Context, create_lead, redeliver, update_as_operator},
    model::Provider,
    provider::{About, Api, Demo, DemoEntry, Kind, Operation, Sample, TokenForm},
};

/// PollyBot.
pub static ABOUT: About = About {
    provider: Provider::PollyBot,
    label: "PollyBot",
    lead_id: Some(LEAD_ID),
    json_details: &JSON_DETAILS,
    // The prefix and 51 more: <https://pollybot.app/docs/authentication>.
    key: TokenForm { prefix: "sk-workspace_", length: 51 },
    token: None,
    has_tenants: false,
    headers: &[],
    kinds: &[Kind::lettered(CHATBOT, &[])],
    demo: Demo {
        account: "ws_your_workspace_id",
        key: "sk-workspace_your_api_key",
        secret: None,
        tenants: &[],
        entries: &[DemoEntry { kind: CHATBOT, id: "cb_1234567890abcdef", json: "{}" }],
    },
    sample: Sample {
        function: CREATE_LEAD,
        path: "/pollybot/api/v1/chatbots/cb_1234567890abcdef/leads",
        body: r#"{"name": "John Doe", "email": "john.doe@example.com", "phone": "+1-555-123-4567", "source": "website"}"#,
    },
};

const CREATE_LEAD: &str = "pollybot-create-lead";

const LEADS: &str = "/pollybot/api/v1/leads";
const LEADS_OF_CHATBOT: &str = "/pollybot/api/v1/chatbots/{chatbotId}/leads";
const LEAD: &str = "/pollybot/api/v1/leads/{leadId}";
const LEAD_OF_CHATBOT: &str = "/pollybot/api/v1/chatbots/{chatbotId}/leads/{leadId}";

/// PollyBot's functions, each at the path of a chatbot and at that without one.
pub static API: Api<Context> = Api {
    operations: &[
        create_at(LEADS_OF_CHATBOT),
        create_at(LEADS),
        list_at(LEADS_OF_CHATBOT),
        list_at(LEADS),
        get_at(LEAD_OF_CHATBOT),
        get_at(LEAD),
        update_at(LEAD_OF_CHATBOT),
        update_at(LEAD),
        delete_at(LEAD_OF_CHATBOT),
        delete_at(LEAD),
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<PollyBot>(context, account, held, body))
    },
    update: Some(|context, account, lead, body| {
        Box::pin(update_as_operator::<PollyBot, contract::UpdateLead>(context, account, lead, body))
    }),
    document: include_str!("../../../docs/openapi/pollybot.yaml"),
};

const fn create_at(path: &'static str) -> Operation<Context> {
    Operation {
        function: CREATE_LEAD,
        method: Method::POST,
        path,
        handler: |context, request| Box::pin(create_lead::<PollyBot>(context, request)),
    }
}

const fn list_at(path: &'static str) -> Operation<Context> {
    Operation {
        function: "pollybot-list-leads",
        method: Method::GET,
        path,
        handler: |context, request| Box::pin(handle::<ListLeads>(context, request)),
    }
}

const fn update_at(path: &'static str) -> Operation<Context> {
    Operation {
        function: "pollybot-update-lead",
        method: Method::PUT,
        path,
        handler: |context, request| Box::pin(handle::<UpdateLead>(context, request)),
    }
}

const fn delete_at(path: &'static str) -> Operation<Context> {
    Operation {
        function: "pollybot-delete-lead",
        method: Method::DELETE,
        path,
        handler: |context, request| Box::pin(handle::<DeleteLead>(context, request)),
    }
}

const fn get_at(path: &'static str) -> Operation<Context> {
    Operation {
        function: "pollybot-get-lead",
        method: Method::GET,
        path,
        handler: |context, request| Box::pin(handle::<GetLead>(context, request)),
    }
}
