//! `template.yaml` agrees with the code: routes, functions, environment variables and permissions.

mod functions;
mod of_forwarding;

use local::ANSWERED_HEADERS;
use providers::{ROUTES, Route, methods, sent_headers};
use serde_json::{Value, json};
use shared::model::Provider;
use std::{
    collections::{BTreeSet, HashSet},
    fs,
};
use tests::{SIGNING_KEY, Template, TemplateFunction, TestApi, sample_events};

#[test]
fn the_template_has_every_route_and_no_other() {
    let template = Template::read();
    let declared: BTreeSet<_> = template
        .functions()
        .iter()
        .flat_map(|function| {
            let name = function.name;
            function.routes().into_iter().map(move |(method, path)| (name, method, path))
        })
        .collect();
    assert_eq!(
        declared,
        ROUTES.iter().map(|route| (route.function, route.method.as_str(), route.path)).collect()
    );
}

#[test]
fn the_template_has_every_function_and_each_its_sample_events() {
    let template = Template::read();
    let declared: BTreeSet<_> = template.functions().iter().map(|function| function.name).collect();
    let packages = Provider::ALL.map(Provider::as_str).into_iter().chain(["forwarding"]);
    let manifests = packages.map(|package| {
        let manifest = format!("{}/../functions/{package}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(manifest).unwrap()
    });
    let manifests: Vec<_> = manifests.collect();
    let built = manifests.iter().flat_map(|manifest| {
        let binaries = manifest.split("[[bin]]\nname = \"").skip(1);
        binaries.map(|binary| binary.split('"').next().unwrap())
    });
    assert_eq!(declared, built.collect(), "binaries");
    let samples = sample_events();
    let sampled = samples.iter().map(|sample| sample.function.as_str());
    assert_eq!(declared, sampled.collect(), "sample events");
}

#[test]
fn a_stack_with_a_signing_key_has_no_secret() {
    const OFF: (&str, &str) = ("Forwarding", "false");
    let template = Template::read();
    for (parameters, has_secret) in
        [(&[OFF][..], true), (&[OFF, ("KeyspotSigningKey", SIGNING_KEY)], false)]
    {
        let template = template.with(parameters);
        let places = ["/Resources", "/Outputs"].map(|place| template.at(place).to_string());
        for place in places {
            assert_eq!(place.contains("KeyspotSigningSecret"), has_secret, "{parameters:?}");
        }
        let functions = template.at("/Resources").to_string();
        assert_eq!(functions.contains("secretsmanager:"), has_secret, "{parameters:?}");
    }
}

/// The key for `sam local` is in this repository.
#[test]
fn a_deployment_refuses_the_public_signing_key() {
    let template = Template::read();
    let rule = template.at("/Rules/KeyspotSigningKeyIsSecret");
    assert!(rule["RuleCondition"].is_null());
    let is_known = json!({ "Fn::Equals": [{ "Ref": "KeyspotSigningKey" }, SIGNING_KEY] });
    assert_eq!(rule["Assertions"][0]["Assert"], json!({ "Fn::Not": [is_known] }));
}

#[tokio::test]
async fn the_templates_table_is_the_table_of_the_code() {
    let (template, api) = (Template::read(), TestApi::start().await);
    let declared = template.at("/Resources/LeadTable/Properties");
    let client = api.direct_client();
    let name = api.table().name();
    let made = client.describe_table().table_name(name).send().await.unwrap().table.unwrap();
    let keys = made.key_schema().iter().map(
        |key| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() }),
    );
    assert_eq!(declared["KeySchema"], keys.collect::<Value>());
    let attributes = made.attribute_definitions().iter().map(|attribute| {
        (attribute.attribute_name().to_owned(), attribute.attribute_type().as_str().to_owned())
    });
    let declared_attributes = declared["AttributeDefinitions"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let declared_attributes = declared_attributes
        .map(|attribute| (text(&attribute["AttributeName"]), text(&attribute["AttributeType"])));
    assert_eq!(declared_attributes.collect::<HashSet<_>>(), attributes.collect());
    let time_to_live = client.describe_time_to_live().table_name(name).send().await.unwrap();
    let time_to_live = time_to_live.time_to_live_description.unwrap();
    assert_eq!(
        declared["TimeToLiveSpecification"],
        json!({ "AttributeName": time_to_live.attribute_name(), "Enabled": true })
    );
}

