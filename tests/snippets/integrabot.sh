curl --fail-with-body --silent --request POST \
  --url https://api.integrabot.ai/v1/leads \
  --header 'Authorization: Bearer <token>' \
  --header 'Content-Type: application/json' \
  --data '
{
  "name": "Maria Silva",
  "type": "web",
  "phone_number": "5511999998888",
  "email": "maria@exemplo.com",
  "agent_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
  "custom_fields": {
    "empresa": "Acme Ltda",
    "cidade": "São Paulo"
  }
}
'
