//! Wrong input, and tables that cannot be used.

use super::{Cli, failure};
use crate::server::Serve;

#[tokio::test]
async fn wrong_input_is_one_line_of_error_with_an_exit_code_for_its_kind() {
    let cli = Cli::local();
    let keys = cli.json(&["keys", "list"]);
    let cases: [(&[&str], i32, &str); 33] = [
        (&["keys", "create", "hubspot", "--account", "a"], 2, "integrabot, rdstation"),
        (&["keys", "create", "integrabot"], 2, "--account"),
        (&["keys", "create", "integrabot", "--account", "a#b"], 2, "no #"),
        (&["keys", "create", "integrabot", "--account", "a", "--tenant", "1"], 2, "only Flextell"),
        (&["keys", "create", "integrabot", "--account", "a", "--expires", "soon"], 2, "90d"),
        (
            &["keys", "create", "integrabot", "--account", "a", "--expires", "2020-01-01"],
            2,
            "future",
        ),
        (&["keys", "create", "keyspot", "--account", "a", "--network", "here"], 2, "--network"),
        (&["keys", "create", "flextell", "--account", "a"], 2, "--tenant"),
        (&["keys", "revoke", "ffffffffffff"], 3, "leadhook keys list"),
        (&["leads", "list", "--account", "nobody"], 3, "leadhook keys create"),
        (&["leads", "list", "--day", "someday"], 2, "today or yesterday"),
        (&["leads", "list", "--day", "2023-12-31"], 2, "2024-01-01"),
        (&["leads", "stats", "--until", "2020-01-01"], 2, "2024-01-01"),
        (&["leads", "list", "--since", "today", "--until", "yesterday"], 2, "--since"),
        (&["leads", "export", "--since", "7d ago"], 2, "7d for seven days ago"),
        (&["leads", "export", "--since=-7d"], 2, "7d for seven days ago"),
        (&["leads", "list", "-p", "integrabot", "-a", "nobody"], 3, "no such account"),
        (&["leads", "erase", "--email", "a@b.c", "-a", "nobody", "--yes"], 3, "no such account"),
        (
            &["leads", "unblock", "--email", "a@b.c", "-p", "keyspot", "-a", "x"],
            3,
            "no such account",
        ),
        (&["held", "list", "-p", "rdstation", "-a", "nobody"], 3, "no such account"),
        (&["leads", "export", "-f", "jsonl", "--spreadsheet-safe"], 2, "csv"),
        (&["keys", "create", "flextell"], 2, "--tenant"),
        (&["leads", "list", "--profile", "nowhere", "--region", "x"], 4, "the profile nowhere"),
        (&["serve", "--allowed-origins", "localhost"], 2, "http://localhost:5173"),
        (&["leads", "show", "lead_xyz"], 2, "not a lead's id"),
        (&["leads", "show", "1"], 3, "no lead 1"),
        (&["leads", "erase", "--email", "nobody"], 2, "has an @"),
        (&["send", "integrabot", "--to", "http://127.0.0.1:1"], 1, "leadhook serve"),
        (&["send", "integrabot", "--chatbot", "cb_1"], 2, "only PollyBot"),
        (&["send", "pollybot", "--tenant", "1"], 2, "only Flextell"),
        (&["send", "flextell", "--key", "k", "--secret", "s"], 2, "only Keyspot"),
        (&["send", "rdstation", "--key", "k", "--secret", "s"], 2, "only Keyspot"),
        (&["held", "show", "invalid-0"], 3, "leadhook held list"),
    ];
    for (arguments, code, expected) in cases {
        let (got, said) = cli.fail(arguments);
        assert!(got == code && said.contains(expected), "{arguments:?}: {got}: {said}");
        assert!(said.starts_with("error: "), "{arguments:?}: {said}");
    }
    assert_eq!(cli.json(&["keys", "list"]), keys, "no key was created or changed");
}

