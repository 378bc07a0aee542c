"""Takes each action of each role away in turn: a function must then do something else than with all
of them. A function that does the same does not need the action, or the engine does not check it."""

import collections
import copy
import json
import sys
import time

import boto3

import leadhook
import stack
from crm import Crm

iam = boto3.client("iam")


def effects_of(artifact, outputs):
    """What a function of the API does with its sample events."""
    function = {"TEST_STACK_FUNCTION": artifact}
    said = stack.run_test("the_effects_of_a_function", outputs, function)
    return [line for line in said.splitlines() if line.startswith(artifact)]


class Forwarding:
    """What forward-leads does: it posts leads, sets a refused one aside, posts it again, and posts
    one that was written late."""

    def __init__(self, outputs):
        self.crm = Crm()
        self.leads = outputs["IntegrabotBaseUrl"] + "/v1/leads"
        self.table = boto3.resource("dynamodb").Table("leadhook")
        # Only this class wakes the function.
        functions = boto3.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        rules = boto3.client("events")
        for rule in rules.list_rules()["Rules"]:
            rules.disable_rule(Name=rule["Name"])

    def effects(self, function):
        for item in leadhook.items(""):
            self.table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        token = leadhook.create_key("integrabot", "acme")
        added = leadhook.run(
            "destinations", "add", "integrabot", "--account", "acme", "--url", leadhook.CRM
        )
        destination = leadhook.lines_of(added)["id"]
        for number in range(2):
            status, body = leadhook.send(self.leads, leadhook.lead(number), token)
            assert status == 201, body
        [lead, _] = leadhook.items("lead#")
        # A lead is posted when it is five seconds old.
        time.sleep(6)
        self.crm.statuses[:] = [200, 422]
        effects = [self.wake(function, {})]
        leadhook.run("destinations", "set-aside", destination, "--retry")
        effects.append(self.wake(function, {}))
        late = leadhook.stream_event(lead, written=time.time() + 60)
        return effects + [self.wake(function, late)]

    def wake(self, function, event):
        """Invokes the function. Returns how it ends, its messages, and the items of each kind."""
        payload = json.dumps(event).encode()
        result = boto3.client("lambda").invoke(FunctionName=function, Payload=payload)
        messages = []
        while not self.crm.messages.empty():
            _, _, body = self.crm.messages.get()
            messages.append(json.loads(body)["type"])
        kinds = collections.Counter(item["pk"].split("#")[0] for item in leadhook.items(""))
        return result.get("FunctionError"), messages, sorted(kinds.items())


def actions_of(policy):
    """Each action of a policy, with the policy without it. The engine reads streams itself, without
    the role."""
    for number, statement in enumerate(policy["Statement"]):
        if statement["Resource"].endswith("/stream/*"):
            continue
        for action in statement["Action"]:
            without = copy.deepcopy(policy)
            rest = without["Statement"][number]
            rest["Action"] = [one for one in rest["Action"] if one != action]
            # A statement needs an action.
            rest["Action"] = rest["Action"] or ["sts:GetCallerIdentity"]
            yield action, without


def check(logical_name, effects):
    """Returns the actions that change nothing when they are taken away."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName="leadhook")
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources["StackResources"]}
    function, role = names[logical_name], names[f"{logical_name}Role"]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def act(allowed):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(allowed))
        stack.start_anew(function)
        return effects(function)

    expected = act(policy)
    assert expected, logical_name
    idle = [action for action, without in actions_of(policy) if act(without) == expected]
    act(policy)
    print(f"{logical_name}: without effect: {idle or 'none'}", flush=True)
    return idle


created = stack.deploy("leadhook", stack.PARAMETERS)
stack.sign_as_samples(created)
forwarding = Forwarding(created)
found = []
for name, resource in stack.read_template()["Resources"].items():
    if resource["Type"] == "AWS::Serverless::Function":
        artifact = resource["Properties"]["CodeUri"].split("/")[2]
        if name == "ForwardLeads":
            found += check(name, forwarding.effects)
        else:
            found += check(name, lambda _: effects_of(artifact, created))
sys.exit(f"without effect: {found}" if found else 0)
