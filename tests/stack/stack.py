"""Deploys `template.yaml` to the AWS engine of `run.sh`, as CloudFormation does after SAM has
translated it."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import time
import zipfile

import boto3
from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).parents[2]
BUCKET = "deployment"
# The engine runs the artifacts of this processor, and is DynamoDB for them.
PARAMETERS = {
    "Architecture": "arm64" if os.uname().machine == "aarch64" else "x86_64",
    "DynamoDbEndpoint": os.environ.get("AWS_ENDPOINT_URL", ""),
}


class NoManagedPolicies:
    """No function of the template has a managed policy."""

    def load(self):
        return {}


def read_template():
    return yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


def translate(template, parameters, code_uri=lambda function: "s3://bucket/code.zip"):
    """What SAM makes of the template with these parameters."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            function = pathlib.Path(resource["Properties"]["CodeUri"]).name
            resource["Properties"]["CodeUri"] = code_uri(function)
    return transform(template, dict(parameters), NoManagedPolicies())


def upload(function):
    """Uploads the release artifact of a function, once."""
    bootstrap = (ROOT / "target/lambda" / function / "bootstrap").read_bytes()
    key = f"{function}-{hashlib.sha256(bootstrap).hexdigest()}.zip"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    if s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["KeyCount"] == 0:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            file.writestr(entry, bootstrap)
        s3.put_object(Bucket=BUCKET, Key=key, Body=archive.getvalue())
    return f"s3://{BUCKET}/{key}"


def substitute(template):
    """Replaces what the engine's CloudFormation does not have: an API that is described by an
    OpenAPI document, alarms on several metrics, and `Ref` as the ARN of a secret."""
    resources = template["Resources"]
    secrets = [name for name, one in resources.items() if one["Type"] == "AWS::SecretsManager::Secret"]
    for section in ("Resources", "Outputs"):
        template[section] = with_arns(template[section], secrets)
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        properties = resource["Properties"]
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            metrics = [one for one in properties.pop("Metrics") if "MetricStat" in one]
            metric = metrics[0]["MetricStat"]["Metric"]
            properties.update(metric, Statistic="Sum", Period=300)
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            resources.update(routes_of(name, properties.pop("Body")["paths"]))
            properties.update(Name={"Ref": "AWS::StackName"}, ProtocolType="HTTP")


def with_arns(value, secrets):
    if isinstance(value, dict):
        if value.get("Ref") in secrets:
            return {"Fn::GetAtt": [value["Ref"], "Id"]}
        return {name: with_arns(member, secrets) for name, member in value.items()}
    return [with_arns(item, secrets) for item in value] if isinstance(value, list) else value


def routes_of(api, paths):
    """The routes of an API's document, each with its integration, as resources."""
    resources = {}
    for path, methods in paths.items():
        conditions = {}
        if "Fn::If" in methods:
            condition, methods, _ = methods["Fn::If"]
            conditions = {"Condition": condition}
        for method, operation in methods.items():
            if "Fn::If" in operation:
                condition, operation, _ = operation["Fn::If"]
                conditions = {"Condition": condition}
            number = len(resources) // 2
            integration = operation["x-amazon-apigateway-integration"]
            resources[f"Integration{number}"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationMethod": "POST",
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
                **conditions,
            }
            resources[f"Route{number}"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "RouteKey": f"{method.upper()} {path}",
                    "Target": {"Fn::Sub": f"integrations/${{Integration{number}}}"},
                },
                **conditions,
            }
    return resources


def describe(stack):
    return boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]


def wait_for(stack):
    while (state := describe(stack))["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(0.2)
    return state


def outputs_of(state):
    return {one["OutputKey"]: one["OutputValue"] for one in state.get("Outputs", [])}


def deploy(stack, parameters, change=lambda translated: None):
    """Creates or updates a stack and returns its outputs. `change` may change what SAM made."""
    cloudformation = boto3.client("cloudformation")
    template = translate(read_template(), parameters, upload)
    change(template)
    substitute(template)
    try:
        describe(stack)
        act = cloudformation.update_stack
    except ClientError:
        act = cloudformation.create_stack
    body = json.dumps(template)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=stack, Body=body)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    try:
        act(
            StackName=stack,
            TemplateURL=f"{endpoint}/{BUCKET}/{stack}",
            Parameters=[dict(ParameterKey=k, ParameterValue=v) for k, v in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        # CloudFormation has no code for this.
        if "No updates are to be performed" not in str(error):
            raise
    state = wait_for(stack)
    if state["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"].endswith("FAILED")]
        reasons = [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed]
        raise SystemExit(f"{stack}: {state['StackStatus']}: " + "; ".join(reasons))
    return outputs_of(state)


def api_of(outputs):
    """The URL of the API."""
    return outputs["IntegrabotBaseUrl"].removesuffix("/integrabot")


def create_user(name, policy):
    """Creates a user of IAM with a policy, and returns the variables of the user's key."""
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def run_test(name, outputs, variables):
    """Runs a test of `main.rs` on the stack, and returns what it prints."""
    of_stack = {"TEST_STACK_API": api_of(outputs), "TEST_STACK_TABLE": outputs["TableName"]}
    command = [os.environ["STACK_TEST"], "--nocapture", "--quiet", name]
    environment = {**os.environ, **of_stack, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def start_anew(function):
    """Ends the instances of a function: they remember keys. A changed size ends them."""
    functions = boto3.client("lambda")
    size = functions.get_function_configuration(FunctionName=function)["MemorySize"]
    functions.update_function_configuration(FunctionName=function, MemorySize=size + 1)


def sign_as_samples(outputs):
    """Signs Keyspot's tokens with the key that signed the token in the sample events."""
    local = json.loads((ROOT / "events/environment.json").read_text(encoding="utf-8"))
    boto3.client("secretsmanager").put_secret_value(
        SecretId=outputs["KeyspotSigningSecret"],
        SecretString=local["Parameters"]["KEYSPOT_SIGNING_KEY"],
    )


def delete(stack):
    stack_id = describe(stack)["StackId"]
    boto3.client("cloudformation").delete_stack(StackName=stack)
    state = wait_for(stack_id)["StackStatus"]
    if state != "DELETE_COMPLETE":
        raise SystemExit(f"{stack}: {state}")
