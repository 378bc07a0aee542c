use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// `template.yaml`, with CloudFormation's short forms written out: `!Ref X` is
/// `{"Ref": "X"}`, `!Sub X` is `{"Fn::Sub": "X"}`.
pub struct Template(Value);

/// A function of the template.
pub struct TemplateFunction<'a> {
    /// The artifact it runs.
    pub name: &'a str,
    properties: &'a Value,
    globals: &'a Value,
}

impl Template {
    /// Reads the template.
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap();
        Self(written_out(&documents[0]))
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    /// The resources of a type.
    pub fn resources<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a Value> {
        let resources = self.at("/Resources").as_object().unwrap().values();
        resources.filter(move |resource| resource["Type"] == wanted)
    }

    /// The functions.
    pub fn functions<'a>(&'a self) -> Vec<TemplateFunction<'a>> {
        let globals = self.at("/Globals/Function");
        let function = |resource: &'a Value| {
            let properties = &resource["Properties"];
            let artifact = properties["CodeUri"].as_str().unwrap();
            let name = artifact.strip_prefix("target/lambda/").unwrap().trim_end_matches('/');
            TemplateFunction { name, properties, globals }
        };
        self.resources("AWS::Serverless::Function").map(function).collect()
    }
}

impl<'a> TemplateFunction<'a> {
    /// The method and path of each of its routes.
    pub fn routes(&self) -> Vec<(&'a str, &'a str)> {
        let events = self.properties["Events"].as_object().unwrap().values();
        let route = |event: &'a Value| {
            assert_eq!(event["Type"], "HttpApi");
            let route = &event["Properties"];
            (route["Method"].as_str().unwrap(), route["Path"].as_str().unwrap())
        };
        events.map(route).collect()
    }

    /// The names of the environment variables it is given.
    pub fn variables(&self) -> BTreeSet<&'a str> {
        let names = |from: &'a Value| {
            let variables = from["Environment"]["Variables"].as_object();
            variables.into_iter().flat_map(|variables| variables.keys().map(String::as_str))
        };
        names(self.globals).chain(names(self.properties)).collect()
    }

    /// The actions it is allowed on `resource`.
    pub fn actions_on(&self, resource: &Value) -> BTreeSet<&'a str> {
        let of_resource = self.statements().filter(|statement| statement["Resource"] == *resource);
        let actions = of_resource.flat_map(|statement| statement["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap()).collect()
    }

    /// The resources it is allowed anything on.
    pub fn resources(&self) -> Vec<&'a Value> {
        self.statements().map(|statement| &statement["Resource"]).collect()
    }

    fn statements(&self) -> impl Iterator<Item = &'a Value> {
        let policies = self.properties["Policies"].as_array().unwrap().iter();
        policies.flat_map(|policy| policy["Statement"].as_array().unwrap())
    }
}

fn written_out(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(value)) => value.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(written_out).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| {
                (name.as_str().unwrap().to_owned(), written_out(value))
            };
            members.iter().map(member).collect::<Map<_, _>>().into()
        }
        Yaml::Tagged(tag, value) if tag.suffix == "Ref" => json!({ "Ref": written_out(value) }),
        Yaml::Tagged(tag, value) => {
            Value::from_iter([(format!("Fn::{}", tag.suffix), written_out(value))])
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("{yaml:?}"),
    }
}
