//! One instance of a function: a process that the bench starts, invokes and measures.

use crate::{
    runtime_api::{Call, RuntimeApi},
    share::{Share, Throttled},
};
use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    sync::oneshot,
};

/// A function to measure.
pub(crate) struct Contender {
    /// Its name in tables.
    pub(crate) name: &'static str,
    /// The program, with its arguments.
    pub(crate) command: Vec<PathBuf>,
}

/// A running function that waits for an event.
pub(crate) struct Instance<'a> {
    /// How long its start took, until it asked for an event.
    pub(crate) ready: Duration,
    /// When it was started.
    pub(crate) started: Instant,
    process: Child,
    api: &'a mut RuntimeApi,
    give: oneshot::Sender<String>,
}

impl<'a> Instance<'a> {
    /// Starts a function with these variables and no others.
    pub(crate) async fn start(
        contender: &Contender,
        variables: &[(&'static str, String)],
        api: &'a mut RuntimeApi,
    ) -> Self {
        let [program, arguments @ ..] = contender.command.as_slice() else {
            panic!("no program");
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut process = command.spawn().unwrap();
        let (at, give) = expect_next(api, &mut process).await;
        Self { ready: at - started, started, process, api, give }
    }

    /// Sends an event. Returns the time until its answer, and the instance.
    pub(crate) async fn invoke(self, event: String) -> (Duration, Self) {
        let Self { ready, started, mut process, api, give } = self;
        let sent = Instant::now();
        give.send(event).unwrap();
        let answered = match next_call(api, &mut process).await {
            Call::Answer(at, body) if is_created(&body) => at,
            Call::Answer(_, body) | Call::Fault(body) => panic!("not created: {body}"),
            Call::Next(..) => panic!("no answer"),
        };
        let (_, give) = expect_next(api, &mut process).await;
        (answered - sent, Self { ready, started, process, api, give })
    }

    /// From now on it gets only this share of a processor, as long as the result is kept.
    pub(crate) fn throttle(&self, share: &Share) -> Throttled {
        share.throttle(self.id())
    }

    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let nanoseconds = threads.map(|thread| {
            let file = thread.unwrap().path().join("schedstat");
            let text = fs::read_to_string(file).unwrap_or_default();
            text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0)
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// The most memory that it had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        peak_memory(&self.id().to_string())
    }

    /// Gives it no further event: it ends by itself.
    pub(crate) async fn end(self) {
        let Self { mut process, give, api, .. } = self;
        drop(give);
        process.wait().await.unwrap();
        api.forget();
    }

    /// Stops it, and waits until it is gone.
    pub(crate) async fn stop(mut self) {
        self.process.kill().await.unwrap();
        self.api.forget();
    }

    fn id(&self) -> u32 {
        self.process.id().unwrap()
    }
}

/// The most memory that a process had, in bytes; `self` is this process.
pub(crate) fn peak_memory(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

async fn expect_next(
    api: &mut RuntimeApi,
    process: &mut Child,
) -> (Instant, oneshot::Sender<String>) {
    match next_call(api, process).await {
        Call::Next(at, give) => (at, give),
        Call::Answer(_, body) | Call::Fault(body) => panic!("a function failed: {body}"),
    }
}

async fn next_call(api: &mut RuntimeApi, process: &mut Child) -> Call {
    tokio::select! {
        biased;
        call = api.next_call() => call,
        ended = process.wait() => panic!("a function ended: {ended:?}"),
    }
}

fn is_created(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap();
    // RD Station answers a new lead with 200.
    answer["statusCode"] == 201 || answer["statusCode"] == 200
}
