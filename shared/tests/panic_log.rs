//! The log line of a panic. This test has its own process, because the hook is for the whole
//! process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use leadhook_shared::function::log_panics;
use std::{
    io::{self, Write},
    panic,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_one_line_that_names_its_place_and_not_its_message() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        log_panics();
        let name = "Maria Silva";
        let ended = panic::catch_unwind(|| panic!("{name} is not sound"));
        assert!(ended.is_err());
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("a panic") && log.contains("panic_log.rs:"), "{log}");
    assert!(!log.contains("Maria"), "{log}");
}
