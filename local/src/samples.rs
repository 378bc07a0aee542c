//! A lead for each provider, to try things with: the example of its documents, and the
//! credentials of the demo account.

use shared::model::Provider;

/// Where Keyspot's tokens are issued.
pub const KEYSPOT_TOKEN_PATH: &str = "/keyspot/v1/auth/token";

/// A sample lead.
pub struct Sample {
    /// Whose sample it is.
    pub provider: Provider,
    /// The function that takes it.
    pub function: &'static str,
    /// Where it is sent, with the demo account's chatbot where one is named.
    pub path: &'static str,
    /// The demo account's credentials, by the headers they are sent in. Keyspot's are sent
    /// for a token.
    pub credentials: &'static [(&'static str, &'static str)],
    /// The lead.
    pub body: &'static str,
}

const SAMPLES: [Sample; 5] = [
    Sample {
        provider: Provider::Integrabot,
        function: "integrabot-create-lead",
        path: "/integrabot/v1/leads",
        credentials: &[("Authorization", "Bearer sk_demo_integrabot")],
        body: r#"{"name": "Maria Silva", "type": "web", "phone_number": "5511999998888", "email": "maria@exemplo.com"}"#,
    },
    Sample {
        provider: Provider::RdStation,
        function: "rdstation-create-lead",
        path: "/rdstation/rest/leads",
        credentials: &[("Authorization", "Bearer demo-rdstation")],
        body: r#"{"name": "Maria Silva", "email": "maria@exemplo.com", "utm": {"source": "google"}}"#,
    },
    Sample {
        provider: Provider::PollyBot,
        function: "pollybot-create-lead",
        path: "/pollybot/api/v1/chatbots/cb_1234567890abcdef/leads",
        credentials: &[("Authorization", "Bearer sk-workspace_your_api_key")],
        body: r#"{"name": "John Doe", "email": "john.doe@example.com", "phone": "+1-555-123-4567", "source": "website"}"#,
    },
    Sample {
        provider: Provider::Keyspot,
        function: "keyspot-create-lead",
        path: "/keyspot/v1/leads",
        credentials: &[("X-API-Key", "demo-key"), ("X-API-Secret", "demo-secret")],
        body: r#"{"name": "João Silva", "email": "joao@example.com", "phone": "11999999999", "message": "Tenho interesse neste imóvel.", "propertyCode": "AP001"}"#,
    },
    Sample {
        provider: Provider::Flextell,
        function: "flextell-create-lead",
        path: "/flextell/api/v1/leads",
        credentials: &[("Authorization", "Bearer demo-flextell"), ("X-Tenant", "1")],
        body: r#"{"last_name": "Smith", "first_name": "Jane", "email": "jsmith@example.com", "country_id": 76}"#,
    },
];

/// A function and a command that calls it.
pub struct Example {
    /// The function's name.
    pub function: &'static str,
    /// The command, as it stands.
    pub curl_line: String,
}

/// An example for each function, at a server that listens on `base`.
pub fn examples(base: &str) -> Vec<Example> {
    SAMPLES.iter().flat_map(|sample| sample.examples(base)).collect()
}

impl Sample {
    /// A provider's sample.
    pub fn of(provider: Provider) -> &'static Self {
        let [integrabot, rdstation, pollybot, keyspot, flextell] = &SAMPLES;
        match provider {
            Provider::Integrabot => integrabot,
            Provider::RdStation => rdstation,
            Provider::PollyBot => pollybot,
            Provider::Keyspot => keyspot,
            Provider::Flextell => flextell,
        }
    }

    fn examples(&self, base: &str) -> Vec<Example> {
        let Self { provider, function, path, credentials, body } = self;
        let headers: String =
            credentials.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
        if *provider != Provider::Keyspot {
            let curl_line = format!("curl -i {base}{path}{headers} -d '{body}'");
            return vec![Example { function, curl_line }];
        }
        let token = |options| format!("curl {options} -X POST {base}{KEYSPOT_TOKEN_PATH}{headers}");
        let read_token = format!("$({} | cut -d '\"' -f 6)", token("-s"));
        let create =
            format!("curl -i {base}{path} -H \"Authorization: Bearer {read_token}\" -d '{body}'");
        vec![
            Example { function: "keyspot-issue-token", curl_line: token("-i") },
            Example { function, curl_line: create },
        ]
    }
}
