use crate::delivery::Answer;
use jsonschema::{Draft, Validator};
use providers::{ROUTES, Route, openapi};
use serde_json::{Map, Value, json, value::RawValue};
use shared::{model::Provider, request::Request};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// How many levels of a body are read one by one if it is not a [`Value`] as a whole.
const LEVELS: usize = 8;

static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let read = |provider| Document { provider, value: openapi(provider).unwrap() };
    Provider::ALL.map(read).into()
});
static OPERATIONS: LazyLock<HashMap<String, Operation>> = LazyLock::new(|| {
    let operations = DOCUMENTS.iter().flat_map(Document::operations);
    operations.map(|operation| (operation.key.clone(), operation)).collect()
});

/// The OpenAPI document of a provider.
pub struct Document {
    /// The provider.
    pub provider: Provider,
    /// The document, as JSON.
    pub value: Value,
}

/// An operation of a document.
pub struct Operation {
    /// The provider.
    pub provider: Provider,
    /// Its method and its path in the API, as in `ROUTES`.
    pub key: String,
    /// Its documented answers, by status.
    pub responses: BTreeMap<u16, Response>,
    /// Its part of the document.
    pub value: &'static Value,
    document: &'static Document,
}

/// A documented answer.
pub struct Response {
    /// Its headers by their names in lower case, and whether they are required.
    pub headers: HashMap<String, (bool, Validator)>,
    content: HashMap<String, Validator>,
}

impl Document {
    /// The documents of all providers.
    pub fn all() -> &'static [Self] {
        &DOCUMENTS
    }

    /// The document of a provider.
    ///
    /// # Panics
    /// If it has none.
    pub fn of(provider: Provider) -> &'static Self {
        DOCUMENTS.iter().find(|document| document.provider == provider).unwrap()
    }

    /// Its operations.
    pub fn operations(&'static self) -> impl Iterator<Item = Operation> {
        let paths = self.value["paths"].as_object().unwrap().iter();
        paths.flat_map(move |(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, value)| Operation::of(self, path, method, value))
        })
    }

    /// The value itself, or the value that its `$ref` names.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        let target = self.value.pointer(reference.strip_prefix('#').unwrap());
        self.resolve(target.unwrap_or_else(|| panic!("{reference} is nowhere")))
    }

    /// The validator of a schema in the document.
    pub fn validator(&self, schema: &Value) -> Validator {
        let components = &self.value["components"];
        let schema = json!({ "components": components, "allOf": [schema] });
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        options.should_validate_formats(true).build(&schema).unwrap()
    }
}

impl Operation {
    /// Every documented operation.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        OPERATIONS.values()
    }

    fn of(document: &'static Document, path: &str, method: &str, value: &'static Value) -> Self {
        let responses = value["responses"].as_object().unwrap().iter();
        let responses = responses.map(|(status, response)| {
            (status.parse().unwrap(), Response::of(document, document.resolve(response)))
        });
        let provider = document.provider;
        let key = format!("{} /{}{path}", method.to_uppercase(), provider.as_str());
        Self { provider, key, responses: responses.collect(), value, document }
    }

    /// The function that answers it.
    pub fn function(&self) -> &'static str {
        ROUTES.iter().find(|route| route.key() == self.key).unwrap().function
    }

    /// The schema of its request body, if it has one.
    pub fn body(&self) -> Option<&'static Value> {
        let body = self.document.resolve(self.value.get("requestBody")?);
        Some(self.document.resolve(&body["content"]["application/json"]["schema"]))
    }

    /// Whether it creates leads.
    pub fn creates_leads(&self) -> bool {
        self.function().ends_with("-create-lead")
    }

    /// Its document.
    pub fn document(&self) -> &'static Document {
        self.document
    }

    /// How an answer differs from the document.
    pub(crate) fn fault(&self, answer: &Answer) -> Option<String> {
        let Some(response) = self.responses.get(&answer.status) else {
            return Some("no such status".to_owned());
        };
        response.fault_of_headers(&answer.headers).or_else(|| response.fault_of_body(answer))
    }

    /// Panics if an answer differs from the document.
    pub(crate) fn check(&self, answer: &Answer) {
        if let Some(fault) = self.fault(answer) {
            let (key, Answer { status, text, .. }) = (&self.key, answer);
            panic!("docs/openapi and the answer of {key} differ: {fault}: {status} {text}");
        }
    }
}

