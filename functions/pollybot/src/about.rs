use crate::{
    access::PollyBot,
    contract::{CHATBOT, JSON_DETAILS},
    lead_id::LEAD_ID,
};
use lambda_http::http::Method;
use shared::{
    delivery::{Context, create_lead, redeliver},
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

/// PollyBot's functions.
pub static API: Api<Context> = Api {
    operations: &[
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: "/pollybot/api/v1/chatbots/{chatbotId}/leads",
            handler: |context, request| Box::pin(create_lead::<PollyBot>(context, request)),
        },
        Operation {
            function: CREATE_LEAD,
            method: Method::POST,
            path: "/pollybot/api/v1/leads",
            handler: |context, request| Box::pin(create_lead::<PollyBot>(context, request)),
        },
    ],
    redeliver: |context, account, held, body| {
        Box::pin(redeliver::<PollyBot>(context, account, held, body))
    },
    document: include_str!("../../../docs/openapi/pollybot.yaml"),
};
