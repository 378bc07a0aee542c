"""Compares deliveries, a thousand a second, with the console open and closed, in turns, in one run.

    tests/console/run.sh weight  # installs the tools
    cargo build --release --bin leadhook
    LEADHOOK_BINARY=target/release/leadhook target/console-tools/bin/python bench/console.py
"""

import http.client
import json
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/console"))
from harness import CHROMIUM, Leadhook, folder
from playwright.sync_api import expect, sync_playwright

ROUNDS, SECONDS, RATE, SENDERS = 5, 10, 1000, 8


def send(address, sender, started, times):
    """Sends each delivery at its time. Notes how long after that time the answer came."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(sender, RATE * SECONDS, SENDERS):
            body = json.dumps({"name": f"Load {started} {number}", "note": "x" * 200})
            request = (
                f"POST /rdstation/rest/leads HTTP/1.1\r\nHost: {address}\r\n"
                "Authorization: Bearer demo-rdstation\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
            due = started + number / RATE
            time.sleep(max(0, due - time.monotonic()))
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            assert answer.status == 200, answer.status
            times.append(time.monotonic() - due)


def load(address):
    """The times of all deliveries in milliseconds, and how many came in a second."""
    times, started = [], time.monotonic() + 0.1
    new = lambda sender: threading.Thread(target=send, args=(address, sender, started, times))
    senders = [new(sender) for sender in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return sorted(1000 * t for t in times), len(times) / (time.monotonic() - started)


def memory(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def show(name, times, rate):
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    print(f"{name}: {rate:.0f}/s, p50 {p50:.2f} ms, p99 {p99:.1f} ms", end="; ")
    return p50


def main():
    with sync_playwright() as playwright, folder() as data:
        with Leadhook("serve", "--port", "0", "--memory", cwd=data) as leadhook:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(leadhook.link)
            address = leadhook.base.removeprefix("http://")
            load(address)
            closed, opened = [], []
            for _ in range(ROUNDS):
                page.goto("about:blank")
                closed.append(show("closed", *load(address)))
                page.goto(leadhook.base + "/console/deliveries")
                expect(page.locator("#live")).to_have_text("Live")
                frames = page.evaluate_handle("""() => {
                    const seen = { longest: 0, last: performance.now() };
                    const next = (now) => {
                        seen.longest = Math.max(seen.longest, now - seen.last);
                        seen.last = now;
                        requestAnimationFrame(next);
                    };
                    requestAnimationFrame(next);
                    return seen;
                }""")
                opened.append(show("open", *load(address)))
                longest = frames.evaluate("(seen) => seen.longest")
                rows = page.locator("#deliveries tbody tr").count()
                print(f"longest time between frames {longest:.0f} ms, {rows} rows, "
                      f"server {memory(leadhook.process)} MB", flush=True)
            browser.close()
    ratio = statistics.median(opened) / statistics.median(closed)
    print(f"median delivery, open / closed: {ratio:.3f}")


main()