#[test]
fn the_table_is_protected_from_deletion() {
    let template = Template::read();
    let cases = [
        ("/DeletionPolicy", json!("Retain")),
        ("/UpdateReplacePolicy", json!("Retain")),
        ("/Properties/BillingMode", json!("PAY_PER_REQUEST")),
        ("/Properties/DeletionProtectionEnabled", json!(true)),
        ("/Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", json!(true)),
    ];
    for (pointer, expected) in cases {
        assert_eq!(*template.at(&format!("/Resources/LeadTable{pointer}")), expected, "{pointer}");
    }
}

/// `SSEEnabled` alone is AWS's key for the account, which is charged.
#[test]
fn the_table_is_encrypted_with_the_owners_key_or_with_that_of_dynamodb() {
    let key = "arn:aws:kms:sa-east-1:123456789012:key/0";
    let owners = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key });
    for (parameters, expected) in [(&[][..], Value::Null), (&[("TableKeyArn", key)], owners)] {
        let template = Template::read().with(parameters);
        let table = template.at("/Resources/LeadTable/Properties");
        assert_eq!(table["SSESpecification"], expected, "{parameters:?}");
    }
}

#[test]
fn the_units_of_the_table_can_be_limited() {
    let cases = [
        (&[][..], Value::Null),
        (&[("MaxReadUnits", "100")], json!({ "MaxReadRequestUnits": "100" })),
        (
            &[("MaxReadUnits", "100"), ("MaxWriteUnits", "50")],
            json!({ "MaxReadRequestUnits": "100", "MaxWriteRequestUnits": "50" }),
        ),
    ];
    for (parameters, expected) in cases {
        let template = Template::read().with(parameters);
        let table = template.at("/Resources/LeadTable/Properties");
        assert_eq!(table["OnDemandThroughput"], expected, "{parameters:?}");
    }
}

#[test]
fn the_api_is_reached_only_under_the_owners_name_if_it_has_one() {
    let certificate = "arn:aws:acm:sa-east-1:123456789012:certificate/0";
    let name = [("DomainName", "leads.example.com"), ("CertificateArn", certificate)];
    let zone = [name[0], name[1], ("HostedZoneId", "Z0")];
    for (parameters, has_name, has_zone) in
        [(&[][..], false, false), (&name, true, false), (&zone, true, true)]
    {
        let template = Template::read().with(parameters);
        let is_off = template.at("/Resources/Api/Properties/DisableExecuteApiEndpoint");
        assert_eq!(*is_off, has_name, "{parameters:?}");
        for (resource, is_there) in
            [("Domain", has_name), ("DomainMapping", has_name), ("DomainRecord", has_zone)]
        {
            let found = !template.at("/Resources")[resource].is_null();
            assert_eq!(found, is_there, "{resource} {parameters:?}");
        }
    }
}

