use crate::answer::reject;
use shared::{
    delivery::{Answer, Context, Endpoint, Rejection},
    model::Provider,
};

/// Integrabot's operations.
pub struct Integrabot;

impl Endpoint for Integrabot {
    const PROVIDER: Provider = Provider::Integrabot;
    type State = Context;

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
    }
}
