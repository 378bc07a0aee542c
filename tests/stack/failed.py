"""Lets the first deployment fail, and goes on as docs/operations.md says (*If the first deployment
fails*)."""

import boto3

import leadhook
import stack


def break_it(template):
    """Adds a resource that cannot be created: a filter of logs that are not there."""
    resources = template["Resources"]
    properties = dict(resources["TimeOuts"]["Properties"], LogGroupName="none")
    resources["Broken"] = {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": properties,
        "DependsOn": ["LeadTable", "ForwardingSigningSecret"],
    }


try:
    stack.deploy("leadhook", stack.PARAMETERS, change=break_it)
    raise AssertionError("the deployment did not fail")
except SystemExit as failed:
    print("failed as wanted:", str(failed)[:120])
state = stack.describe("leadhook")["StackStatus"]
assert state == "ROLLBACK_COMPLETE", state

boto3.client("cloudformation").delete_stack(StackName="leadhook")
dynamodb = boto3.client("dynamodb")
assert dynamodb.list_tables()["TableNames"] == ["leadhook"]
assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []
dynamodb.update_table(TableName="leadhook", DeletionProtectionEnabled=False)
dynamodb.delete_table(TableName="leadhook")

outputs = stack.deploy("leadhook", stack.PARAMETERS)
token = leadhook.create_key("integrabot", "acme")
status, body = leadhook.send(outputs["IntegrabotBaseUrl"] + "/v1/leads", leadhook.lead(1), token)
assert status == 201, body
print("good: the next deployment")