#[tokio::test]
async fn an_invalid_endpoint_is_named() {
    let cli = Cli::empty();
    for endpoint in ["127.0.0.1:8000", "localhost", "ftp://127.0.0.1"] {
        let mut command = cli.command(&["leads", "list"]);
        let (code, said) = failure(command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint));
        assert!(code == 2 && said.contains(endpoint) && said.contains("http://"), "{said}");
        let mut serve = cli.command(&["serve", "--port", "0"]);
        let (_, said) = failure(serve.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint));
        assert!(said.contains(endpoint) && said.contains("http://"), "{said}");
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_used_is_an_error_that_says_what_to_do() {
    let cli = Cli::empty();
    let other = Serve::start(&mut Serve::command(&["--memory"]));
    let client = other.client();
    let foreign = {
        use aws_sdk_dynamodb::types::{
            AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        };
        let id = AttributeDefinition::builder().attribute_name("id");
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        client
            .create_table()
            .table_name("foreign")
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(id.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(key.build().unwrap())
    };
    foreign.send().await.unwrap();
    let at = |endpoint: &str, arguments: &[&str]| {
        let mut command = cli.command(arguments);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
        command.env("AWS_ACCESS_KEY_ID", &other.access_key).env("AWS_SECRET_ACCESS_KEY", "local");
        failure(&mut command)
    };
    for command in [&["leads", "list"][..], &["keys", "create", "rdstation", "-a", "a"]] {
        let cases = [
            (
                "no table",
                at(&other.table, &[command, &["--table", "nowhere"]].concat()),
                "no table nowhere",
            ),
            (
                "another shape",
                at(&other.table, &[command, &["--table", "foreign"]].concat()),
                "its keys are id",
            ),
            ("no DynamoDB", at("http://127.0.0.1:1", command), "no connection"),
        ];
        for (case, (code, said), expected) in cases {
            assert!(code == 4 && said.contains(expected), "{case}: {code}: {said}");
            assert_eq!(said.lines().count(), 1, "{case}: {said}");
        }
        let mut anonymous = cli.command(command);
        anonymous.args(["--region", "eu-west-1"]).env_remove("AWS_ACCESS_KEY_ID");
        anonymous.env_remove("AWS_SECRET_ACCESS_KEY").env("AWS_EC2_METADATA_DISABLED", "true");
        let (code, said) = failure(&mut anonymous);
        assert!(code == 4 && said.contains("aws configure"), "no credentials: {code}: {said}");
        let (code, said) = cli.fail(&[command, &["--table", "leadhook"]].concat());
        assert!(code == 4 && said.contains("--region"), "no region: {code}: {said}");
    }
    let (code, said) = at(&other.table, &["doctor", "--table", "foreign"]);
    assert!(code == 4 && said.contains("1 check failed"), "{said}");
    assert!(!cli.folder.path().join(".leadhook").exists(), "no local table was created");
    other.stop();
}

#[tokio::test]
async fn serve_fails_with_1_or_with_2_for_invalid_options() {
    let cli = Cli::local();
    let other = cli.serve();
    let serve = |endpoint: &str, arguments: &[&str]| {
        let mut command = cli.command(&["serve", "--port", "0"]);
        command.args(arguments).env("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
        command.env("AWS_ACCESS_KEY_ID", &other.access_key).env("AWS_SECRET_ACCESS_KEY", "local");
        failure(command.env("AWS_REGION", "eu-west-1").env("TABLE_NAME", "nowhere"))
    };
    let cases = [
        ("no table", serve(&other.table, &[]), 1, "no table nowhere"),
        // The waits between its attempts are random: the attempts or the time are used up first.
        ("no DynamoDB", serve("http://127.0.0.1:1", &[]), 1, "the table is unavailable: "),
        ("an invalid variable", serve("localhost", &[]), 1, "AWS_ENDPOINT_URL_DYNAMODB"),
        ("a folder in use", serve("", &[]), 1, "is in use"),
        ("an invalid option", serve("", &["--table-address", "here"]), 2, "--table-address"),
    ];
    for (case, (code, said), expected_code, expected) in cases {
        assert!(code == expected_code && said.contains(expected), "{case}: {code}: {said}");
    }
    let help = cli.run(&["--help"]);
    assert!(help.contains("`serve` fails with 1, or with 2 for invalid options"), "{help}");
    other.stop();
}

/// The address of a DynamoDB that refuses every request.
async fn forbidding_dynamodb() -> String {
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#;
    let answer = move || async move {
        let headers = [("content-type", "application/x-amz-json-1.0")];
        (axum::http::StatusCode::BAD_REQUEST, headers, denied)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(local::listen(listener, router, std::future::pending()));
    endpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_permissions_are_an_error_that_says_so() {
    let (cli, endpoint) = (Cli::empty(), forbidding_dynamodb().await);
    cli.write("users.csv", "kind,id,name\nuser,1,Ana\n");
    let commands: [&[&str]; 5] = [
        &["keys", "create", "rdstation", "--account", "a"],
        &["leads", "list"],
        &["leads", "erase", "--phone", "5511", "--yes", "-p", "rdstation", "-a", "a"],
        &["directory", "import", "users.csv", "-p", "flextell", "-a", "1"],
        &["doctor"],
    ];
    for arguments in commands {
        let mut command = cli.command(arguments);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
        command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        let output = command.output().unwrap();
        let (code, why) = failure(&mut command);
        let said = String::from_utf8(output.stdout).unwrap() + &why;
        assert!(code == 4 && said.contains("credentials may not"), "{arguments:?}: {said}");
        assert_eq!(why.lines().count(), 1, "{arguments:?}: {why}");
    }
}
