use crate::answer::reject;
use shared::{
    delivery::{Answer, Context, Endpoint, Rejection},
    model::Provider,
};

/// RD Station Mentoria's operations.
pub struct RdStation;

impl Endpoint for RdStation {
    const PROVIDER: Provider = Provider::RdStation;
    type State = Context;

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
    }
}
