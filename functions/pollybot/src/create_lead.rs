use crate::answer::answer;
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    Account, Claims, Context, EntryKey, Fields, Lead, LeadId, NewLead, Outcome, Provider, RawJson,
    Rejection, Standing, TokenHash, Violation, bearer_token, read_body, rules, telemetry,
};
use std::time::Instant;

/// The kind of a chatbot in the directory of a workspace.
pub const CHATBOT: &str = "chatbot";

/// Where a lead may stand. The first is the default.
const STATUSES: [&str; 6] = ["new", "contacted", "qualified", "converted", "lost", "follow_up"];

/// Why PollyBot refuses a delivery.
pub(crate) enum Refusal {
    /// For a reason any provider may have.
    Rejected(Rejection),
    /// The chatbot in the path is none of the workspace's.
    ChatbotNotFound,
    /// The workspace has a lead with this e-mail.
    DuplicateEmail { email: String, existing: LeadId, replayed: bool },
}

/// Answers a request to `POST /api/v1/chatbots/{chatbotId}/leads`, or to its alias
/// `POST /api/v1/leads`, which the provider's own samples use.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let started = Instant::now();
    let result = context.in_time(accept(context, request)).await;
    let outcome = result.as_ref().map_or_else(Refusal::as_str, Outcome::as_str);
    telemetry::log_delivery(Provider::PollyBot, request, outcome, started);
    answer(result)
}

async fn accept(context: &Context, request: &Request) -> Result<Outcome<Details>, Refusal> {
    let Context { table, api_keys, sources, .. } = context;
    let now = sources.now();
    let token = TokenHash::of(bearer_token(request.headers())?);
    let account = api_keys.authenticate(Provider::PollyBot, token, now).await?.account;
    let chatbot_id = find_chatbot(context, request, &account, now).await?;
    let lead = CreateLead::read(read_body(request)?)?;
    let email = lead.email.clone();
    let claims = Claims::of_delivery(request, now)?.email(&Some(email.clone()));
    let lead = lead.into_lead(sources.draw_lead_id(now), now, account.id.clone(), chatbot_id);
    let outcome = table.create_lead(NewLead { account, claims, lead }, sources).await?;
    match outcome.standing {
        Standing::New => Ok(outcome),
        Standing::Known => {
            let Outcome { replayed, lead, .. } = outcome;
            Err(Refusal::DuplicateEmail { email, existing: lead.id, replayed })
        }
    }
}

/// The chatbot the path names, where it names one.
async fn find_chatbot(
    context: &Context,
    request: &Request,
    account: &Account,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let Some(id) = request.path_parameters().first("chatbotId").map(str::to_owned) else {
        return Ok(None);
    };
    let key = EntryKey::new(CHATBOT, &id);
    let entries = context.directory.find(account, vec![key.clone()], now).await?;
    match entries.get::<Value>(&key)? {
        Some(_) => Ok(Some(id)),
        None => Err(Refusal::ChatbotNotFound),
    }
}

/// The request body. Unknown members are ignored.
struct CreateLead {
    name: String,
    email: String,
    phone: Option<String>,
    source: Option<String>,
    status: Option<&'static str>,
    metadata: Option<RawJson>,
}

/// What PollyBot knows of a lead and others do not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) workspace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chatbot_id: Option<String>,
    pub(crate) metadata: RawJson,
}

impl CreateLead {
    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            name: body.required_string("name", &[]),
            email: body.required_string("email", &[rules::email]),
            phone: body.string("phone", &[]),
            source: body.string("source", &[]),
            status: body.choice("status", &STATUSES),
            metadata: body.object("metadata"),
        };
        body.finish(lead)
    }

    fn into_lead(
        self,
        id: LeadId,
        created_at: Timestamp,
        workspace_id: String,
        chatbot_id: Option<String>,
    ) -> Lead<Details> {
        let metadata = self.metadata.unwrap_or_else(RawJson::empty_object);
        Lead {
            id,
            created_at,
            name: Some(self.name),
            email: Some(self.email),
            phone: self.phone,
            source: self.source,
            status: Some(self.status.unwrap_or(STATUSES[0]).to_owned()),
            details: Details { workspace_id, chatbot_id, metadata },
        }
    }
}

impl Refusal {
    /// The reason's name in logs.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.as_str(),
            Self::ChatbotNotFound => "chatbot_not_found",
            Self::DuplicateEmail { .. } => "existing",
        }
    }
}

impl<R: Into<Rejection>> From<R> for Refusal {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection.into())
    }
}
