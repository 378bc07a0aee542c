//! Each function of the template has the variables that it reads and the permissions that it needs.

use forwarding::{Forwarder, SIGNING_KEY as FORWARDING_KEY, SIGNING_SECRET};
use keyspot::Keyspot;
use serde_json::json;
use shared::{delivery::Context, function::Environment, model::Contact};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tests::{
    Given, SENDERS, SIGNING_KEY, SampleEvent, Template, TemplateFunction, TestApi,
    arrange_forwarded_leads, sample_events, send_event,
};

/// The variables that a function reads before its own start-up, and those that the AWS SDK reads.
const READ_ELSEWHERE: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB", "RUST_LOG"];

/// Starts a function with the variables that the template sets. Returns the variables that it read.
async fn variables_read(function: &str, set: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    let (set, read) = (set.clone(), Arc::<Mutex<BTreeSet<_>>>::default());
    let note = Arc::clone(&read);
    let environment = Environment::new(move |name| {
        note.lock().unwrap().insert(name);
        // This value is valid as a name, as a number of seconds and as a key.
        set.contains(name).then(|| format!("{:040}", 300))
    });
    if function.starts_with("keyspot-") {
        Keyspot::from_env(&environment).await.map(drop).unwrap();
    } else if function == "forward-leads" {
        Forwarder::from_env(&environment).await.map(drop).unwrap();
    } else {
        Context::from_env(&environment).await.map(drop).unwrap();
    }
    read.lock().unwrap().clone()
}

#[tokio::test]
async fn each_function_has_exactly_the_variables_that_it_reads() {
    let template = Template::read();
    let mut read: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for parameters in [&[][..], &[("KeyspotSigningKey", SIGNING_KEY)]] {
        // The names must live as long as the environment.
        let decided: &'static Template = Box::leak(Box::new(template.with(parameters)));
        for function in decided.functions() {
            let mut set = function.variables_set();
            if set.remove(SIGNING_SECRET) {
                // As in `sam local`. Otherwise the function reads the secret when it starts.
                set.insert(FORWARDING_KEY);
            }
            let mut variables = variables_read(function.name, &set).await;
            read.entry(function.name).or_default().append(&mut variables);
        }
    }
    for function in template.functions() {
        let mut read = read.remove(function.name).unwrap();
        read.extend(READ_ELSEWHERE);
        assert_eq!(function.variables(), read, "{}", function.name);
    }
}

/// The IAM actions that a function's sample events need, also if the leads of claims were deleted.
async fn actions_used(function: &str, samples: &[SampleEvent]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let takes = |sample: &&SampleEvent| {
        sample.function == function && [Given::DemoTable, Given::Leads].contains(&sample.given())
    };
    for sample in samples.iter().filter(takes) {
        let api = TestApi::start().await;
        if sample.given() == Given::Leads {
            arrange_forwarded_leads(&api.direct, &api.direct_client(), api.now()).await;
        }
        for event in sample.before().iter().chain([sample]) {
            send_through(&api, event).await;
            used.append(&mut api.connection.take_actions());
        }
        api.delete_leads().await;
        send_through(&api, sample).await;
        used.append(&mut api.connection.take_actions());
        for sender in SENDERS {
            let blocked = [Contact::email("nobody@exemplo.com")].into();
            api.table().block(&sender.account(), &blocked).await.unwrap();
        }
        api.connection.take_actions();
        send_through(&api, sample).await;
        used.append(&mut api.connection.take_actions());
    }
    used.into_iter().map(|action| format!("dynamodb:{action}")).collect()
}

async fn send_through(api: &TestApi, sample: &SampleEvent) {
    send_event(&api.another_instance(), &sample.function, &sample.event).await;
}

#[tokio::test]
async fn each_function_has_exactly_the_permissions_that_it_needs() {
    let (template, samples) = (Template::read().with(&[]), sample_events());
    let table = json!({
        "Fn::Sub":
            "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}",
    });
    let secret = json!({ "Ref": "KeyspotSigningSecret" });
    let is_request = |function: &TemplateFunction| !function.routes().is_empty();
    for function in template.functions().into_iter().filter(is_request) {
        let name = function.name;
        let allowed: BTreeSet<_> =
            function.actions_on(&table).into_iter().map(str::to_owned).collect();
        assert_eq!(allowed, actions_used(name, &samples).await, "{name}");
        let reads_secret = function.variables_set().contains("KEYSPOT_SIGNING_SECRET");
        let on_secret = function.actions_on(&secret);
        let expected: &[_] = if reads_secret { &["secretsmanager:GetSecretValue"] } else { &[] };
        assert_eq!(on_secret, expected.iter().copied().collect(), "{name}");
        assert_eq!(function.resources().len(), 1 + expected.len(), "{name}");
    }
}
