use crate::commands::{
    accounts::{AccountOptions, provider_parser},
    failure::Failure,
    open_table::OpenTable,
    request_options::RequestOptions,
    secret_text::SecretText,
};
use clap::{Args, ValueEnum};
use forwarding::MasterSecret;
use operator::settings::{MAX_IN_FLIGHT, Settings};
use shared::model::{
    Account, AccountId, Destination, DestinationFormat, DestinationId, LeadId, Provider,
};

use std::num::NonZeroU8;

/// A destination as it is given.
#[derive(Args)]
pub(super) struct NewDestination {
    /// The provider of the account
    #[arg(value_parser = provider_parser())]
    provider: Provider,
    /// The account whose leads are forwarded
    #[arg(long, short)]
    account: AccountId,
    /// The address that each lead is posted to: https://... @FILE, or - for a line of standard
    /// input, for an address that is a secret, as Slack's are
    #[arg(long, value_name = "URL")]
    url: SecretText,
    /// The form of what is posted
    #[arg(long, value_enum, default_value = "standard", conflicts_with = "template")]
    format: FormatOption,
    #[command(flatten)]
    request: RequestOptions,
    #[command(flatten)]
    window: WindowOptions,
}

/// How fast leads are posted.
#[derive(Args)]
pub(super) struct WindowOptions {
    /// How many leads are posted at the same time, up to 128. With more than one they arrive in
    /// any order [default: 1]
    #[arg(long, value_name = "N", value_parser = read_in_flight)]
    pub(super) in_flight: Option<NonZeroU8>,
}

fn read_in_flight(text: &str) -> Result<NonZeroU8, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU8| number.get() <= MAX_IN_FLIGHT);
    number.ok_or_else(|| format!("write a number from 1 to {MAX_IN_FLIGHT}"))
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatOption {
    /// JSON, signed as Standard Webhooks describes
    Standard,
    /// A message of a Slack incoming webhook
    Slack,
}

impl NewDestination {
    /// The destination in memory, checked. `master` seals its headers.
    pub(super) async fn read(
        self,
        opened: &OpenTable,
        label: Option<String>,
        master: Option<&MasterSecret>,
    ) -> Result<Destination, Failure> {
        let Self { provider, account, url, format, request, window } = self;
        let url = match format {
            FormatOption::Standard => url.read_public("--url")?,
            FormatOption::Slack => url.read("--url")?,
        };
        let settings =
            Settings { url: Some(url), label, in_flight: window.in_flight, ..request.read()? };
        let (id, now) = (DestinationId::random(&opened.system), opened.system.now());
        let of = Account { provider, id: account.clone() };
        let new = Destination::new(&of, id, String::new(), LeadId::FIRST, now);
        let format = match format {
            FormatOption::Standard => DestinationFormat::Standard,
            FormatOption::Slack => DestinationFormat::Slack,
        };
        let mut destination = Destination { format, ..new };
        let allowed = opened.addresses();
        settings.apply(&mut destination, allowed, master, &opened.system).await?;
        let wanted = AccountOptions { provider: Some(provider), account: Some(account) };
        wanted.find(opened).await?;
        Ok(destination)
    }
}