/// A variable that has no value is `-`: no number of JSON.
#[test]
fn each_line_of_the_access_log_is_json() {
    let template = Template::read();
    let format = template.at("/Resources/Api/Properties/AccessLogSettings/Format");
    let format = format.as_str().unwrap();
    for value in ["-", "12"] {
        let mut line = String::new();
        for (n, part) in format.split("$context.").enumerate() {
            let name = part.find(['"', ',', '}']).unwrap_or_default();
            // Each request has a status.
            let value = if part.starts_with("status") { "429" } else { value };
            line += if n == 0 { "" } else { value };
            line += if n == 0 { part } else { &part[name..] };
        }
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn the_access_log_has_no_personal_data() {
    const HARMLESS: [&str; 7] = [
        "requestId",
        "requestTime",
        "routeKey",
        "status",
        "responseLatency",
        "integrationLatency",
        "error.responseType",
    ];
    let template = Template::read();
    let format = template.at("/Resources/Api/Properties/AccessLogSettings/Format");
    let logged: Vec<_> = format.as_str().unwrap().split("$context.").skip(1).collect();
    for variable in &logged {
        let name: &str = variable.split(['"', ',', '}']).next().unwrap();
        assert!(HARMLESS.contains(&name), "{name}");
    }
    assert_eq!(logged.len(), HARMLESS.len());
}

#[test]
fn every_parameter_is_described_and_has_a_default() {
    let template = Template::read();
    for (name, parameter) in template.at("/Parameters").as_object().unwrap() {
        assert!(parameter["Description"].as_str().unwrap().len() > 20, "{name}");
        assert!(!parameter["Default"].is_null(), "{name}");
    }
}

#[test]
fn every_log_expires_and_every_alarm_has_an_action() {
    let template = Template::read();
    let logs: Vec<_> = template.resources("AWS::Logs::LogGroup").collect();
    let alarms: Vec<_> = template.resources("AWS::CloudWatch::Alarm").collect();
    assert_eq!((logs.len(), alarms.len()), (2, 9));
    for log in logs {
        assert_eq!(log["Properties"]["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }));
    }
    for alarm in alarms {
        assert!(alarm["Properties"]["AlarmActions"].is_object(), "{alarm}");
    }
}

/// CloudWatch takes no more.
#[test]
fn no_alarm_has_more_than_ten_metrics() {
    let template = Template::read().with(&[]);
    for alarm in template.resources("AWS::CloudWatch::Alarm") {
        let metrics = alarm["Properties"]["Metrics"].as_array().into_iter().flatten();
        let metrics = metrics.filter(|metric| !metric["MetricStat"].is_null());
        assert!(metrics.count() <= 10, "{alarm}");
    }
}

#[test]
fn every_provider_has_its_base_url_in_the_outputs() {
    let template = Template::read();
    let outputs = template.at("/Outputs").as_object().unwrap().values();
    let values: Vec<_> = outputs.map(|output| &output["Value"]["Fn::If"]).collect();
    let prefixes: BTreeSet<_> =
        ROUTES.iter().map(|route| route.path.split('/').nth(1).unwrap()).collect();
    for (place, address) in [(1, "https://${DomainName}/"), (2, "${Api.ApiEndpoint}/")] {
        let base_urls = values.iter().filter(|value| value[0] == "HasDomain");
        let base_urls = base_urls.map(|value| value[place]["Fn::Sub"].as_str().unwrap());
        let with_prefix = base_urls.map(|url| url.strip_prefix(address).unwrap());
        assert_eq!(with_prefix.collect::<BTreeSet<_>>(), prefixes, "{address}");
    }
}

#[test]
fn a_stack_without_the_read_endpoints_has_those_that_create() {
    let template = Template::read().with(&[("ReadEndpoints", "false")]);
    let functions = template.functions();
    let routes = functions.iter().flat_map(TemplateFunction::routes);
    let routes: BTreeSet<_> = routes.map(|(method, path)| format!("{method} {path}")).collect();
    let others = ROUTES.iter().filter(|route| route.method == "POST").map(Route::key);
    assert_eq!(routes, others.collect());
}

/// `leadhook serve` allows the same headers. Without an origin, the template allows nothing.
/// `tests/template/transformed.py` checks what SAM makes of it.
#[test]
fn web_pages_of_the_allowed_origins_may_send_leads() {
    let template = Template::read();
    let allowed = json!({
        "AllowOrigins": { "Ref": "AllowedOrigins" },
        "AllowMethods": methods().iter().map(|method| method.as_str()).collect::<Vec<_>>(),
        "AllowHeaders": sent_headers(),
        "ExposeHeaders": ANSWERED_HEADERS,
    });
    let cors = json!({ "Fn::If": ["AllowsOrigins", allowed, { "Ref": "AWS::NoValue" }] });
    assert_eq!(*template.at("/Resources/Api/Properties/CorsConfiguration"), cors);
    assert_eq!(template.at("/Parameters/AllowedOrigins/Default"), "");
}
