"""Checks a received message with the example of the documents: SECRET, FILES."""

import sys
from pathlib import Path

from standardwebhooks import WebhookVerificationError
from verify import read_event

secret, name = sys.argv[1:]
lines = Path(f"{name}.headers").read_text().splitlines()
headers = dict(line.split(": ", 1) for line in lines)
body = Path(f"{name}.body").read_bytes()
event = read_event(secret, headers, body)
assert event["type"] == "lead.created", event["type"]
assert event["data"]["name"] == "João 💜", "another name"
try:
    read_event(secret, headers, body + b" ")
except WebhookVerificationError:
    sys.exit(0)
sys.exit("another body was accepted")
