use super::sealed_text::SealedText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an owner wants otherwise in the requests to a destination.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRequest {
    /// The method.
    #[serde(default)]
    pub method: RequestMethod,
    /// More headers, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SealedText>,
    /// The template of the body. `None`: the body that the destination's format has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The content type of what the template makes. `None`: JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// A header with `sha256=` and the HMAC of the body in hexadecimal, keyed by the text of the
    /// destination's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_header: Option<String>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RequestMethod {
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
}

impl RequestMethod {
    /// The method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}
