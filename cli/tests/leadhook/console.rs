//! Who may use the console: whoever has the printed address, from the page itself, and no web page.

use crate::server::{Serve, TOKEN, leadhook};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

/// Every page, and one address of each kind that acts.
const PAGES: [&str; 7] =
    ["", "/deliveries", "/leads", "/held", "/keys", "/directory", "/destinations"];
const ACTIONS: [&str; 4] =
    ["/deliveries/clear", "/held/redeliver", "/keys", "/keys/0123456789ab/revoke"];

pub(crate) struct Page {
    client: Client,
    base: String,
    cookie: String,
}

impl Page {
    /// Exchanges the one-time token for a cookie.
    pub(crate) async fn open(serve: &Serve) -> Self {
        Self::at(&serve.console).await
    }

    async fn at(link: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let answer = client.get(link).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let (cookie, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "Path=/console; HttpOnly; SameSite=Strict");
        let (base, _) = link.split_once("/console/").unwrap();
        Self { client, base: base.to_owned(), cookie: cookie.to_owned() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/console{path}", self.base)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).header("cookie", &self.cookie)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        let form = "application/x-www-form-urlencoded";
        let post = self.client.post(self.url(path)).header("cookie", &self.cookie);
        post.header("content-type", form).body("provider=integrabot&account=acme")
    }

    async fn live_keys(&self) -> usize {
        let shown = self.get("/keys").send().await.unwrap().text().await.unwrap();
        shown.matches("/revoke\"").count()
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_printed_address_opens_the_console_once() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await;
    assert_eq!(status(page.client.get(&serve.console)).await, 401, "the token was used");
    assert_eq!(status(page.get("/leads")).await, 200);
    for path in PAGES {
        let answer = page.client.get(page.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path} without a cookie");
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.get("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn only_a_visit_uses_up_the_printed_address() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let visits = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let others = [
        (Method::HEAD, &[][..]),
        (Method::HEAD, &visits),
        (Method::POST, &visits),
        (Method::OPTIONS, &[]),
        (Method::GET, &[("sec-purpose", "prefetch")]),
        (Method::GET, &[("sec-purpose", "prefetch;prerender"), visits[0], visits[1]]),
        (Method::GET, &[("purpose", "prefetch")]),
        (Method::GET, &[("x-moz", "prefetch")]),
        (Method::GET, &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]),
        (Method::GET, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        (Method::GET, &[visits[0], ("sec-fetch-dest", "iframe")]),
    ];
    for (method, headers) in others {
        let case = format!("{method} {headers:?}");
        let mut request = client.request(method, &serve.console);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 403, "{case}");
        assert_eq!(answer.headers().get("set-cookie"), None, "{case}");
    }
    let mut visit = client.get(&serve.console);
    for (name, value) in visits {
        visit = visit.header(name, value);
    }
    assert_eq!(visit.send().await.unwrap().status(), 303, "the token was not used up");
}

#[tokio::test]
async fn only_the_page_itself_acts() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await;
    let keys = page.live_keys().await;
    assert_ne!(keys, 0);
    for path in ACTIONS {
        let foreign = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "http://127.0.0.1:1"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-nothing", "neither of both"),
        ];
        for (name, value) in foreign {
            assert_eq!(status(page.post(path).header(name, value)).await, 403, "{path} {value}");
        }
        let no_cookie = page.client.post(page.url(path)).header("sec-fetch-site", "same-origin");
        assert_eq!(status(no_cookie).await, 401, "{path} without a cookie");
        // By GET, an address either shows a page or is none.
        let by_get = status(page.get(path)).await;
        let expected: &[u16] = if PAGES.contains(&path) { &[200] } else { &[404, 405] };
        assert!(expected.contains(&by_get), "{path} by GET: {by_get}");
    }
    assert_eq!(page.live_keys().await, keys, "no key was made or revoked");
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", page.base.as_str())] {
        assert_eq!(
            status(page.post("/deliveries/clear").header(name, value)).await,
            303,
            "{value}"
        );
    }
}

