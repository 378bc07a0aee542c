"""A client that openapi-python-client made of each document, against a running server: it creates
a lead, sends it again, reads, changes and deletes it where that is documented, and gets an error,
each typed."""

import sys
from uuid import uuid4

import leadhook_flextell as flextell
import leadhook_flextell.api.leads.create_lead as flextell_leads
import leadhook_flextell.models as flextell_models
import leadhook_integrabot as integrabot
import leadhook_integrabot.api.leads.create_lead as integrabot_leads
import leadhook_integrabot.api.leads.get_lead as integrabot_lead
import leadhook_integrabot.api.leads.list_leads as integrabot_list
import leadhook_integrabot.models as integrabot_models
import leadhook_keyspot as keyspot
import leadhook_keyspot.api.auth.issue_token as keyspot_tokens
import leadhook_keyspot.api.leads.create_lead as keyspot_leads
import leadhook_keyspot.models as keyspot_models
import leadhook_pollybot as pollybot
import leadhook_pollybot.api.leads.create_lead as pollybot_leads
import leadhook_pollybot.api.leads.delete_lead as pollybot_delete
import leadhook_pollybot.api.leads.list_leads as pollybot_list
import leadhook_pollybot.api.leads.update_lead as pollybot_update
import leadhook_pollybot.models as pollybot_models
import leadhook_rdstation as rdstation
import leadhook_rdstation.api.leads.create_lead as rdstation_leads
import leadhook_rdstation.models as rdstation_models

BASE = sys.argv[1]
EMAIL = f"{uuid4()}@example.com"
REPLAYED = "Idempotency-Replayed"


def use_integrabot() -> None:
    client = integrabot.AuthenticatedClient(f"{BASE}/integrabot", token="sk_demo_integrabot")
    lead = integrabot_models.LeadInput("Maria", integrabot_models.Channel.WEB, email=EMAIL)
    created = integrabot_leads.sync_detailed(client=client, body=lead)
    again = integrabot_leads.sync_detailed(client=client, body=lead)
    assert (created.status_code, again.status_code) == (201, 200)
    assert isinstance(created.parsed, integrabot_models.Lead)
    assert isinstance(again.parsed, integrabot_models.Lead)
    assert again.parsed.id == created.parsed.id
    shown = integrabot_lead.sync(created.parsed.id, client=client)
    assert shown == created.parsed
    page = integrabot_list.sync(client=client, search=EMAIL)
    assert isinstance(page, integrabot_models.LeadPage)
    assert (page.meta.total, page.data) == (1, [created.parsed])
    unknown = integrabot_lead.sync(1, client=client)
    assert isinstance(unknown, integrabot_models.GetLeadResponse404)
    bad = integrabot_models.LeadInput(" ", integrabot_models.Channel.WEB)
    refused = integrabot_leads.sync(client=client, body=bad)
    assert isinstance(refused, integrabot_models.ValidationError)
    assert refused.message.additional_properties["name"]


def use_rdstation() -> None:
    client = rdstation.AuthenticatedClient(f"{BASE}/rdstation", token="demo-rdstation")
    lead = rdstation_models.LeadInput(name="Maria", email=EMAIL)
    created = rdstation_leads.sync_detailed(client=client, body=lead)
    again = rdstation_leads.sync_detailed(client=client, body=lead)
    assert (created.status_code, again.status_code) == (200, 200)
    assert again.headers[REPLAYED] == "true"
    assert isinstance(created.parsed, rdstation_models.Lead)
    assert isinstance(again.parsed, rdstation_models.Lead)
    assert again.parsed.id == created.parsed.id
    stranger = rdstation.AuthenticatedClient(f"{BASE}/rdstation", token="unknown")
    refused = rdstation_leads.sync(client=stranger, body=lead)
    assert isinstance(refused, rdstation_models.CreateLeadResponse401)
    assert refused.code.value == "UNAUTHORIZED"


