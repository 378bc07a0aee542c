curl --fail-with-body --silent --request POST \
  --url https://api.meuassistente.rdstationmentoria.com.br/rest/leads \
  --header 'Authorization: Bearer <token>' \
  --header 'Content-Type: application/json' \
  --data '{
  "agentId": null,
  "name": null,
  "email": null,
  "phone": null,
  "company": null,
  "site": null,
  "custom": {},
  "utm": {},
  "capture": "completed"
}'
