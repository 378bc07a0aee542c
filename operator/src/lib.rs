//! What an operator does with a table. The commands and the console both call this, so that neither
//! has its own way to create a key or to erase a person.

pub mod destinations;
pub mod erase;
mod failure;
pub mod keys;
pub mod leads;
pub mod person;
pub mod readings;
pub mod replay;
pub mod settings;
pub mod shapes;
pub mod silence;
pub mod times;
pub mod write_leads;

pub use failure::Failure;
