// A function in JavaScript with AWS's SDK, as one writes it by hand: the same rules, look-ups and
// transaction as leadhook's for one sender. esbuild makes one file of it and the SDK.

import { createHash } from "node:crypto";
import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { run } from "./runtime.mjs";

const TableName = process.env.TABLE_NAME;
const TYPES = new Set(["web", "telegram", "email", "manual"]);
const EMAIL = /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const dynamodb = new DynamoDBClient({});
const accounts = new Map();

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

async function get(pk, sk) {
  const Key = { pk: { S: pk }, sk: { S: sk } };
  return (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
}

async function accountOf(token) {
  const hash = sha256(token);
  if (!accounts.has(hash)) {
    const key = await get(`key#${hash}`, "key");
    const account = `${key.provider.S}#${key.account.S}`;
    if (await get(`block#${account}`, "any")) throw new Error("the account blocks somebody");
    accounts.set(hash, account);
  }
  return accounts.get(hash);
}

function violations(lead) {
  const rules = {
    name: typeof lead.name === "string",
    type: TYPES.has(lead.type),
    phone_number: /\d/.test(lead.phone_number),
    email: EMAIL.test(lead.email),
    agent_id: UUID.test(lead.agent_id),
    custom_fields: Object.values(lead.custom_fields).every((value) => typeof value === "string"),
  };
  return Object.keys(rules).filter((field) => !rules[field]);
}

async function handler(event) {
  const account = await accountOf(event.headers.authorization.replace(/^Bearer /, ""));
  const lead = JSON.parse(event.body);
  const invalid = violations(lead);
  if (invalid.length > 0) {
    return { statusCode: 422, body: JSON.stringify({ error: "Validation Error", message: invalid }) };
  }
  const now = Date.now();
  const id = String(now * 1000 + Math.floor(Math.random() * 1000));
  const claims = [
    `claim#${account}#phone#${sha256(lead.phone_number.replace(/[^0-9]/g, ""))}`,
    `claim#${account}#email#${sha256(lead.email.toLowerCase())}`,
  ];
  const stored = {
    pk: { S: `lead#${account}` },
    sk: { S: id.padStart(16, "0") },
    id: { N: id },
    created_at: { N: String(now) },
    claims: { SS: claims },
    name: { S: lead.name },
    source: { S: lead.type },
    phone: { S: lead.phone_number },
    email: { S: lead.email },
    agent_id: { S: lead.agent_id },
    custom_fields: { S: JSON.stringify(lead.custom_fields) },
  };
  const claim = (pk) => ({ pk: { S: pk }, sk: { S: "claim" }, lead_id: { N: id } });
  const ConditionExpression = "attribute_not_exists(pk)";
  const TransactItems = [stored, ...claims.map(claim)].map((Item) => ({
    Put: { TableName, Item, ConditionExpression },
  }));
  await dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));
  const body = JSON.stringify({ id: Number(id), ...lead, status: "new" });
  return { statusCode: 201, headers: { "content-type": "application/json" }, body };
}

run(handler);
