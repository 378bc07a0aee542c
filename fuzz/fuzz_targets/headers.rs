//! Any headers and path with a valid body, sent to each function in turn.
#![no_main]

use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use std::sync::LazyLock;
use tests::{Fuzzed, HeadersAndPath, SENDERS};

const NAMES: [&str; 6] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "x-api-key",
    "x-forwarded-for",
    "x-tenant",
];

static FUZZED: LazyLock<Fuzzed> = LazyLock::new(Fuzzed::start);

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Unstructured::new(bytes);
    let Ok((n, chatbot, headers)) = bytes.arbitrary::<(u8, Option<String>, Vec<(u8, String)>)>() else {
        return;
    };
    let header = |(name, value): (u8, String)| {
        // What HTTP forbids in a header never reaches a function.
        let value = value.chars().filter(|c| !c.is_control()).collect();
        (NAMES[usize::from(name) % NAMES.len()].to_owned(), value)
    };
    let sent = HeadersAndPath { headers: headers.into_iter().map(header).collect(), chatbot };
    FUZZED.check_headers_and_path(&SENDERS[usize::from(n) % SENDERS.len()], &sent).unwrap();
});
