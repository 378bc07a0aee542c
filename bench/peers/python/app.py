"""A function in Python with boto3, as one writes it by hand: the same rules, look-ups and
transaction as leadhook's for one sender."""

import hashlib
import json
import os
import random
import re
import time

import boto3

TABLE = os.environ["TABLE_NAME"]
TYPES = {"web", "telegram", "email", "manual"}
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

dynamodb = boto3.client("dynamodb")
accounts = {}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def get(pk, sk):
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    return dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")


def account_of(token):
    token = sha256(token)
    if token not in accounts:
        key = get(f"key#{token}", "key")
        account = f"{key['provider']['S']}#{key['account']['S']}"
        assert get(f"block#{account}", "any") is None
        accounts[token] = account
    return accounts[token]


def violations(lead):
    if not isinstance(lead.get("name"), str):
        yield "name"
    if lead.get("type") not in TYPES:
        yield "type"
    if not re.search(r"\d", lead.get("phone_number", "")):
        yield "phone_number"
    if not EMAIL.fullmatch(lead.get("email", "")):
        yield "email"
    if not UUID.fullmatch(lead.get("agent_id", "")):
        yield "agent_id"
    if not all(isinstance(value, str) for value in lead.get("custom_fields", {}).values()):
        yield "custom_fields"


def handler(event, _context):
    account = account_of(event["headers"]["authorization"].removeprefix("Bearer "))
    lead = json.loads(event["body"])
    invalid = list(violations(lead))
    if invalid:
        return {"statusCode": 422, "body": json.dumps({"error": "Validation Error", "message": invalid})}
    now = int(time.time() * 1000)
    lead_id = str(now * 1000 + random.randrange(1000))
    claims = [
        f"claim#{account}#phone#{sha256(re.sub(r'[^0-9]', '', lead['phone_number']))}",
        f"claim#{account}#email#{sha256(lead['email'].lower())}",
    ]
    item = {
        "pk": {"S": f"lead#{account}"},
        "sk": {"S": lead_id.zfill(16)},
        "id": {"N": lead_id},
        "created_at": {"N": str(now)},
        "claims": {"SS": claims},
        "name": {"S": lead["name"]},
        "source": {"S": lead["type"]},
        "phone": {"S": lead["phone_number"]},
        "email": {"S": lead["email"]},
        "agent_id": {"S": lead["agent_id"]},
        "custom_fields": {"S": json.dumps(lead["custom_fields"])},
    }
    items = [item] + [{"pk": {"S": pk}, "sk": {"S": "claim"}, "lead_id": {"N": lead_id}} for pk in claims]
    condition = "attribute_not_exists(pk)"
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": item, "ConditionExpression": condition}} for item in items
        ]
    )
    body = {"id": int(lead_id), **lead, "status": "new"}
    return {"statusCode": 201, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
