use super::{answer::Answer, context::Context, handled::DeliverySummary};
use crate::{
    model::{Account, HeldAnswer, HeldDelivery, HeldId, HeldReason},
    request::MAX_BODY_BYTES,
    table::StoreError,
};

/// The longest answer that is stored with a body, in bytes: both must fit into one item. An answer
/// may repeat what was sent.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

impl Context {
    /// Holds a delivery of `account`, and returns its id. The sender waits only a short time for it
    /// and does not see whether it worked: the delivery is not held if the table fails or is too
    /// slow, or if the account blocks a person whom the body names.
    pub(crate) async fn hold(
        &self,
        account: &Account,
        mut held: HeldDelivery,
        answer: &Answer,
        summary: &DeliverySummary,
    ) -> Option<HeldId> {
        if held.body.len() > MAX_BODY_BYTES {
            return None;
        }
        held.answer = stored_answer(answer);
        held.outcome = Some(summary.outcome);
        held.broken.clone_from(&summary.broken);
        let put = async {
            // The fields of other deliveries were read and compared with the blocks.
            if held.reason == HeldReason::Invalid
                && self.blocks.are_named_in(account, &held, held.received_at).await?
            {
                return Ok(false);
            }
            self.table.put_held(account, &held).await?;
            Ok::<_, StoreError>(true)
        };
        match tokio::time::timeout(self.timeouts.hold, put).await {
            Ok(Ok(true)) => return Some(held.id),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a delivery could not be held"),
            Err(_) => tracing::warn!(error = "timeout", "a delivery could not be held"),
        }
        None
    }
}

/// The answer to store; none if it is too long.
fn stored_answer(answer: &Answer) -> Option<HeldAnswer> {
    let (status, body) = (answer.status().as_u16(), answer.body());
    (body.len() <= MAX_ANSWER_BYTES).then(|| HeldAnswer { status, body: body.clone() })
}
