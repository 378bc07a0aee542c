//! Leads: the list, one lead, the chart, and exports.

mod days;
mod export;
mod filter;
mod list;
mod one;

pub(crate) use days::days;
pub(crate) use export::export;
pub(crate) use list::list;
pub(crate) use one::{get, one};
