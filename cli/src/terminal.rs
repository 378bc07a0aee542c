//! Standard output: a terminal, or a pipe or a file.
//!
//! On a terminal, control characters in the data, and characters that change the reading direction,
//! are escaped. In a pipe or a file, every byte is as in the table.

use anstream::{AutoStream, ColorChoice};
use std::{
    borrow::Cow,
    io::{self, BufRead, IsTerminal, Stdout, Write, stdout},
};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The width of a table if the terminal's width is unknown.
const DEFAULT_WIDTH: usize = 80;

/// How control characters are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `\u{1b}`
    Text,
    /// `\u001b`, which JSON readers read as the character
    Json,
}

pub(crate) fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// Prints to standard output. It is not an error if the output is closed.
pub(crate) fn say(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}

pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks a question on standard error, because a program may read the output. False for any answer
/// but yes.
pub(crate) fn is_confirmed(question: &str) -> Result<bool, io::Error> {
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.or(columns).filter(|width| *width > 0).unwrap_or(DEFAULT_WIDTH)
}

/// A text in bold letters, if standard output supports them.
pub(crate) fn bold(text: &str) -> String {
    match AutoStream::choice(&stdout()) {
        ColorChoice::Never => text.to_owned(),
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => {
            format!("\x1b[1m{text}\x1b[0m")
        }
    }
}

/// A text on one line for people: control characters are escaped.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escape(text, Escapes::Text, |c| acts(c) || c == '\n')
}

/// Standard output for data.
pub(crate) fn data_out(escapes: Escapes) -> DataOut<Stdout> {
    DataOut::new(stdout(), is_terminal().then_some(escapes))
}

/// Writes data. On a terminal it writes whole lines and escapes control characters.
pub(crate) struct DataOut<W: Write> {
    out: io::BufWriter<W>,
    escapes: Option<Escapes>,
    line: Vec<u8>,
}

impl<W: Write> DataOut<W> {
    fn new(out: W, escapes: Option<Escapes>) -> Self {
        Self { out: io::BufWriter::new(out), escapes, line: Vec::new() }
    }
}

impl<W: Write> Write for DataOut<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(escapes) = self.escapes else { return self.out.write(bytes) };
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.line.split_off(end + 1);
            let lines = std::mem::replace(&mut self.line, rest);
            let lines = String::from_utf8_lossy(&lines);
            self.out.write_all(escape(&lines, escapes, acts).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(escapes) = self.escapes {
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            self.out.write_all(escape(&line, escapes, acts).as_bytes())?;
        }
        self.out.flush()
    }
}

/// Whether a character controls a terminal, is invisible, or changes the reading direction. A line
/// feed does not count.
fn acts(c: char) -> bool {
    match c.general_category() {
        GeneralCategory::Control => c != '\n',
        GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => true,
        _ => false,
    }
}

fn escape(text: &str, escapes: Escapes, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match (acts(c), escapes) {
            (false, _) => escaped.push(c),
            (true, Escapes::Text) => escaped.extend(c.escape_unicode()),
            (true, Escapes::Json) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters that senders may use to control a terminal.
    const ACTING: [char; 12] = [
        '\u{1b}',
        '\u{7f}',
        '\u{9b}',
        '\r',
        '\t',
        '\u{202e}',
        '\u{2066}',
        '\u{2028}',
        '\u{200b}',
        '\u{feff}',
        '\u{e0041}',
        '\u{ad}',
    ];

    fn write(escapes: Option<Escapes>, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = DataOut::new(Vec::new(), escapes);
        for part in parts {
            out.write_all(part).unwrap();
        }
        out.flush().unwrap();
        out.out.into_inner().unwrap()
    }

    #[test]
    fn in_a_pipe_no_byte_is_changed() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(write(None, &[&bytes]), bytes);
    }

    #[test]
    fn on_a_terminal_only_control_characters_are_escaped() {
        let harmless = "João <b>\"x\"</b> 名前 é 👍\n";
        assert_eq!(write(Some(Escapes::Text), &[harmless.as_bytes()]), harmless.as_bytes());
        for c in ACTING {
            let text = format!("a{c}b\n");
            let shown = write(Some(Escapes::Text), &[text.as_bytes()]);
            let expected = format!("a{}b\n", c.escape_unicode());
            assert_eq!(String::from_utf8(shown).unwrap(), expected);
            assert_eq!(visible(&text), format!("a{}b\\u{{a}}", c.escape_unicode()));
            let json = serde_json::to_string(&text).unwrap();
            let shown = write(Some(Escapes::Json), &[json.as_bytes()]);
            assert_eq!(serde_json::from_slice::<String>(&shown).unwrap(), text, "{c:?}");
            assert!(!String::from_utf8(shown).unwrap().contains(c), "{c:?}");
        }
    }

    #[test]
    fn a_character_that_is_written_in_two_parts_is_one() {
        let [first, second] = "é".as_bytes() else { panic!("two bytes") };
        let shown = write(Some(Escapes::Text), &[b"caf", &[*first], &[*second], b"\n"]);
        assert_eq!(shown, "café\n".as_bytes());
    }
}
