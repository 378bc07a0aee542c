"""Runs the commands of each row of the table in docs/operations.md as an IAM user with exactly the
actions of the row, and without one of them: then one of the commands must fail."""

import itertools
import json
import pathlib
import re
import sys
import tempfile
import urllib.parse

import boto3

import leadhook
import stack
from crm import Crm

TABLE = "arn:aws:dynamodb:*:*:table/leadhook"
SECRET = "arn:aws:secretsmanager:*:*:secret:leadhook/leadhook/forwarding-*"
# What all commands need.
DESCRIBE = "dynamodb:DescribeTable"
FOLDER = pathlib.Path(tempfile.mkdtemp())
CHATBOTS = FOLDER / "chatbots.csv"
CHATBOTS.write_text("kind,id\nchatbot,cb_1\n", encoding="utf-8")
numbers = itertools.count(1)


class Account:
    """An account of Integrabot's for one run of a command, with what the command needs."""

    def __init__(self):
        self.number = next(numbers)
        self.name = f"acme{self.number}"
        self.of_chatbots = ["--provider", "pollybot", "--account", self.name]
        self.of_account = ["--provider", "integrabot", "--account", self.name]
        created = leadhook.lines_of(leadhook.run("keys", "create", "integrabot", "-a", self.name))
        self.key, self.token = created["id"], created["token"]
        self.person = ["--email", leadhook.lead(self.number)["email"]]

    def lead(self):
        """The lead of a person: a new one, or the one that the person has."""
        status, body = leadhook.send(leads_url, leadhook.lead(self.number), self.token)
        assert status in (200, 201), body
        return str(json.loads(body)["id"])

    def held(self):
        status, body = leadhook.send(leads_url, {"name": "Ana"}, self.token)
        assert status == 422, body
        listed = leadhook.run("held", "list", *self.of_account, "-o", "json")
        return json.loads(listed[: listed.rindex("]") + 1])[0]["id"]

    def destination(self):
        add = ["destinations", "add", "integrabot", "-a", self.name, *URL, "--from", "all"]
        added = leadhook.run(*add)
        return leadhook.lines_of(added)["id"]

    def chatbot(self):
        leadhook.run("directory", "put", "chatbot", "cb_2", *self.of_chatbots)
        return "cb_2"

    def change_destination(self, destination, **members):
        """Changes members of a destination as a pass would."""
        table.update_item(
            Key={"pk": f"destination#integrabot#{self.name}", "sk": destination},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in members),
            ExpressionAttributeNames={f"#{name}": name for name in members},
            ExpressionAttributeValues={f":{name}": value for name, value in members.items()},
        )
        return destination

    def forwarded_lead(self):
        """A lead that one of two destinations has."""
        lead = self.lead()
        self.change_destination(self.destination(), reached=int(lead))
        self.destination()
        return lead

    def passed(self):
        """A destination whose cursor has passed a lead."""
        return self.change_destination(self.destination(), cursor=int(self.lead()))

    def stuck(self):
        """A destination that fails at a lead."""
        stuck = {"lead": int(self.lead()), "failures": 3}
        return self.change_destination(self.destination(), failures=3, stuck=stuck)

    def set_aside(self):
        """A destination that refused a lead."""
        destination, lead = self.destination(), self.lead()
        event = {"lead_id": int(lead), "destination": destination, "event": "created", "tries": 4}
        key = {"pk": f"set-aside#integrabot#{self.name}", "sk": f"{lead:0>16}#{destination}"}
        table.put_item(Item={**key, **event, "at": "2026-11-24T13:00:00Z"})
        return destination

    def blocked(self):
        """A person who is blocked."""
        self.lead()
        leadhook.run("leads", "erase", *self.person, *self.of_account, "--block", "--yes")
        return self.person

    def repeat(self):
        """A delivery that is held because its person has a lead, which a destination has."""
        self.forwarded_lead()
        body = {**leadhook.lead(self.number), "name": "Bia"}
        status, answer = leadhook.send(leads_url, body, self.token)
        assert status == 200, answer
        listed = leadhook.run("held", "list", *self.of_account, "-o", "json")
        return json.loads(listed[: listed.rindex("]") + 1])[0]["id"]


