//! Finding a person in what others wrote, by the contacts that tell one from another.
//!
//! Everything a text says is searched: the strings of JSON, whole or cut off, and each text in
//! every way it may be encoded. A contact is found where it stands whole, so that finding it is
//! no guess: an address is no part of a longer one, a number no part of one.

mod decode;
mod emails;
mod json;
mod numbers;

use crate::model::{Contact, Email, HeldDelivery, Phone, StoredLead};
use json::{each_piece, is_json};
use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    ops::ControlFlow::{self, Break, Continue},
};

/// How many places of one item are told.
const MOST_PLACES: usize = 8;
/// How many names of one place are told, and how many characters of each.
const MOST_NAMES: usize = 4;
const LONGEST_NAME: usize = 40;
/// The digits of the longest number there is (E.164), looked for in a text that may hold any.
const LONGEST_NUMBER: usize = 15;
/// How many contacts of one delivery are looked at.
const MOST_CONTACTS: usize = 2_000;

/// A person, by every address and number of theirs that is known.
pub struct Person {
    emails: Vec<Email>,
    phones: Vec<Phone>,
}

/// What takes a text, with the place it stands in.
type TakeText<'t> = dyn FnMut(&Place<'_>, &str) -> ControlFlow<()> + 't;

impl Person {
    /// The person who has these.
    pub fn new(emails: Vec<Email>, phones: Vec<Phone>) -> Self {
        Self { emails, phones }
    }

    /// What the person is blocked by, each contact once.
    pub fn contacts(&self) -> HashSet<Contact> {
        let emails = self.emails.iter().cloned().map(Contact::from);
        emails.chain(self.phones.iter().cloned().map(Contact::from)).collect()
    }

    /// Where the person stands in a lead: the names of its attributes, and of members inside
    /// them; none where it is not this person's.
    pub fn places_in_lead(&self, lead: &StoredLead) -> Vec<String> {
        self.places(|take| each_text_of_lead(lead, take))
    }

    /// Where the person stands in a held delivery: the names of members, `body` where there are
    /// none, or `chatbot`.
    pub fn places_in_held(&self, held: &HeldDelivery) -> Vec<String> {
        self.places(|take| each_text_of_held(held, take))
    }

    fn places(&self, each_text: impl FnOnce(&mut TakeText<'_>) -> ControlFlow<()>) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        let _ = each_text(&mut |place, text| {
            if self.is_in(text) {
                let place = place.to_string();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            if places.len() < MOST_PLACES { Continue(()) } else { Break(()) }
        });
        places
    }

    fn is_in(&self, text: &str) -> bool {
        self.has_email_in(text) || self.has_phone_in(text)
    }

    fn has_email_in(&self, text: &str) -> bool {
        if self.emails.is_empty() || !text.contains('@') {
            return false;
        }
        let text = text.to_lowercase();
        self.emails.iter().any(|email| emails::has(&text, email.as_str()))
    }

    fn has_phone_in(&self, text: &str) -> bool {
        let Some(longest) = self.phones.iter().map(|phone| phone.as_str().len()).max() else {
            return false;
        };
        let mut take = |number: &str| {
            let is_theirs = self.phones.iter().any(|phone| phone.as_str() == number);
            if is_theirs { Break(()) } else { Continue(()) }
        };
        numbers::each(text, longest, &mut take).is_break()
    }
}

/// The contacts that something may hold, however it is written: whoever is found in it is
/// blocked by one of them.
pub(crate) struct Contacts {
    pub(crate) found: HashSet<Contact>,
    /// Whether that is all of them: only so many are looked at.
    pub(crate) are_all: bool,
}

/// The contacts that a text may hold.
pub(crate) fn contacts_in(text: &str) -> Contacts {
    contacts(|take| each_text(&Place::of(&[]), text, take))
}

/// The contacts that a delivery may hold.
pub(crate) fn contacts_in_held(held: &HeldDelivery) -> Contacts {
    contacts(|take| each_text_of_held(held, take))
}

fn contacts(each_text: impl FnOnce(&mut TakeText<'_>) -> ControlFlow<()>) -> Contacts {
    let (mut found, mut seen) = (HashSet::new(), 0);
    let mut take = |contact| {
        seen += 1;
        found.insert(contact);
        if seen < MOST_CONTACTS { Continue(()) } else { Break(()) }
    };
    let done = each_text(&mut |_, text| {
        emails::each(&text.to_lowercase(), &mut |email| take(Contact::email(email)))?;
        numbers::each(text, LONGEST_NUMBER, &mut |number| take(Contact::phone(number)))
    });
    Contacts { found, are_all: done.is_continue() }
}

fn each_text_of_lead(lead: &StoredLead, take: &mut TakeText<'_>) -> ControlFlow<()> {
    let StoredLead { id: _, created_at: _, name, email, phone, source, status, details } = lead;
    let own = [
        ("name", name),
        ("email", email),
        ("phone", phone),
        ("source", source),
        ("status", status),
    ];
    for (name, text) in own {
        if let Some(text) = text {
            each_text(&Place::of(&[name.into()]), text, take)?;
        }
    }
    for (name, value) in details {
        let text = value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed);
        each_text(&Place::of(&["details".into(), name.into()]), &text, take)?;
    }
    Continue(())
}

fn each_text_of_held(held: &HeldDelivery, take: &mut TakeText<'_>) -> ControlFlow<()> {
    for text in decode::texts(&held.body) {
        each_text(&Place::of(&[]), &text, take)?;
    }
    let target = held.target.as_deref().unwrap_or_default();
    each_text(&Place::of(&["chatbot".into()]), target, take)
}

/// Hands on each text inside a text, in every way it can be read.
fn each_text(place: &Place<'_>, text: &str, take: &mut TakeText<'_>) -> ControlFlow<()> {
    if !is_json(text) {
        return decode::each_reading(text, &mut |reading| take(place, reading));
    }
    each_piece(text, &mut |names, piece| {
        each_text(&Place { names, inside: Some(place) }, piece, take)
    })
}

/// Where a text stands: the names of members, inside of another place where JSON holds JSON as
/// text.
struct Place<'a> {
    names: &'a [Cow<'a, str>],
    inside: Option<&'a Place<'a>>,
}

impl<'a> Place<'a> {
    fn of(names: &'a [Cow<'a, str>]) -> Self {
        Self { names, inside: None }
    }

    fn names(&self) -> Vec<&str> {
        let mut names = self.inside.map(Self::names).unwrap_or_default();
        // The items of a list have none.
        let own = self.names.iter().map(AsRef::as_ref).filter(|name: &&str| !name.is_empty());
        names.extend(own.take(MOST_NAMES - names.len()));
        names
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names().into_iter();
        let names: Vec<_> = names.map(|name| format!("{name:.LONGEST_NAME$}")).collect();
        f.write_str(if names.is_empty() { "body" } else { "" })?;
        f.write_str(&names.join("."))
    }
}

#[cfg(test)]
mod tests;
