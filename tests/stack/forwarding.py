"""Forwards leads through the deployed stack: by the stream, by the schedule alone, after a rotation
and after an erasure."""

import json
import re
import time

import boto3

import leadhook
import stack
from crm import Crm

outputs = stack.deploy("leadhook", stack.PARAMETERS)
leads = outputs["IntegrabotBaseUrl"] + "/v1/leads"
token = leadhook.create_key("integrabot", "acme")
crm = Crm()


def deliver(number):
    """Delivers a lead, and returns when."""
    at = time.time()
    status, body = leadhook.send(leads, leadhook.lead(number), token)
    assert status == 201, body
    return at


functions = boto3.client("lambda")
mappings = functions.list_event_source_mappings()["EventSourceMappings"]
assert len(mappings) == 1, mappings

# Without a destination, the function does not wait until the lead is settled.
deliver(0)
[lead] = leadhook.items("lead#")
event = leadhook.stream_event(lead, written=time.time())
begun = time.time()
for _ in range(10):
    functions.invoke(FunctionName=mappings[0]["FunctionArn"], Payload=json.dumps(event).encode())
logs = boto3.client("logs").filter_log_events(
    logGroupName=outputs["FunctionLogs"], startTime=int(begun * 1000), filterPattern="REPORT"
)
lines = [line["message"] for line in logs["events"]]
durations = sorted(float(re.search(r"\tDuration: ([0-9.]+) ms", line)[1]) for line in lines)
print(f"without a destination: {durations[len(durations) // 2]} ms an event, {durations[-1]} at most")

added = leadhook.run(
    "destinations", "add", "integrabot", "--account", "acme", "--url", leadhook.CRM
)
destination = leadhook.lines_of(added)
secret = destination["secret"]

sent = deliver(1)
came, message = crm.next(30, secret)
assert message["type"] == "lead.created", message
assert message["data"]["email"] == "maria1@exemplo.com", message
print(f"by the stream: {came - sent:.1f} s after the delivery")

rotated = leadhook.lines_of(leadhook.run("destinations", "rotate", destination["id"]))
functions.update_event_source_mapping(UUID=mappings[0]["UUID"], Enabled=False)
leadhook.run("leads", "erase", "--email", "maria1@exemplo.com", "--yes")
sent = deliver(2)
types = []
for _ in range(2):
    came, message = crm.next(90, rotated["secret"], signatures=2)
    types.append(message["type"])
assert sorted(types) == ["lead.created", "lead.erased"], types
print(f"by the schedule alone, after a rotation: {came - sent:.1f} s after the delivery")
