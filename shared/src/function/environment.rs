use std::env;

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartUpError {
    /// A required environment variable is missing or empty.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
    /// An environment variable has a value that makes no sense.
    #[error("the environment variable {0} must be {1}")]
    BadVariable(&'static str, &'static str),
}

/// Where settings are read from. What the AWS SDK and `RUST_LOG` set is read by their own
/// libraries, from the process.
pub struct Environment(Box<dyn Fn(&'static str) -> Option<String> + Send + Sync>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::new(|name| env::var(name).ok())
    }

    /// An environment in which `read` finds the variables.
    pub fn new(read: impl Fn(&'static str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(read))
    }

    /// A variable that must be set.
    ///
    /// # Errors
    /// Where it is missing or empty.
    pub fn required(&self, name: &'static str) -> Result<String, StartUpError> {
        self.optional(name).ok_or(StartUpError::MissingVariable(name))
    }

    /// A variable that may be set; an empty one counts as none.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}
