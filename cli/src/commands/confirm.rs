use super::failure::Failure;
use crate::terminal::{can_ask, is_confirmed};

/// Asks a question. `nothing` says what a no means.
pub(super) fn confirm(question: &str, nothing: &str) -> Result<(), Failure> {
    if !can_ask() {
        let text = format!("{nothing}: no terminal to ask on ({question}): confirm with --yes");
        return Err(Failure::Input(text));
    }
    if is_confirmed(question)? { Ok(()) } else { Err(Failure::Failed(nothing.to_owned())) }
}
