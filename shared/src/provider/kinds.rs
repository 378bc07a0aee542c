//! The kinds of directory entries, and how files describe them.

use crate::model::{Entry, EntryId, EntryKey};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A kind of entry.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The fields of an entry besides its id.
    pub fields: &'static [Field],
    id: IdForm,
}

/// The form of an entry's id.
enum IdForm {
    Text,
    /// It is also a member of the entry.
    Number,
    /// It is stored in lower case, with hyphens.
    Uuid,
}

/// A member of an entry.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    value: Form,
    /// Whether an entry must have it.
    pub required: bool,
}

/// The type of a member's value.
enum Form {
    Text,
    Number,
    Flag {
        /// Its value if an entry does not say.
        default: bool,
    },
}

/// A member with a text, which an entry must have.
pub const fn text(name: &'static str) -> Field {
    Field { name, value: Form::Text, required: true }
}

/// A member with a text.
pub const fn optional(name: &'static str) -> Field {
    Field { name, value: Form::Text, required: false }
}

/// A member with a whole number from 0 on.
pub const fn number(name: &'static str) -> Field {
    Field { name, value: Form::Number, required: false }
}

/// A member that is true or false. If an entry does not say, it is `default`.
pub const fn flag(name: &'static str, default: bool) -> Field {
    Field { name, value: Form::Flag { default }, required: false }
}

/// The name of a flag and of an id: an entry with this flag has a second entry with this id.
pub const DEFAULT: &str = "default";

impl Kind {
    /// A kind whose ids are texts.
    pub const fn lettered(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, id: IdForm::Text }
    }

    /// A kind whose ids are numbers.
    pub const fn numbered(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, id: IdForm::Number }
    }

    /// A kind whose ids are UUIDs.
    pub const fn unique(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, id: IdForm::Uuid }
    }

    /// The entries of a row: one, or two for an entry that is a default.
    ///
    /// # Errors
    /// If the id or a member is invalid.
    pub fn read(
        &self,
        id: &str,
        mut row: Map<String, Value>,
    ) -> Result<Vec<(EntryKey, Entry)>, String> {
        let mut entry = Map::new();
        let id = match self.id {
            IdForm::Text => id.to_owned(),
            IdForm::Number => {
                // Only the form that deliveries use: no leading zeros or signs.
                let number = id.parse::<i64>().ok().filter(|number| number.to_string() == id);
                let number = number.ok_or_else(|| format!("a {}'s id is a number", self.name))?;
                entry.insert("id".to_owned(), number.into());
                id.to_owned()
            }
            IdForm::Uuid => {
                let uuid = Uuid::try_parse(id);
                uuid.map_err(|_| format!("a {}'s id is a UUID", self.name))?.to_string()
            }
        };
        let entry_id = id.parse::<EntryId>().ok().filter(|_| !id.chars().any(char::is_control));
        let entry_id = entry_id.ok_or_else(|| {
            format!("a {}'s id has 1 to {} characters", self.name, EntryId::MAX_BYTES)
        })?;
        for field in self.fields {
            let value = field.read(row.remove(field.name))?;
            entry.insert(field.name.to_owned(), value);
        }
        if let Some((name, _)) = row.iter().next() {
            let known: Vec<_> = self.fields.iter().map(|field| field.name).collect();
            let known = if known.is_empty() { "no fields".to_owned() } else { known.join(", ") };
            return Err(format!("a {} has no `{name}`; it has {known}", self.name));
        }
        let is_default = entry.remove(DEFAULT) == Some(true.into());
        let entry = Value::Object(entry);
        let mut entries = vec![(EntryKey::new(self.name, entry_id), entry.clone())];
        if is_default {
            entries.push((EntryKey::new(self.name, EntryId::from_static(DEFAULT)), entry));
        }
        Ok(entries)
    }
}

impl Field {
    /// Whether its value is true or false.
    pub fn is_flag(&self) -> bool {
        matches!(self.value, Form::Flag { .. })
    }

    /// Whether it is true if an entry does not say.
    pub fn is_true_by_default(&self) -> bool {
        matches!(self.value, Form::Flag { default: true })
    }

    /// The value, from JSON or from a cell of a CSV file, where everything is text.
    fn read(&self, value: Option<Value>) -> Result<Value, String> {
        let name = self.name;
        let value = value.filter(|value| !value.is_null() && value != "");
        match (&self.value, value) {
            (_, None) if self.required => Err(format!("`{name}` is missing")),
            (Form::Text | Form::Number, None) => Ok(Value::Null),
            (Form::Flag { default }, None) => Ok((*default).into()),
            (Form::Text, Some(Value::String(text))) => Ok(text.into()),
            (Form::Text, Some(_)) => Err(format!("`{name}` must be a text")),
            (Form::Number, Some(value)) => {
                let number =
                    value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok());
                number.map(Value::from).ok_or_else(|| format!("`{name}` must be a number"))
            }
            (Form::Flag { .. }, Some(Value::Bool(flag))) => Ok(flag.into()),
            (Form::Flag { .. }, Some(value)) => match value.as_str() {
                Some("true") => Ok(true.into()),
                Some("false") => Ok(false.into()),
                _ => Err(format!("`{name}` must be true or false")),
            },
        }
    }
}
