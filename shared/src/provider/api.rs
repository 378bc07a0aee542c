use crate::{
    delivery::{Context, Handled, OperatorUpdate},
    function::Handler,
    model::{Account, HeldDelivery, LeadId},
};
use lambda_http::http::Method;
use std::pin::Pin;

/// What a provider's functions serve. `S` is the state of their handlers.
pub struct Api<S: 'static> {
    /// Its operations.
    pub operations: &'static [Operation<S>],
    /// Redelivers a held delivery.
    pub redeliver: Redeliver,
    /// Updates a lead; none: the provider's leads are never updated.
    pub update: Option<Update>,
    /// The OpenAPI document, in YAML.
    pub document: &'static str,
}

/// A documented request: method, path and function.
pub struct Operation<S> {
    /// The function's name. Its binary and its folder in `events/` have the same name.
    pub function: &'static str,
    /// The method.
    pub method: Method,
    /// The path, in the syntax of API Gateway.
    pub path: &'static str,
    /// The function's handler.
    pub handler: Handler<S>,
}

/// Updates a lead of an account with a body, as the operator wants it.
pub type Update = for<'a> fn(
    &'a Context,
    &'a Account,
    LeadId,
    &'a [u8],
) -> Pin<Box<dyn Future<Output = OperatorUpdate> + Send + 'a>>;

/// Redelivers a held delivery of an account with another body.
pub type Redeliver = for<'a> fn(
    &'a Context,
    &'a Account,
    &'a HeldDelivery,
    &'a [u8],
) -> Pin<Box<dyn Future<Output = Handled> + Send + 'a>>;
