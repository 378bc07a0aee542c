//! The commands for the directory of an account.

use super::Cli;

/// Lists the entries of Flextell's tenant 1.
const LIST: [&str; 6] = ["directory", "list", "--provider", "flextell", "--account", "1"];

/// Imports a file for Flextell's tenant 1.
fn import(file: &str) -> [&str; 7] {
    ["directory", "import", file, "--provider", "flextell", "--account", "1"]
}

/// A folder with a key for Flextell's tenant 1.
async fn cli_with_tenant() -> Cli {
    let cli = Cli::new().await;
    cli.create_key(&["flextell", "--tenant", "1"]);
    cli
}

fn count_entries(cli: &Cli) -> usize {
    cli.count(&LIST)
}

#[tokio::test]
async fn an_import_of_a_file_with_a_fault_writes_nothing() {
    let cli = cli_with_tenant().await;
    let cases = [
        (
            "a.csv",
            "kind,id,name\nuser,1,Ana\nuser,x,Eva\n",
            "a.csv, line 3: a user's id is a number",
        ),
        ("b.csv", "kind,id,name\nuser,1\n", "b.csv, line 2: it has 2 cells"),
        ("c.csv", "kind,id,name\nrobot,1,R\n", "c.csv, line 2: flextell has no `robot`"),
        ("d.csv", "kind,id,name,colour\nuser,1,A,red\n", "d.csv, line 2: a user has no `colour`"),
        (
            "e.csv",
            "kind,id,name\nuser,1,A\nuser,1,B\n",
            "e.csv, line 3: the user 1 is already in line 2",
        ),
        (
            "f.jsonl",
            "{\"kind\":\"user\",\"id\":1,\"name\":\"A\"}\n[]\n",
            "f.jsonl, line 2: it is not a JSON",
        ),
        ("g.jsonl", "{\"kind\":\"user\",\"id\":1}\n", "g.jsonl, line 1: `name` is missing"),
        ("h.txt", "", ".csv or .jsonl"),
        ("i.csv", "kind,id,name\n", "has no entries"),
        ("missing.csv", "", "missing.csv cannot be read"),
    ];
    for (name, text, expected) in cases {
        if name != "missing.csv" {
            cli.write(name, text);
        }
        let (code, said) = cli.fail(&import(name));
        assert!(
            code == 2 && said.contains(expected) && said.lines().count() == 1,
            "{name}: {said}"
        );
    }
    assert_eq!(count_entries(&cli), if cli.elsewhere.is_some() { 0 } else { 5 });
}

#[tokio::test]
async fn an_import_can_be_checked_first_and_can_be_repeated() {
    let cli = cli_with_tenant().await;
    let many: String = (10..90).map(|n| format!("user,{n},User {n},,,\n")).collect();
    let text = format!("kind,id,name,slug,color,default\nstatus,7,New,new,#fff,true\n{many}");
    cli.write("good.csv", &text);
    cli.run(&[&import("good.csv")[..], &["--check"]].concat());
    assert!(count_entries(&cli) < 10, "--check writes nothing");
    cli.run(&import("good.csv"));
    let once = cli.json(&LIST);
    cli.run(&import("good.csv"));
    assert_eq!(cli.json(&LIST), once);
    let status = cli.json(&[&LIST[..], &["status"]].concat());
    let default = status.as_array().unwrap().iter().find(|entry| entry["id"] == "default").unwrap();
    assert_eq!(default["entry"]["id"], 7);
}

#[tokio::test]
async fn an_entry_can_be_removed_once() {
    let cli = cli_with_tenant().await;
    cli.write("users.csv", "kind,id,name\nuser,10,Ana\n");
    cli.run(&import("users.csv"));
    let remove = ["directory", "remove", "user", "10", "--provider", "flextell", "--account", "1"];
    cli.run(&remove);
    assert_eq!(cli.fail(&remove).0, 3);
}

#[tokio::test]
async fn an_import_may_have_a_byte_order_mark_and_semicolons() {
    let cli = cli_with_tenant().await;
    let cases = [
        ("mark.csv", "\u{feff}kind,id,name\nuser,21,Ana\n", "21"),
        ("semicolons.csv", "kind;id;name\r\nuser;22;Silva, Ana\r\n", "22"),
        ("both.csv", "\u{feff}kind;id;name\nuser;23;\"Ana; e Eva\"\n", "23"),
        ("mark.jsonl", "\u{feff}{\"kind\": \"user\", \"id\": 24, \"name\": \"Ana\"}\n", "24"),
    ];
    for (name, text, id) in cases {
        cli.write(name, text);
        cli.run(&import(name));
        let users = cli.json(&[&LIST[..], &["user"]].concat());
        let user = users.as_array().unwrap().iter().find(|user| user["id"] == id);
        assert!(user.unwrap()["entry"]["name"].as_str().unwrap().contains("Ana"), "{name}");
    }
}
