use keyspot::{Keyspot, SigningSecret};
use shared::delivery::Context;
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

impl AsRef<Context> for App {
    fn as_ref(&self) -> &Context {
        &self.context
    }
}

impl AsRef<Keyspot> for App {
    fn as_ref(&self) -> &Keyspot {
        &self.keyspot
    }
}