#[tokio::test]
async fn no_page_of_another_site_reads_and_no_other_name_is_served() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await;
    for path in PAGES {
        for site in ["cross-site", "same-site"] {
            let request = page.get(path).header("sec-fetch-site", site);
            assert_eq!(status(request).await, 403, "{path} from a {site} page");
        }
        for host in ["rebound.example", "127.0.0.1:1", "localhost"] {
            assert_eq!(status(page.get(path).header("host", host)).await, 403, "{path} at {host}");
        }
    }
    // The page's own origin may use the page, and not the addresses of senders.
    let lead = json!({ "name": "Ana", "type": "web" });
    let post = page.client.post(serve.lead_url()).bearer_auth(TOKEN).json(&lead);
    assert_eq!(status(post.header("origin", &page.base)).await, 403);
    assert_eq!(serve.create(&lead).await.0, 201);
}

#[tokio::test]
async fn only_a_body_that_is_kept_as_it_was_is_sent_again() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await;
    let bodies = [br#"{"name":"Ana","type":"web"}"#.to_vec(), b"{\"name\":\"\xc1vila\"}".to_vec()];
    for body in bodies {
        let post = page.client.post(serve.lead_url()).bearer_auth(TOKEN).body(body);
        post.send().await.unwrap();
    }
    for (number, expected) in [(1, 303), (2, 422)] {
        let again = page.post(&format!("/deliveries/{number}/again"));
        assert_eq!(status(again.header("sec-fetch-site", "same-origin")).await, expected);
    }
    let shown = page.get("/deliveries/2").send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("its body is not UTF-8 text"), "{shown}");
    assert!(!shown.contains("/deliveries/2/again"), "{shown}");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_an_open_page() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await;
    let events = page.get("/deliveries/events").send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    serve.stop();
    assert!(events.bytes().await.is_ok(), "the stream ended, and was not cut");
}

/// A sender may write a name or a contact into any text.
#[tokio::test]
async fn a_masked_page_shows_no_text_of_a_sender() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let text = "Zaqxsw zaqxsw@exemplo.com";
    let deliveries = [
        (
            TOKEN,
            "integrabot/v1/leads",
            json!({ "name": text, "type": "web", "custom_fields": { "a": text } }),
        ),
        (
            "demo-rdstation",
            "rdstation/rest/leads",
            json!({
                "name": text, "email": "zaqxsw@exemplo.com", "company": text, "utm": { "source": text },
            }),
        ),
        (
            "sk-workspace_your_api_key",
            "pollybot/api/v1/leads",
            json!({
                "name": text, "email": "zaqxsw@exemplo.com", "source": text, "metadata": { "a": text },
            }),
        ),
        (
            "sk-workspace_your_api_key",
            "pollybot/api/v1/leads",
            json!({
                "name": "Zaqxsw", "email": "zaqxsw@exemplo.com", "source": "Zaqxsw again",
            }),
        ),
        (
            "sk-workspace_your_api_key",
            "pollybot/api/v1/leads",
            json!({ "name": text, "email": text }),
        ),
    ];
    for (token, path, body) in deliveries {
        let post = reqwest::Client::new().post(format!("{}/{path}", serve.base));
        let answer = post.bearer_auth(token).json(&body).send().await.unwrap();
        assert!(answer.status() != 401 && answer.status() != 404, "{path}: {}", answer.status());
    }
    let mut command = leadhook();
    command.args(["console", "--table", "leadhook"]).stdout(Stdio::piped());
    command.env("AWS_ENDPOINT_URL_DYNAMODB", &serve.table).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", &serve.access_key).env("AWS_SECRET_ACCESS_KEY", "local");
    let mut console = command.spawn().unwrap();
    let mut lines = BufReader::new(console.stdout.take().unwrap()).lines();
    let line =
        lines.find_map(|line| line.ok().filter(|line| line.contains("/console/start"))).unwrap();
    let page = Page::at(line.split(' ').next_back().unwrap()).await;
    let mut seen = 0;
    for list in ["/leads", "/held"] {
        let shown = page.get(list).send().await.unwrap().text().await.unwrap();
        let links =
            shown.split("href=\"/console").skip(1).filter_map(|rest| rest.split('"').next());
        let links =
            links.filter(|link| link.starts_with(&format!("{list}/")) && !link.contains("export"));
        for path in [list].into_iter().chain(links) {
            let shown = page.get(path).send().await.unwrap().text().await.unwrap().to_lowercase();
            assert!(!shown.contains("zaqxsw"), "{path}: {shown}");
            seen += 1;
        }
    }
    console.kill().unwrap();
    console.wait().unwrap();
    assert!(seen > 6, "both lists, three leads, two held deliveries: {seen}");
}
