use crate::{delivery::Answer, events::SampleEvent};
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Response};
use serde_json::{Map, Value};

/// The address of the API in the sample events.
const ADDRESS: &str = "https://abcdefghij.execute-api.sa-east-1.amazonaws.com";

/// Sends a sample event of an HTTP API as the request that it is, to the API at `base`.
pub async fn send_over_http(event: &SampleEvent, client: &Client, base: &str) -> Answer {
    let event: Value = serde_json::from_str(&event.event).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let method = text(&event["requestContext"]["http"]["method"]);
    let (path, query) = (text(&event["rawPath"]), text(&event["rawQueryString"]));
    let mut request = client.request(method.parse().unwrap(), format!("{base}{path}?{query}"));
    for (name, value) in event["headers"].as_object().unwrap() {
        if !name.eq_ignore_ascii_case("host") {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    let body = event["body"].as_str().unwrap_or_default();
    let is_base64 = event["isBase64Encoded"] == true;
    let bytes = if is_base64 { BASE64_STANDARD.decode(body).unwrap() } else { body.into() };
    read_answer(base, request.body(bytes).send().await.unwrap()).await
}

/// The answer in a response, without the headers of the HTTP server, and with the address of the
/// sample events in links.
async fn read_answer(base: &str, response: Response) -> Answer {
    const SERVERS_OWN: [&str; 5] =
        ["apigw-requestid", "connection", "content-length", "date", "server"];
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers.filter(|(name, _)| !SERVERS_OWN.contains(&name.as_str()));
    let headers: Map<String, Value> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    // API Gateway is reached by HTTPS alone, so its engine says HTTPS too.
    let secure = base.replace("http://", "https://");
    let text = response.text().await.unwrap().replace(base, ADDRESS).replace(&secure, ADDRESS);
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}
