//! Corrects and redelivers a held delivery.

use super::{
    super::{
        Failure,
        accounts::AccountOptions,
        session::Session,
        terminal::{Escapes, data_out},
    },
    find, short_id, shown,
};
use clap::Args;
use forwarding::write_id;
use local::redeliver_held;
use serde_json::{Map, Value};
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, Redelivered},
    table::Timeouts,
};
use std::{env, fs, io::Write, path::PathBuf, process::Command};

#[derive(Args)]
pub(super) struct RedeliverHeld {
    /// The delivery, as `held list` names it
    id: String,
    /// Sets a field: `name=text`, or `name:=JSON` for a value that is not text
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
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
        session: &Session,
        accounts: &AccountOptions,
    ) -> Result<(), Failure> {
        let (account, held) = find(session, accounts, &self.id).await?;
        let body = self.correct(&held.body)?;
        let (table, sources) = (session.table.clone(), session.table_sources().await?);
        let context = Context::new(table, sources, DEFAULT_REPLAY_WINDOW, Timeouts::LOCAL);
        let Redelivered { answer, became_lead, lead, .. } =
            redeliver_held(&context, &account, &held, &body).await?;
        let mut out = data_out(Escapes::Text);
        writeln!(out, "{}\n{}", answer.status(), shown(answer.body().as_bytes()))?;
        out.flush()?;
        if became_lead {
            return Ok(());
        }
        let id = short_id(&held);
        let why = lead.map_or_else(String::new, |lead| {
            format!(": its person is already the lead {}", write_id(account.provider, lead))
        });
        Err(Failure::Failed(format!("{id} did not become a lead{why}; it stays held")))
    }

    /// The body to deliver.
    fn correct(&self, held: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut body = match &self.body {
            None => held.to_vec(),
            Some(path) => fs::read(path).map_err(|error| {
                Failure::Input(format!("{} cannot be read: {error}", path.display()))
            })?,
        };
        if !self.set.is_empty() {
            body = set_fields(&body, &self.set)?;
        }
        if self.edit { edit(&body) } else { Ok(body) }
    }
}

fn set_fields(body: &[u8], set: &[String]) -> Result<Vec<u8>, Failure> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| {
        Failure::input(
            "the body is not a JSON object, so it has no fields to set; use --edit or --body",
        )
    })?;
    for field in set {
        let wrong = || Failure::Input(format!("`{field}` is neither name=text nor name:=JSON"));
        let (name, value) = field.split_once('=').ok_or_else(wrong)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, serde_json::from_str(value).map_err(|_| wrong())?),
            None => (name, value.into()),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(serde_json::to_vec(&fields).map_err(std::io::Error::from)?)
}

/// Lets the operator change the body in an editor.
fn edit(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| env::var(name).ok());
    let editor = editor.find(|editor| !editor.is_empty());
    let editor =
        editor.ok_or_else(|| Failure::input("no editor is set; set EDITOR, or use --body"))?;
    let mut file = tempfile::Builder::new().suffix(".json").tempfile()?;
    file.write_all(body)?;
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
