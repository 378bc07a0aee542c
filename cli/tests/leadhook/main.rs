//! The compiled `leadhook`, from outside.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

mod examples;
mod guard;
mod openapi;
mod operator;
mod readme;
mod serve;
mod server;
mod transcript;
