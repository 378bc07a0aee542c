use super::{
    accounts::provider_parser,
    failure::Failure,
    secret_text::SecretText,
    server::{Header, Server},
};
use clap::Args;
use providers::about;
use shared::{
    function::Environment,
    model::Provider,
    provider::{About, Demo, Sample},
};
use std::{
    fs,
    io::{self, Read},
};

const KEY_VARIABLE: &str = "LEADHOOK_KEY";
const SECRET_VARIABLE: &str = "LEADHOOK_SECRET";

/// Sends a lead, and shows the request and the answer.
#[derive(Args)]
#[command(after_help = "\
Without a key it is sent with the demo account's credentials for `leadhook serve`.

Examples:
  leadhook send integrabot
  leadhook send keyspot --key @key.txt --secret @secret.txt \\
    --to https://abc123.execute-api.eu-west-1.amazonaws.com
  leadhook send flextell --key @token.txt --tenant 7 -d '{\"last_name\": \"Smith\"}'
  leadhook send pollybot --chatbot cb_123 -d @lead.json --idempotency-key 42")]
pub(super) struct SendLead {
    /// The provider whose address to send to
    #[arg(value_parser = provider_parser())]
    provider: Provider,
    /// The server, with or without the provider's prefix
    #[arg(long, env = "LEADHOOK_URL", value_name = "URL", default_value = "http://127.0.0.1:3000")]
    to: String,
    /// The key: the bearer token, or Keyspot's X-API-Key. @FILE, or - for a line of standard
    /// input [variable: `LEADHOOK_KEY`]
    #[arg(long)]
    key: Option<SecretText>,
    /// Keyspot: the secret that goes with the key. @FILE, or - for a line of standard input
    /// [variable: `LEADHOOK_SECRET`]
    #[arg(long)]
    secret: Option<SecretText>,
    /// Flextell: the tenant
    #[arg(long)]
    tenant: Option<u64>,
    /// PollyBot: the chatbot
    #[arg(long)]
    chatbot: Option<String>,
    /// The lead: JSON, @FILE, or - for standard input [default: a sample]
    #[arg(long, short, value_name = "JSON")]
    data: Option<String>,
    /// Sends it under this Idempotency-Key
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl SendLead {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.check()?;
        let key = secret("--key", self.key.as_ref(), KEY_VARIABLE)?;
        let secret = secret("--secret", self.secret.as_ref(), SECRET_VARIABLE)?;
        let About { sample, .. } = about(self.provider);
        let headers = self.credentials(key, secret)?;
        let body = self.body(sample)?;
        let path = match &self.chatbot {
            Some(chatbot) => format!("/pollybot/api/v1/chatbots/{chatbot}/leads"),
            None => sample.path.to_owned(),
        };
        let mut server = Server::new(&self.to, self.provider).shown();
        server.send_lead(&path, headers, self.idempotency_key, &body)
    }

    /// Refuses options of other providers: their values would go to the wrong address, or nowhere.
    fn check(&self) -> Result<(), Failure> {
        let About { has_tenants, token, .. } = about(self.provider);
        let has_secret = self.secret.is_some() || variable(SECRET_VARIABLE).is_some();
        let problem = if self.chatbot.is_some() && self.provider != Provider::PollyBot {
            "only PollyBot has chatbots: leave out --chatbot"
        } else if self.tenant.is_some() && !has_tenants {
            "only Flextell has tenants: leave out --tenant"
        } else if has_secret && token.is_none() {
            "only Keyspot keys have a secret: leave out --secret and LEADHOOK_SECRET"
        } else {
            return Ok(());
        };
        Err(Failure::input(problem))
    }

    fn body(&self, sample: &Sample) -> Result<Vec<u8>, Failure> {
        match self.data.as_deref() {
            None => Ok(sample.body.as_bytes().to_vec()),
            Some("-") => {
                let mut body = Vec::new();
                let read = io::stdin().read_to_end(&mut body);
                read.map_err(|e| Failure::Input(format!("standard input cannot be read: {e}")))?;
                Ok(body)
            }
            Some(data) => match data.strip_prefix('@') {
                Some(file) => fs::read(file)
                    .map_err(|error| Failure::Input(format!("{file} cannot be read: {error}"))),
                None => Ok(data.as_bytes().to_vec()),
            },
        }
    }

    fn credentials(
        &self,
        key: Option<String>,
        secret: Option<String>,
    ) -> Result<Vec<Header>, Failure> {
        let about = about(self.provider);
        let problem = match key {
            None if secret.is_some() => "a --secret needs a --key",
            None => {
                let Demo { key, secret, tenants, .. } = about.demo;
                let tenant = self.tenant.or(tenants.first().copied());
                return Ok(about.credentials(key, secret, tenant));
            }
            Some(_) if about.token.is_some() && secret.is_none() => {
                "a Keyspot key needs a --secret"
            }
            Some(_) if about.has_tenants && self.tenant.is_none() => {
                "a Flextell key needs a --tenant"
            }
            Some(key) => return Ok(about.credentials(&key, secret.as_deref(), self.tenant)),
        };
        Err(Failure::input(problem))
    }
}

/// The value of an option with a secret, or of the variable in its place.
fn secret(
    option: &str,
    given: Option<&SecretText>,
    name: &'static str,
) -> Result<Option<String>, Failure> {
    match given {
        Some(text) => text.read(option).map(Some),
        None => Ok(variable(name)),
    }
}

fn variable(name: &'static str) -> Option<String> {
    Environment::of_process().optional(name)
}
