//! A person's contacts, as an operator writes them.

use shared::model::{Email, Phone};

/// Reads an e-mail address.
///
/// # Errors
/// If it has no `@`.
pub fn read_email(text: &str) -> Result<Email, String> {
    let email = Email::new(text);
    let has_at = email.as_str().contains('@');
    if has_at { Ok(email) } else { Err("an e-mail address has an @".to_owned()) }
}

/// Reads a phone number.
///
/// # Errors
/// If it has no digit.
pub fn read_phone(text: &str) -> Result<Phone, String> {
    let phone = Phone::new(text);
    if phone.as_str().is_empty() { Err("a phone number has digits".to_owned()) } else { Ok(phone) }
}
