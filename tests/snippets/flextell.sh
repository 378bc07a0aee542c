curl --fail-with-body --silent --request POST \
  --url https://dev.flextell.ai/api/v1/leads \
  --header 'Authorization: Bearer <token>' \
  --header 'Content-Type: application/json' \
  --header 'X-Tenant: <x-tenant>' \
  --data '
{
  "last_name": "<string>",
  "first_name": "<string>",
  "phone_number": "<string>",
  "email": "jsmith@example.com",
  "description": "<string>",
  "message": "<string>",
  "preferred_contact": "<string>",
  "source_page_url": "<string>",
  "lead_status_id": 123,
  "lead_reference_source_id": 123,
  "assigned_user_id": 123,
  "country_id": 123,
  "marketing_attribution": [
    "<string>"
  ]
}
'
