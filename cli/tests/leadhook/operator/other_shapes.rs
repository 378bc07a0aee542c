//! Items of another shape than leadhook's: of a later version, or written by hand.

use super::{Desk, ana, client, deliver};
use crate::server::TOKEN;
use aws_sdk_dynamodb::types::AttributeValue;

/// A command, its exit code, the items that it names, and a part of what it prints.
type Case<'a> = (&'a [&'a str], i32, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn an_item_of_another_shape_stops_no_command_and_is_named() {
    let desk = Desk::new().await;
    let serve = desk.serve();
    let (table, name) = client(&desk, &serve);
    assert_eq!(deliver(&serve, TOKEN, ana(1)).await.0, 201);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let later = format!("{:016}", (1_u64 << 53) - 1);
    let items = [
        ("lead#integrabot#demo", "0000000000000001"),
        ("lead#integrabot#demo", "0000000000000002 of a later version"),
        ("lead#integrabot#demo", later.as_str()),
        ("held#integrabot#demo", "invalid#of-a-later-version"),
    ];
    for (pk, sk) in items {
        let put = table.put_item().table_name(name).item("pk", text(pk)).item("sk", text(sk));
        let put = put.item("name", text("Secret Person")).item("id", text("another shape"));
        let put = put.item("expires_at", AttributeValue::N("99999999999".to_owned()));
        put.send().await.unwrap();
    }
    assert_eq!(deliver(&serve, TOKEN, ana(2)).await.0, 201);
    let (leads, all) = (&items[..3], &items[..]);
    let cases: [Case<'_>; 6] = [
        (&["leads", "list", "-o", "json"], 0, leads, "Ana 2"),
        (&["leads", "list", "--limit", "1", "-o", "json"], 0, &items[2..3], "Ana 2"),
        (&["leads", "list", "--outcome", "invalid", "-o", "json"], 0, &items[3..], "[]"),
        (&["leads", "export", "--format", "jsonl"], 0, leads, "Ana 1"),
        (&["leads", "stats", "-o", "json"], 0, leads, "web"),
        (
            &["leads", "erase", "--email", "ana1@exemplo.com", "--yes", "-o", "json"],
            1,
            all,
            "\"leads\": 1",
        ),
    ];
    for (arguments, code, skipped, printed) in cases {
        let output = desk.command(arguments).output().unwrap();
        let [out, said] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(out.contains(printed), "{arguments:?}: {out}");
        for (_, sk) in skipped {
            let named = format!("integrabot demo {sk}");
            assert_eq!(said.matches(&named).count(), 1, "{arguments:?}: {named} in {said}");
        }
        assert!(!said.contains("Secret Person"), "{arguments:?}: {said}");
    }
    // What is left of the account can still be read and forwarded.
    assert_eq!(desk.count(&["leads", "list"]), 1);
}
