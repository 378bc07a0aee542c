//! Fields of an update: those that are not there stay as they are.

use super::{fields::Fields, violation::JsonType};
use crate::model::RawJson;

/// The change of a field in an update.
pub enum Change<T> {
    /// The field stays as it is.
    Nothing,
    /// The field has no value any more.
    Clear,
    /// The field gets this value.
    Set(T),
}

impl Change<String> {
    /// The text that the field gets, if it gets one.
    pub fn set(&self) -> Option<&str> {
        match self {
            Self::Set(text) => Some(text),
            Self::Nothing | Self::Clear => None,
        }
    }
}

impl Change<RawJson> {
    /// Merges an object into a field. A cleared field is an empty object.
    pub fn merge(&self, field: &mut RawJson) {
        match self {
            Self::Nothing => {}
            Self::Clear => *field = RawJson::empty_object(),
            Self::Set(changes) => *field = field.merged(changes),
        }
    }
}

impl<T: Clone> Change<T> {
    /// Changes a field.
    pub fn apply(&self, field: &mut Option<T>) {
        match self {
            Self::Nothing => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.clone()),
        }
    }
}

impl Fields<'_> {
    /// The change of a field in an update. Null clears the field.
    pub fn change<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Change<T> {
        let Some(value) = self.value(name) else { return Change::Nothing };
        let is_null = JsonType::of(value) == JsonType::Null;
        match read(self, name) {
            Some(value) => Change::Set(value),
            None if is_null => Change::Clear,
            None => Change::Nothing,
        }
    }

    /// Whether a field is there, whatever its value is.
    pub fn has(&self, name: &str) -> bool {
        self.members.position(name).is_some()
    }

    /// Leaves fields out of those that were not read.
    pub fn ignore(&mut self, names: &[&str]) {
        let is_ignored = |place: &usize| names.contains(&&*self.members[*place].name);
        let ignored: Vec<_> = (0..self.members.len()).filter(is_ignored).collect();
        self.read.extend(ignored);
    }
}
