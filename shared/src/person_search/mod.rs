//! Finds a person in leads and held deliveries, by e-mail address and phone number.
//!
//! The search covers all strings of JSON, even of broken JSON, and each text in every encoding that
//! it may have. Only a whole contact counts: a part of a longer address or of a longer number is
//! another person's.

mod decode;
mod emails;
mod json;
mod numbers;

use crate::model::{Contact, Email, HeldDelivery, Phone, StoredLead, fold_text};
use json::{Names, each_piece, is_json};
use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    ops::ControlFlow::{self, Break, Continue},
};

/// How many places of one item are reported.
const MOST_PLACES: usize = 8;
/// How many names of one place are reported, and how many characters of each.
const MOST_NAMES: usize = 4;
const LONGEST_NAME: usize = 40;
/// The digits of the longest phone number (E.164).
const LONGEST_NUMBER: usize = 15;
/// How many times JSON as text inside of JSON is read as JSON. Without an end, such a text of n
/// bytes can contain as many others as the square root of n.
const MOST_TEXTS: usize = 8;
/// How many contacts of one delivery are read.
const MOST_CONTACTS: usize = 2_000;

/// A person: all known e-mail addresses and phone numbers.
#[derive(Clone)]
pub struct Person {
    emails: Vec<Email>,
    writings: Vec<String>,
    phones: Vec<Phone>,
}

/// A function that takes a text and its place.
type TakeText<'t> = dyn FnMut(&Place<'_>, &str) -> ControlFlow<()> + 't;

impl Person {
    /// The person with these contacts.
    pub fn new(emails: Vec<Email>, phones: Vec<Phone>) -> Self {
        let writings = emails.iter().flat_map(Email::writings).collect();
        Self { emails, writings, phones }
    }

    /// The contacts to block, each once.
    pub fn contacts(&self) -> HashSet<Contact> {
        let emails = self.emails.iter().cloned().map(Contact::from);
        emails.chain(self.phones.iter().cloned().map(Contact::from)).collect()
    }

    /// The places of the person in a lead: the names of attributes, and of members inside them.
    /// Empty if the person is not in it.
    pub fn places_in_lead(&self, lead: &StoredLead) -> Vec<String> {
        self.places(|take| each_text_of_lead(lead, take))
    }

    /// The places of the person in a held delivery: the names of members, `body` if there are no
    /// names, or `chatbot`. If the person is only in its answer: `answer`, and the names there. The
    /// answer to a repeat shows the lead that another person with the same phone or e-mail has.
    pub fn places_in_held(&self, held: &HeldDelivery) -> Vec<String> {
        let places = self.places(|take| each_text_of_held(held, take));
        if places.is_empty() { self.places(|take| each_text_of_answer(held, take)) } else { places }
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

    /// Whether a text that is not encoded has the person in it.
    pub fn is_in(&self, text: &str) -> bool {
        self.has_email_in(text) || self.has_phone_in(text)
    }

    fn has_email_in(&self, text: &str) -> bool {
        if self.emails.is_empty() || !text.contains('@') {
            return false;
        }
        let text = fold_text(text);
        self.writings.iter().any(|email| emails::has(&text, email))
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

/// All texts that may be contacts. If the search finds a person in the same text, one of the
/// person's contacts is in `found`.
pub(crate) struct Contacts {
    pub(crate) found: HashSet<Contact>,
    /// False if there are more than [`MOST_CONTACTS`].
    pub(crate) are_all: bool,
}

/// The possible contacts in a text.
pub(crate) fn contacts_in(text: &str) -> Contacts {
    contacts(|take| each_text(&Place::of(&Names::default()), text, take))
}

/// The possible contacts in a delivery.
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
        emails::each(&fold_text(text), &mut |email| take(Contact::email(email)))?;
        numbers::each(text, LONGEST_NUMBER, &mut |number| take(Contact::phone(number)))
    });
    Contacts { found, are_all: done.is_continue() }
}

fn each_text_of_lead(lead: &StoredLead, take: &mut TakeText<'_>) -> ControlFlow<()> {
    let StoredLead {
        id: _,
        created_at: _,
        name,
        email,
        phone,
        source,
        status,
        extra,
        broken_rules: _,
        updates: _,
        details,
    } = lead;
    let own = [
        ("name", name),
        ("email", email),
        ("phone", phone),
        ("source", source),
        ("status", status),
    ];
    for (name, text) in own {
        if let Some(text) = text {
            each_text(&Place::of(&Names::of([name.into()])), text, take)?;
        }
    }
    if let Some(extra) = extra {
        each_text(&Place::of(&Names::of(["extra".into()])), extra.as_sent(), take)?;
    }
    for (name, value) in details {
        let text = value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed);
        each_text(&Place::of(&Names::of(["details".into(), name.into()])), &text, take)?;
    }
    Continue(())
}

fn each_text_of_held(held: &HeldDelivery, take: &mut TakeText<'_>) -> ControlFlow<()> {
    for text in decode::texts(&held.body) {
        each_text(&Place::of(&Names::default()), &text, take)?;
    }
    let target = held.target.as_deref().unwrap_or_default();
    each_text(&Place::of(&Names::of(["chatbot".into()])), target, take)
}

fn each_text_of_answer(held: &HeldDelivery, take: &mut TakeText<'_>) -> ControlFlow<()> {
    let answer = held.answer.as_ref().map(|answer| answer.body.as_str()).unwrap_or_default();
    let names = Names::of(["answer".into()]);
    let place = Place::of(&names);
    each_piece(answer, &mut |names, piece| {
        each_text(&Place { names, inside: Some(&place) }, piece, take)
    })
}

/// Calls `take` with each text inside a text, in each decoding.
fn each_text(place: &Place<'_>, text: &str, take: &mut TakeText<'_>) -> ControlFlow<()> {
    if place.texts_around() == MOST_TEXTS || !is_json(text) {
        return decode::each_reading(text, &mut |reading| take(place, reading));
    }
    each_piece(text, &mut |names, piece| {
        each_text(&Place { names, inside: Some(place) }, piece, take)
    })
}

/// The place of a text: the names of members. If JSON contains JSON as text, the place of that text
/// comes first.
struct Place<'a> {
    names: &'a Names<'a>,
    inside: Option<&'a Place<'a>>,
}

impl<'a> Place<'a> {
    fn of(names: &'a Names<'a>) -> Self {
        Self { names, inside: None }
    }

    fn texts_around(&self) -> usize {
        self.inside.map_or(0, |place| 1 + place.texts_around())
    }

    fn names(&self) -> Vec<&str> {
        let mut names = self.inside.map(Self::names).unwrap_or_default();
        names.extend(self.names.iter().take(MOST_NAMES - names.len()));
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
