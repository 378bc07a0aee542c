//! Forwarding in `template.yaml`: permissions, the switch, the stream, alarms and the
//! dashboard.

use crate::forward_leads;
use forwarding::Report;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Template, TemplateFunction, sample_events};

#[tokio::test]
async fn the_forwarding_function_may_do_what_it_does_and_read_the_stream() {
    const READ_STREAM: [&str; 4] =
        ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    let template = Template::read().with(&[]);
    let function = forwarding_function(&template).unwrap();
    let in_account = |service: &str, resource: &str| {
        let arn = format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}");
        json!({ "Fn::Sub": format!("{arn}:${{AWS::AccountId}}:{resource}") })
    };
    let secret = "secret:leadhook/${TableName}/forwarding-??????";
    let expected = [
        (in_account("dynamodb", "table/${TableName}"), forward_leads::actions_used().await),
        (
            in_account("dynamodb", "table/${TableName}/stream/*"),
            READ_STREAM.map(|action| format!("dynamodb:{action}")).into(),
        ),
        (in_account("secretsmanager", secret), ["secretsmanager:GetSecretValue".to_owned()].into()),
    ];
    for (resource, actions) in &expected {
        let allowed = function.actions_on(resource).into_iter().map(str::to_owned);
        assert_eq!(allowed.collect::<BTreeSet<_>>(), *actions, "{resource}");
    }
    assert_eq!(function.resources().len(), expected.len());
}

fn forwarding_function(template: &Template) -> Option<TemplateFunction<'_>> {
    template.functions().into_iter().find(|function| function.name == "forward-leads")
}

/// What only a stack that forwards has.
const OF_FORWARDING: [&str; 9] = [
    "FailingDestinationAlarm",
    "FailingSeconds",
    "ForwardLeads",
    "ForwardingFaultAlarm",
    "IdleForwardingAlarm",
    "NewLeads",
    "SetAside",
    "SetAsideAlarm",
    "TableFaults",
];

#[test]
fn a_stack_that_does_not_forward_keeps_only_the_secret_of_the_destinations() {
    let template = Template::read();
    let on = template.with(&[]);
    let off = template.with(&[("Forwarding", "false")]);
    let names = |template: &Template| -> BTreeSet<String> {
        template.at("/Resources").as_object().unwrap().keys().cloned().collect()
    };
    let (with, without) = (names(&on), names(&off));
    assert_eq!(with.difference(&without).collect::<Vec<_>>(), OF_FORWARDING);
    assert!(without.is_subset(&with));
    let mut resources = off.at("/Resources").clone();
    resources.as_object_mut().unwrap().remove("ForwardingSigningSecret");
    let mut text = resources.to_string();
    for parameter in ["ForwardingAlarms", "ForwardingWidgets"] {
        text = text.replace(&format!("${{{parameter}}}"), "").replace(parameter, "");
    }
    for name in OF_FORWARDING.into_iter().chain(["orward", "StreamSpecification"]) {
        assert!(!text.contains(name), "{name}");
    }
}

/// The secrets of all destinations are derived from it, so it must live as long as they do.
#[test]
fn the_secret_of_the_destinations_stays_with_the_table() {
    let template = Template::read();
    let (secret, table) =
        (template.at("/Resources/ForwardingSigningSecret"), template.at("/Resources/LeadTable"));
    for member in ["Condition", "UpdateReplacePolicy"] {
        assert_eq!(secret[member], table[member], "{member}");
    }
    // A failed first deployment leaves the table, because it is protected from deletion.
    assert_eq!(secret["DeletionPolicy"], "RetainExceptOnCreate");
    let name = json!({ "Fn::Sub": "leadhook/${TableName}/forwarding" });
    assert_eq!(secret["Properties"]["Name"], name);
    assert_eq!(template.resources("AWS::SecretsManager::RotationSchedule").count(), 0);
}

#[test]
fn the_stream_is_read_if_it_is_known() {
    const STREAM: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/leads/stream/2026";
    let cases = [
        (&[][..], Some(json!({ "Fn::GetAtt": "LeadTable.StreamArn" }))),
        (&[("CreateTable", "false")], None),
        (&[("CreateTable", "false"), ("StreamArn", STREAM)], Some(json!(STREAM))),
        (&[("Forwarding", "false"), ("StreamArn", STREAM)], None),
    ];
    for (parameters, expected) in cases {
        let template = Template::read().with(parameters);
        let mut mappings = template.resources("AWS::Lambda::EventSourceMapping");
        let read = mappings.next().map(|mapping| mapping["Properties"]["EventSourceArn"].clone());
        assert_eq!(read, expected, "{parameters:?}");
        let Some(function) = forwarding_function(&template) else { continue };
        let text = format!("{:?}", function.resources());
        assert_eq!(text.contains("/stream/*"), expected.is_some(), "{parameters:?}");
    }
}

/// A mapping begins to read some minutes after it was made. `LATEST` could miss late leads
/// meanwhile.
#[test]
fn the_stream_is_read_from_its_oldest_record() {
    let template = Template::read();
    let mut mappings = template.resources("AWS::Lambda::EventSourceMapping");
    let properties = &mappings.next().unwrap()["Properties"];
    assert_eq!(properties["StartingPosition"], "TRIM_HORIZON");
}

