"""Sends every sample event to the deployed API, as the request that it is, and compares the
answers."""

import json
import os
import subprocess

import boto3

import stack


def start_anew():
    """Ends the instances of all functions: they remember keys. A changed size ends them."""
    functions = boto3.client("lambda")
    for function in functions.list_functions()["Functions"]:
        functions.update_function_configuration(
            FunctionName=function["FunctionName"], MemorySize=function["MemorySize"] + 1
        )


def send(given, outputs):
    """Sends the events for which this is given."""
    start_anew()
    variables = {
        "TEST_STACK_API": outputs["IntegrabotBaseUrl"].removesuffix("/integrabot"),
        "TEST_STACK_TABLE": outputs["TableName"],
        "TEST_STACK_GIVEN": given,
    }
    command = [os.environ["STACK_TEST"], "--nocapture", "--quiet"]
    subprocess.run(command, env={**os.environ, **variables}, check=True)


local = json.loads((stack.ROOT / "events/environment.json").read_text(encoding="utf-8"))
created = stack.deploy("leadhook", stack.PARAMETERS)
boto3.client("secretsmanager").put_secret_value(
    SecretId=created["KeyspotSigningSecret"],
    SecretString=local["Parameters"]["KEYSPOT_SIGNING_KEY"],
)
send("", created)
send("there are leads and an agent", created)
send("the demo key may be used from 198.51.100.0/24 alone", created)
send("the demo keys have no scope", created)
send("the demo keys may send no request", created)
away = {**stack.PARAMETERS, "DynamoDbEndpoint": "http://127.0.0.1:9"}
send("the table is away", stack.deploy("leadhook", away))
elsewhere = {**stack.PARAMETERS, "CreateTable": "false", "TableName": "elsewhere"}
send("there is no table", stack.deploy("leadhook", elsewhere))
