"""Sends every sample event to the deployed API, as the request that it is, and compares the
answers."""

import boto3

import stack


def send(given, outputs):
    """Sends the events for which this is given."""
    for function in boto3.client("lambda").list_functions()["Functions"]:
        stack.start_anew(function["FunctionName"])
    variables = {"TEST_STACK_GIVEN": given}
    said = stack.run_test("the_api_answers_the_sample_events", outputs, variables)
    print(next(line for line in said.splitlines() if "events good" in line), flush=True)


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
