use crate::{
    delivery::{Context, Handled},
    function::Handler,
    model::{Account, HeldDelivery},
};
use lambda_http::http::Method;
use std::pin::Pin;

/// What a provider's functions serve. `S` is the state of their handlers.
pub struct Api<S: 'static> {
    /// Its operations.
    pub operations: &'static [Operation<S>],
    /// Redelivers a held delivery.
    pub redeliver: Redeliver,
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

/// Redelivers a held delivery of an account with another body.
pub type Redeliver = for<'a> fn(
    &'a Context,
    &'a Account,
    &'a HeldDelivery,
    &'a [u8],
) -> Pin<Box<dyn Future<Output = Handled> + Send + 'a>>;
