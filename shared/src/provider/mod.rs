//! What a provider's package says about itself, so that all other code takes it from one place.

mod about;
mod api;
mod kinds;

pub use about::{About, Demo, DemoEntry, Sample, Token, TokenForm};
pub use api::{Api, Operation, Redeliver, Update};
pub use kinds::{DEFAULT, Field, Kind, flag, number, optional, text};
