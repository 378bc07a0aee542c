//! HTTP/1.1 by hand, as much as two servers on the same machine need.

use std::io::{Read, Write};

pub(crate) struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl<S: Read + Write> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Sends a request and reads its answer. `head` has the request line and all headers except the
    /// length.
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) -> HttpAnswer {
        let mut request = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).unwrap();
        self.stream.flush().unwrap();
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.read();
        };
        let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
        let mut answer =
            HttpAnswer { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length: usize = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
        while self.buffer.len() < end + 4 + length {
            self.read();
        }
        answer.body = self.buffer[end + 4..end + 4 + length].to_vec();
        self.buffer.drain(..end + 4 + length);
        answer
    }

    fn read(&mut self) {
        let mut part = [0; 8_192];
        let count = self.stream.read(&mut part).unwrap();
        // The runtime ends the function when it is stopped.
        if count == 0 {
            std::process::exit(0);
        }
        self.buffer.extend_from_slice(&part[..count]);
    }
}

impl HttpAnswer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}
