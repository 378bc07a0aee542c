//! Any body, sent to `flextell-create-lead`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tests::{Fuzzed, SENDERS};

static FUZZED: LazyLock<Fuzzed> = LazyLock::new(Fuzzed::start);

fuzz_target!(|body: &[u8]| FUZZED.check_body(&SENDERS[4], body).unwrap());
