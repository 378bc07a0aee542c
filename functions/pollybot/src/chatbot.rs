use crate::{access::PollyBot, answer::chatbot_not_found};
use serde_json::Value;
use shared::{
    account_request::AccountRequest,
    delivery::{Context, Endpoint, Rejection},
    model::Account,
};

/// The kind of a chatbot in the directory.
pub const CHATBOT: &str = "chatbot";

/// Refuses a chatbot that the workspace does not have.
///
/// # Errors
/// If it has none with this id, or if the table cannot be read.
pub(crate) async fn check_chatbot(
    context: &Context,
    account: &Account,
    id: Option<&str>,
) -> Result<(), Rejection> {
    let Some(id) = id else { return Ok(()) };
    match context.find_entry::<Value>(account, CHATBOT, id).await? {
        Some(_) => Ok(()),
        None => Err(chatbot_not_found().into()),
    }
}

/// The chatbot in the path of a request, which the workspace must have; `None` at the path without
/// one.
///
/// # Errors
/// Those of [`check_chatbot`].
pub(crate) async fn find_chatbot(
    request: &AccountRequest<'_>,
) -> Result<Option<String>, Rejection> {
    let chatbot = PollyBot::target(request.http);
    check_chatbot(request.context, request.account, chatbot.as_deref()).await?;
    Ok(chatbot)
}
