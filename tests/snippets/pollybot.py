import requests
import json

def create_lead(api_key, lead_data):
    url = "https://your-domain.com/api/v1/leads"
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Content-Type": "application/json"
    }
    try:
        response = requests.post(url, headers=headers, json=lead_data)
        response.raise_for_status()  # Raises an HTTPError for bad responses
        result = response.json()
        print(f"Lead created: {result['data']['id']}")
        return result['data']
    except requests.exceptions.RequestException as e:
        print(f"Error creating lead: {e}")
        raise

# Usage
api_key = "sk-workspace_your_api_key"
new_lead = {
    "name": "John Doe",
    "email": "john.doe@example.com",
    "phone": "+1-555-123-4567",
    "source": "website",
    "status": "new",
    "metadata": {
        "utm_source": "google",
        "company": "Tech Corp"
    }
}
create_lead(api_key, new_lead)
