//! The fields of a schema.

use serde_json::Value;

/// A field that an address accepts.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) is_required: bool,
    pub(crate) description: String,
}

/// What a reference inside a document points to; without a reference, the value itself.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The fields of a schema of an object.
pub(crate) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolve(document, schema);
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let field = |(name, property): (&String, &Value)| {
        let property = resolve(document, property);
        Field {
            kind: kind(property),
            is_required: required.contains(&name.as_str()),
            description: property["description"].as_str().unwrap_or_default().to_owned(),
            name: name.clone(),
        }
    };
    properties.map(field).collect()
}

/// The type and the rules of a value, in words.
fn kind(schema: &Value) -> String {
    let several = schema["type"].as_array().into_iter().flatten();
    let named: Vec<_> = several.chain([&schema["type"]]).filter_map(Value::as_str).collect();
    let types = if named.is_empty() { "any".to_owned() } else { named.join(" or ") };
    let mut kind =
        schema["format"].as_str().map_or(types.clone(), |format| format!("{types}, {format}"));
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        kind += &format!(": {}", values.join(", "));
    }
    if let Some(longest) = schema["maxLength"].as_u64() {
        kind += &format!(", up to {longest} characters");
    }
    kind
}
