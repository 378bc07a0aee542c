"""Sends every sample event to the deployed API, as the request that it is, and compares the
answers."""

import os
import subprocess

import boto3

import stack


def send(given, outputs):
    """Sends the events for which this is given."""
    for function in boto3.client("lambda").list_functions()["Functions"]:
        stack.start_anew(function["FunctionName"])
    variables = {
        "TEST_STACK_API": outputs["IntegrabotBaseUrl"].removesuffix("/integrabot"),
        "TEST_STACK_TABLE": outputs["TableName"],
        "TEST_STACK_GIVEN": given,
    }
    name = "the_api_answers_the_sample_events"
    command = [os.environ["STACK_TEST"], "--nocapture", "--quiet", name]
    subprocess.run(command, env={**os.environ, **variables}, check=True)


created = stack.deploy("leadhook", stack.PARAMETERS)
stack.sign_as_samples(created)
send("", created)
send("there are leads and an agent", created)
send("the demo key may be used from 198.51.100.0/24 alone", created)
send("the demo keys have no scope", created)
send("the demo keys may send no request", created)
away = {**stack.PARAMETERS, "DynamoDbEndpoint": "http://127.0.0.1:9"}
send("the table is away", stack.deploy("leadhook", away))
elsewhere = {**stack.PARAMETERS, "CreateTable": "false", "TableName": "elsewhere"}
send("there is no table", stack.deploy("leadhook", elsewhere))
