use crate::all::api;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use shared::model::Provider;

/// The OpenAPI document of a provider, as JSON. `None` if the file in `docs/openapi/` is not YAML
/// that JSON can express; a test checks that every file is.
pub fn openapi(provider: Provider) -> Option<Value> {
    let text = api(provider).document;
    to_json(Yaml::load_from_str(text).ok()?.first()?)
}

fn to_json(yaml: &Yaml<'_>) -> Option<Value> {
    Some(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(value)) => value.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(to_json).collect::<Option<Vec<_>>>()?.into(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
                Some((name.as_str()?.to_owned(), to_json(value)?))
            };
            members.iter().map(member).collect::<Option<Map<_, _>>>()?.into()
        }
        Yaml::Tagged(..) | Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_document() {
        for provider in Provider::ALL {
            let document = openapi(provider).unwrap();
            assert_eq!(document["openapi"], "3.1.1", "{}", provider.as_str());
            assert!(document["paths"].is_object(), "{}", provider.as_str());
        }
    }
}