/// Whether a record fits a pattern of Lambda's event filters: each member has one of the listed
/// values, or begins with a prefix.
fn fits(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(members) => members.iter().all(|(name, rule)| fits(rule, &record[name])),
        Value::Array(rules) => rules.iter().any(|rule| match rule["prefix"].as_str() {
            Some(prefix) => record.as_str().is_some_and(|text| text.starts_with(prefix)),
            None => rule == record,
        }),
        _ => panic!("{pattern}"),
    }
}

#[test]
fn the_filter_of_the_stream_lets_only_new_leads_through() {
    let template = Template::read();
    let filters = template.at("/Resources/NewLeads/Properties/FilterCriteria/Filters");
    assert_eq!(filters.as_array().unwrap().len(), 1);
    let pattern: Value = serde_json::from_str(filters[0]["Pattern"].as_str().unwrap()).unwrap();
    let samples = sample_events();
    let sample = samples.iter().find(|sample| sample.name == "new_leads").unwrap();
    let event: Value = serde_json::from_str(&sample.event).unwrap();
    let records = event["Records"].as_array().unwrap().iter();
    let let_through: Vec<_> = records.map(|record| fits(&pattern, record)).collect();
    assert_eq!(let_through, [true, true, false]);
    let cases = [
        ("INSERT", "lead#keyspot#acme", true),
        ("MODIFY", "lead#keyspot#acme", false),
        ("REMOVE", "lead#keyspot#acme", false),
        ("INSERT", "claim#keyspot#acme#replay#0", false),
        ("INSERT", "held#keyspot#acme", false),
        ("INSERT", "set-aside#keyspot#acme", false),
        ("INSERT", "destination#keyspot#acme", false),
        ("INSERT", "destinations", false),
        ("INSERT", "directory#keyspot#lead#acme", false),
        ("INSERT", "key#0", false),
    ];
    for (name, pk, is_new) in cases {
        let mut record = event["Records"][0].clone();
        record["eventName"] = name.into();
        record["dynamodb"]["Keys"]["pk"]["S"] = pk.into();
        assert_eq!(fits(&pattern, &record), is_new, "{name} {pk}");
    }
}

#[test]
fn the_alarms_count_what_a_pass_writes() {
    let line = serde_json::to_value(Report::default()).unwrap();
    let template = Template::read();
    for (filter, member) in [
        ("FailingSeconds", "failing_seconds"),
        ("SetAside", "set_aside"),
        ("TableFaults", "table_faults"),
    ] {
        let filter = template.at(&format!("/Resources/{filter}/Properties"));
        assert!(line[member].is_number(), "{member}");
        assert_eq!(filter["FilterPattern"], format!("{{ $.{member} = * }}"));
        assert_eq!(filter["MetricTransformations"][0]["MetricValue"], format!("$.{member}"));
    }
    let counted = template.resources("AWS::Logs::MetricFilter").map(|filter| {
        let metric = &filter["Properties"]["MetricTransformations"][0];
        assert_eq!(metric["MetricNamespace"], json!({ "Fn::Sub": "leadhook/${AWS::StackName}" }));
        metric["MetricName"].as_str().unwrap()
    });
    let counted: BTreeSet<_> = counted.collect();
    let alarms: Value = template.resources("AWS::CloudWatch::Alarm").cloned().collect();
    let alarms = alarms.to_string();
    for metric in counted {
        assert!(alarms.contains(&format!(r#""MetricName":"{metric}""#)), "{metric}");
    }
}

/// The text that `CloudFormation` makes of an `Fn::Sub`. Other names stand for themselves.
fn substituted(value: &Value) -> String {
    let (text, values) = match &value["Fn::Sub"] {
        Value::String(text) => (text, &Value::Null),
        list => match (&list[0], &list[1]) {
            (Value::String(text), values) => (text, values),
            _ => panic!("{value}"),
        },
    };
    let mut text = text.clone();
    for (name, value) in values.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| substituted(value), str::to_owned);
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    text
}

#[test]
fn the_dashboard_is_json_with_and_without_forwarding() {
    let line = serde_json::to_value(Report::default()).unwrap();
    for (forwarding, widgets, alarms) in [("true", 8, 9), ("false", 6, 5)] {
        let template = Template::read().with(&[("Forwarding", forwarding)]);
        let body = template.at("/Resources/Dashboard/Properties/DashboardBody");
        let body: Value = serde_json::from_str(&substituted(body)).unwrap();
        let all = body["widgets"].as_array().unwrap();
        assert_eq!(all.len(), widgets);
        assert_eq!(all[5]["properties"]["alarms"].as_array().unwrap().len(), alarms);
        for query in all.iter().filter_map(|widget| widget["properties"]["query"].as_str()) {
            let counted = query.split('(').skip(1).map(|part| part.split(')').next().unwrap());
            for member in counted.filter(|name| *name != "5m") {
                assert!(line[member].is_number(), "{member}");
            }
        }
    }
}
