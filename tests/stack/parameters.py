"""Changes each parameter of the template from its default and back, and delivers a lead after each
change. Then it deletes the stack, and makes another over the table that is left."""

import boto3

import leadhook
import stack

# What each parameter is changed to.
CHANGES = {
    "TableKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1234abcd",
    "MaxWriteUnits": "1000",
    "MaxReadUnits": "1000",
    "ReplayWindowSeconds": "0",
    "ReadEndpoints": "false",
    "Forwarding": "false",
    "MemorySize": "128",
    "Timeout": "29",
    "ReservedConcurrency": "2",
    "ThrottleRate": "10",
    "ThrottleBurst": "20",
    "AllowedOrigins": "https://a.example,https://b.example",
    "LogLevel": "warn",
    "LogRetentionDays": "7",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:000000000000:alarms",
    "SlowAnswerMilliseconds": "500",
    "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "KeyspotSigningKey": "a-key-of-more-than-32-characters-for-this-test",
}
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
# Parameters that are changed together, and those that have another value in every stack here.
TOGETHER = [{"DomainName": "leads.example.com", "CertificateArn": CERTIFICATE}]
ELSEWHERE = {"TableName", "CreateTable", "StreamArn", "Architecture", "DynamoDbEndpoint"}

numbers = iter(range(1, 1000))


def deliver(outputs):
    """Delivers a new lead, which must be in the table."""
    number = next(numbers)
    url = outputs["IntegrabotBaseUrl"] + "/v1/leads"
    status, body = leadhook.send(url, leadhook.lead(number), token)
    assert status == 201, f"{status} {body}"
    assert f"maria{number}@exemplo.com" in leadhook.run("leads", "list"), number


def without_secret(outputs):
    return {name: value for name, value in outputs.items() if name != "KeyspotSigningSecret"}


zones = boto3.client("route53")
zone = zones.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
zone = zone.removeprefix("/hostedzone/")
TOGETHER.append({**TOGETHER[0], "HostedZoneId": zone})
declared = set(stack.read_template()["Parameters"])
covered = {*CHANGES, *(name for group in TOGETHER for name in group), *ELSEWHERE}
assert declared == covered, declared ^ covered

defaults = stack.deploy("leadhook", stack.PARAMETERS)
token = leadhook.create_key("integrabot", "acme")
deliver(defaults)
for change in [{name: value} for name, value in CHANGES.items()] + TOGETHER:
    changed = stack.deploy("leadhook", {**stack.PARAMETERS, **change})
    if "DomainName" in change:
        assert changed["IntegrabotBaseUrl"] == "https://leads.example.com/integrabot", changed
    deliver(changed)
    back = stack.deploy("leadhook", stack.PARAMETERS)
    # A stack with KeyspotSigningKey has no secret, so the next one is another.
    assert without_secret(back) == without_secret(defaults), back
    deliver(back)
    print("good:", ", ".join(change))

stack.delete("leadhook")
left = boto3.client("dynamodb").list_tables()["TableNames"]
assert left == ["leadhook"], left
secrets = boto3.client("secretsmanager").list_secrets()["SecretList"]
assert [one["Name"] for one in secrets] == ["leadhook/leadhook/forwarding"], secrets
table = boto3.client("dynamodb").describe_table(TableName="leadhook")["Table"]
assert table["DeletionProtectionEnabled"], table
over_it = {"CreateTable": "false", "StreamArn": table["LatestStreamArn"]}
deliver(stack.deploy("again", {**stack.PARAMETERS, **over_it}))
assert boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
print("good: a stack over the table that is left")
