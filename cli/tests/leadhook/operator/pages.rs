//! What the console's pages cost over a table that is elsewhere.

use super::{Cli, ana, deliver};
use crate::server::{TOKEN, leadhook};
use shared::model::Provider;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};
use tests::FaultyConnection;

/// A running `leadhook console`. It ends with its test.
struct Console {
    process: Child,
    /// Its one-time address.
    link: String,
}

impl Console {
    fn start(endpoint: &str, access_key: &str) -> Self {
        let mut command = leadhook();
        command.args(["console", "--table", "leadhook"]);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", access_key).env("AWS_SECRET_ACCESS_KEY", "local");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let link = lines.find_map(|line| {
            Some(line.unwrap().strip_prefix("open the console: ")?.trim().to_owned())
        });
        Self { process, link: link.unwrap() }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// However many leads there are: a page has some, and each account is one query.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_of_leads_takes_as_many_requests_as_the_command() {
    let cli = Cli::local();
    let serve = cli.serve();
    let connection = FaultyConnection::to(&serve.table).await;
    let console = Console::start(&connection.endpoint, &serve.access_key);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let opened = client.get(&console.link).send().await.unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let base = console.link.split("/console/").next().unwrap();
    for leads in [1, 60] {
        for n in 0..leads {
            deliver(&serve, TOKEN, ana(n)).await;
        }
        connection.take_operations();
        let page = client.get(format!("{base}/console/leads")).header("cookie", cookie);
        let page = page.send().await.unwrap();
        assert_eq!(page.status(), 200);
        let of_page = connection.take_operations();
        let list = ["leads", "list", "--table", "leadhook"];
        cli.command_at(&connection.endpoint, &serve.access_key, &list).assert().success();
        let mut of_command = connection.take_operations();
        // A command describes the table when it starts, the page does not.
        of_command.retain(|operation| operation != "DescribeTable");
        assert_eq!(of_page, of_command, "{leads} leads");
        // The list of the keys, and the leads of each demo account.
        assert_eq!(of_page, vec!["Query"; 1 + Provider::ALL.len()], "{leads} leads");
    }
    serve.stop();
}
