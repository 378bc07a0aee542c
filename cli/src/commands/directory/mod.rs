mod import;

use super::{
    accounts::OneAccount,
    failure::Failure,
    listing::{Format, Listing, Output, count},
    open_table::OpenTable,
    table_options::{Access, TableOptions},
};
use clap::{Args, Subcommand};
use import::Import;
use providers::{about, find_kind};
use serde_json::{Map, Value};
use shared::model::{Account, Entry, EntryId, EntryKey};

/// The entries that deliveries refer to.
#[derive(Args)]
#[command(after_help = "\
The kinds and their fields:
  integrabot  agent             name, [is_active], [model], [communication_style],
                                [tools_count], [created_at]
  pollybot    chatbot
  keyspot     property          property_id, title
  flextell    status            name, slug, color, [sort_order], [is_terminal],
                                [default]
              reference_source  name, [external_id], [color]
              user              name
              country           name")]
pub(super) struct DirectoryCommand {
    #[command(flatten)]
    table: TableOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the entries of an account
    #[command(after_help = "Example:\n  leadhook directory list --provider flextell --account 1")]
    List(List),
    /// Store one entry; an entry with the same id is replaced
    #[command(after_help = "\
Examples:
  leadhook directory put chatbot cb_123 --provider pollybot --account ws_acme
  leadhook directory put property AP001 property_id=clp1 title='Two rooms' \\
    -p keyspot -a acme
  leadhook directory put status 1 name=New slug=new color='#94a3b8' \\
    default=true -p flextell -a 1")]
    Put(Put),
    /// Store the entries of a file, CSV or JSON lines; the whole file is checked first
    #[command(after_help = "\
The columns, or members, are kind, id and the kind's fields. It is safe to repeat.

Examples:
  leadhook directory import properties.csv --provider keyspot --account acme
  leadhook directory import statuses.jsonl -p flextell -a 1 --check")]
    Import(Import),
    /// Remove one entry
    #[command(
        after_help = "Example:\n  leadhook directory remove property AP001 -p keyspot -a acme"
    )]
    Remove(Remove),
}

impl Command {
    fn access(&self) -> Access {
        match self {
            Self::List(_) => Access::Read,
            Self::Put(_) | Self::Import(_) | Self::Remove(_) => Access::Write,
        }
    }
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    account: OneAccount,
    /// Only of this kind
    kind: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Put {
    #[command(flatten)]
    account: OneAccount,
    /// The kind of the entry
    kind: String,
    /// Its id, as deliveries write it
    id: String,
    /// Its fields
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
}

#[derive(Args)]
struct Remove {
    #[command(flatten)]
    account: OneAccount,
    /// The kind of the entry
    kind: String,
    /// Its id
    id: String,
}

impl DirectoryCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Check the entries before opening anything.
        let writes = match &self.command {
            Command::Put(put) => Some((put.account.account(), put.read()?)),
            Command::Import(import) => {
                let entries = import.read()?;
                if import.check {
                    eprintln!(
                        "{} in the file, without errors; nothing was written",
                        count(entries.len(), "entry")
                    );
                    return Ok(());
                }
                Some((import.account.account(), entries))
            }
            Command::List(_) | Command::Remove(_) => None,
        };
        let opened = self.table.open(self.command.access()).await?;
        let done = match (self.command, writes) {
            (_, Some((account, entries))) => put(&opened, &account, &entries).await,
            (Command::List(list), None) => list.run(&opened).await,
            (Command::Remove(remove), None) => remove.run(&opened).await,
            (Command::Put(_) | Command::Import(_), None) => Ok(()),
        };
        opened.close(done).await
    }
}

async fn put(
    opened: &OpenTable,
    account: &Account,
    entries: &[(EntryKey, Entry)],
) -> Result<(), Failure> {
    opened.table.put_entries(account, entries).await?;
    let (provider, id) = (account.provider.as_str(), &account.id);
    let put = count(entries.len(), "entry");
    eprintln!("put {put} of {provider} {id}; functions see them within a minute");
    let known = opened.table.accounts(Some(account.provider)).await?;
    if !known.contains(account) {
        eprintln!("no key opens the account {id} yet: `leadhook keys create` makes one");
    }
    Ok(())
}

impl List {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let account = self.account.account();
        let kinds = match &self.kind {
            Some(name) => vec![find_kind(account.provider, name).map_err(Failure::Input)?.name],
            None => about(account.provider).kinds.iter().map(|kind| kind.name).collect(),
        };
        let mut listing = Listing::new("kind id entry");
        for (key, entry) in opened.table.entries(&account, &kinds).await? {
            let entry = sorted(entry);
            let entry = match self.output.output {
                Format::Json => entry,
                Format::Table | Format::Csv => entry.to_string().into(),
            };
            listing.push([key.kind.into(), key.id.as_str().into(), entry]);
        }
        listing.print(self.output.output)
    }
}

impl Put {
    fn read(&self) -> Result<Vec<(EntryKey, Entry)>, Failure> {
        let kind =
            find_kind(self.account.account().provider, &self.kind).map_err(Failure::Input)?;
        let mut fields = Map::new();
        for field in &self.fields {
            let (name, value) = field
                .split_once('=')
                .ok_or_else(|| Failure::Input(format!("`{field}` is not FIELD=VALUE")))?;
            fields.insert(name.to_owned(), value.into());
        }
        kind.read(&self.id, fields).map_err(Failure::Input)
    }
}

impl Remove {
    async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let account = self.account.account();
        let kind = find_kind(account.provider, &self.kind).map_err(Failure::Input)?;
        let unknown = || Failure::NotFound(format!("there is no {} {}", kind.name, self.id));
        let id = self.id.parse::<EntryId>().map_err(|_| unknown())?;
        let key = EntryKey::new(kind.name, id);
        if opened.table.delete_entry(&account, &key).await? {
            eprintln!("the {} {} is removed", key.kind, key.id);
            Ok(())
        } else {
            Err(unknown())
        }
    }
}

/// The members sorted by name: the table stores no order.
fn sorted(entry: Entry) -> Value {
    match entry {
        Value::Object(mut members) => {
            members.sort_keys();
            Value::Object(members)
        }
        other => other,
    }
}
