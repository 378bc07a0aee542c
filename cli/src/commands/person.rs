use operator::person::{read_email, read_phone};
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
