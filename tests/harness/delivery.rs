use base64::{Engine, prelude::BASE64_STANDARD};
use providers::{App, ROUTES};
use serde_json::{Map, Value, json};

/// A request to a function, as API Gateway sends it.
#[derive(Clone)]
pub struct Delivery {
    /// The function's name.
    pub function: &'static str,
    headers: Map<String, Value>,
    path_parameters: Map<String, Value>,
    path: &'static str,
    query: String,
    source_ip: &'static str,
    body: Vec<u8>,
}

impl Delivery {
    /// A delivery to `function`, without credentials.
    pub fn new(function: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let (headers, path_parameters) = (Map::new(), Map::new());
        let (path, query, source_ip, body) = ("/", String::new(), "127.0.0.1", body.into());
        Self { function, headers, path_parameters, path, query, source_ip, body }
    }

    /// Replaces the body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the path.
    pub fn path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// Sets a parameter of the path.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.path_parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the chatbot in the path.
    pub fn chatbot(self, id: &str) -> Self {
        self.parameter("chatbotId", id)
    }

    /// Sets the query.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// Sets the sender's address.
    pub fn from(mut self, source_ip: &'static str) -> Self {
        self.source_ip = source_ip;
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Adds an `Idempotency-Key`.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Adds a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Runs it through the handler of its function, and checks nothing.
    pub async fn answer_of(&self, app: &App) -> Answer {
        let request = serde_json::from_value(self.event()).unwrap();
        let route = ROUTES.iter().find(|route| route.function == self.function).unwrap();
        Answer::of(route.handle(app, &request).await.answer)
    }

    /// The HTTP API event (payload 2.0) of this delivery. Its body is base64-encoded.
    pub(crate) fn event(&self) -> Value {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "pathParameters": self.path_parameters,
            "requestContext": {
                "http": {
                    "method": "POST", "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip,
                },
                "requestId": "test",
                "stage": "$default",
            },
            "body": BASE64_STANDARD.encode(&self.body),
            "isBase64Encoded": true,
        })
    }
}

/// The answer of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, by their lower-case names.
    pub headers: Map<String, Value>,
    /// The body as JSON; null if it is not JSON.
    pub body: Value,
    /// The body as it was sent.
    pub text: String,
}

impl Answer {
    /// Reads the answer from a function's result.
    pub fn in_returned(returned: &str) -> Self {
        let returned: Value = serde_json::from_str(returned).unwrap();
        let status = returned["statusCode"].as_u64().unwrap_or_else(|| panic!("{returned}"));
        let text = returned["body"].as_str().unwrap_or_default().to_owned();
        let headers: Map<String, Value> = returned["headers"].as_object().unwrap().clone();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status: status.try_into().unwrap(), headers, body, text }
    }

    /// The answer of a handler.
    pub fn of(response: shared::delivery::Answer) -> Self {
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
        let text = response.body().clone();
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }
}
