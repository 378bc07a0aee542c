//! Clients that read, update and delete leads by the providers' addresses.

use crate::{
    edits::EditAttempt,
    history::{Edit, Place, Work},
    log::Log,
    senders::{GATEWAY_WAITS, email, name, phone},
    stage::Stage,
    task::Task,
};
use serde_json::{Value, json};
use shared::model::{LeadId, Provider};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tests::{Answer, Delivery};
use tokio::time::{sleep, timeout};

/// How many leads a page has: few, so that lists have several pages.
const PAGE: usize = 2;
/// More pages than a list of a history has.
const MOST_PAGES: usize = 40;

/// How a provider lists leads: the function, the parameter of a page's size, and where its answer
/// has the leads and their number.
struct List {
    function: &'static str,
    size: &'static str,
    leads: &'static str,
    total: &'static str,
}

impl List {
    fn of(provider: Provider) -> Option<Self> {
        let (function, size, leads, total) = match provider {
            Provider::Integrabot => ("integrabot-list-leads", "per_page", "/data", "/meta/total"),
            Provider::RdStation => ("rdstation-list-leads", "size", "/data", "/meta/total"),
            Provider::PollyBot => {
                ("pollybot-list-leads", "limit", "/data/leads", "/data/pagination/total")
            }
            Provider::Flextell => ("flextell-list-leads", "per_page", "/data", "/meta/total"),
            Provider::Keyspot => return None,
        };
        Some(Self { function, size, leads, total })
    }
}

impl Edit {
    /// The body of an update.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({});
        if let Self::Update { words, email: of, phone: number } = self {
            let fields =
                [("name", words.map(name)), ("email", of.map(email)), ("phone", number.map(phone))];
            for (field, value) in fields {
                if let Some(value) = value {
                    body[field] = value.into();
                }
            }
        }
        body
    }

    fn function(&self) -> &'static str {
        match self {
            Self::Update { .. } => "pollybot-update-lead",
            Self::Delete => "pollybot-delete-lead",
        }
    }
}

impl Stage {
    /// Updates or deletes a lead that was in an answer. Only PollyBot's clients can do so. Tries
    /// again after a 503 and if there is no answer.
    pub(crate) async fn edit(
        self: Arc<Self>,
        step: String,
        place: u8,
        lead: u8,
        edit: Edit,
        first: Work,
    ) {
        let Some(place) = self.place_of(Provider::PollyBot, place) else { return };
        let answered = self.world.log().answered_leads(&place.account());
        let Some(lead) = answered.get(usize::from(lead) % answered.len().max(1)).copied() else {
            return;
        };
        let mut work = first;
        for attempt in 1.. {
            let task = Task::of_operator(format!("{step}.{attempt}"));
            let begun = EditAttempt::new(place.account(), lead, edit.clone(), self.world.now());
            let n = {
                let mut log = self.world.log();
                log.edits.push(begun);
                log.edits.len() - 1
            };
            let request = Delivery::new(edit.function(), edit.body().to_string());
            let request = request.parameter("leadId", &providers::write_id(place.provider, lead));
            self.world.trace(&task.name, || format!("{edit:?} {lead} of {}", place.account()));
            let answer = self.request(&task, place, request, work).await;
            self.excuse(&task);
            let is_done = answer.as_ref().is_some_and(|answer| answer.status != 503);
            self.world.log().edits[n].end(answer, self.world.now());
            if is_done {
                return self.world.log().check_edit(n);
            }
            work = Work { instance: first.instance, ..Work::default() };
            sleep(Duration::from_millis(self.world.number(1_000..5_000))).await;
        }
    }