URL = ["--url", leadhook.CRM]
READS = [
    lambda one: ["keys", "list"],
    lambda one: ["leads", "list", *one.of_account],
    lambda one: ["leads", "show", one.lead()],
    lambda one: ["leads", "export", "--format", "jsonl"],
    lambda one: ["leads", "stats"],
    lambda one: ["leads", "watch"],
    lambda one: ["held", "list"],
    lambda one: ["held", "show", one.held()],
    lambda one: ["destinations", "list"],
    lambda one: ["destinations", "show", one.destination()],
    lambda one: ["destinations", "preview", "integrabot", "-a", one.name, *URL],
    lambda one: ["destinations", "set-aside", one.set_aside()],
]
PERSON = ["leads", "erase", "--yes"]
# The commands of each row, by its first one. Each is run in an account of its own.
COMMANDS = {
    "keys list": READS,
    "forward": [lambda one: [one.lead(), "forward", "--to", URL[1]][1:]],
    "keys create": [
        lambda one: ["keys", "create", "integrabot", "--account", one.name],
        lambda one: ["keys", "update", one.key, "--limit", "10/h"],
        lambda one: ["keys", "rotate", one.key],
        lambda one: ["keys", "revoke", one.key],
    ],
    "leads erase": [
        lambda one: [one.forwarded_lead(), *PERSON, *one.person, *one.of_account, "--block"][1:],
        lambda one: [one.repeat(), *PERSON, *one.person, *one.of_account][1:],
    ],
    "leads unblock": [lambda one: ["leads", "unblock", *one.blocked(), *one.of_account]],
    "held redeliver": [
        lambda one: ["held", "redeliver", one.held(), "--set", "type=web"],
        lambda one: ["held", "redeliver", one.held(), "--set", "type=web", "--set", "email=a@b.example"],
        lambda one: ["held", "redeliver", one.repeat(), "--update"],
        lambda one: ["held", "discard", one.held()],
    ],
    "destinations add": [
        lambda one: ["destinations", "add", "integrabot", "-a", one.name, *URL]
    ],
    "destinations test": [lambda one: ["destinations", "test", one.destination()]],
    "destinations rotate": [
        lambda one: ["destinations", "rotate", one.destination()],
        lambda one: ["destinations", "update", one.destination(), "--header", "x-a:b"],
    ],
    "destinations pause": [
        lambda one: ["destinations", "pause", one.destination()],
        lambda one: ["destinations", "resume", one.destination()],
        lambda one: ["destinations", "replay", one.passed(), "--from", "all", "--yes"],
    ],
    "destinations skip": [lambda one: ["destinations", "skip", one.stuck()]],
    "destinations set-aside --retry": [
        lambda one: ["destinations", "set-aside", one.set_aside(), "--retry"]
    ],
    "destinations remove": [lambda one: ["destinations", "remove", one.set_aside(), "--yes"]],
    "directory": [
        lambda one: ["directory", "import", str(CHATBOTS), *one.of_chatbots],
        lambda one: ["directory", "list", *one.of_chatbots],
        lambda one: ["directory", "remove", "chatbot", one.chatbot(), *one.of_chatbots],
    ],
    "doctor": [lambda one: ["doctor"]],
    "doctor --api": [lambda one: ["doctor", "--api", api]],
}


def rows():
    """The first command of each row of the document, with the actions of the row."""
    text = (stack.ROOT / "docs/operations.md").read_text(encoding="utf-8")
    table_of_actions = text[text.index("| command | actions |") :].split("\n\n")[0]
    for line in table_of_actions.splitlines()[2:]:
        commands, actions = line.strip("| ").split(" | ")
        names = re.findall(r"`((?:[a-z]+:)?[A-Z][A-Za-z]+)`", actions)
        yield commands.split("`")[1] if "`" in commands else commands, [
            name if ":" in name else f"dynamodb:{name}" for name in names
        ]


def variables_of(actions):
    """The variables of a new user who may do these actions."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": SECRET if "secrets" in action else TABLE}
        for action in actions
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return stack.create_user(f"operator{next(numbers)}", policy)


def fails(command, actions):
    """What a command says if it fails as a user with these actions; otherwise None."""
    arguments = command(Account())
    try:
        leadhook.run(*arguments, variables=variables_of(actions))
        return None
    except AssertionError as error:
        return str(error)


api = stack.api_of(stack.deploy("leadhook", stack.PARAMETERS))
leads_url = f"{api}/integrabot/v1/leads"
with open("/etc/hosts", "a", encoding="utf-8") as hosts:
    # The name of the API, in the namespace alone.
    hosts.write(f"127.0.0.1 {urllib.parse.urlsplit(api).hostname}\n")
table = boto3.resource("dynamodb").Table("leadhook")
Crm()
# The engine's CloudFormation leaves this out.
boto3.client("dynamodb").update_time_to_live(
    TableName="leadhook",
    TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
)
wrong = []
documented = dict(rows())
assert documented.pop("all") == [DESCRIBE], documented
assert documented.keys() == COMMANDS.keys(), documented.keys() ^ COMMANDS.keys()
for row, actions in documented.items():
    allowed = [DESCRIBE, *actions]
    refused = [said for command in COMMANDS[row] if (said := fails(command, allowed))]
    wrong += refused
    idle = []
    for action in actions:
        without = [one for one in allowed if one != action]
        if not any(fails(command, without) for command in COMMANDS[row]):
            idle.append(action)
    wrong += [f"{row}: without effect: {action}" for action in idle]
    print(f"{row}: {refused or idle or 'good'}", flush=True)
sys.exit("\n".join(wrong))