impl Response {
    fn of(document: &Document, value: &Value) -> Self {
        let members = |name: &str| value[name].as_object().into_iter().flatten();
        let headers = members("headers").map(|(name, header)| {
            let header = document.resolve(header);
            let is_required = header["required"] == true;
            (name.to_lowercase(), (is_required, document.validator(&header["schema"])))
        });
        let content = members("content")
            .map(|(name, content)| (name.clone(), document.validator(&content["schema"])));
        Self { headers: headers.collect(), content: content.collect() }
    }

    fn fault_of_headers(&self, headers: &Map<String, Value>) -> Option<String> {
        let mut required = self.headers.iter().filter(|(_, (is_required, _))| *is_required);
        if let Some((name, _)) = required.find(|(name, _)| !headers.contains_key(*name)) {
            return Some(format!("no {name}"));
        }
        let mut set = headers.iter().filter(|(name, _)| *name != "content-type");
        set.find(|(name, value)| !self.has_header(name, value.as_str().unwrap_or_default()))
            .map(|(name, value)| format!("the header {name}: {value}"))
    }

    fn has_header(&self, name: &str, text: &str) -> bool {
        let Some((_, schema)) = self.headers.get(name) else { return false };
        let number = text.parse::<i64>().map(Value::from);
        schema.is_valid(&text.into()) || number.is_ok_and(|number| schema.is_valid(&number))
    }

    fn fault_of_body(&self, answer: &Answer) -> Option<String> {
        let content_type = answer.headers.get("content-type").and_then(Value::as_str);
        let Some(schema) = content_type.and_then(|name| self.content.get(name)) else {
            return Some(format!("the content type {content_type:?}"));
        };
        let Ok(body) = serde_json::from_str(&answer.text) else {
            return Some("no JSON".to_owned());
        };
        let body = read(body, LEVELS);
        let faults = schema.iter_errors(&body);
        let faults: Vec<_> =
            faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }
}

/// The value of a JSON text. A part that no [`Value`] can hold (more than 128 levels, a number
/// beyond 64 bits, half a surrogate pair) becomes an empty value of the same type.
fn read(text: &RawValue, levels: usize) -> Value {
    if let Ok(value) = serde_json::from_str(text.get()) {
        return value;
    }
    match text.get().as_bytes()[0] {
        b'{' if levels > 0 => {
            let members: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_str(text.get());
            let members = members.into_iter().flatten();
            members.map(|(name, value)| (name, read(value, levels - 1))).collect()
        }
        b'{' => json!({}),
        b'[' => json!([]),
        b'"' => json!(""),
        _ => json!(0),
    }
}

/// The operation of a route.
pub(crate) fn operation_at(route: &Route) -> &'static Operation {
    &OPERATIONS[&route.key()]
}

/// The operation that a request to a function is of.
pub(crate) fn operation_of(function: &str, request: &Request) -> &'static Operation {
    let mut segments = request.path.split('/').skip_while(|segment| *segment != "chatbots");
    let has_chatbot =
        request.path_parameters.contains_key("chatbotId") || segments.nth(1).is_some();
    let mut routes = ROUTES.iter().filter(|route| route.function == function);
    let fits = |path: &str| path.contains("{chatbotId}") == has_chatbot;
    let first = routes.next().unwrap();
    let route = if fits(first.path) { first } else { routes.next().unwrap_or(first) };
    operation_at(route)
}
