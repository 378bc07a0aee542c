"""Compares deliveries with the console open and closed, in turns, in one run.

    tests/console/run.sh --help >/dev/null; target/console-tools/bin/python tests/console/load.py
"""

import http.client
import json
import statistics
import sys
import threading
import time

from harness import CHROMIUM, Leadhook, folder
from playwright.sync_api import expect, sync_playwright

ROUNDS, DELIVERIES, SENDERS = 5, 1500, 8


def send(address, number):
    """Sends deliveries over one connection, one after the other."""
    connection = http.client.HTTPConnection(address)
    headers = {"Authorization": "Bearer demo-rdstation", "Content-Type": "application/json"}
    for index in range(DELIVERIES // SENDERS):
        body = json.dumps({"name": f"Load {number} {index}", "note": "x" * 200})
        connection.request("POST", "/rdstation/rest/leads", body, headers)
        connection.getresponse().read()
    connection.close()


def rate(address):
    senders = [threading.Thread(target=send, args=(address, n)) for n in range(SENDERS)]
    started = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return DELIVERIES // SENDERS * SENDERS / (time.monotonic() - started)


def memory(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def main():
    with sync_playwright() as playwright, folder() as data:
        with Leadhook("serve", "--port", "0", "--memory", cwd=data) as leadhook:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(leadhook.link)
            address = leadhook.base.removeprefix("http://")
            rate(address)
            closed, opened = [], []
            for _ in range(ROUNDS):
                page.goto("about:blank")
                closed.append(rate(address))
                page.goto(leadhook.base + "/console/deliveries")
                expect(page.locator("#live")).to_have_text("Live")
                opened.append(rate(address))
                started = time.monotonic()
                page.evaluate("new Promise((done) => requestAnimationFrame(done))")
                frame = (time.monotonic() - started) * 1000
                rows = page.locator("#deliveries tbody tr").count()
                print(f"closed {closed[-1]:.0f}/s, open {opened[-1]:.0f}/s, next frame {frame:.0f} ms, "
                      f"{rows} rows, server {memory(leadhook.process)} MB", flush=True)
            browser.close()
    ratio = statistics.median(opened) / statistics.median(closed)
    print(f"open / closed, medians: {ratio:.3f}")
    sys.exit(0)


main()
