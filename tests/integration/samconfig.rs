//! `samconfig.toml` agrees with the template, the sample events and `leadhook serve`.

use serde_json::Value;
use std::fs;
use tests::{SIGNING_KEY, Template, TemplateFunction};

const LOCAL: [&str; 2] = ["local_invoke", "local_start_api"];

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The parameters of each command.
fn commands() -> Value {
    let mut config: Value = toml::from_str(&read("samconfig.toml")).unwrap();
    config["default"].take()
}

fn parameters<'a>(commands: &'a Value, command: &str) -> &'a Value {
    &commands[command]["parameters"]
}

#[test]
fn sam_local_overrides_parameters_of_the_template() {
    let (commands, template) = (commands(), Template::read());
    for command in LOCAL {
        let overrides = parameters(&commands, command)["parameter_overrides"].as_array().unwrap();
        let overrides: Vec<_> =
            overrides.iter().map(|pair| pair.as_str().unwrap().split_once('=').unwrap()).collect();
        for (name, _) in &overrides {
            assert!(template.at("/Parameters").get(name).is_some(), "{command}: {name}");
        }
        assert!(overrides.contains(&("KeyspotSigningKey", SIGNING_KEY)), "{command}");
    }
}

/// SAM ignores variables that no function declares, without a message.
#[test]
fn sam_local_sets_variables_that_functions_declare() {
    let (commands, template) = (commands(), Template::read());
    let functions = template.functions();
    for command in LOCAL {
        let parameters = parameters(&commands, command);
        let file = parameters["env_vars"].as_str().unwrap();
        let variables: Value = serde_json::from_str(&read(file)).unwrap();
        let variables = &variables["Parameters"];
        for name in variables.as_object().unwrap().keys() {
            let declares = |function: &TemplateFunction| function.variables().contains(&**name);
            assert!(functions.iter().any(declares), "{command}: {name}");
        }
        assert_eq!(variables["KEYSPOT_SIGNING_KEY"], SIGNING_KEY, "{command}");
        assert_eq!(variables["FORWARDING_SIGNING_KEY"], SIGNING_KEY, "{command}");
        // `sam local` has no Secrets Manager.
        assert_eq!(variables["FORWARDING_SIGNING_SECRET"], "", "{command}");
        let endpoint = variables["AWS_ENDPOINT_URL_DYNAMODB"].as_str().unwrap();
        let host = endpoint.strip_prefix("http://").unwrap().split(':').next().unwrap();
        let added = parameters["add_host"][0].as_str().unwrap();
        assert_eq!(added, format!("{host}:host-gateway"), "{command}");
    }
}

#[test]
fn sam_local_start_api_leaves_leadhook_serve_its_port() {
    assert_ne!(parameters(&commands(), "local_start_api")["port"], 3000);
}

#[test]
fn only_sam_local_has_the_public_signing_key() {
    let commands = commands();
    for (command, given) in commands.as_object().unwrap() {
        let is_local = LOCAL.contains(&&**command);
        assert_eq!(given.to_string().contains(SIGNING_KEY), is_local, "{command}");
    }
    assert!(!parameters(&commands, "deploy").is_null());
}