def use_pollybot() -> None:
    client = pollybot.AuthenticatedClient(f"{BASE}/pollybot", token="sk-workspace_your_api_key")
    lead = pollybot_models.LeadInput("Maria", EMAIL)
    chatbot = "cb_1234567890abcdef"
    created = pollybot_leads.sync(chatbot, client=client, body=lead)
    assert isinstance(created, pollybot_models.CreateLeadResponse201)
    again = pollybot_leads.sync(chatbot, client=client, body=lead)
    assert isinstance(again, pollybot_models.Duplicate)
    assert again.details.existing_lead_id == created.data.id
    page = pollybot_list.sync(chatbot, client=client, search=EMAIL)
    assert isinstance(page, pollybot_models.ListLeadsResponse200)
    assert [listed.id for listed in page.data.leads] == [created.data.id]
    change = pollybot_models.LeadUpdate(name="Ana")
    updated = pollybot_update.sync(chatbot, created.data.id, client=client, body=change)
    assert isinstance(updated, pollybot_models.UpdateLeadResponse200)
    assert (updated.data.name, updated.data.email) == ("Ana", EMAIL)
    deleted = pollybot_delete.sync(chatbot, created.data.id, client=client)
    assert isinstance(deleted, pollybot_models.DeleteLeadResponse200)
    gone = pollybot_delete.sync(chatbot, created.data.id, client=client)
    assert isinstance(gone, pollybot_models.DeleteLeadResponse404)
    refused = pollybot_leads.sync("unknown", client=client, body=lead)
    assert isinstance(refused, pollybot_models.CreateLeadResponse404)
    assert refused.code.value == "CHATBOT_NOT_FOUND"


def use_keyspot() -> None:
    # The generator knows one header with credentials; the other is given by hand.
    issuer = keyspot.AuthenticatedClient(
        f"{BASE}/keyspot",
        token="demo-key",
        prefix="",
        auth_header_name="X-API-Key",
        headers={"X-API-Secret": "demo-secret"},
    )
    issued = keyspot_tokens.sync(client=issuer)
    assert isinstance(issued, keyspot_models.IssueTokenResponse200)
    client = keyspot.AuthenticatedClient(f"{BASE}/keyspot", token=issued.data.token)
    lead = keyspot_models.LeadInput("Maria", EMAIL, "11999999999", "Hello")
    created = keyspot_leads.sync_detailed(client=client, body=lead)
    again = keyspot_leads.sync_detailed(client=client, body=lead)
    assert (created.status_code, again.headers[REPLAYED]) == (201, "true")
    assert isinstance(created.parsed, keyspot_models.CreateLeadResponse201)
    assert isinstance(again.parsed, keyspot_models.CreateLeadResponse201)
    assert again.parsed.data.id == created.parsed.data.id
    bad = keyspot_models.LeadInput("", EMAIL, "11999999999", "Hello")
    refused = keyspot_leads.sync(client=client, body=bad)
    assert isinstance(refused, keyspot_models.CreateLeadResponse400)
    assert refused.code.value == "VALIDATION_ERROR"


def use_flextell() -> None:
    client = flextell.AuthenticatedClient(f"{BASE}/flextell", token="demo-flextell")
    lead = flextell_models.LeadInput("Smith", email=EMAIL)
    created = flextell_leads.sync_detailed(client=client, body=lead, x_tenant=1)
    again = flextell_leads.sync_detailed(client=client, body=lead, x_tenant=1)
    assert (created.status_code, again.headers[REPLAYED]) == (201, "true")
    assert isinstance(created.parsed, flextell_models.Found)
    assert isinstance(again.parsed, flextell_models.Found)
    assert again.parsed.data.id == created.parsed.data.id
    refused = flextell_leads.sync(client=client, body=lead, x_tenant=9)
    assert isinstance(refused, flextell_models.CreateLeadResponse403)
    assert refused.error.value == "forbidden"


for use in (use_integrabot, use_rdstation, use_pollybot, use_keyspot, use_flextell):
    use()
