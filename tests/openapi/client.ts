// A client that openapi-typescript and openapi-fetch made of each document, against a running
// server: it creates a lead, sends it again, reads, changes and deletes it where that is documented,
// and gets an error, each typed.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths as Flextell } from "./flextell.js";
import type { paths as Integrabot } from "./integrabot.js";
import type { paths as Keyspot } from "./keyspot.js";
import type { paths as PollyBot } from "./pollybot.js";
import type { paths as RdStation } from "./rdstation.js";

const base = process.argv[2];
const email = `${crypto.randomUUID()}@example.com`;

function settings(provider: string, token: string) {
  return { baseUrl: `${base}/${provider}`, headers: { Authorization: `Bearer ${token}` } };
}

function isReplayed(response: Response): boolean {
  return response.headers.get("Idempotency-Replayed") === "true";
}

async function useIntegrabot() {
  const client = createClient<Integrabot>(settings("integrabot", "sk_demo_integrabot"));
  const body = { name: "Maria", type: "web", email } as const;
  const created = await client.POST("/v1/leads", { body });
  const again = await client.POST("/v1/leads", { body });
  assert.deepEqual([created.response.status, again.response.status], [201, 200]);
  const id: number | undefined = created.data?.id;
  assert(id !== undefined && again.data?.id === id);
  const shown = await client.GET("/v1/leads/{id}", { params: { path: { id } } });
  assert.deepEqual(shown.data, created.data);
  const page = await client.GET("/v1/leads", { params: { query: { search: email } } });
  assert(page.data?.meta.total === 1 && page.data.data[0]?.id === id);
  const unknown = await client.GET("/v1/leads/{id}", { params: { path: { id: 1 } } });
  assert(unknown.error?.error === "Not Found");
  const refused = await client.POST("/v1/leads", { body: { ...body, name: " " } });
  assert(refused.error?.error === "Validation Error");
  const texts: string[] | undefined = refused.error.message["name"];
  assert(texts?.length === 1);
}

async function useRdStation() {
  const client = createClient<RdStation>(settings("rdstation", "demo-rdstation"));
  const body = { name: "Maria", email };
  const created = await client.POST("/rest/leads", { body });
  const again = await client.POST("/rest/leads", { body });
  const id: string | undefined = created.data?.id;
  assert(id !== undefined && again.data?.id === id && isReplayed(again.response));
  const stranger = createClient<RdStation>(settings("rdstation", "unknown"));
  const refused = await stranger.POST("/rest/leads", { body });
  assert(refused.error?.code === "UNAUTHORIZED");
}

async function usePollyBot() {
  const client = createClient<PollyBot>(settings("pollybot", "sk-workspace_your_api_key"));
  const path = "/api/v1/chatbots/{chatbotId}/leads";
  const params = { path: { chatbotId: "cb_1234567890abcdef" } };
  const body = { name: "Maria", email };
  const created = await client.POST(path, { params, body });
  const again = await client.POST(path, { params, body });
  const id: string | undefined = created.data?.data.id;
  assert(id !== undefined && again.error?.code === "DUPLICATE_EMAIL");
  assert(again.error.details.existingLeadId === id);
  const ofLead = { path: { ...params.path, leadId: id } };
  const page = await client.GET(path, { params: { ...params, query: { search: email } } });
  assert(page.data?.data.pagination.total === 1 && page.data.data.leads[0]?.id === id);
  const change = { body: { name: "Ana", metadata: { plan: "pro" } }, params: ofLead };
  const updated = await client.PUT(`${path}/{leadId}`, change);
  assert(updated.data?.data.name === "Ana" && updated.data.data.email === email);
  const shown = await client.GET(`${path}/{leadId}`, { params: ofLead });
  assert.deepEqual(shown.data, updated.data);
  const deleted = await client.DELETE(`${path}/{leadId}`, { params: ofLead });
  assert(deleted.data?.data.id === id);
  const gone = await client.DELETE(`${path}/{leadId}`, { params: ofLead });
  assert(gone.error?.code === "LEAD_NOT_FOUND");
  const unknown = { path: { chatbotId: "unknown" } };
  const refused = await client.POST(path, { params: unknown, body });
  assert(refused.error?.code === "CHATBOT_NOT_FOUND");
}

async function useKeyspot() {
  const headers = { "X-API-Key": "demo-key", "X-API-Secret": "demo-secret" };
  const issuer = createClient<Keyspot>({ baseUrl: `${base}/keyspot`, headers });
  const issued = await issuer.POST("/v1/auth/token");
  assert(issued.data !== undefined);
  const client = createClient<Keyspot>(settings("keyspot", issued.data.data.token));
  const body = { name: "Maria", email, phone: "11999999999", message: "Hello" };
  const created = await client.POST("/v1/leads", { body });
  const again = await client.POST("/v1/leads", { body });
  const id: string | undefined = created.data?.data.id;
  assert(id !== undefined && again.data?.data.id === id && isReplayed(again.response));
  const refused = await client.POST("/v1/leads", { body: { ...body, name: "" } });
  assert(refused.error?.code === "VALIDATION_ERROR");
}

async function useFlextell() {
  const client = createClient<Flextell>(settings("flextell", "demo-flextell"));
  const params = { header: { "X-Tenant": 1 } };
  const body = { last_name: "Smith", email };
  const created = await client.POST("/api/v1/leads", { params, body });
  const again = await client.POST("/api/v1/leads", { params, body });
  const id: number | undefined = created.data?.data.id;
  assert(id !== undefined && again.data?.data.id === id && isReplayed(again.response));
  const foreign = { header: { "X-Tenant": 9 } };
  const refused = await client.POST("/api/v1/leads", { params: foreign, body });
  assert(refused.error?.error === "forbidden");
}

for (const use of [useIntegrabot, useRdStation, usePollyBot, useKeyspot, useFlextell]) {
  await use();
}
