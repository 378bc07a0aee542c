//! Runs every example of every `--help`.

use crate::transcript::Shell;
use serde_json::{Value, json};
use std::fs;

/// Every command and subcommand, such as `leads list`.
fn commands(shell: &Shell, words: &str) -> Vec<String> {
    let (_, help) = shell.run(&format!("leadhook {words} --help"));
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let names = listed.lines().take_while(|line| !line.is_empty());
    // The second line of a long description is indented further.
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names =
        names.filter(|name| !["", "help"].contains(name)).map(|name| format!("{words} {name}"));
    let below = names.map(|name| name.trim().to_owned()).flat_map(|name| commands(shell, &name));
    [words.to_owned()].into_iter().chain(below).collect()
}

/// The examples in a help text.
fn examples(help: &str) -> Vec<String> {
    let listed = help.split("Examples:\n").nth(1).or_else(|| help.split("Example:\n").nth(1));
    let listed = listed.unwrap_or_default().replace(" \\\n", " ");
    let lines = listed.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// An address that no program of a test machine listens on.
const NOBODY_LISTENS: &str = "http://127.0.0.1:9";

/// A table that has everything that the examples name.
struct ExampleTable {
    shell: Shell,
    key: String,
    held: String,
    repeat: String,
    lead: String,
    rdstation_lead: String,
    destination: String,
}

impl ExampleTable {
    fn fill() -> Self {
        let shell = Shell::new();
        let run = |line: &str| {
            let (code, said) = shell.run(line);
            assert_eq!(code, Some(0), "{line}: {said}");
            said
        };
        for account in ["integrabot -a acme", "keyspot -a acme", "pollybot -a ws_acme"] {
            run(&format!("leadhook keys create {account}"));
        }
        let parsed = |line: &str| -> Value {
            let said = run(line);
            serde_json::from_str(&said[said.find(['{', '[']).unwrap()..]).unwrap()
        };
        let key = parsed("leadhook keys create rdstation -a acme -o json 2>/dev/null");
        let lead = run("leadhook send integrabot");
        let lead = lead.split("\"id\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
        let rdstation_lead = run("leadhook send rdstation");
        let rdstation_lead = rdstation_lead.split("\"id\":\"").nth(1).unwrap();
        let rdstation_lead = rdstation_lead.split('"').next().unwrap().to_owned();
        let invalid = json!({ "name": "Maria", "email": "maria", "type": "web" });
        shell.run(&format!("leadhook send integrabot --data '{invalid}'"));
        let held = parsed("leadhook held list --reason invalid -o json");
        let again = json!({ "name": "M", "email": "maria@exemplo.com", "type": "web" });
        shell.run(&format!("leadhook send integrabot --data '{again}'"));
        let repeat = parsed("leadhook held list --reason repeat -o json");
        let files = [
            ("lead.json", r#"{"name": "Eva", "email": "eva@exemplo.com"}"#),
            ("key.txt", "demo-key\n"),
            ("headers.txt", "X-Api-Key: k-1\n"),
            ("crm.jinja", "{\"email\": {{ email }}}\n"),
            ("secret.txt", "demo-secret\n"),
            ("token.txt", "demo-flextell\n"),
            ("properties.csv", "kind,id,property_id,title\nproperty,AP001,clp1,Two rooms\n"),
            (
                "statuses.jsonl",
                "{\"kind\":\"status\",\"id\":1,\"name\":\"New\",\"slug\":\"new\",\"color\":\"#fff\"}\n",
            ),
        ];
        for (name, text) in files {
            fs::write(shell.folder.path().join(name), text).unwrap();
        }
        run("leadhook directory import properties.csv -p keyspot -a acme");
        let add = "leadhook destinations add integrabot -a acme -o json 2>/dev/null";
        let add = format!("{add} --url {NOBODY_LISTENS} --header x-api-key:k");
        let destination = parsed(&add);
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        Self {
            key: id(&key),
            held: id(&held[0]),
            repeat: id(&repeat[0]),
            lead,
            rdstation_lead,
            destination: id(&destination),
            shell,
        }
    }

    /// An example with the ids and addresses of this table.
    fn named(&self, example: &str) -> String {
        let base = &self.shell.serve.base;
        let names = [
            ("invalid-3f2a9c51d0e4", self.held.as_str()),
            ("repeat-8b1c2d3e4f50", &self.repeat),
            ("3f2a9c51d0e4", &self.key),
            ("373481529142520", &self.lead),
            ("lead_0AKN21CC0B1", &self.rdstation_lead),
            ("dst_4Jk9", &self.destination),
            ("https://crm.example.com", NOBODY_LISTENS),
            ("https://hooks.slack.com", NOBODY_LISTENS),
            ("http://localhost:8080", NOBODY_LISTENS),
            // It ends only with Ctrl-C.
            ("--follow", ""),
            ("https://abc123.execute-api.eu-west-1.amazonaws.com", base),
            ("--tenant 7", "--tenant 1"),
            ("--chatbot cb_123", "--chatbot cb_1234567890abcdef"),
            // The examples for a table in AWS run on this table.
            ("--table leadhook --region eu-west-1", "--region us-east-1"),
            ("| jq -r .email", "| grep email"),
        ];
        let replace = |example: String, (name, real): (&str, &str)| example.replace(name, real);
        let example = names.into_iter().fold(example.to_owned(), replace);
        let example =
            if example.starts_with("leadhook console") { until_open(&example) } else { example };
        if example.contains("--region") {
            return format!("eval \"$(leadhook env)\"; {example}");
        }
        example
    }
}

/// Runs a console until it prints its address, then stops it.
fn until_open(example: &str) -> String {
    format!(
        "{example} > console.txt & until grep -q token= console.txt || ! kill -0 $!; do sleep 0.1; \
         done; kill $!; wait $!"
    )
}

/// The exit code of an example.
fn expected_code(example: &str) -> i32 {
    match example {
        // One asks for a confirmation, and there is no terminal to answer. The other finds that no
        // lead waits.
        "leadhook leads erase --email maria@exemplo.com"
        | "leadhook destinations skip dst_4Jk9" => 2,
        // Nobody listens there.
        "leadhook destinations test dst_4Jk9"
        | "leadhook forward --to http://localhost:8080/leads"
        | "leadhook forward --to http://localhost:8080/leads --follow" => 1,
        // Nobody was blocked.
        "leadhook leads unblock --email maria@exemplo.com --account acme" => 3,
        // The lead is one of another account than the destination's.
        _ if example.contains("replay dst_4Jk9 --from 3734") => 3,
        _ => 0,
    }
}

#[test]
fn every_example_of_every_help_works() {
    let shell = Shell::new();
    let mut played = 0;
    for command in commands(&shell, "") {
        let (code, help) = shell.run(&format!("leadhook {command} --help"));
        assert_eq!(code, Some(0), "{command}");
        let examples = examples(&help);
        let is_leaf = !help.contains("\nCommands:\n");
        let needs_none = ["serve", "doctor", "held show", "held discard"];
        assert!(!is_leaf || !examples.is_empty() || needs_none.contains(&&*command), "{command}");
        let mut table = None;
        for example in examples {
            // An example may delete what the next one needs.
            let table = if command == "completions" {
                table.get_or_insert_with(ExampleTable::fill)
            } else {
                table.insert(ExampleTable::fill())
            };
            let line = table.named(&example);
            let line = match line.split_once("&& aws ") {
                Some((line, _)) => line.to_owned(),
                None => line,
            };
            let (code, said) = table.shell.run(&line);
            assert_eq!(code, Some(expected_code(&example)), "{example}: {said}");
            played += 1;
        }
    }
    assert!(played >= 30, "only {played} examples were found");
}
