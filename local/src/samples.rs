//! A sample lead for each provider: the example in its documents, with the demo account's
//! credentials.

use shared::model::Provider;

/// The path that issues Keyspot's tokens.
pub const KEYSPOT_TOKEN_PATH: &str = "/keyspot/v1/auth/token";

/// A sample lead.
pub struct Sample {
    /// The provider.
    pub provider: Provider,
    /// The function that receives it.
    pub function: &'static str,
    /// The path it is sent to, with the demo account's chatbot for PollyBot.
    pub path: &'static str,
    /// The demo account's credentials as headers. Keyspot's are sent to get a token.
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
    /// The command line.
    pub curl_line: String,
}

/// An example for each function of a server that listens on `base`.
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
