use crate::app::App;
use shared::{
    delivery::Handled,
    model::Provider,
    provider::{Api, Operation, Redeliver},
    request::Request,
};
use std::{pin::Pin, sync::LazyLock};

/// The functions of every provider, in the order of [`Provider::ALL`].
static APIS: LazyLock<[AnyApi; Provider::ALL.len()]> = LazyLock::new(|| {
    [
        AnyApi::of(&integrabot::API),
        AnyApi::of(&rdstation::API),
        AnyApi::of(&pollybot::API),
        AnyApi::of(&keyspot::API),
        AnyApi::of(&flextell::API),
    ]
});

/// Every route of the API, by provider.
pub static ROUTES: LazyLock<Vec<Route>> =
    LazyLock::new(|| APIS.iter().flat_map(|api| api.routes.clone()).collect());

/// What the functions of a provider serve, whatever the state of their handlers is.
pub(crate) struct AnyApi {
    routes: Vec<Route>,
    pub(crate) redeliver: Redeliver,
    pub(crate) document: &'static str,
}

impl AnyApi {
    fn of<S: Sync + 'static>(api: &'static Api<S>) -> Self
    where
        App: AsRef<S>,
    {
        let route = |operation: &'static Operation<S>| Route {
            function: operation.function,
            path: operation.path,
            operation,
        };
        let routes = api.operations.iter().map(route).collect();
        Self { routes, redeliver: api.redeliver, document: api.document }
    }

    /// The functions of a provider.
    pub(crate) fn get(provider: Provider) -> &'static Self {
        &APIS[provider as usize]
    }
}

/// A route of the API and the function behind it.
#[derive(Clone, Copy)]
pub struct Route {
    /// The function's name. Its binary and its folder in `events/` have the same name.
    pub function: &'static str,
    /// The path, in the syntax of API Gateway. The method is always POST.
    pub path: &'static str,
    operation: &'static (dyn Handle + Sync),
}

impl Route {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_serves_its_own_paths() {
        for provider in Provider::ALL {
            let routes = &AnyApi::get(provider).routes;
            let prefix = format!("/{}/", provider.as_str());
            assert!(!routes.is_empty() && routes.iter().all(|r| r.path.starts_with(&prefix)));
        }
    }
}
