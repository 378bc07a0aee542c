mod drawn;

use super::{
    Failure,
    accounts::{AccountOptions, provider_parser},
    listing::{Listing, Output},
    moment::{read_expiry, write_moment},
    providers::facts,
    session::{Access, Session, TableOptions},
};
use clap::{Args, Subcommand};
use drawn::Drawn;
use ipnet::IpNet;
use serde_json::Value;
use shared::model::{Account, AccountId, ApiKey, ListedKey, Provider};

/// The most tenants of a key: it is listed under each, in one transaction.
const MAX_TENANTS: usize = 90;

/// The error if nothing names the account of a new key.
const NO_ACCOUNT: &str = "name the account whose leads the key creates: --account acme";

/// The API keys of senders.
#[derive(Args)]
pub(super) struct Keys {
    #[command(flatten)]
    table: TableOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key and show its token, only this once
    #[command(after_help = "\
Examples:
  leadhook keys create integrabot --account acme --label 'web form'
  leadhook keys create keyspot -a acme --network 203.0.113.0/24 --expires 90d
  leadhook keys create flextell --tenant 1,2 --table leadhook --region eu-west-1")]
    Create(Create),
    /// List keys: their accounts, when they were last used, when they expire
    #[command(after_help = "Example:\n  leadhook keys list --provider flextell --output json")]
    List(List),
    /// Revoke a key: it is refused within a minute
    #[command(after_help = "Example:\n  leadhook keys revoke 3f2a9c51d0e4")]
    Revoke {
        /// The key's id, as `keys list` shows it, or its first characters
        id: String,
    },
    /// Make a key that replaces another; the old key stays valid for a while
    #[command(after_help = "Example:\n  leadhook keys rotate 3f2a9c51d0e4 --keep 7d")]
    Rotate(Rotate),
}

impl Command {
    fn access(&self) -> Access {
        match self {
            Self::List(_) => Access::Read,
            Self::Create(_) | Self::Revoke { .. } | Self::Rotate(_) => Access::Write,
        }
    }
}

#[derive(Args)]
struct Create {
    /// The provider whose address it is for
    #[arg(value_parser = provider_parser())]
    provider: Provider,
    /// The account whose leads it creates: your own name for it, or the provider's workspace
    #[arg(long, short)]
    account: Option<AccountId>,
    /// Your name for the key
    #[arg(long, short)]
    label: Option<String>,
    /// When it expires: 90d, 12h, 2027-01-31 [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Flextell: a tenant that it may act for; may be given more than once
    #[arg(long = "tenant", value_name = "NUMBER", value_delimiter = ',')]
    tenants: Vec<u64>,
    /// Keyspot: a network that it may be used from; may be given more than once [default: any]
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',')]
    networks: Vec<IpNet>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    accounts: AccountOptions,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Rotate {
    /// The key's id, as `keys list` shows it, or its first characters
    id: String,
    /// How long the old key stays valid: 24h, 7d, or a date
    #[arg(long, default_value = "24h", value_name = "WHEN")]
    keep: String,
    #[command(flatten)]
    output: Output,
}

impl Keys {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Refuse invalid input before opening anything.
        if let Command::Create(create) = &self.command {
            create.check()?;
        }
        let session = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::Create(create) => create.run(&session).await,
            Command::List(list) => list.run(&session).await,
            Command::Revoke { id } => revoke(&session, &id).await,
            Command::Rotate(rotate) => rotate.run(&session).await,
        };
        session.close(done).await
    }
}

impl Create {
    fn check(&self) -> Result<(), Failure> {
        let Self { provider, account, tenants, networks, .. } = self;
        let problem = match facts(*provider) {
            facts if facts.has_tenants && tenants.is_empty() => {
                "a Flextell key names the tenants it may act for: --tenant 1"
            }
            _ if tenants.len() > MAX_TENANTS => "a key may have 90 tenants",
            facts if !facts.has_tenants && !tenants.is_empty() => "only Flextell keys have tenants",
            facts if !facts.has_secret && !networks.is_empty() => "only Keyspot keys have networks",
            _ if account.is_none() && tenants.is_empty() => NO_ACCOUNT,
            _ => return Ok(()),
        };
        Err(Failure::input(problem))
    }

