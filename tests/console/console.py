"""Uses the console as people do. See run.sh."""

import json
import os
import subprocess
import sys
import traceback

from harness import (
    AXE, CHROMIUM, LEADHOOK, PICTURES, ROOT, Leadhook, Site, Table, folder, request, wait_until,
)
from playwright.sync_api import expect, sync_playwright

PAGES = ["deliveries", "leads", "held", "keys", "directory", "destinations"]
INTEGRABOT = "/integrabot/v1/leads"
KEY = {"Authorization": "Bearer sk_demo_integrabot", "Content-Type": "application/json"}


def create(base, lead):
    return request(base + INTEGRABOT, "POST", json.dumps(lead).encode(), KEY)


class Visit:
    """A browser that opened the console, and everything that it asked for."""

    def __init__(self, browser, leadhook, link=None, **options):
        options.setdefault("viewport", {"width": 1280, "height": 800})
        self.context = browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.base, self.asked, self.complaints = leadhook.base, [], []
        self.context.on("request", lambda sent: self.asked.append(sent.url))
        self.page.on("console", lambda line: self.complain(line))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(link or leadhook.link)

    def complain(self, line):
        # A page that answers a refusal, such as a form with a mistake, is no fault of the page.
        if line.type in ("error", "warning") and "Failed to load resource" not in line.text:
            self.complaints.append(line.text)

    def open(self, path):
        self.page.goto(f"{self.base}/console/{path}")
        return self.page

    def tab(self, name):
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()

    def button(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def link(self, name):
        self.page.locator("main").get_by_role("link", name=name).first.click()

    def sees(self, text):
        expect(self.page.locator("main")).to_contain_text(text)

    def close(self):
        strangers = [url for url in self.asked if not url.startswith((self.base, "data:"))]
        assert not strangers, f"a request left the server: {strangers}"
        assert not self.complaints, self.complaints
        self.context.close()


def first_visit(browser, leadhook):
    """The story of a first-time user, who uses no terminal."""
    visit = Visit(browser, leadhook)
    page = visit.page
    expect(page).to_have_url(leadhook.base + "/console/deliveries")
    visit.sees("Nothing has come in yet")

    # Sends a sample, and sees it live in another window.
    other = visit.context.new_page()
    other.goto(leadhook.base + "/console/deliveries")
    expect(other.locator("#live")).to_have_text("Live")
    visit.button("Integrabot")
    visit.sees("new lead")
    expect(other.locator("#deliveries tbody tr")).to_have_count(1)
    expect(other.locator("#deliveries tbody")).to_contain_text("new lead")
    other.close()

    # Breaks it, and reads why.
    page.get_by_text("Edit and send again").click()
    page.get_by_label("Body", exact=True).fill('{"name": "Ana", "email": "ana", "phone_number": "1"}')
    visit.button("Send")
    visit.sees("refused: invalid fields")
    why = page.locator(".detail .faults").first
    expect(why).to_contain_text("type is required")
    expect(why).to_contain_text("email must be a valid email address")
    expect(page.locator(".detail .fault")).to_contain_text('"email": "ana"')

    # Mends it and redelivers it; the first try leaves a mistake.
    visit.link("Correct and redeliver")
    expect(page.get_by_label("type")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("email").fill("ana@exemplo.com")
    visit.button("Redeliver")
    visit.sees("It is still refused")
    expect(page.get_by_label("email")).to_have_value("ana@exemplo.com")
    expect(page.get_by_label("email")).not_to_have_attribute("aria-invalid", "true")
    page.get_by_label("type").fill("web")
    visit.button("Redeliver")
    visit.sees("It became this lead")
    visit.sees("ana@exemplo.com")

    # Exports it.
    visit.tab("Leads")
    with page.expect_download() as download:
        visit.link("Export CSV")
    lines = open(download.value.path(), encoding="utf-8").read().splitlines()
    assert len(lines) == 3 and lines[0].startswith("id,provider,account"), lines
    assert "Ana,ana@exemplo.com" in lines[2], lines
    visit.close()


def picture(browser, leadhook):
    """The README's picture: a refused delivery among others."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    visit = Visit(browser, leadhook)
    page = visit.page
    for name in ["Flextell", "Keyspot", "PollyBot", "RD Station", "Integrabot", "Integrabot"]:
        visit.button(name)
    page.get_by_text("Edit and send again").click()
    page.get_by_label("Body", exact=True).fill('{"name": "Maria Silva", "type": "fax", "email": "maria@"}')
    visit.button("Send")
    visit.sees("refused: invalid fields")
    page.screenshot(path=PICTURES / "picture.png")
    if os.environ.get("UPDATE_PICTURE"):
        page.screenshot(path=ROOT / "docs/console.png")
    visit.close()


def deliveries(browser, leadhook):
    """The samples, the copies, sending again, the filter, pause and clear."""
    visit = Visit(browser, leadhook)
    page = visit.page
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    samples = ["Integrabot", "RD Station", "PollyBot", "Keyspot token", "Keyspot", "Flextell"]
    for name in samples:
        visit.button(name)
        visit.sees("token issued" if name == "Keyspot token" else "new lead")
        assert "demo" not in page.locator(".detail .headers").first.text_content(), name
        if name == "Keyspot token":
            visit.sees("LEADHOOK_SECRET to its secret")
    # Keyspot's lead needs a token of its own.
    expect(page.locator("#deliveries tbody tr")).to_have_count(7)
    for name, part in [("curl", "$LEADHOOK_KEY"), ("fetch", "process.env"), ("Python", "os.environ")]:
        page.get_by_text(name, exact=True).click()
        visit.button(f"Copy {name}")
        expect(page.get_by_role("button", name="Copied").last).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert part in copied and "demo-flextell" not in copied and "jsmith" in copied, copied
    curl_works(page, leadhook.base)
    visit.button("Send again")
    visit.sees("replay, the first answer again")
    page.get_by_label("Provider").select_option("pollybot")
    expect(page.locator("#deliveries tbody tr")).to_have_count(1)
    visit.link("All")
    page.get_by_label("Text").fill("jsmith")
    visit.button("Filter")
    expect(page.locator("#deliveries tbody tr")).to_have_count(3)
    visit.link("All")
    expect(page.locator("#live")).to_have_text("Live")
    visit.button("Pause")
    assert create(leadhook.base, {"name": "Rui", "type": "web"})[0] == 201
    expect(page.locator("#live")).to_have_text("Paused")
    expect(page.locator("#deliveries tbody tr")).to_have_count(9)
    visit.button("Resume")
    expect(page.locator("#deliveries tbody tr")).to_have_count(10)
    # By keyboard: the newest delivery is one of the links.
    page.locator("#deliveries tbody a").first.focus()
    page.keyboard.press("Enter")
    visit.sees("Delivery 10")
    visit.link("Close")
    visit.button("Clear")
    visit.sees("Nothing has come in yet")
    document = page.get_by_role("link", name="flextell", exact=True).get_attribute("href")
    assert request(leadhook.base + document)[0] == 200, document
    visit.close()


def restarted(browser, leadhook):
    """After a restart of the server, an open page says what to do."""
    visit = Visit(browser, leadhook)
    state = visit.page.locator("#live")
    expect(state).to_have_text("Live")
    leadhook.process.terminate()
    leadhook.process.wait(timeout=30)
    expect(state).to_have_text("Not connected; trying again")
    port = leadhook.base.rsplit(":", 1)[1]
    with Leadhook("serve", "--port", port, cwd=leadhook.folder):
        told = "Not connected. Open the address that the terminal shows."
        expect(state).to_have_text(told, timeout=30_000)
    visit.close()


def curl_works(page, base):
    text = page.locator("#snippet-curl").text_content()
    done = subprocess.run(
        ["bash", "-c", text], env=os.environ | {"LEADHOOK_KEY": "demo-flextell"},
        capture_output=True, text=True, check=True,
    )
    assert done.stdout.startswith("HTTP/1.1 201"), done.stdout
    expect(page.locator("#deliveries tbody tr")).to_have_count(8)


def leads(browser, leadhook):
    """The list, the filters, one lead, its claims, and an erasure."""
    visit = Visit(browser, leadhook)
    page = visit.page
    for number in range(60):
        lead = {"name": f"Lead {number}", "type": "email", "email": f"lead{number}@exemplo.com"}
        assert create(leadhook.base, lead)[0] == 201
    visit.tab("Leads")
    rows = page.locator("table.rows tbody tr")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("Lead 59")
    expect(page.get_by_role("img", name="leads in the last 14 days")).to_be_visible()
    visit.link("Older leads")
    expect(rows.first).to_contain_text("Lead 9")
    visit.open("leads")
    page.get_by_label("Text").fill("lead7@")
    page.get_by_label("Source").fill("email")
    page.get_by_label("Day (UTC)").fill("today")
    page.get_by_label("Account").fill("demo")
    visit.button("Filter")
    expect(rows).to_have_count(1)
    with page.expect_download() as download:
        visit.link("Export JSON lines")
    exported = [json.loads(line) for line in open(download.value.path(), encoding="utf-8")]
    assert [lead["name"] for lead in exported] == ["Lead 7"], exported
    visit.link("Lead 7")
    visit.sees("no other lead of the account has this e-mail")
    visit.sees("The account has no destination")
    visit.link("Erase this person…")
    visit.sees("It cannot be undone")
    visit.sees("lead7@exemplo.com")
    visit.button("Delete what is chosen")
    visit.sees("1 lead, 1 claim, 0 held deliveries deleted")
    visit.link("Back to the leads")
    expect(page.locator("main")).not_to_contain_text("lead7@exemplo.com")
    visit.close()


def held(browser, leadhook):
    """A repeat beside its lead and as its update, redelivering all, and discarding."""
    base = leadhook.base
    visit = Visit(browser, leadhook)
    page = visit.page
    person = {"name": "Bea", "type": "web", "email": "bea@exemplo.com"}
    assert create(base, person)[0] == 201
    assert create(base, person | {"name": "Bea Two"})[0] == 200
    to_unknown_chatbot(base, "cy@example.com")
    assert create(base, {"name": "", "type": "web"})[0] == 422

    visit.tab("Held")
    visit.link("already a lead")
    visit.sees("Bea Two")
    visit.link("Lead ")
    visit.sees("bea@exemplo.com")
    visit.tab("Held")
    visit.link("already a lead")
    visit.button("Update the lead with what came again")
    visit.sees("The lead is updated, and the repeat is no longer held")
    visit.sees("Bea Two")

    # The chatbot is known now, so its delivery becomes a lead.
    store_chatbot(visit)
    visit.tab("Held")
    page.get_by_role("button", name="Redeliver all").click()
    visit.sees("1 delivery became a lead")
    visit.sees("still refused")
    visit.link("Back to what is held")
    page.get_by_role("link", name="refused").first.click()
    page.get_by_text("Discard it").click()
    visit.button("Discard")
    visit.sees("It is no longer held")
    visit.tab("Directory")
    visit.link("pollybot · ws_your_workspace_id")
    page.get_by_role("button", name="Remove chatbot cb_new").click()
    visit.sees("The entry is removed")
    visit.close()


def to_unknown_chatbot(base, email):
    key = {"Authorization": "Bearer sk-workspace_your_api_key"}
    lead = json.dumps({"name": "Cy", "email": email, "phone": "1", "source": "website"}).encode()
    path = "/pollybot/api/v1/chatbots/cb_new/leads"
    assert request(base + path, "POST", lead, key)[0] == 404


def store_chatbot(visit):
    visit.tab("Directory")
    visit.link("pollybot · ws_your_workspace_id")
    visit.page.get_by_text("Store a chatbot").click()
    visit.page.get_by_label("id").fill("cb_new")
    visit.button("Store")
    visit.sees("The entry is stored")


def keys(browser, leadhook):
    """A key is made and shown once, changed, rotated, and revoked."""
    visit = Visit(browser, leadhook)
    page = visit.page
    visit.tab("Keys")
    page.get_by_text("Create a key").click()
    page.get_by_label("Provider").select_option("integrabot")
    page.get_by_label("Account").fill("acme")
    page.get_by_label("Label").fill("web form")
    visit.button("Create")
    token = page.locator("#credential-1").text_content()
    key = {"Authorization": f"Bearer {token}"}
    body = json.dumps({"name": "Eva", "type": "web"}).encode()
    assert request(leadhook.base + INTEGRABOT, "POST", body, key)[0] == 201
    visit.link("I have noted it down")
    assert token not in page.content()
    row = page.locator("tbody tr", has_text="web form")
    row.locator("summary", has_text="Change").click()
    row.get_by_label("Scopes").fill("create, everything")
    row.get_by_role("button", name="Change").click()
    visit.sees("`everything` is not a scope: create, read or write")
    page.go_back()
    row.locator("summary", has_text="Change").click()
    row.get_by_label("Scopes").fill("create, read")
    row.get_by_label("Limit").fill("1000/h")
    row.get_by_label("Lenient").check()
    row.get_by_role("button", name="Change").click()
    visit.sees("The key is changed")
    expect(row).to_contain_text("may create, read")
    expect(row).to_contain_text("limit 1000/h")
    expect(row).to_contain_text("lenient")
    row.locator("summary", has_text="Rotate").click()
    row.get_by_role("button", name="Make the new key").click()
    assert page.locator("#credential-1").text_content() != token
    visit.link("I have noted it down")
    row = page.locator("tbody tr", has_text="web form").first
    row.locator("summary", has_text="Revoke").click()
    row.get_by_role("button", name="Revoke").click()
    visit.sees("The key is revoked")
    visit.close()


def strangers(browser, leadhook):
    """Another origin, and whoever has no cookie, can neither read nor act."""
    base = leadhook.base
    assert create(base, {"name": "Secret Person", "type": "web"})[0] == 201
    for path in [*PAGES, "deliveries/1", "leads/export", "deliveries/events", "console.js"]:
        status, headers, text = request(f"{base}/console/{path}")
        assert status == 401 and "Secret Person" not in text, path
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy, policy
        assert headers["cache-control"] == "no-store", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["access-control-allow-origin"] is None, path
    assert request(f"{base}/console/leads", headers={"Host": "rebound.example"})[0] == 403

    visit = Visit(browser, leadhook)
    assert request(leadhook.link)[0] == 401, "a used token"
    cookie = visit.context.cookies(base + "/console")[0]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie
    site = Site(f"""<title>x</title><form method=post action="{base}/console/deliveries/clear">
      <button>go</button></form><script>
      window.tried = Promise.all(["leads", "deliveries/events", "leads/export"].map((path) =>
        fetch("{base}/console/" + path, {{credentials: "include"}})
          .then((answer) => answer.text()).catch(() => "refused")).concat(
        fetch("{base}/console/deliveries/clear", {{method: "POST", credentials: "include",
          mode: "no-cors"}}).then(() => "sent", () => "refused")));
      </script>""")
    page = visit.context.new_page()
    # The same machine, so the same site for a browser, but another origin.
    page.goto(site.url)
    assert page.evaluate("window.tried") == ["refused"] * 4
    with page.expect_response("**/clear") as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403
    page.goto(site.url)
    page.evaluate(f"""new Promise((done) => {{
      const frame = document.createElement("iframe");
      frame.src = "{base}/console/leads";
      frame.onload = done;
      document.body.append(frame);
    }})""")
    assert "Secret Person" not in (page.frames[-1].content() if len(page.frames) > 1 else "")
    page.close()
    status, _, _ = request(
        base + INTEGRABOT, "POST", b"{}", KEY | {"Origin": base},
    )
    assert status == 403, "the page's origin is no sender"
    # Nothing was cleared.
    visit.open("deliveries")
    visit.sees("new lead")
    visit.context.close()


HOSTILE = "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">'\"</td>"


def hostile(browser, leadhook):
    """A lead whose every field is HTML and script shows as text, on every page that shows it."""
    visit = Visit(browser, leadhook)
    page = visit.page
    rd = {"Authorization": "Bearer demo-rdstation"}
    lead = {"name": HOSTILE, "email": "h@example.com", "phone": HOSTILE, "utm": {HOSTILE: HOSTILE}}
    body = json.dumps(lead).encode()
    assert request(leadhook.base + "/rdstation/rest/leads", "POST", body, rd)[0] == 200
    broken = {"name": HOSTILE, "type": HOSTILE, "email": HOSTILE, HOSTILE: HOSTILE}
    assert create(leadhook.base, broken)[0] == 422
    for path in ["deliveries", "deliveries/1", "deliveries/2", "leads", "held"]:
        visit.open(path)
        harmless(page, path)
    visit.open("deliveries/2")
    visit.sees("<script>document.title='hit'</script>")
    visit.open("leads")
    visit.sees("<script>document.title='hit'</script>")
    page.locator(".what a").first.click()
    visit.sees("<img src=x onerror=")
    harmless(page, "the lead")
    visit.open("held")
    page.locator(".what a").first.click()
    harmless(page, "held")
    expect(page.get_by_label("name", exact=True)).to_have_value(HOSTILE)
    # What comes in while the page is open is text too.
    visit.open("deliveries")
    expect(page.locator("#live")).to_have_text("Live")
    before = page.locator("#deliveries tbody tr").count()
    create(leadhook.base, broken)
    expect(page.locator("#deliveries tbody tr")).to_have_count(before + 1)
    harmless(page, "a live row")
    visit.close()


def harmless(page, where):
    assert "hit" not in page.title(), where
    assert page.locator("main img, main script").count() == 0, where


def accessible(browser, leadhook):
    """axe finds nothing on any page, in light and dark, narrow and wide; nothing overflows."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    base = leadhook.base
    assert create(base, {"name": "Dora", "type": "web", "email": "dora@exemplo.com"})[0] == 201
    assert create(base, {"name": "Dora", "type": "fax", "email": "dora@"})[0] == 422
    for scheme in ["light", "dark"]:
        for width in [360, 1280, 1920]:
            size = {"width": width, "height": 800}
            link = leadhook.link if (scheme, width) == ("light", 360) else leadhook.read(r"again: (\S+)")
            visit = Visit(browser, leadhook, link, viewport=size, color_scheme=scheme)
            page = visit.page
            for path in [*PAGES, "deliveries/1", "deliveries/2", "a lead", "a held one", "an erasure"]:
                go(visit, path)
                axe(page, f"{path} {scheme} {width}")
                over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, f"{path} is {over} px too wide at {width}"
                name = path.replace("/", "-").replace(" ", "-")
                page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png")
            visit.close()


def go(visit, path):
    inner = {"a lead": "leads", "an erasure": "leads", "a held one": "held"}.get(path)
    visit.open(inner or path)
    if inner:
        visit.page.locator(".what a").first.click()
    if path == "an erasure":
        visit.link("Erase this person…")


def axe(page, where):
    page.wait_for_load_state()
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    # The page's policy allows no script of others, so axe runs in the browser's own name.
    found = page.evaluate(AXE.read_text(encoding="utf-8") + ";axe.run()")
    faults = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]]
    assert not faults, f"{where}: {faults}"


