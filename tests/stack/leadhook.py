"""The command line of leadhook, over the table of a stack, and a sender."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import boto3


# The destination of `crm.py`.
CRM = "https://crm.example.com/"


def run(*arguments, variables=None):
    """Runs a command and returns its output."""
    environment = {**os.environ, "TABLE_NAME": "leadhook", **(variables or {})}
    command = [os.environ["LEADHOOK"], *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def lines_of(output):
    """The lines `<name>  <value>` of a command's output."""
    pairs = (line.split(None, 1) for line in output.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def create_key(provider, account):
    return lines_of(run("keys", "create", provider, "--account", account))["token"]


def send(url, body, token):
    """Sends a delivery to the stack's API, and returns status and body."""
    # Each API has a name, and the engine serves them all at one address, without TLS.
    parts = urllib.parse.urlsplit(url)
    local = urllib.parse.urlunsplit(parts._replace(scheme="http", netloc="127.0.0.1:4566"))
    request = urllib.request.Request(local, json.dumps(body).encode())
    request.add_header("Host", parts.netloc)
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def items(prefix):
    """The items of the table whose partition key begins so."""
    found = boto3.resource("dynamodb").Table("leadhook").scan()["Items"]
    return [item for item in found if item["pk"].startswith(prefix)]


def stream_event(item, written):
    """The event about a new lead, which was written at this time."""
    keys = {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
    change = {"ApproximateCreationDateTime": written, "Keys": keys}
    return {"Records": [{"eventName": "INSERT", "dynamodb": change}]}


def lead(number):
    """The body of a lead for Integrabot."""
    return {
        "name": "Maria Silva",
        "type": "web",
        "phone_number": f"55119{number:08}",
        "email": f"maria{number}@exemplo.com",
    }
