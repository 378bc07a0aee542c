use crate::{
    delivery::{Answer, Delivery},
    sender::Sender,
    test_api::{TestApi, send_event, send_to},
};
use providers::App;
use serde_json::json;
use shared::model::{Members, read_string, text_of, well_formed};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};
use tokio::runtime::Runtime;

/// A function with a real table that gets random requests.
pub struct Fuzzed {
    runtime: Runtime,
    api: TestApi,
    instance: Arc<App>,
    token: String,
    sent: AtomicU64,
}

/// What a sender may set besides the body.
#[derive(Debug)]
pub struct HeadersAndPath {
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The chatbot in the path.
    pub chatbot: Option<String>,
}

impl Fuzzed {
    /// An API with the demo accounts.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let api = runtime.block_on(TestApi::start());
        let token = runtime.block_on(api.keyspot_token());
        let instance = api.another_instance();
        Self { runtime, api, instance, token, sent: AtomicU64::new(0) }
    }

    /// Sends a body twice and checks the answers: they must be documented and in the provider's
    /// shape, and the second, which is read from the table, must equal the first.
    ///
    /// # Errors
    /// What was wrong.
    pub fn check_body(&self, sender: &Sender, body: &[u8]) -> Result<(), String> {
        let n = self.sent.fetch_add(1, SeqCst);
        let delivery = Delivery::new(sender.function, body);
        let delivery = self.signed(sender, delivery).header("idempotency-key", &n.to_string());
        let answer = self.send(delivery.clone());
        check_shape(sender, &answer)?;
        let again = self.send(delivery);
        if (again.status, &again.text) != (answer.status, &answer.text) {
            return Err(format!("once {} {}, then {}", answer.status, answer.text, again.text));
        }
        if ![200, 201].contains(&answer.status) {
            return Ok(());
        }
        if !again.headers.contains_key("idempotency-replayed") {
            return Err(format!("taken twice: {}", again.text));
        }
        // The lead of a known person does not change.
        if answer.status == sender.created { check_fields(sender, body, &answer) } else { Ok(()) }
    }

    /// Sends a valid body with random headers and a random path.
    ///
    /// # Errors
    /// What was wrong with the answer.
    pub fn check_headers_and_path(
        &self,
        sender: &Sender,
        sent: &HeadersAndPath,
    ) -> Result<(), String> {
        let n = self.sent.fetch_add(1, SeqCst) as usize;
        let delivery = Delivery::new(sender.function, (sender.body)(n).to_string());
        let mut delivery = self.signed(sender, delivery);
        for (name, value) in &sent.headers {
            delivery = delivery.header(name, value);
        }
        if let Some(chatbot) = &sent.chatbot {
            delivery = delivery.chatbot(chatbot);
        }
        check_shape(sender, &self.send(delivery))
    }

    /// Sends a valid body in an event with random values in the members and headers that no
    /// function reads.
    ///
    /// # Errors
    /// What was wrong with the answer: the lead must be accepted.
    pub fn check_event(&self, sender: &Sender, texts: &[String; 6]) -> Result<(), String> {
        let n = self.sent.fetch_add(1, SeqCst) as usize;
        let delivery = Delivery::new(sender.function, (sender.body)(n).to_string());
        let mut event = self.signed(sender, delivery).event();
        let [query, host, proto, path, header, value] = texts;
        event["rawQueryString"] = query.as_str().into();
        event["queryStringParameters"] = json!({ header: value });
        event["rawPath"] = path.as_str().into();
        event["cookies"] = json!([value]);
        event["stageVariables"] = json!({ header: value });
        event["requestContext"]["stage"] = path.as_str().into();
        event["requestContext"]["domainName"] = host.as_str().into();
        event["requestContext"]["http"]["path"] = path.as_str().into();
        event["headers"]["host"] = host.as_str().into();
        event["headers"]["x-forwarded-proto"] = proto.as_str().into();
        let is_own = |name: &str| event["headers"].get(name.to_lowercase()).is_some();
        if !is_own(header) && !header.eq_ignore_ascii_case("idempotency-key") {
            event["headers"][header] = value.as_str().into();
        }
        let event = event.to_string();
        let sent = send_event(&self.instance, sender.function, &event);
        let answer = self.runtime.block_on(sent);
        self.api.connection.take_operations();
        // A path with an unknown chatbot is a 404.
        let is_chatbot = sender.function == "pollybot-create-lead" && path.contains("chatbots/");
        match answer.status {
            status if status == sender.created || is_chatbot && status == 404 => Ok(()),
            status => Err(format!("{status} {}", answer.text)),
        }
    }

    fn signed(&self, sender: &Sender, delivery: Delivery) -> Delivery {
        let token = delivery.clone().bearer(&self.token);
        let headers = sender.headers.iter();
        let signed = headers.fold(delivery, |delivery, (name, value)| delivery.header(name, value));
        if sender.headers.is_empty() { token } else { signed }
    }

    fn send(&self, delivery: Delivery) -> Answer {
        let answer = self.runtime.block_on(send_to(&self.instance, delivery));
        // The log of requests is not used here, and it would grow.
        self.api.connection.take_operations();
        answer
    }
}

/// Whether the provider documents such an answer.
fn check_shape(sender: &Sender, answer: &Answer) -> Result<(), String> {
    let Answer { status, body, .. } = answer;
    let is_lead = (sender.lead)(body)["id"].is_number() || (sender.lead)(body)["id"].is_string();
    let in_shape = match status {
        200 | 201 => is_lead,
        _ => sender.errors.iter().all(|name| !body[*name].is_null()),
    };
    if !in_shape || !sender.statuses.contains(status) {
        return Err(format!("{status} {}", answer.text));
    }
    Ok(())
}

/// Whether the answer has the lead as it was sent. Free-form JSON must be equal byte for byte.
fn check_fields(sender: &Sender, body: &[u8], answer: &Answer) -> Result<(), String> {
    let sent = text_of(body).and_then(Members::read).ok_or("taken, but it is no object")?;
    let lead = (sender.lead)(&answer.body);
    for field in sender.echoed {
        let Some(place) = sent.position(field) else { continue };
        let value = sent[place].value;
        let same = match value.get().as_bytes()[0] {
            b'[' if lead[*field] == json!({}) => value.get()[1..].trim() == "]",
            b'{' | b'[' => answer.text.contains(&*well_formed(value.get())),
            // Empty text may count as a missing field.
            b'"' if read_string(value).trim().is_empty() => true,
            b'"' => lead[*field] == *read_string(value),
            _ => value.get() == "null",
        };
        if !same {
            return Err(format!("{field} was {value}, and is {}", lead[*field]));
        }
    }
    Ok(())
}
