"""Checks that docs/deployer-policy.json allows what CloudFormation does for each resource of the
template, for the one who deploys. The actions of a type are those that its schema names; LocalStack's
package has the schemas of AWS."""

import fnmatch
import json
import site
from pathlib import Path

import stack

POLICY = json.loads((stack.ROOT / "docs/deployer-policy.json").read_text(encoding="utf-8"))
SCHEMAS = Path(site.getsitepackages()[0]) / "localstack/services"
# What CloudFormation acts on, in a stack `leadhook` with the table `leadhook`.
NAMES = {
    "apigateway": "arn:aws:apigateway:us-east-1::/apis/a1b2c3",
    "cloudwatch": "arn:aws:cloudwatch:us-east-1:1:alarm:leadhook-FaultAlarm-1",
    "dynamodb": "arn:aws:dynamodb:us-east-1:1:table/leadhook",
    "events": "arn:aws:events:us-east-1:1:rule/leadhook-ForwardLeadsEveryMinute-1",
    "iam": "arn:aws:iam::1:role/leadhook-ForwardLeadsRole-1",
    "lambda": "arn:aws:lambda:us-east-1:1:function:leadhook-ForwardLeads-1",
    "logs": "arn:aws:logs:us-east-1:1:log-group:/leadhook/leadhook/access",
    "secretsmanager": "arn:aws:secretsmanager:us-east-1:1:secret:leadhook/leadhook/forwarding-1",
}
# These actions have no name, or one that CloudFormation gets from the answer.
NAMELESS = ["lambda:*EventSourceMapping", "logs:*LogDeliver*", "logs:*ResourcePolic*"]
NAMELESS += ["logs:DescribeLogGroups", "secretsmanager:GetRandomPassword"]
# What the template does not use: streams to Kinesis and Firehose, imports of tables, replicas,
# networks, file systems, layers, signed code, keys of KMS and log delivery to S3. Artifacts are
# read from the bucket of the SAM CLI.
UNUSED = ["ec2:*", "elasticfilesystem:*", "firehose:*", "kinesis:*", "kms:*", "s3:*"]
UNUSED += ["dynamodb:*ImportTable", "dynamodb:*KinesisStreamingDestination"]
UNUSED += ["iam:CreateServiceLinkedRole", "lambda:*CapacityProvider", "lambda:*CodeSigningConfig"]
UNUSED += ["lambda:GetLayerVersion", "secretsmanager:*Regions*"]
# The types whose schema names no actions, as AWS documents these services.
AFTER_EVENTS = " ".join(f"{verb}FunctionEventInvokeConfig" for verb in ("Put", "Get", "Update", "Delete"))
ALARM = "PutMetricAlarm DescribeAlarms DeleteAlarms TagResource"
API = "POST GET PUT PATCH DELETE AddCertificateToDomain"
RULE = "PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule"
ACTIONS = {
    "AWS::ApiGatewayV2::Api": ("apigateway", API),
    "AWS::ApiGatewayV2::ApiMapping": ("apigateway", API),
    "AWS::ApiGatewayV2::DomainName": ("apigateway", API),
    "AWS::ApiGatewayV2::Stage": ("apigateway", API),
    "AWS::CloudWatch::Alarm": ("cloudwatch", ALARM),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "PutDashboard GetDashboard DeleteDashboards"),
    "AWS::Events::Rule": ("events", RULE),
    "AWS::Lambda::EventInvokeConfig": ("lambda", AFTER_EVENTS),
    "AWS::Lambda::Permission": ("lambda", "AddPermission RemovePermission GetPolicy"),
    "AWS::Logs::MetricFilter": ("logs", "PutMetricFilter DescribeMetricFilters DeleteMetricFilter"),
}
# docs/operations.md names the actions on a zone of Route 53 in words: the zone is the owner's.
IN_WORDS = "AWS::Route53::RecordSet"


def read_schemas():
    for file in SCHEMAS.rglob("*.schema.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        handlers = schema.get("handlers", {})
        # A list of all resources of the account is none of a deployment's requests.
        needed = {name: one["permissions"] for name, one in handlers.items() if name != "list"}
        yield schema["typeName"], {action for actions in needed.values() for action in actions}


def matches(patterns, value):
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def allows(action):
    """Whether a statement of the policy allows an action."""
    resource = "*" if matches(NAMELESS, action) else NAMES[action.split(":")[0]]
    return any(
        matches(one["Action"], action) and matches(one["Resource"], resource)
        for one in POLICY["Statement"]
    )


of_schemas = dict(read_schemas())
resources = stack.translate(stack.read_template(), {})["Resources"].values()
refused = []
for kind in sorted({one["Type"] for one in resources} - {IN_WORDS}):
    if kind in ACTIONS:
        service, names = ACTIONS[kind]
        needed = {f"{service}:{name}" for name in names.split()}
    else:
        needed = of_schemas[kind]
    assert needed, kind
    used = sorted(action for action in needed if not matches(UNUSED, action))
    refused += [f"{kind}: {action}" for action in used if not allows(action)]
assert not refused, refused
print("the policy allows a deployment")
