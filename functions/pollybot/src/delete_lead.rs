use crate::{
    access::PollyBot,
    chatbot::find_chatbot,
    lead_id::{LEAD_ID, read_lead_id},
};
use lambda_http::http::StatusCode;
use serde_json::json;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
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
        find_chatbot(request).await?;
        let id = request.delete_lead(read_lead_id(request.http)).await?;
        let deleted_at = format!("{:.3}", request.context.system.now());
        let body = json!({
            "success": true,
            "message": "Lead deleted successfully",
            "data": { "id": LEAD_ID.write(id), "deletedAt": deleted_at },
        });
        Ok(json_answer(StatusCode::OK, &body))
    }
}
