use crate::commands::{
    accounts::{AccountOptions, provider_parser},
    failure::Failure,
    header_options::HeaderOptions,
    listing::{Listing, Output},
    open_table::OpenTable,
    secret_text::SecretText,
    signing_secret::SecretOptions,
};
use clap::{Args, ValueEnum};
use forwarding::{check_host, check_url};
use jiff::Timestamp;
use operator::{
    destinations::{host, set_headers},
    times::{WrittenTime, read_time, write_time},
};
use shared::{
    model::{Account, AccountId, Destination, DestinationFormat, DestinationId, LeadId, Provider},
    table::MAX_DESTINATIONS,
};

#[derive(Args)]
pub(super) struct Add {
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
    #[arg(long, value_enum, default_value = "standard")]
    format: FormatOption,
    /// The first lead to forward: now (only new leads), all, or leads from this time on: 2h,
    /// 2026-11-21
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = read_start)]
    from: Start,
    /// Your name for the destination
    #[arg(long, short)]
    label: Option<String>,
    #[command(flatten)]
    headers: HeaderOptions,
    #[command(flatten)]
    secret: SecretOptions,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatOption {
    /// JSON, signed as Standard Webhooks describes
    Standard,
    /// A message of a Slack incoming webhook
    Slack,
}

/// Which leads are forwarded.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Now,
    All,
    At(WrittenTime),
}

/// Reads `now`, `all` or a time.
fn read_start(text: &str) -> Result<Start, String> {
    match text {
        "now" => Ok(Start::Now),
        "all" => Ok(Start::All),
        time => read_time(time)
            .map(Start::At)
            .map_err(|_| "write now, all, or a time: 2h, 2026-11-21, 2026-11-21T12:00:00Z".into()),
    }
}

impl Start {
    /// The cursor before the first of these leads.
    fn cursor(self, now: Timestamp) -> Result<LeadId, Failure> {
        let at = match self {
            Self::All => return Ok(LeadId::FIRST),
            Self::Now => now,
            Self::At(time) => time.resolve(now).map_err(Failure::Input)?,
        };
        if at > now {
            return Err(Failure::input("--from must not be in the future"));
        }
        Ok(LeadId::new(at, 0).previous())
    }
}

impl Add {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { provider, account, url, format, from, label, headers, secret, output } = self;
        let url = match (url, format) {
            (SecretText::Given(url), FormatOption::Standard) => url,
            (url, _) => url.read("--url")?,
        };
        let headers = headers.read()?;
        let allowed = opened.addresses();
        let url = check_url(&url, allowed).map_err(|error| Failure::Input(error.to_string()))?;
        let resolved = check_host(&url, allowed).await;
        resolved.map_err(|error| Failure::Input(format!("the URL cannot be used: {error}")))?;
        let wanted = AccountOptions { provider: Some(provider), account: Some(account.clone()) };
        wanted.find(opened).await?;
        let master = secret.read(opened).await?;
        let now = opened.table_time().await?;
        let cursor = from.cursor(now)?;
        let format = match format {
            FormatOption::Standard => DestinationFormat::Standard,
            FormatOption::Slack => DestinationFormat::Slack,
        };
        let account = Account { provider, id: account };
        if opened.table.count_destinations(&account).await? >= MAX_DESTINATIONS {
            return Err(Failure::Input(format!("the account has {MAX_DESTINATIONS} destinations")));
        }
        let id = DestinationId::random(&opened.system);
        let new = Destination::new(&account, id, url.to_string(), cursor, now);
        let mut destination = Destination { format, label, ..new };
        set_headers(&mut destination, &headers, &master, &opened.system)?;
        opened.table.add_destination(&destination).await?;
        show_secret(&destination, &master.secret(&destination.id, 1), &output)
    }
}

/// Shows a destination with its new secret.
pub(super) fn show_secret(
    destination: &Destination,
    secret: &str,
    output: &Output,
) -> Result<(), Failure> {
    let mut listing = Listing::new("id provider account label host format from secret");
    let is_all = destination.starts_after == LeadId::FIRST;
    let from = if is_all { "all".to_owned() } else { write_time(destination.starts_after.time()) };
    listing.push([
        destination.id.as_str().into(),
        destination.provider.as_str().into(),
        destination.account.as_str().into(),
        destination.label.clone().into(),
        host(destination).into(),
        destination.format.as_str().into(),
        from.into(),
        secret.into(),
    ]);
    listing.print_one(output.output)?;
    match destination.format {
        DestinationFormat::Standard => {
            eprintln!("note the secret down: it is not shown again, and its receiver needs it");
        }
        DestinationFormat::Slack => eprintln!("Slack does not need the secret"),
    }
    Ok(())
}
