use std::env;

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartUpError {
    /// A required environment variable is missing or empty.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
    /// An environment variable has an invalid value.
    #[error("the environment variable {0} must be {1}")]
    BadVariable(&'static str, &'static str),
    /// A secret that an environment variable names cannot be used, with the reason.
    #[error("the secret that {0} names cannot be used: {1}")]
    BadSecret(&'static str, String),
}

/// The environment variables. The AWS SDK reads its own directly from the process.
pub struct Environment(Box<dyn Fn(&'static str) -> Option<String> + Send + Sync>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::new(|name| env::var(name).ok())
    }

    /// An environment whose variables `read` returns.
    pub fn new(read: impl Fn(&'static str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(read))
    }

    /// A variable that must be set.
    ///
    /// # Errors
    /// If the variable is missing or empty.
    pub fn required(&self, name: &'static str) -> Result<String, StartUpError> {
        self.optional(name).ok_or(StartUpError::MissingVariable(name))
    }

    /// A variable that may be set. An empty one counts as not set.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}
