use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A fault of a request to the table, or of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The table runs the request, but the answer never arrives.
    AnswerLost,
    /// The request never arrives.
    RequestLost,
    /// The answer comes after this time.
    Delayed(Duration),
    /// Like `AnswerLost`, and the table forgets the client request token, as the embedded one does
    /// after a restart. Only the table of the simulation can do so.
    AnswerAndTokenLost,
    /// The table does nothing and answers that there was a conflict.
    Conflict,
    /// The table does nothing, and answers that it is busy.
    Throttled,
    /// The table does nothing, and answers that it failed.
    Failed,
}

impl Fault {
    /// The answer of a table that does nothing.
    pub fn refusal(self, operation: &str) -> Option<(StatusCode, Value)> {
        let error =
            |name: &str| json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}") });
        match (self, operation) {
            (Self::Conflict, "TransactWriteItems") => {
                let mut canceled = error("TransactionCanceledException");
                canceled["CancellationReasons"] =
                    json!([{ "Code": "None" }, { "Code": "TransactionConflict" }]);
                Some((StatusCode::BAD_REQUEST, canceled))
            }
            (Self::Conflict, "PutItem" | "UpdateItem" | "DeleteItem") => {
                Some((StatusCode::BAD_REQUEST, error("TransactionConflictException")))
            }
            (Self::Conflict | Self::Throttled, _) => {
                Some((StatusCode::BAD_REQUEST, error("ThrottlingException")))
            }
            (Self::Failed, _) => {
                Some((StatusCode::INTERNAL_SERVER_ERROR, error("InternalServerError")))
            }
            (
                Self::AnswerLost | Self::AnswerAndTokenLost | Self::RequestLost | Self::Delayed(_),
                _,
            ) => None,
        }
    }
}
