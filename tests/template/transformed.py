"""Checks what AWS's translator of SAM makes of the template."""

import re

import stack

PSEUDO_PARAMETERS = {"AccountId", "NoValue", "Partition", "Region", "StackName"}
LOGS = "policy/service-role/AWSLambdaBasicExecutionRole"


def check_cors(origins):
    """The API's document has the allowed origins, methods and headers under one condition."""
    resources = stack.translate(stack.read_template(), {"AllowedOrigins": origins})["Resources"]
    cors = resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    condition, allowed, nothing = cors["Fn::If"]
    assert condition == "AllowsOrigins", condition
    assert nothing == {"Ref": "AWS::NoValue"}, nothing
    assert allowed["allowOrigins"] == origins, allowed
    assert allowed["allowMethods"] == ["DELETE", "GET", "POST", "PUT"], allowed
    assert {"authorization", "content-type"} <= set(allowed["allowHeaders"]), allowed
    assert "retry-after" in allowed["exposeHeaders"], allowed


def check_roles(resources):
    """A role has the statements of its function, and may write logs."""
    roles = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::IAM::Role"]
    functions = [one for one in resources.values() if one["Type"] == "AWS::Lambda::Function"]
    assert len(roles) == len(functions) > 0
    for role in roles:
        [managed] = role["ManagedPolicyArns"]
        assert managed.endswith(LOGS), managed
        [policy] = role["Policies"]
        assert policy["PolicyDocument"]["Statement"], policy
        assert role["PermissionsBoundary"]["Fn::If"][0] == "HasBoundary", role


def check_routes(resources):
    """Each route calls a function that the API may call."""
    callable_by_api = {
        one["Properties"]["FunctionName"]["Ref"]
        for one in resources.values()
        if one["Type"] == "AWS::Lambda::Permission"
        and one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    }
    paths = str(resources["Api"]["Properties"]["Body"]["paths"])
    called = set(re.findall(r"functions/\$\{(\w+)\.Arn\}", paths))
    assert called == callable_by_api, called ^ callable_by_api


def references(value):
    """The names that a value refers to."""
    if isinstance(value, list):
        return {name for item in value for name in references(item)}
    if not isinstance(value, dict):
        return set()
    names = {name for member in value.values() for name in references(member)}
    if "Ref" in value:
        names.add(value["Ref"])
    if "Fn::GetAtt" in value:
        names.add(value["Fn::GetAtt"][0])
    if "Fn::Sub" in value:
        sub = value["Fn::Sub"]
        text, own = sub if isinstance(sub, list) else (sub, {})
        names |= set(re.findall(r"\$\{([\w:]+)", text)) - set(own)
    return names


def check_references(template):
    """Each output and each resource refers to what is there."""
    known = {*template["Resources"], *template["Parameters"]}
    known |= {f"AWS::{name}" for name in PSEUDO_PARAMETERS}
    for section in ("Resources", "Outputs"):
        unknown = references(template[section]) - known
        assert not unknown, (section, unknown)


for some_origins in (["https://www.example.com"], ["https://a.example", "https://b.example"]):
    check_cors(some_origins)
translated = stack.translate(stack.read_template(), {})
check_roles(translated["Resources"])
check_routes(translated["Resources"])
check_references(translated)
print("SAM makes of the template what is wanted")
