//! Tests that run the compiled `leadhook`.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]
#![expect(clippy::wildcard_enum_match_arm, reason = "any other case fails the test")]
#![expect(clippy::disallowed_methods, reason = "a test does not start from a snapshot")]

mod console;
mod data_folder;
mod examples;
mod guard;
mod openapi;
mod operator;
mod readme;
mod serve;
mod server;
mod transcript;