    /// Reads all pages of a list. If nothing is written meanwhile, they have each lead once.
    pub(crate) async fn list(self: Arc<Self>, step: String, place: u8, work: Work) {
        let place = self.place(place);
        let Some(list) = List::of(place.provider) else { return };
        let before = self.world.log().changes;
        let (mut listed, mut totals) = (Vec::new(), BTreeSet::new());
        for page in 1..=MOST_PAGES {
            let task = Task::new(format!("{step}.{page}"));
            let query = format!("page={page}&{}={PAGE}", list.size);
            let request = Delivery::new(list.function, "").query(query);
            let answer = self.request(&task, place, request, work).await;
            let Some(Answer { status: 200, body, .. }) = answer else { return };
            let read = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let leads = body.pointer(list.leads).unwrap().as_array().unwrap();
            let ids: Vec<_> = leads
                .iter()
                .map(|lead| providers::read_id(&read(&lead["id"])).unwrap().1)
                .collect();
            let is_doubled = ids.iter().collect::<BTreeSet<_>>().len() < ids.len();
            if is_doubled {
                self.world.log().note_broken(format!("a lead stands twice on a page: {ids:?}"));
            }
            totals.insert(body.pointer(list.total).unwrap().as_u64().unwrap());
            let is_last = ids.len() < PAGE;
            listed.extend(ids);
            if is_last {
                break;
            }
        }
        let mut log = self.world.log();
        if log.changes == before {
            let mut stored = log.stored_leads(&place.account());
            stored.sort_unstable_by(|one, other| other.cmp(one));
            if stored != listed || totals != BTreeSet::from([stored.len() as u64]) {
                log.note_broken(format!("a list of {stored:?} has {listed:?}, total {totals:?}"));
            }
        }
    }

    /// The answer to a request with the account's key; `None` if there is none in time.
    async fn request(
        self: &Arc<Self>,
        task: &Arc<Task>,
        place: Place,
        request: Delivery,
        work: Work,
    ) -> Option<Answer> {
        let request =
            request.bearer(&place.token()).header("x-tenant", place.account().id.as_str());
        let (stage, of_function) = (Arc::clone(self), Arc::clone(task));
        let function = tokio::spawn(async move {
            let app = stage.instances.receiver(work.instance);
            let handled = async { request.answer_of(&app).await };
            of_function.run(&stage.world, work, handled).await
        });
        let answer = timeout(GATEWAY_WAITS, function).await.ok().and_then(|done| done.unwrap());
        self.world.trace(&task.name, || match &answer {
            Some(answer) => format!("gets {} {}", answer.status, answer.text),
            None => "gets no answer".to_owned(),
        });
        answer
    }

    /// The account of this provider with this number.
    fn place_of(&self, provider: Provider, n: u8) -> Option<Place> {
        let mut places = self.world.places.clone();
        places.retain(|place| place.provider == provider);
        places.get(usize::from(n) % places.len().max(1)).copied()
    }
}

impl Log {
    /// An answered edit did what it says.
    fn check_edit(&mut self, n: usize) {
        let EditAttempt { account, lead, edit, begun, answer, .. } = &self.edits[n];
        let Some(answer) = answer.as_ref().filter(|_| !self.reused.contains(lead)) else { return };
        let of_lead = |other: &LeadId| other == lead;
        let mut own = self.leads.iter().filter(|own| own.account == *account && of_lead(&own.id));
        let is_erased = own.all(|own| own.erased.is_some());
        let broken = match (edit, answer.status) {
            (_, 404) => (!is_erased).then_some("a lead was not found"),
            (Edit::Delete, 200) => {
                let deleted = self.edits.iter().filter(|other| {
                    let is_same = other.account == *account && of_lead(&other.lead);
                    let status = other.answer.as_ref().map(|answer| answer.status);
                    is_same && other.edit == Edit::Delete && status == Some(200)
                });
                (!is_erased || deleted.count() > 1)
                    .then_some("a lead was not deleted by this delete")
            }
            (Edit::Update { .. }, 200) => {
                let shown = &answer.body["data"];
                let sent = edit.body();
                let mut sent = sent.as_object().unwrap().iter();
                let is_shown = sent.all(|(name, value)| shown[name] == *value);
                (!is_shown).then_some("an update is not in its answer")
            }
            (Edit::Update { email: Some(person), .. }, 409) => {
                let rival = self.leads.iter().any(|other| {
                    other.account == *account
                        && !of_lead(&other.id)
                        && other.erased.is_none_or(|erasure| erasure.at >= *begun)
                        && other.has_had("email", &email(*person))
                });
                (!rival).then_some("an update was refused without a rival")
            }
            _ => Some("an edit has another answer"),
        };
        if let Some(rule) = broken {
            let rule = format!("{rule}: {edit:?} of {lead}: {} {}", answer.status, answer.text);
            self.note_broken(rule);
        }
    }
}
