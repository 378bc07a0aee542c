//! Fields that are written as text, as those of a query are.

use super::{fields::Fields, violation::Rule};
use jiff::{Timestamp, civil::Date};

impl Fields<'_> {
    /// A whole number from 1 on that is written as text, as in a query. Empty text counts as
    /// missing.
    pub fn number_text(&mut self, name: &'static str, max: Option<u64>) -> Option<u64> {
        let text = self.formatted_string(name, &[])?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        // A number beyond 64 bits is a number all the same.
        let number = is_number.then(|| text.parse().unwrap_or(u64::MAX));
        let number = number.filter(|number| *number > 0 && max.is_none_or(|max| *number <= max));
        if number.is_none() {
            self.note(name, Rule::Range { max });
        }
        number
    }

    /// A flag that is written as text, as in a query. Empty text counts as missing.
    pub fn flag_text(&mut self, name: &'static str) -> Option<bool> {
        let flag = self.choice(name, &["true", "false", "1", "0"])?;
        Some(flag == "true" || flag == "1")
    }

    /// A date, as 2027-01-31. Null and empty text count as missing.
    pub fn date(&mut self, name: &'static str) -> Option<Date> {
        let text = self.formatted_string(name, &[])?;
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        if date.is_none() {
            self.note(name, Rule::Date);
        }
        date
    }

    /// A time with its zone, as 2027-01-31T10:30:00Z. Null and empty text count as missing.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let text = self.formatted_string(name, &[])?;
        let time = text.parse().ok();
        if time.is_none() {
            self.note(name, Rule::Time);
        }
        time
    }
}
