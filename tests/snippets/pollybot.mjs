const createLead = async (leadData) => {
  try {
    const response = await fetch('https://your-domain.com/api/v1/leads', {
      method: 'POST',
      headers: {
        'Authorization': 'Bearer sk-workspace_your_api_key',
        'Content-Type': 'application/json'
      },
      body: JSON.stringify(leadData)
    });
    if (!response.ok) {
      throw new Error(`HTTP error! status: ${response.status}`);
    }
    const result = await response.json();
    return result.data;
  } catch (error) {
    console.error('Error creating lead:', error);
    throw error;
  }
};

// Usage
const newLead = {
  name: "John Doe",
  email: "john.doe@example.com",
  phone: "+1-555-123-4567",
  source: "website",
  status: "new",
  metadata: {
    utm_source: "google",
    company: "Tech Corp"
  }
};
createLead(newLead);
