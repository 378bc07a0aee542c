//! The headers that an owner adds to what is posted to a destination. Their values are secret.

use crate::secret::MasterSecret;
use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::header::{HeaderName, HeaderValue};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use shared::model::{ClockAndRandom, Destination, DestinationId, SealedText};
use std::{fmt, str::FromStr};

/// How many own headers a destination may have.
pub const MAX_HEADERS: usize = 20;
/// The longest value of a header, in bytes.
const MAX_VALUE: usize = 4096;
/// What names begin with that only leadhook sets.
const SIGNED: &str = "webhook-";
/// The headers of a message's form and of its connection (RFC 9110, 7.6.1).
const REFUSED: [&str; 11] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The version of the key that seals values.
const KEY_VERSION: u32 = 1;

/// A header that an owner adds. It has no `Debug`, because its value is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnHeader {
    /// Its name, in lower case.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}

/// A text that is not a header that can be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// It has no colon.
    #[error("a header is written NAME: VALUE")]
    NoColon,
    /// Its name has characters that a name may not have.
    #[error("the name of a header has letters, digits and hyphens")]
    Name,
    /// Its name is set by leadhook or by the connection.
    #[error("the header {0} cannot be added: leadhook sets it")]
    Refused(HeaderName),
    /// Its value is empty, too long, or not on one line.
    #[error("the value of the header {0} must be one line of 1 to {MAX_VALUE} ASCII characters")]
    Value(HeaderName),
}

/// A sealed header that the master secret does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its headers were added with another forwarding secret: add them again")]
pub struct CannotOpen;

impl FromStr for OwnHeader {
    type Err = BadHeader;

    fn from_str(text: &str) -> Result<Self, BadHeader> {
        let (name, value) = text.split_once(':').ok_or(BadHeader::NoColon)?;
        let name: HeaderName = name.trim().parse().map_err(|_| BadHeader::Name)?;
        if name.as_str().starts_with(SIGNED) || REFUSED.contains(&name.as_str()) {
            return Err(BadHeader::Refused(name));
        }
        let value = value.trim_matches([' ', '\t']);
        let fits = (1..=MAX_VALUE).contains(&value.len()) && value.is_ascii();
        match HeaderValue::from_str(value) {
            Ok(mut value) if fits => {
                value.set_sensitive(true);
                Ok(Self { name, value })
            }
            Ok(_) | Err(_) => Err(BadHeader::Value(name)),
        }
    }
}

impl MasterSecret {
    /// Seals the value of a header for one destination.
    ///
    /// # Errors
    /// If the cipher refuses it, which it does not with values of this length.
    pub fn seal(
        &self,
        destination: &DestinationId,
        header: &OwnHeader,
        system: &ClockAndRandom,
    ) -> Result<SealedText, CannotOpen> {
        let cipher = self.cipher(destination, KEY_VERSION)?;
        let random = system.random_key();
        let nonce: [u8; NONCE_LEN] = std::array::from_fn(|n| random[n]);
        let mut text = header.value.as_bytes().to_vec();
        let name = Aad::from(header.name.as_str());
        cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), name, &mut text)
            .map_err(|_| CannotOpen)?;
        let sealed = BASE64_STANDARD.encode([&nonce[..], &text].concat());
        Ok(SealedText { key: KEY_VERSION, sealed })
    }

    /// The own headers of a destination.
    ///
    /// # Errors
    /// If one was sealed with another master secret, or for another destination or name.
    pub(crate) fn open_headers(
        &self,
        destination: &Destination,
    ) -> Result<Vec<OwnHeader>, CannotOpen> {
        let headers = destination.request.headers.iter();
        let opened = headers.map(|(name, sealed)| self.open(&destination.id, name, sealed));
        opened.collect::<Option<_>>().ok_or(CannotOpen)
    }

    fn open(&self, id: &DestinationId, name: &str, sealed: &SealedText) -> Option<OwnHeader> {
        let mut sealed_bytes = BASE64_STANDARD.decode(&sealed.sealed).ok()?;
        let (nonce, text) = sealed_bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let cipher = self.cipher(id, sealed.key).ok()?;
        let value = cipher.open_in_place(nonce, Aad::from(name), text).ok()?;
        format!("{name}:{}", str::from_utf8(value).ok()?).parse().ok()
    }

    fn cipher(&self, id: &DestinationId, version: u32) -> Result<LessSafeKey, CannotOpen> {
        let key = self.derive(&[id.as_str(), "#headers#", &version.to_string()]);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| CannotOpen)?;
        Ok(LessSafeKey::new(key))
    }
}

impl fmt::Debug for OwnHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnHeader").field(&self.name).finish()
    }
}