def weight(browser, leadhook):
    """The first page is one document and two files, under 100 KB together."""
    for number in range(120):
        assert create(leadhook.base, {"name": f"W {number}", "type": "web"})[0] == 201
    visit = Visit(browser, leadhook)
    answers = []
    visit.page.on("response", lambda answer: answers.append(answer))
    visit.open("deliveries")
    expect(visit.page.locator("#live")).to_have_text("Live")
    files = [answer for answer in answers if "events" not in answer.url and "data:" not in answer.url]
    size = sum(len(answer.body()) for answer in files)
    assert len(files) == 3 and size < 100_000, ([answer.url for answer in files], size)
    print(f"  first paint: {len(files)} requests, {size} bytes", flush=True)
    visit.close()


def elsewhere(browser, leadhook):
    """`leadhook console` over another table: read-only and masked, unless asked."""
    variables = variables_of(leadhook, leadhook.variable("--endpoint-url"))
    assert create(leadhook.base, {"name": "Maria Silva", "type": "web", "email": "m@exemplo.com"})[0] == 201
    # A sender may name a member as it likes.
    named = {"name": "Maria Silva", "type": "fax", "m@exemplo.com": "m@exemplo.com"}
    assert create(leadhook.base, named)[0] == 422
    with Leadhook("console", "--table", "leadhook", **variables) as console:
        visit = Visit(browser, console)
        page = visit.page
        expect(page).to_have_url(console.base + "/console/leads")
        visit.sees("M••• S•••")
        assert "exemplo.com" not in page.content() and "Maria" not in page.content()
        assert page.get_by_role("link", name="Deliveries").count() == 0
        page.locator(".what a").first.click()
        assert "Maria" not in page.content() and page.get_by_text("Erase").count() == 0
        visit.open("held")
        page.locator(".what a").first.click()
        assert "Maria" not in page.content() and page.get_by_role("button", name="Redeliver").count() == 0
        visit.button("Show names and contacts")
        visit.tab("Leads")
        visit.sees("Maria Silva")
        refused = page.evaluate(
            'fetch("/console/keys", {method: "POST", body: new URLSearchParams()}).then((a) => a.status)'
        )
        assert refused == 403
        visit.close()
    with Leadhook("console", "--table", "leadhook", "--allow-changes", **variables) as console:
        visit = Visit(browser, console)
        visit.page.locator(".what a").first.click()
        visit.link("Erase this person…")
        expect(visit.page.locator("main tbody tr")).to_have_count(2)
        assert "exemplo.com" not in visit.page.content() and "Maria" not in visit.page.content()
        visit.button("Show names and contacts")
        visit.tab("Held")
        visit.link("refused")
        visit.page.get_by_label("type").fill("web")
        visit.button("Redeliver")
        visit.sees("It became this lead")
        visit.close()


