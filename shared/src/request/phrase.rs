use super::violation::{JsonType, Rule};

impl Rule {
    /// The rule in English, to follow the field's name. Each provider with errors in English puts
    /// it into its own sentence.
    pub fn phrase(&self) -> String {
        match self {
            Self::Required => "is required".to_owned(),
            Self::Type { expected, .. } => format!("must be {}", with_article(*expected)),
            Self::Choice(values) => format!("must be one of: {}", values.join(", ")),
            Self::Length { max } => format!("must not exceed {max} characters"),
            Self::Email => "must be a valid email address".to_owned(),
            Self::Digits => "must be digits only".to_owned(),
            Self::Uuid => "must be a valid UUID".to_owned(),
            Self::Url => "must be a valid URL".to_owned(),
            Self::Integer => "must be an integer".to_owned(),
            Self::StringMembers | Self::StringItems => "must hold strings only".to_owned(),
            Self::Exists => "must be the id of something that exists".to_owned(),
            Self::NotBlocked => "must be one that is accepted".to_owned(),
        }
    }
}

fn with_article(json_type: JsonType) -> &'static str {
    match json_type {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}
