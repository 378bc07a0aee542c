use crate::{access::PollyBot, chatbot::check_chatbot, lead_id::LEAD_ID};
use lambda_http::http::StatusCode;
use serde_json::json;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Endpoint, Rejection, json_answer},
    model::{OutcomeName, Scope},
};

/// `DELETE /api/v1/chatbots/{chatbotId}/leads/{leadId}` and `DELETE /api/v1/leads/{leadId}`.
pub struct DeleteLead;

impl AccountOperation for DeleteLead {
    type Endpoint = PollyBot;
    const SCOPE: Scope = Scope::Write;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "lead_deleted", words: "lead deleted" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let chatbot = PollyBot::target(request.http);
        check_chatbot(request.context, request.account, chatbot.as_deref()).await?;
        let id = request.http.path_value("leadId", "leads");
        let id = request.delete_lead(id.and_then(|id| LEAD_ID.read(&id))).await?;
        let deleted_at = format!("{:.3}", request.context.system.now());
        let body = json!({
            "success": true,
            "message": "Lead deleted successfully",
            "data": { "id": LEAD_ID.write(id), "deletedAt": deleted_at },
        });
        Ok(json_answer(StatusCode::OK, &body))
    }
}
