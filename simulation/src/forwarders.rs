//! The function that forwards leads, the stream that wakes it, and the destinations.

use crate::{
    history::{Records, Reply, Work},
    observed::PostTimes,
    stage::Stage,
    task::Task,
    world::World,
};
use forwarding::{
    Answered, Forwarder, ForwardingEvent, MasterSecret, Post, PostError, PostRequest, forward_leads,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tests::SIGNING_KEY;
use tokio::time::sleep;

/// How long a post waits for an answer.
const POST_WAITS: Duration = Duration::from_secs(15);

/// The destinations, as a task reaches them.
struct Destinations {
    world: Arc<World>,
    task: Arc<Task>,
}

impl Post for Destinations {
    async fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Result<Answered, PostError> {
        let (world, begun) = (&self.world, self.world.now());
        let connects = world.log().connect(url);
        sleep(Duration::from_millis(connects.into())).await;
        let request = message().ok_or(PostError::Outdated)?;
        let times = PostTimes { begun, at: world.now() };
        let handling = world.log().receive(url, &request, times, world.is_healed());
        world.trace(&self.task.name, || {
            format!("posts {} to {url}, which answers {:?}", request.id, handling.reply)
        });
        sleep(match handling.reply {
            Reply::Silence => POST_WAITS,
            Reply::Status(..) | Reply::Unreached | Reply::AnswerLost => {
                Duration::from_millis(handling.answers.into())
            }
        })
        .await;
        match handling.reply {
            Reply::Status(status, seconds) => {
                let retry_after = seconds.map(SignedDuration::from_secs);
                Ok(Answered { status, retry_after, body: String::new() })
            }
            Reply::Unreached => Err(PostError::NoConnection),
            Reply::AnswerLost | Reply::Silence => Err(PostError::TimedOut),
        }
    }
}

impl Stage {
    /// A pass of the schedule.
    pub(crate) async fn pass(&self, name: String, work: Work) {
        self.forward(name, json!({}), work).await;
    }

    /// Gives the records of new leads to the function as they come, until nothing happens any more.
    pub(crate) async fn stream(self: Arc<Self>, planned: Vec<Records>) {
        let at_once = Records { after: 0, work: Work::default() };
        let mut planned = planned.into_iter();
        for batch in 0.. {
            while self.world.log().not_streamed.is_empty() {
                if self.is_over() {
                    return;
                }
                self.world.records.notified().await;
            }
            let Records { after, work } = planned.next().unwrap_or(at_once);
            sleep(Duration::from_millis(after.into())).await;
            let leads = std::mem::take(&mut self.world.log().not_streamed);
            self.give_records(&format!("stream {batch}"), &leads, work).await;
        }
    }

    /// Gives all records again.
    pub(crate) async fn stream_again(&self, name: String, work: Work) {
        let streamed: Vec<_> = {
            let log = self.world.log();
            (0..log.leads.len()).filter(|lead| !log.not_streamed.contains(lead)).collect()
        };
        self.give_records(&name, &streamed, work).await;
    }

    /// The stream gives records again until the function has handled them.
    async fn give_records(&self, name: &str, leads: &[usize], first: Work) {
        if leads.is_empty() {
            return;
        }
        let event = json!({ "Records": self.records(leads) });
        let mut work = first;
        for attempt in 1.. {
            if self.forward(format!("{name}.{attempt}"), event.clone(), work).await {
                return;
            }
            work = Work { instance: first.instance, ..Work::default() };
            sleep(Duration::from_secs(1)).await;
        }
    }

    fn records(&self, leads: &[usize]) -> Value {
        let log = self.world.log();
        let record = |lead: &usize| {
            let lead = &log.leads[*lead];
            json!({
                "eventName": "INSERT",
                "dynamodb": {
                    "ApproximateCreationDateTime": lead.written.as_second(),
                    "Keys": { "pk": lead.item["pk"], "sk": lead.item["sk"] },
                },
            })
        };
        leads.iter().map(record).collect()
    }

    /// Runs the function with an event. Returns whether the event is done.
    async fn forward(&self, name: String, event: Value, work: Work) -> bool {
        let task = Task::new(name);
        self.world.log().forwarding += 1;
        let forwarder = Forwarder {
            table: self.instances.table.clone(),
            system: self.instances.forwarder(work.instance),
            post: Destinations { world: Arc::clone(&self.world), task: Arc::clone(&task) },
            master: MasterSecret::new(SIGNING_KEY).unwrap(),
        };
        let event: ForwardingEvent = serde_json::from_value(event).unwrap();
        let done = task.run(&self.world, work, forward_leads(&forwarder, &event)).await;
        self.world.trace(&task.name, || match &done {
            Some(Ok(Some(report))) => serde_json::to_string(report).unwrap(),
            Some(Ok(None)) => "nothing to do".to_owned(),
            Some(Err(error)) => error.to_string(),
            None => "has no result".to_owned(),
        });
        let mut log = self.world.log();
        log.forwarding -= 1;
        if !task.is_calm() {
            log.excuse_all();
        }
        matches!(done, Some(Ok(_)))
    }
}
