//! What deliveries can point to.

use super::Desk;

#[tokio::test]
async fn a_directory_is_imported_whole_or_not_at_all_and_again_without_harm() {
    let desk = Desk::new().await;
    let of = ["--provider", "flextell", "--account", "1"];
    let import = |name| [&["directory", "import", name], &of[..]].concat();
    desk.create_key(&["flextell", "--tenant", "1"]);
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
            desk.write(name, text);
        }
        let (code, said) = desk.fail(&import(name));
        assert!(
            code == 2 && said.contains(expected) && said.lines().count() == 1,
            "{name}: {said}"
        );
    }
    assert_eq!(count_entries(&desk, &of), if desk.elsewhere.is_some() { 0 } else { 5 });
    let many: String = (10..90).map(|n| format!("user,{n},User {n},,,\n")).collect();
    let text = format!("kind,id,name,slug,color,default\nstatus,7,New,new,#fff,true\n{many}");
    desk.write("good.csv", &text);
    desk.run(&[&import("good.csv")[..], &["--check"]].concat());
    assert!(count_entries(&desk, &of) < 10, "--check writes nothing");
    desk.run(&import("good.csv"));
    let once = desk.json(&[&["directory", "list"], &of[..]].concat());
    desk.run(&import("good.csv"));
    assert_eq!(desk.json(&[&["directory", "list"], &of[..]].concat()), once);
    let status = desk.json(&[&["directory", "list", "status"], &of[..]].concat());
    let default = status.as_array().unwrap().iter().find(|entry| entry["id"] == "default").unwrap();
    assert_eq!(default["entry"]["id"], 7);
    desk.run(&[&["directory", "remove", "user", "10"], &of[..]].concat());
    assert_eq!(desk.fail(&[&["directory", "remove", "user", "10"], &of[..]].concat()).0, 3);
}

#[tokio::test]
async fn a_file_may_be_a_spreadsheets_with_a_byte_order_mark_and_semicolons() {
    let desk = Desk::new().await;
    let of = ["--provider", "flextell", "--account", "1"];
    desk.create_key(&["flextell", "--tenant", "1"]);
    let cases = [
        ("mark.csv", "\u{feff}kind,id,name\nuser,21,Ana\n", "21"),
        ("semicolons.csv", "kind;id;name\r\nuser;22;Silva, Ana\r\n", "22"),
        ("both.csv", "\u{feff}kind;id;name\nuser;23;\"Ana; e Eva\"\n", "23"),
        ("mark.jsonl", "\u{feff}{\"kind\": \"user\", \"id\": 24, \"name\": \"Ana\"}\n", "24"),
    ];
    for (name, text, id) in cases {
        desk.write(name, text);
        desk.run(&[&["directory", "import", name], &of[..]].concat());
        let users = desk.json(&[&["directory", "list", "user"], &of[..]].concat());
        let user = users.as_array().unwrap().iter().find(|user| user["id"] == id);
        assert!(user.unwrap()["entry"]["name"].as_str().unwrap().contains("Ana"), "{name}");
    }
}

fn count_entries(desk: &Desk, of: &[&str]) -> usize {
    desk.count(&[&["directory", "list"], of].concat())
}
