use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// `template.yaml`, with `CloudFormation`'s short forms written out: `!Ref X` is
/// `{"Ref": "X"}`, `!Sub X` is `{"Fn::Sub": "X"}`.
pub struct Template(Value);

/// A function of the template.
pub struct TemplateFunction<'a> {
    /// The artifact it runs.
    pub name: &'a str,
    /// Its name in the template.
    pub logical_name: &'a str,
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

    /// The template as `CloudFormation` reads it with these parameters and the defaults of the
    /// others. Parts whose conditions are false are left out.
    pub fn with(&self, parameters: &[(&str, &str)]) -> Self {
        Self(self.decided(&self.0, parameters).unwrap())
    }

    /// A value with conditions and parameters filled in; `None` if it is left out.
    fn decided(&self, value: &Value, parameters: &[(&str, &str)]) -> Option<Value> {
        let decided = |value| self.decided(value, parameters);
        if let Some(name) = value["Ref"].as_str() {
            let value = self.parameter(name, parameters).unwrap_or_else(|| value.clone());
            return Some(value).filter(|_| name != "AWS::NoValue");
        }
        if let Some([condition, then, otherwise]) = value["Fn::If"].as_array().map(Vec::as_slice) {
            return decided(if self.holds(condition, parameters) { then } else { otherwise });
        }
        match value {
            Value::Object(members) => {
                let condition = &members.get("Condition").filter(|name| name.is_string());
                let is_there = condition.is_none_or(|name| self.holds(name, parameters));
                let member = |(name, value): (&String, _)| Some((name.clone(), decided(value)?));
                is_there.then(|| members.iter().filter_map(member).collect::<Map<_, _>>().into())
            }
            Value::Array(items) => Some(items.iter().filter_map(decided).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Some(value.clone())
            }
        }
    }

    fn holds(&self, condition: &Value, parameters: &[(&str, &str)]) -> bool {
        if let Some(name) = condition.as_str() {
            return self.holds(self.at(&format!("/Conditions/{name}")), parameters);
        }
        let holds = |condition: &Value| self.holds(condition, parameters);
        if condition["Condition"].is_string() {
            return holds(&condition["Condition"]);
        }
        if let Some([condition]) = condition["Fn::Not"].as_array().map(Vec::as_slice) {
            return !holds(condition);
        }
        if let Some(conditions) = condition["Fn::And"].as_array() {
            return conditions.iter().all(holds);
        }
        if let Some(conditions) = condition["Fn::Or"].as_array() {
            return conditions.iter().any(holds);
        }
        let compared = condition["Fn::Equals"].as_array().unwrap_or_else(|| panic!("{condition}"));
        let mut compared = compared.iter().map(|value| self.decided(value, parameters));
        compared.next() == compared.next()
    }

    /// The value of a parameter; `None` if there is no such parameter.
    fn parameter(&self, name: &str, parameters: &[(&str, &str)]) -> Option<Value> {
        let declared = &self.at("/Parameters").get(name)?["Default"];
        let given = parameters.iter().find(|(given, _)| *given == name);
        Some(given.map_or_else(|| declared.clone(), |(_, value)| (*value).into()))
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    /// The resources of a type.
    pub fn resources<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a Value> {
        self.named_resources(wanted).map(|(_, resource)| resource)
    }

    fn named_resources<'a>(
        &'a self,
        wanted: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let resources = self.at("/Resources").as_object().unwrap().iter();
        resources.filter(move |(_, resource)| resource["Type"] == wanted)
    }

    /// The functions.
    pub fn functions<'a>(&'a self) -> Vec<TemplateFunction<'a>> {
        let globals = self.at("/Globals/Function");
        let function = |(logical_name, resource): (&'a String, &'a Value)| {
            let properties = &resource["Properties"];
            let artifact = properties["CodeUri"].as_str().unwrap();
            let name = artifact.strip_prefix("target/lambda/").unwrap().trim_end_matches('/');
            TemplateFunction { name, logical_name, properties, globals }
        };
        self.named_resources("AWS::Serverless::Function").map(function).collect()
    }
}

impl<'a> TemplateFunction<'a> {
    /// The method and path of each of its routes. A function that events wake has none.
    pub fn routes(&self) -> Vec<(&'a str, &'a str)> {
        let events = self.properties["Events"].as_object().unwrap().values();
        let routes = events.filter(|event| event["Type"] == "HttpApi");
        let text = |value: &'a Value| value.as_str().unwrap();
        let routes = routes.map(|event| &event["Properties"]);
        routes.map(|route| (text(&route["Method"]), text(&route["Path"]))).collect()
    }

    /// The names of its environment variables.
    pub fn variables(&self) -> BTreeSet<&'a str> {
        self.declared_variables().map(|(name, _)| name.as_str()).collect()
    }

    /// The names of the environment variables with a value that is not empty.
    pub fn variables_set(&self) -> BTreeSet<&'a str> {
        let set = self.declared_variables().filter(|(_, value)| **value != "");
        set.map(|(name, _)| name.as_str()).collect()
    }

    fn declared_variables(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let variables = |from: &'a Value| from["Environment"]["Variables"].as_object();
        [self.globals, self.properties].into_iter().filter_map(variables).flatten()
    }

    /// The actions that it may do on `resource`.
    pub fn actions_on(&self, resource: &Value) -> BTreeSet<&'a str> {
        let of_resource = self.statements().filter(|statement| statement["Resource"] == *resource);
        let actions = of_resource.flat_map(|statement| statement["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap()).collect()
    }

    /// The resources that it may do any action on.
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
        Yaml::Tagged(tag, value) if ["Condition", "Ref"].contains(&tag.suffix.as_str()) => {
            Value::from_iter([(tag.suffix.clone(), written_out(value))])
        }
        Yaml::Tagged(tag, value) => {
            Value::from_iter([(format!("Fn::{}", tag.suffix), written_out(value))])
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("{yaml:?}"),
    }
}