    async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { provider, account, label, expires, mut tenants, networks, output } = self;
        tenants.sort_unstable();
        tenants.dedup();
        let now = session.sources.now();
        let expires = expires.map(|text| read_expiry(&text, now)).transpose();
        let first = tenants.first().copied().map(AccountId::from);
        let id = account.or(first).ok_or_else(|| Failure::input(NO_ACCOUNT))?;
        let key = ApiKey {
            label,
            created_at: Some(now),
            expires_at: expires.map_err(Failure::Input)?,
            tenants,
            networks,
            ..ApiKey::new(Account { provider, id })
        };
        let drawn = Drawn::new(provider, &session.sources);
        let key = ApiKey { secret: drawn.secret_hash(), ..key };
        session.table.put_api_key(&drawn.hash(), key.clone()).await?;
        drawn.show(&key, &output)
    }
}

impl List {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let AccountOptions { provider, account } = &self.accounts;
        let now = session.sources.now();
        let mut keys = session.table.api_keys(*provider).await?;
        // Select by the key's account or by one of its tenants.
        keys.retain(|ListedKey { key, .. }| {
            let opens = |id: &AccountId| key.accounts().iter().any(|opened| opened.id == *id);
            account.as_ref().is_none_or(|id| key.account.id == *id || opens(id))
        });
        let columns = &[
            "id",
            "provider",
            "account",
            "label",
            "state",
            "created_at",
            "last_used_on",
            "expires_at",
            "tenants",
            "networks",
        ];
        let spare = &["networks", "created_at", "expires_at", "tenants", "last_used_on"];
        let mut listing = Listing::new(columns).sparing(spare);
        for ListedKey { token, key } in keys {
            let state = match (key.revoked_at, key.is_live(now)) {
                (Some(_), _) => "revoked",
                (None, false) => "expired",
                (None, true) => "live",
            };
            listing.push([
                token.key_id().into(),
                key.account.provider.as_str().into(),
                key.account.id.as_str().into(),
                key.label.clone().into(),
                state.into(),
                key.created_at.map(write_moment).into(),
                key.last_used_on.map(|day| day.to_string()).into(),
                key.expires_at.map(write_moment).into(),
                key.tenants.clone().into(),
                networks(&key),
            ]);
        }
        listing.print(self.output.output)
    }
}

impl Rotate {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let now = session.sources.now();
        let until = read_expiry(&self.keep, now).map_err(Failure::Input)?;
        let old = find(session, &self.id).await?;
        if !old.key.is_live(now) {
            let text = format!(
                "the key {} is already expired or revoked; make another",
                old.token.key_id()
            );
            return Err(Failure::Input(text));
        }
        // A key that expires sooner keeps its time.
        let until = old.key.expires_at.map_or(until, |expiry| expiry.min(until));
        let drawn = Drawn::new(old.key.account.provider, &session.sources);
        let key = ApiKey {
            created_at: Some(now),
            last_used_on: None,
            secret: drawn.secret_hash(),
            ..old.key
        };
        session.table.replace_api_key(&old.token, until, &drawn.hash(), key.clone()).await?;
        drawn.show(&key, &self.output)?;
        eprintln!("the old key {} is valid until {}", old.token.key_id(), write_moment(until));
        Ok(())
    }
}

async fn revoke(session: &Session, id: &str) -> Result<(), Failure> {
    let ListedKey { token, key } = find(session, id).await?;
    session.table.revoke_api_key(&token, session.sources.now()).await?;
    let Account { provider, id } = key.account;
    eprintln!("the key {} of {} {id} is revoked", token.key_id(), provider.as_str());
    Ok(())
}

/// The only key whose id begins with `id`.
async fn find(session: &Session, id: &str) -> Result<ListedKey, Failure> {
    let mut keys = session.table.api_keys(None).await?;
    keys.retain(|listed| !id.is_empty() && listed.token.as_str().starts_with(id));
    match <[ListedKey; 1]>::try_from(keys) {
        Ok([key]) => Ok(key),
        Err(keys) if keys.is_empty() => {
            let text = format!("there is no key {id}; `leadhook keys list` shows them");
            Err(Failure::NotFound(text))
        }
        Err(_) => Err(Failure::Input(format!("several keys begin with {id}; write more of it"))),
    }
}

fn networks(key: &ApiKey) -> Value {
    key.networks.iter().map(ToString::to_string).collect()
}
