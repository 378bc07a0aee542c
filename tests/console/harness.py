"""A running leadhook, a browser, and a receiver of forwarded leads."""

import http.server
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "target/console"
AXE = ROOT / "target/console-tools/axe/package/axe.min.js"
LEADHOOK = Path(os.environ.get("LEADHOOK_BINARY", ROOT / "target/debug/leadhook")).resolve()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Leadhook:
    """A `leadhook serve` or `leadhook console`, until the `with` block ends."""

    def __init__(self, *arguments, cwd=None, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.process = subprocess.Popen(
            [LEADHOOK, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env=environment | variables,
        )
        self.folder = cwd
        self.lines = []

    def __enter__(self):
        self.link = self.read(r"(http://127\.0\.0\.1:\d+/console/start\?token=\w+)")
        self.base = self.link.split("/console")[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def read(self, pattern):
        """Reads lines until one matches."""
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError("leadhook ended")

    def variable(self, name):
        return re.search(rf"{name}[= ](\S+)", "".join(self.lines))[1]


def request(url, method="GET", body=None, headers=None):
    """The status, the headers and the text of an answer, without a redirect."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(NoRedirect)
    wanted = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        answer = opener.open(wanted, timeout=30)
    except urllib.error.HTTPError as refused:
        answer = refused
    return answer.status, answer.headers, answer.read().decode()


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers requests, and writes no log."""

    protocol_version = "HTTP/1.1"
    content_type = "text/html"

    def read(self):
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("content-type", self.content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(handler):
    """Serves on a free port of this machine until the tests end, and returns the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class Site:
    """Another origin on this machine: it serves one page, and notes what is posted to it."""

    def __init__(self, page=""):
        site = self
        self.posts = []
        self.status = 200

        class Handler(Answers):
            def do_GET(self):
                self.answer(page.encode())

            def do_POST(self):
                site.posts.append(self.read().decode())
                self.answer(b"taken", site.status)

        self.url = serve(Handler)

    def wait_for(self, posts):
        """Waits until so many requests were posted."""
        wait_until(lambda: len(self.posts) >= posts, f"{posts} posts")
        assert len(self.posts) == posts, self.posts


class Table:
    """Another address of a table, which can begin to refuse transactions."""

    def __init__(self, place):
        table = self
        # How many transactions it still takes; None: all.
        self.takes = None

        class Handler(Answers):
            content_type = "application/x-amz-json-1.0"

            def do_POST(self):
                body = self.read()
                if table.refuses(self.headers["x-amz-target"]):
                    self.answer(b'{"__type": "AccessDeniedException"}', 400)
                else:
                    # The table answers only requests that name itself as their host.
                    del self.headers["host"]
                    status, _, text = request(place, "POST", body, dict(self.headers))
                    self.answer(text.encode(), status)

        self.url = serve(Handler)

    def refuses(self, target):
        if self.takes is None or not target.endswith("TransactWriteItems"):
            return False
        self.takes -= 1
        return self.takes < 0


def wait_until(is_so, what):
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def folder():
    return tempfile.TemporaryDirectory(prefix="leadhook-console-")
