"""Deploys and removes the stack with the SAM CLI, as docs/operations.md says: `sam deploy`, which asks
for confirmation, `sam deploy --guided`, with the answers that a person gives, and `sam delete`, as a
user with docs/deployer-policy.json. The template is what SAM makes of it, without what the engine
does not have."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import boto3
import pexpect

import stack

SAM = str(pathlib.Path(sys.executable).with_name("sam"))
POLICY = (stack.ROOT / "docs/deployer-policy.json").read_text(encoding="utf-8")
DEPLOYER = stack.create_user("deployer", POLICY)
MAKE_BUCKET = """
from samcli.lib.bootstrap.bootstrap import manage_stack
print(manage_stack(None, "us-east-1"))
"""


def make_bucket():
    """Lets the SAM CLI create its bucket for artifacts, whose policy refuses what does not come over
    TLS, and removes the policy: the engine is reached over HTTP."""
    run = [sys.executable, "-c", MAKE_BUCKET]
    environment = {**os.environ, **DEPLOYER}
    made = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    boto3.client("s3").delete_bucket_policy(Bucket=made.stdout.split()[-1])


def run_sam(arguments, folder, answers):
    """Runs a command of the SAM CLI. Each question that has one of the texts gets its answer; the
    others get the default."""
    environment = {**os.environ, **DEPLOYER, "COLUMNS": "300"}
    command = pexpect.spawn(
        SAM, arguments, cwd=folder, env=environment, encoding="utf-8", timeout=300, dimensions=(50, 300)
    )
    said = ""
    while command.expect([r"[^\r\n]*(\[[^\]\r\n]*\]|\(y/N\)): ?", pexpect.EOF]) == 0:
        question = command.match.group(0)
        said += command.before + question
        given = [answer for text, answer in answers.items() if text in question]
        command.sendline(given[0] if given else "")
    command.close()
    said += command.before or ""
    assert command.exitstatus == 0, said[-3000:]
    return said


def template():
    """The template for the engine, with the artifacts to be uploaded."""
    declared = stack.read_template()
    artifacts = {
        name: one["Properties"]["CodeUri"]
        for name, one in declared["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    translated = stack.translate(declared, stack.PARAMETERS)
    stack.substitute(translated)
    for name, artifact in artifacts.items():
        translated["Resources"][name]["Properties"]["Code"] = artifact
    for name, value in stack.PARAMETERS.items():
        translated["Parameters"][name]["Default"] = value
    return translated


def check(name):
    """The stack is there, with all its functions."""
    state = stack.describe(name)
    assert state["StackStatus"] == "CREATE_COMPLETE", state
    declared = stack.read_template()["Resources"].values()
    wanted = [one for one in declared if one["Type"] == "AWS::Serverless::Function"]
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=name)
    types = [one["ResourceType"] for one in resources["StackResources"]]
    assert types.count("AWS::Lambda::Function") == len(wanted), types
    return stack.outputs_of(state)


with tempfile.TemporaryDirectory() as folder:
    shutil.copy(stack.ROOT / "samconfig.toml", folder)
    (pathlib.Path(folder) / "template.yaml").write_text(json.dumps(template()), encoding="utf-8")
    (pathlib.Path(folder) / "target").mkdir()
    (pathlib.Path(folder) / "target/lambda").symlink_to(stack.ROOT / "target/lambda")
    make_bucket()
    yes = {"Deploy this changeset?": "y"}
    said = run_sam(["deploy"], folder, yes)
    outputs = check("leadhook")
    for value in outputs.values():
        assert value in said, f"not printed: {value}"
    print("good: sam deploy")
    run_sam(["delete"], folder, {"[y/N]": "y"})
    print("good: sam delete")
    answers = {**yes, "Stack Name": "leadhook-guided", "Parameter TableName": "leadhook-guided"}
    run_sam(["deploy", "--guided"], folder, answers)
    assert check("leadhook-guided")["TableName"] == "leadhook-guided"
    print("good: sam deploy --guided")
