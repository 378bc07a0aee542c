curl --fail-with-body --silent -X POST "https://sandbox-partner-api.keyspot.com.br/v1/leads" \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer YOUR_API_TOKEN (JWT)" \
  -d '{
  "name": "João Silva",
  "email": "joao@example.com",
  "phone": "11999999999",
  "message": "Tenho interesse neste imóvel, gostaria de mais informações."
}'
