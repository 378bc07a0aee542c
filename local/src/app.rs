use flextell::Flextell;
use integrabot::Integrabot;
use keyspot::{Keyspot, SigningSecret, issue_token};
use pollybot::PollyBot;
use rdstation::RdStation;
use shared::{
    delivery::{Context, create_lead},
    function::Handler,
};
use std::sync::Arc;

/// The state of all functions in one process.
pub struct App {
    /// The context of every function.
    pub context: Arc<Context>,
    /// The state of Keyspot's functions.
    pub keyspot: Keyspot,
}

impl App {
    /// An app with one context.
    pub fn new(context: Context, signing_secret: SigningSecret) -> Self {
        let context = Arc::new(context);
        let keyspot = Keyspot { context: Arc::clone(&context), signing_secret };
        Self { context, keyspot }
    }
}

/// A route of the API and the function behind it.
pub struct Route {
    /// The function's name. Its binary and its folder in `events/` have the same name.
    pub function: &'static str,
    /// The path, in the syntax of API Gateway. The method is always POST.
    pub path: &'static str,
    /// The function's handler.
    pub handler: Handler<App>,
}

/// Every route of the API, by function.
pub const ROUTES: [Route; 7] = [
    Route {
        function: "integrabot-create-lead",
        path: "/integrabot/v1/leads",
        handler: |app, request| Box::pin(create_lead::<Integrabot>(&app.context, request)),
    },
    Route {
        function: "rdstation-create-lead",
        path: "/rdstation/rest/leads",
        handler: |app, request| Box::pin(create_lead::<RdStation>(&app.context, request)),
    },
    Route {
        function: "pollybot-create-lead",
        path: "/pollybot/api/v1/chatbots/{chatbotId}/leads",
        handler: |app, request| Box::pin(create_lead::<PollyBot>(&app.context, request)),
    },
    Route {
        function: "pollybot-create-lead",
        path: "/pollybot/api/v1/leads",
        handler: |app, request| Box::pin(create_lead::<PollyBot>(&app.context, request)),
    },
    Route {
        function: "keyspot-issue-token",
        path: "/keyspot/v1/auth/token",
        handler: |app, request| Box::pin(issue_token(&app.keyspot, request)),
    },
    Route {
        function: "keyspot-create-lead",
        path: "/keyspot/v1/leads",
        handler: |app, request| Box::pin(create_lead::<Keyspot>(&app.keyspot, request)),
    },
    Route {
        function: "flextell-create-lead",
        path: "/flextell/api/v1/leads",
        handler: |app, request| Box::pin(create_lead::<Flextell>(&app.context, request)),
    },
];
