// Checks a received message with the example of the documents: SECRET, FILES.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { readEvent } from "./verify.mjs";

const [secret, name] = process.argv.slice(2);
const lines = readFileSync(`${name}.headers`, "utf8").trim().split("\n");
const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2)));
const body = readFileSync(`${name}.body`, "utf8");
const event = readEvent(secret, headers, body);
assert.equal(event.type, "lead.created");
assert.equal(event.data.name, "João 💜");
assert.throws(() => readEvent(secret, headers, `${body} `));
