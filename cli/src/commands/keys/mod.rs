mod credentials;

use super::{
    accounts::{AccountOptions, provider_parser},
    failure::Failure,
    listing::{Format, Listing, Output},
    open_table::OpenTable,
    table_options::{Access, TableOptions},
};
use clap::{
    ArgGroup, Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use credentials::{limit_of, networks_of, scopes_of, show};
use ipnet::IpNet;
use operator::{
    keys::{KeyUpdate, NewKey, NewLimit, Rotated, key_state, revoke_key, rotate_key, update_key},
    times::write_time,
};
use shared::model::{Account, AccountId, ListedKey, Provider, RateLimit, Scope, Usage};

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
  leadhook keys create pollybot -a acme --scope create,read --limit 1000/h
  leadhook keys create keyspot -a acme --lenient
  leadhook keys create keyspot -a acme --network 203.0.113.0/24 --expires 90d
  leadhook keys create flextell --tenant 1,2 --table leadhook --region eu-west-1")]
    Create(Create),
    /// Change what a key may do: it follows within a minute
    #[command(after_help = "\
Examples:
  leadhook keys update 3f2a9c51d0e4 --scope create,read,write
  leadhook keys update 3f2a9c51d0e4 --limit none --lenient")]
    Update(Update),
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
            Self::Create(_) | Self::Update(_) | Self::Revoke { .. } | Self::Rotate(_) => {
                Access::Write
            }
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
    /// What it may do: create leads, read them, or write, which is to update and delete them; may
    /// be given more than once [default: create]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', value_parser = scope_parser())]
    scopes: Vec<Scope>,
    /// How many requests it may send: 1000/h, 60/min [default: any number]
    #[arg(long, value_name = "LIMIT")]
    limit: Option<RateLimit>,
    /// Store a lead that breaks a rule of form, and note the rule on it
    #[arg(long)]
    lenient: bool,
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
#[command(group(ArgGroup::new("change").required(true).multiple(true)))]
struct Update {
    /// The key's id, as `keys list` shows it, or its first characters
    id: String,
    /// What it may do: create, read, write; may be given more than once
    #[arg(long = "scope", group = "change", value_name = "SCOPE", value_delimiter = ',', value_parser = scope_parser())]
    scopes: Vec<Scope>,
    /// How many requests it may send: 1000/h, 60/min, none
    #[arg(long, group = "change", value_name = "LIMIT")]
    limit: Option<NewLimit>,
    /// Store a lead that breaks a rule of form, and note the rule on it
    #[arg(long, group = "change")]
    lenient: bool,
    /// Refuse a lead that breaks a rule of form
    #[arg(long, group = "change", conflicts_with = "lenient")]
    strict: bool,
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
            create.new_key().check()?;
        }
        let opened = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::Create(create) => create.run(&opened).await,
            Command::Update(update) => update.run(&opened).await,
            Command::List(list) => list.run(&opened).await,
            Command::Revoke { id } => revoke(&opened, &id).await,
            Command::Rotate(rotate) => rotate.run(&opened).await,
        };
        opened.close(done).await
    }
}

impl Create {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let (credentials, key) = self.new_key().create(&opened.table, &opened.system).await?;
        let may_read = key.scopes.contains(&Scope::Read);
        show(credentials, &key, &self.output)?;
        if !may_read {
            eprintln!("a client that reads with it gets 403: --scope create,read allows that");
        }
        Ok(())
    }

    fn new_key(&self) -> NewKey {
        let Self { provider, account, scopes, label, expires, tenants, networks, .. } = self;
        NewKey {
            provider: *provider,
            account: account.clone(),
            scopes: scopes.clone(),
            limit: self.limit,
            is_lenient: self.lenient,
            label: label.clone(),
            expires: expires.clone(),
            tenants: tenants.clone(),
            networks: networks.clone(),
        }
    }
}

impl List {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let AccountOptions { provider, account } = &self.accounts;
        let mut keys = opened.table.api_keys(*provider).await?;
        // Select by the key's account or by one of its tenants.
        keys.retain(|ListedKey { key, .. }| {
            let opens = |id: &AccountId| key.accounts().iter().any(|opened| opened.id == *id);
            account.as_ref().is_none_or(|id| key.account.id == *id || opens(id))
        });
        print_keys(opened, keys, self.output.output).await
    }
}

impl Update {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { id, scopes, limit, lenient, strict, output } = self;
        let update = KeyUpdate {
            scopes: (!scopes.is_empty()).then(|| scopes.into_iter().collect()),
            limit,
            is_lenient: (lenient || strict).then_some(lenient),
        };
        let updated = update_key(&opened.table, &id, update, opened.system.now()).await?;
        print_keys(opened, vec![updated], output.output).await?;
        eprintln!("functions that know the key follow within a minute");
        Ok(())
    }
}

impl Rotate {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let (table, system) = (&opened.table, &opened.system);
        let Rotated { credentials, key, old_id, until } =
            rotate_key(table, system, &self.id, &self.keep).await?;
        show(credentials, &key, &self.output)?;
        eprintln!("the old key {old_id} is valid until {}", write_time(until));
        Ok(())
    }
}

/// Prints keys, a row for each.
async fn print_keys(
    opened: &OpenTable,
    keys: Vec<ListedKey>,
    format: Format,
) -> Result<(), Failure> {
    let now = opened.system.now();
    let usage = opened.table.usage(&keys, now).await?;
    let columns = "id provider account scopes limit used lenient label state created_at \
                   last_used_on expires_at tenants networks";
    let spare = "networks created_at expires_at tenants lenient used limit last_used_on";
    let mut listing = Listing::new(columns).sparing(spare);
    for ListedKey { token, key } in keys {
        let state = key_state(&key, now);
        listing.push([
            token.key_id().to_string().into(),
            key.account.provider.as_str().into(),
            key.account.id.as_str().into(),
            scopes_of(&key),
            limit_of(&key),
            usage.get(&token).map(Usage::used).into(),
            key.is_lenient.into(),
            key.label.clone().into(),
            state.into(),
            key.created_at.map(write_time).into(),
            key.last_used_on.map(|day| day.to_string()).into(),
            key.expires_at.map(write_time).into(),
            key.tenants.clone().into(),
            networks_of(&key),
        ]);
    }
    listing.print(format)
}

fn scope_parser() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|name| name.parse::<Scope>())
}

async fn revoke(opened: &OpenTable, id: &str) -> Result<(), Failure> {
    let now = opened.system.now();
    let ListedKey { token, key } = revoke_key(&opened.table, id, now).await?;
    let Account { provider, id } = key.account;
    eprintln!("the key {} of {} {id} is revoked", token.key_id(), provider.as_str());
    Ok(())
}
