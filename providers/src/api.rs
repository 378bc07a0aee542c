use crate::app::App;
use lambda_http::http::Method;
use shared::{
    delivery::Handled,
    provider::{Api, Operation, Redeliver, Update},
    request::Request,
};
use std::pin::Pin;

/// What the functions of a provider serve, whatever the state of their handlers is.
pub(crate) struct AnyApi {
    pub(crate) routes: Vec<Route>,
    pub(crate) redeliver: Redeliver,
    pub(crate) update: Option<Update>,
    pub(crate) document: &'static str,
}

impl AnyApi {
    pub(crate) fn of<S: Sync + 'static>(api: &'static Api<S>) -> Self
    where
        App: AsRef<S>,
    {
        let route = |operation: &'static Operation<S>| Route {
            function: operation.function,
            method: &operation.method,
            path: operation.path,
            operation,
        };
        let routes = api.operations.iter().map(route).collect();
        let Api { redeliver, update, document, .. } = *api;
        Self { routes, redeliver, update, document }
    }
}

/// A route of the API and the function behind it.
#[derive(Clone, Copy)]
pub struct Route {
    /// The function's name. Its binary and its folder in `events/` have the same name.
    pub function: &'static str,
    /// The method.
    pub method: &'static Method,
    /// The path, in the syntax of API Gateway.
    pub path: &'static str,
    operation: &'static (dyn Handle + Sync),
}

impl Route {
    /// Its method and path, as API Gateway names it.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Answers a request.
    pub async fn handle(&self, app: &App, request: &Request) -> Handled {
        self.operation.handle(app, request).await
    }
}

/// An operation, whatever the state of its handler is.
trait Handle {
    fn handle<'a>(
        &self,
        app: &'a App,
        request: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Handled> + Send + 'a>>;
}

impl<S: 'static> Handle for Operation<S>
where
    App: AsRef<S>,
{
    fn handle<'a>(
        &self,
        app: &'a App,
        request: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Handled> + Send + 'a>> {
        (self.handler)(app.as_ref(), request)
    }
}