def variables_of(leadhook, place):
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": place,
        "AWS_ACCESS_KEY_ID": leadhook.variable("AWS_ACCESS_KEY_ID"),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }


def interrupted(browser, leadhook):
    """The table fails during an action: the page says so, and the same action does the rest."""
    base = leadhook.base
    table = Table(leadhook.variable("--endpoint-url"))
    variables = variables_of(leadhook, table.url)
    to_unknown_chatbot(base, "cy@example.com")
    to_unknown_chatbot(base, "di@example.com")
    assert create(base, {"name": "Eva", "type": "web", "email": "eva@exemplo.com"})[0] == 201
    rd = {"Authorization": "Bearer demo-rdstation"}
    eva = json.dumps({"name": "Eva", "email": "eva@exemplo.com"}).encode()
    assert request(base + "/rdstation/rest/leads", "POST", eva, rd)[0] == 200
    with Leadhook("console", "--table", "leadhook", "--allow-changes", **variables) as console:
        visit = Visit(browser, console)
        page = visit.page
        store_chatbot(visit)
        for takes in [1, None]:
            table.takes = takes
            visit.tab("Held")
            page.get_by_role("button", name="Redeliver all").click()
            visit.sees("1 delivery became a lead")
            expect(page.get_by_role("alert")).to_have_count(1 if takes else 0)
        visit.tab("Held")
        visit.sees("Nothing is held")

        # The lead of the page is the first that is found, and the last that is deleted.
        visit.open("leads?provider=integrabot")
        page.locator(".what a").first.click()
        visit.link("Erase this person…")
        rows = page.locator("main tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("integrabot")
        table.takes = 1
        visit.button("Delete what is chosen")
        visit.sees("This did not work")
        table.takes = None
        page.go_back()
        page.reload()
        expect(rows).to_have_count(1)
        visit.button("Delete what is chosen")
        visit.sees("1 lead, 1 claim, 0 held deliveries deleted")
        visit.close()


def destinations(browser, leadhook):
    """A destination is tested, paused, resumed and skips a lead, and gets again what it refused and what it took."""
    receiver = Site()
    add = ["destinations", "add", "integrabot", "--account", "demo", "--url", receiver.url + "/leads"]
    added = subprocess.run(
        [LEADHOOK, *add], cwd=leadhook.folder, capture_output=True, text=True, check=False
    )
    assert added.returncode == 0, added.stderr
    visit = Visit(browser, leadhook)
    visit.tab("Destinations")
    page = visit.page
    page.get_by_role("button", name="Send a test").click()
    visit.sees("took the test message")
    receiver.wait_for(1)
    visit.link("Back to the destinations")
    page.get_by_role("button", name="Pause").click()
    visit.sees("It is paused")
    page.get_by_role("button", name="Resume now").click()
    visit.sees("It is active")

    receiver.status = 422
    create(leadhook.base, {"name": "Ana", "type": "web", "email": "destination@exemplo.com"})
    receiver.wait_for(2)
    again = page.get_by_role("button", name="Post again what is set aside")
    wait_until(lambda: visit.open("destinations") and again.count() == 1, "the refusal")
    receiver.status = 200
    again.click()
    visit.sees("What was set aside is posted again")
    receiver.wait_for(3)

    page.get_by_text("Replay", exact=False).first.click()
    page.locator("form[action$='/replay']").get_by_label("From").fill("next year")
    page.get_by_role("button", name="Post again", exact=True).click()
    visit.sees("write all, a lead's id, or a time")
    visit.open("destinations")
    page.get_by_text("Replay", exact=False).first.click()
    page.locator("form[action$='/replay']").get_by_label("From").fill("all")
    page.get_by_role("button", name="Post again", exact=True).click()
    visit.sees("Post 1 lead to ")
    page.get_by_role("button", name="Post 1 lead again").click()
    visit.sees("The leads after it are posted again")
    receiver.wait_for(4)
    assert json.loads(receiver.posts[3]) == json.loads(receiver.posts[1]), receiver.posts

    # A paused destination has no next attempt.
    receiver.status = 503
    create(leadhook.base, {"name": "Bia", "type": "web", "email": "paused@exemplo.com"})
    main = page.locator("main")
    wait_until(
        lambda: visit.open("destinations") and "next attempt" in main.text_content(), "the failure"
    )
    page.get_by_role("button", name="Pause").click()
    visit.sees("It is paused")
    expect(main).not_to_contain_text("next attempt")
    page.get_by_role("button", name="Skip this lead").click()
    visit.sees("The lead is set aside")
    expect(main).not_to_contain_text("Fails at")
    visit.close()


def destination_forms(browser, leadhook):
    """A destination is previewed, added and changed by the page alone; a wrong template is refused."""
    receiver = Site()
    visit = Visit(browser, leadhook)
    page = visit.page
    create(leadhook.base, {"name": "Ana </textarea>", "type": "web", "email": "ana@exemplo.com"})
    visit.tab("Destinations")
    page.get_by_label("Account").fill("demo")
    page.get_by_label("Address", exact=True).fill(receiver.url + "/{{ id }}")
    page.get_by_label("Template of the body").fill('{"who": {{ name }}}')
    page.get_by_label("Headers to add").fill("X-Api-Key: k-71c0\n\nX-Other: 1")
    page.get_by_label("Only leads that meet").fill("email\nsource!=chat")
    page.get_by_label("In flight").fill("4")

    def preview():
        with page.expect_popup() as shown:
            page.get_by_role("button", name="Preview").click()
        return expect(shown.value.locator("main"))

    shown = preview()
    shown.to_contain_text("With the newest lead")
    shown.to_contain_text('{"who": "Ana </textarea>"}')
    shown.not_to_contain_text("k-71c0")
    # The form is as it was typed.
    page.get_by_label("From", exact=True).fill("all")
    page.get_by_label("Template of the body").fill('{"who": "{{ name }}"}')
    preview().to_contain_text("does not make JSON")
    page.get_by_label("Template of the body").fill('{"who": {{ name }}}')
    page.get_by_role("button", name="Add", exact=True).click()
    visit.sees("Note this secret down")
    visit.sees("whsec_")
    receiver.wait_for(1)
    assert json.loads(receiver.posts[0]) == {"who": "Ana </textarea>"}, receiver.posts
    visit.link("I have noted it down")
    main = page.locator("main")
    for text in ["POST, a template, 4 in flight", "x-api-key, x-other", "email source!=chat"]:
        visit.sees(text)
    expect(main).not_to_contain_text("k-71c0")
    expect(main).not_to_contain_text("whsec_")

    page.get_by_text("Change", exact=False).first.click()
    change = page.locator("form[action$='/update']")
    expect(change.get_by_label("Template of the body")).to_have_value('{"who": {{ name }}}')
    change.get_by_label("Template of the body").fill("")
    change.get_by_label("Only leads that meet").fill("")
    change.get_by_label("Headers to remove").fill("x-other")
    change.get_by_label("In flight").fill("900")
    change.get_by_role("button", name="Change").click()
    visit.sees("in flight: 1 to 128")
    page.go_back()
    page.get_by_text("Change", exact=False).first.click()
    change.get_by_label("In flight").fill("1")
    change.get_by_label("Headers to remove").fill("x-other")
    change.get_by_label("Template of the body").fill("")
    change.get_by_label("Only leads that meet").fill("")
    change.get_by_role("button", name="Change").click()
    visit.sees("The destination is changed")
    visit.sees("POST, standard, 1 in flight")
    expect(main).not_to_contain_text("x-other")
    create(leadhook.base, {"name": "Bia", "type": "web", "email": "bia@exemplo.com"})
    receiver.wait_for(2)
    assert json.loads(receiver.posts[1])["data"]["name"] == "Bia", receiver.posts
    visit.close()


TESTS = [first_visit, picture, deliveries, restarted, leads, held, keys, destinations, destination_forms,
         strangers, hostile, accessible, weight, elsewhere, interrupted]


def main():
    wanted = sys.argv[1:]
    chosen = [test for test in TESTS if not wanted or test.__name__ in wanted]
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # As root, in containers, Chromium has no sandbox and little shared memory.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        for test in chosen:
            print(f"{test.__name__}: {test.__doc__.strip()}", flush=True)
            with folder() as data, Leadhook("serve", "--port", "0", cwd=data) as leadhook:
                try:
                    test(browser, leadhook)
                except Exception:
                    traceback.print_exc()
                    failed += 1
        browser.close()
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
