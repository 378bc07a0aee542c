use shared::{
    model::{Email, Phone},
    person_search::Person,
};

/// A person, by e-mail addresses and phone numbers.
#[derive(clap::Args)]
pub(super) struct PersonOptions {
    /// An e-mail address of the person, compared in lower case; may be given several times
    #[arg(
        long = "email", value_name = "EMAIL", required_unless_present = "phones",
        value_parser = read_email,
    )]
    emails: Vec<Email>,
    /// A phone number of the person, compared by its digits; may be given several times
    #[arg(long = "phone", value_name = "PHONE", value_parser = read_phone)]
    phones: Vec<Phone>,
}

impl PersonOptions {
    pub(super) fn person(&self) -> Person {
        Person::new(self.emails.clone(), self.phones.clone())
    }
}

fn read_email(text: &str) -> Result<Email, String> {
    let email = Email::new(text);
    let has_at = email.as_str().contains('@');
    if has_at { Ok(email) } else { Err("an e-mail address has an @".to_owned()) }
}

fn read_phone(text: &str) -> Result<Phone, String> {
    let phone = Phone::new(text);
    if phone.as_str().is_empty() { Err("a phone number has digits".to_owned()) } else { Ok(phone) }
}
