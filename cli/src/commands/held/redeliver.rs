//! Corrects and redelivers a held delivery.

use super::find::{find, shown};
use crate::{
    commands::{accounts::AccountOptions, failure::Failure, open_table::OpenTable},
    terminal::{Escapes, data_out, visible},
};
use clap::Args;
use operator::readings::{
    Encoding, Reading, decode, is_compressed, likely_readings, preview, read_encoding,
};
use providers::{redeliver_held, update_by_held, write_id};
use serde_json::value::{RawValue, to_raw_value};
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, Handled, OperatorUpdate, SenderTimeouts},
    model::{Account, HeldDelivery, HeldReason, Members, text_of},
};
use std::{borrow::Cow, env, fs, io::Write, path::PathBuf, process::Command};

#[derive(Args)]
pub(super) struct RedeliverHeld {
    /// The delivery, as `held list` names it
    id: String,
    /// Sets a field: `name=text`, or `name:=JSON` for a value that is not text
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The encoding of a body that is not UTF-8, such as windows-1252 or utf-16le
    #[arg(long, value_name = "ENCODING", value_parser = read_encoding)]
    encoding: Option<&'static Encoding>,
    /// Updates the lead of a repeat with the fields of the delivery
    #[arg(long)]
    update: bool,
    /// Opens the body in $VISUAL or $EDITOR before it is delivered
    #[arg(long)]
    edit: bool,
    /// Delivers the content of this file instead
    #[arg(long, value_name = "FILE", conflicts_with = "edit")]
    body: Option<PathBuf>,
}

impl RedeliverHeld {
    pub(super) async fn run(
        self,
        opened: &OpenTable,
        accounts: &AccountOptions,
    ) -> Result<(), Failure> {
        let (account, held) = find(opened, accounts, &self.id).await?;
        let body = self.correct(&held.body)?;
        let (table, system) = (opened.table.clone(), opened.table_system().await?);
        let context = Context::new(table, system, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
        if self.update {
            return update(&context, &account, &held, &body).await;
        }
        let Handled { answer, summary } = redeliver_held(&context, &account, &held, &body).await?;
        let mut out = data_out(Escapes::Text);
        writeln!(out, "{}\n{}", answer.status(), shown(answer.body().as_bytes()))?;
        out.flush()?;
        if summary.became_lead() {
            return Ok(());
        }
        let id = held.id.short();
        let why = summary.lead.map_or_else(String::new, |lead| {
            format!(": its person is already the lead {}", write_id(account.provider, lead))
        });
        Err(Failure::Failed(format!("{id} did not become a lead{why}; it stays held")))
    }

    /// The body to deliver.
    fn correct(&self, held: &[u8]) -> Result<Vec<u8>, Failure> {
        let body = match &self.body {
            None => Cow::Borrowed(held),
            Some(path) => Cow::Owned(fs::read(path).map_err(|error| {
                Failure::Input(format!("{} cannot be read: {error}", path.display()))
            })?),
        };
        let text =
            match self.encoding {
                None => text_of(&body).map(Cow::Borrowed).ok_or_else(|| unreadable(&body))?,
                Some(encoding) => Cow::Owned(decode(&body, encoding).ok_or_else(|| {
                    Failure::Input(format!("the body is not {}", encoding.name()))
                })?),
            };
        let text = if self.set.is_empty() { text } else { set_fields(&text, &self.set)?.into() };
        if self.edit { edit(&text) } else { Ok(text.into_owned().into_bytes()) }
    }
}

/// Updates the lead of a repeat.
async fn update(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: &[u8],
) -> Result<(), Failure> {
    let HeldReason::Repeat(lead) = held.reason else {
        return Err(Failure::input("only a repeat has a lead to update; leave out --update"));
    };
    let (id, held_id) = (write_id(account.provider, lead), held.id.short());
    let why = match update_by_held(context, account, held, lead, body).await? {
        OperatorUpdate::Updated => {
            eprintln!("the lead {id} is updated, and {held_id} is no longer held");
            return Ok(());
        }
        OperatorUpdate::Taken(other) => {
            format!("the lead {} has its e-mail or phone", write_id(account.provider, other))
        }
        OperatorUpdate::Missing => format!("the lead {id} was erased; leave out --update"),
        OperatorUpdate::NotPossible => {
            format!("leads of {} are never updated", account.provider.as_str())
        }
        OperatorUpdate::Refused(answer) => shown(answer.body().as_bytes()),
    };
    Err(Failure::Failed(format!("the lead {id} is not updated: {why}")))
}

fn set_fields(body: &str, set: &[String]) -> Result<String, Failure> {
    let mut members = Members::read(body).ok_or_else(|| {
        Failure::input(
            "the body is not a JSON object, so it has no fields to set; use --edit or --body",
        )
    })?;
    let set = set.iter().map(|field| {
        let wrong = || Failure::Input(format!("`{field}` is neither name=text nor name:=JSON"));
        read_field(field).ok_or_else(wrong)
    });
    let set = set.collect::<Result<Vec<_>, _>>()?;
    for (name, value) in &set {
        members.set(name, value);
    }
    Ok(members.to_string())
}

/// The name and the value of `name=text` or `name:=JSON`, both as JSON.
fn read_field(field: &str) -> Option<(Box<RawValue>, Box<RawValue>)> {
    let (name, value) = field.split_once('=')?;
    let (name, value) = match name.strip_suffix(':') {
        Some(name) => (name, serde_json::from_str(value)),
        None => (name, to_raw_value(value)),
    };
    Some((to_raw_value(name).ok()?, value.ok()?))
}

/// Why a body has no text, and how to name its encoding.
fn unreadable(body: &[u8]) -> Failure {
    if is_compressed(body) {
        return Failure::input(
            "the body is compressed with gzip, so it has no text; use --body with its content",
        );
    }
    let readings = likely_readings(body);
    let width = readings.iter().map(|reading| reading.encoding.name().len()).max();
    let lines = readings.iter().map(|Reading { encoding, text }| {
        let (name, width) = (encoding.name().to_lowercase(), width.unwrap_or_default());
        format!("\n  --encoding {name:width$}  {}", visible(&preview(text)))
    });
    let lines: String = lines.collect();
    Failure::Input(format!("the body is not UTF-8; name the encoding that reads it right:{lines}"))
}

/// Lets the operator change the body in an editor.
fn edit(body: &str) -> Result<Vec<u8>, Failure> {
    let mut editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| env::var(name).ok());
    let editor = editor.find(|editor| !editor.is_empty());
    let editor =
        editor.ok_or_else(|| Failure::input("no editor is set; set EDITOR, or use --body"))?;
    let mut file = tempfile::Builder::new().suffix(".json").tempfile()?;
    file.write_all(body.as_bytes())?;
    let mut words = editor.split_whitespace();
    let cannot = || Failure::Input(format!("the editor `{editor}` failed"));
    let program = words.next().ok_or_else(cannot)?;
    let status = Command::new(program).args(words).arg(file.path()).status();
    if status.is_ok_and(|status| status.success()) {
        Ok(fs::read(file.path())?)
    } else {
        Err(cannot())
    }
}
