//! Items of another shape than leadhook's: of a later version, or written by hand.

use super::{Cli, ana, client, deliver};
use crate::{console::Page, server::TOKEN};
use aws_sdk_dynamodb::types::AttributeValue;

/// A command, its exit code, the items that it names, and a part of what it prints.
type Case<'a> = (&'a [&'a str], i32, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn an_item_of_another_shape_stops_no_command_and_is_named() {
    let cli = Cli::local();
    let serve = cli.serve();
    let (table, name) = client(&cli, &serve);
    assert_eq!(deliver(&serve, TOKEN, ana(1)).await.0, 201);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let later = format!("{:016}", (1_u64 << 53) - 1);
    let key = format!("key#{}", "a".repeat(64));
    let listed_key = format!("integrabot#demo#{}", "a".repeat(64));
    let items = [
        ("lead#integrabot#demo", "0000000000000001"),
        ("lead#integrabot#demo", "0000000000000002 of a later version"),
        ("lead#integrabot#demo", later.as_str()),
        ("held#integrabot#demo", "invalid#of-a-later-version"),
        ("set-aside#integrabot#demo", "0000000000000001#of-a-later-version"),
        ("directory#pollybot#ws_your_workspace_id", "chatbot#"),
        ("keys", "of a later version"),
        (key.as_str(), "key"),
        ("destinations", "of#a later version"),
        ("destination#integrabot#demo", "dst_aaaaaaaaaaaaaaaaaaaa"),
    ];
    // These are not bad themselves: they list items that are.
    let lists = [
        ("keys", listed_key.as_str()),
        ("destinations", "integrabot#demo#dst_aaaaaaaaaaaaaaaaaaaa"),
    ];
    for (pk, sk) in items.into_iter().chain(lists) {
        let put = table.put_item().table_name(name).item("pk", text(pk)).item("sk", text(sk));
        let put = put.item("name", text("Secret Person")).item("id", text("another shape"));
        let put = put.item("expires_at", AttributeValue::N("99999999999".to_owned()));
        put.send().await.unwrap();
    }
    assert_eq!(deliver(&serve, TOKEN, ana(2)).await.0, 201);
    let (leads, held, all) = (&items[..3], &items[3..4], &items[..]);
    let (keys, destinations) = (&items[6..8], &items[8..]);
    let searched: Vec<_> = [leads, held, &items[6..7], &items[9..]].concat();
    let page = Page::open(&serve).await;
    let pages = [
        ("/leads", leads),
        ("/held", held),
        ("/keys", keys),
        ("/directory/pollybot/ws_your_workspace_id", &items[5..6]),
        ("/destinations", destinations),
    ];
    for (path, skipped) in pages {
        let shown = page.get(path).send().await.unwrap().text().await.unwrap();
        for (pk, sk) in skipped {
            assert!(shown.contains(&format!("<code>{pk} {sk}</code>")), "{path}: {pk} {sk}");
        }
        assert!(!shown.contains("Secret Person"), "{path}");
    }
    let chart = page.get("/leads/days").send().await.unwrap().text().await.unwrap();
    assert!(chart.contains("1 item of another shape left out"), "{chart}");
    let cases: [Case<'_>; 10] = [
        (&["leads", "list", "-o", "json"], 0, leads, "Ana 2"),
        (&["leads", "list", "--limit", "1", "-o", "json"], 0, &items[2..3], "Ana 2"),
        (&["leads", "export", "--format", "jsonl"], 0, leads, "Ana 1"),
        (&["leads", "stats", "-o", "json"], 0, leads, "web"),
        (&["held", "list", "-o", "json"], 0, held, "[]"),
        (&["keys", "list", "-o", "json"], 0, keys, "integrabot"),
        (&["destinations", "list", "-o", "json"], 0, destinations, "[]"),
        (
            &["directory", "list", "-p", "pollybot", "-a", "ws_your_workspace_id", "-o", "json"],
            0,
            &items[5..6],
            "[",
        ),
        (&["doctor", "-o", "json"], 4, all, "10 items of another shape"),
        (
            &["leads", "erase", "--email", "ana1@exemplo.com", "--yes", "-o", "json"],
            1,
            &searched,
            "\"not_searched\": [",
        ),
    ];
    for (arguments, code, skipped, printed) in cases {
        let output = cli.command(arguments).output().unwrap();
        let [out, said] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(out.contains(printed), "{arguments:?}: {out}");
        for (pk, sk) in skipped {
            let named = format!("{pk} {sk}");
            assert!(
                said.contains(&named) || out.contains(&named),
                "{arguments:?}: {named}: {said}"
            );
        }
        assert!(!said.contains("Secret Person"), "{arguments:?}: {said}");
    }
    // What is left of the account can still be read and forwarded.
    assert_eq!(cli.count(&["leads", "list"]), 1);
}
