//! The OpenAPI documents, to be read and tried.

mod schema;

use crate::{
    app::Console,
    deliveries::send_sample,
    json::pretty,
    leads::read_provider,
    page::{Answer, Failed, Frame, Tab, go, show},
    sessions::Seat,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
};
use providers::{about, openapi};
use schema::{Field, fields, resolve};
use serde::Deserialize;
use serde_json::Value;
use shared::model::Provider;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    frame: Frame,
    providers: [&'static str; 5],
    provider: &'static str,
    title: String,
    summary: String,
    operations: Vec<Operation>,
    sample: String,
    can_try: bool,
    has_document: bool,
}

struct Operation {
    path: String,
    summary: String,
    description: String,
    parameters: Vec<Field>,
    fields: Vec<Field>,
    answers: Vec<AnswerView>,
}

struct AnswerView {
    status: String,
    description: String,
}

/// The first provider's document.
pub(crate) async fn first() -> Answer {
    go("/console/api/integrabot")
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path(provider): Path<String>,
) -> Answer {
    let provider =
        read_provider(&provider)?.ok_or_else(|| Failed::missing("there is no such provider"))?;
    let document = openapi(provider);
    let document = document.ok_or_else(|| Failed::missing("the document cannot be read"))?;
    let sample = about(provider).sample.body;
    show(&ApiPage {
        frame: Frame::new(&console, seat, Tab::Api),
        providers: Provider::ALL.map(Provider::as_str),
        provider: provider.as_str(),
        title: text(&document["info"]["title"]),
        summary: text(&document["info"]["summary"]),
        operations: operations(provider, &document),
        sample: pretty(sample).unwrap_or_else(|| sample.to_owned()),
        can_try: console.live.as_ref().is_some_and(|live| live.has_samples),
        has_document: console.live.is_some(),
    })
}

fn operations(provider: Provider, document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let posts = paths.filter_map(|(path, item)| Some((path, item.get("post")?)));
    let read = |(path, post): (&String, &Value)| Operation {
        path: format!("/{}{path}", provider.as_str()),
        summary: text(&post["summary"]),
        description: text(&post["description"]),
        parameters: parameters(document, &post["parameters"]),
        fields: fields(document, &post["requestBody"]["content"]["application/json"]["schema"]),
        answers: answers(document, &post["responses"]),
    };
    posts.map(read).collect()
}

fn parameters(document: &Value, list: &Value) -> Vec<Field> {
    let parameters = list.as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| resolve(document, parameter));
    let read = |parameter: &Value| Field {
        name: text(&parameter["name"]),
        kind: format!("in the {}", text(&parameter["in"])),
        is_required: parameter["required"] == true,
        description: text(&parameter["description"]),
    };
    parameters.map(read).collect()
}

fn answers(document: &Value, responses: &Value) -> Vec<AnswerView> {
    let responses = responses.as_object().into_iter().flatten();
    let read = |(status, response): (&String, &Value)| AnswerView {
        status: status.clone(),
        description: text(&resolve(document, response)["description"]),
    };
    responses.map(read).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[derive(Deserialize)]
pub(crate) struct TryForm {
    body: String,
}

/// Sends a body with the demo account's credentials.
pub(crate) async fn send(
    State(console): State<Arc<Console>>,
    Path(provider): Path<String>,
    Form(TryForm { body }): Form<TryForm>,
) -> Answer {
    let missing = || Failed::missing("there is nothing to try it with here");
    let provider = read_provider(&provider)?.ok_or_else(missing)?;
    let live = console.live.as_ref().filter(|live| live.has_samples).ok_or_else(missing)?;
    let number = send_sample(live, about(provider), Some(body)).await?;
    go(&format!("/console/deliveries/{number}"))
}
