use crate::http::{HttpAnswer, serve};
use aws_sdk_secretsmanager::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region},
};
use axum::http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use jiff::Timestamp;
use keyspot::{ManagedSecret, SigningSecret};
use serde_json::{Value, json};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

/// One secret of AWS Secrets Manager, with its `GetSecretValue`.
pub struct SecretStore {
    /// The address it listens on.
    pub endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The values with the times when they were set, the newest last.
    versions: Mutex<Vec<(String, Timestamp)>>,
    away: AtomicBool,
    previous_fails: AtomicBool,
    previous_hangs: AtomicBool,
    reads: AtomicUsize,
}

impl SecretStore {
    /// The secret's name.
    pub const NAME: &str = "leadhook/keyspot";

    /// A store whose secret was just set for the first time.
    pub async fn start(value: &str, now: Timestamp) -> Self {
        let state = Arc::<State>::default();
        let store = Self { endpoint: serve(Arc::clone(&state), answer).await, state };
        store.put(value, now);
        store
    }

    /// Sets a new value. The old one becomes the previous version.
    pub fn put(&self, value: &str, now: Timestamp) {
        self.state.versions.lock().unwrap().push((value.to_owned(), now));
    }

    /// Whether the store answers no requests.
    pub fn set_away(&self, away: bool) {
        self.state.away.store(away, SeqCst);
    }

    /// Whether the version before the current one cannot be read.
    pub fn set_previous_fails(&self, fails: bool) {
        self.state.previous_fails.store(fails, SeqCst);
    }

    /// Whether a request for the version before the current one gets no answer.
    pub fn set_previous_hangs(&self, hangs: bool) {
        self.state.previous_hangs.store(hangs, SeqCst);
    }

    /// How often the secret was requested.
    pub fn reads(&self) -> usize {
        self.state.reads.load(SeqCst)
    }

    /// The signing secret, with an empty cache.
    pub fn signing_secret(&self) -> SigningSecret {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new("us-east-1"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&self.endpoint);
        let client = Client::from_conf(config.build());
        SigningSecret::Managed(ManagedSecret::new(client, Self::NAME.to_owned()))
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> HttpAnswer {
    assert_eq!(request.headers()["x-amz-target"], "secretsmanager.GetSecretValue");
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let wanted: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(wanted["SecretId"], SecretStore::NAME);
    state.reads.fetch_add(1, SeqCst);
    let is_previous = wanted["VersionStage"] == "AWSPREVIOUS";
    if state.away.load(SeqCst) || is_previous && state.previous_fails.load(SeqCst) {
        return Err(io::Error::other("away"));
    }
    if is_previous && state.previous_hangs.load(SeqCst) {
        return std::future::pending().await;
    }
    let age = match wanted["VersionStage"].as_str() {
        Some("AWSCURRENT") | None => 0,
        Some("AWSPREVIOUS") => 1,
        stage => panic!("{stage:?}"),
    };
    let (status, answer) = match state.versions.lock().unwrap().iter().nth_back(age) {
        Some((value, set_at)) => (
            StatusCode::OK,
            json!({ "Name": SecretStore::NAME, "SecretString": value, "CreatedDate": set_at.as_second() }),
        ),
        None => (StatusCode::BAD_REQUEST, json!({ "__type": "ResourceNotFoundException" })),
    };
    let mut response = Response::new(Full::new(answer.to_string().into()));
    *response.status_mut() = status;
    Ok(response)
}
