//! Serves the console: beside the API in `leadhook serve`, alone in `leadhook console`.

use crate::terminal::say;
use console::{Console, START_PATH, Sessions, routes};
use shared::model::ClockAndRandom;
use std::{net::SocketAddr, sync::Arc};

/// Who may use a console at this address. Each used address is replaced by a new one, which the
/// terminal shows.
pub(crate) fn sessions(address: SocketAddr) -> Sessions {
    let announce = move |token: &str| {
        say(&format!("the console was opened; to open it again: {}\n", start(address, token)));
    };
    Sessions::new(ClockAndRandom::system(), address.port(), announce)
}

/// The routes of a console, and the one-time address that opens it.
pub(crate) fn open(console: Console, address: SocketAddr) -> (axum::Router, String) {
    let link = start(address, &console.sessions.random_token());
    (routes(Arc::new(console)), link)
}

fn start(address: SocketAddr, token: &str) -> String {
    format!("http://{address}{START_PATH}?token={token}")
}
