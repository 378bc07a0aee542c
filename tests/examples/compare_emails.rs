//! Reads e-mail addresses, a JSON string a line, and prints the form of each that is compared.
//! `tests/contacts/run.sh` compares it with another implementation.
#![expect(clippy::unwrap_used, reason = "a comparison that cannot go on should stop")]

use shared::model::Email;
use std::io::{BufRead, stdin};

fn main() {
    for line in stdin().lock().lines() {
        let text: String = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", serde_json::to_string(Email::new(&text).as_str()).unwrap());
    }
}
