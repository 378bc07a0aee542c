use super::super::{
    Failure,
    accounts::AccountOptions,
    listing::{Format, Listing, write_json},
    session::Session,
};
use clap::Args;
use forwarding::{LeadRecord, read_id};
use serde_json::Value;

#[derive(Args)]
pub(super) struct Show {
    /// The lead's id: ours, or as its provider writes it
    id: String,
    #[command(flatten)]
    accounts: AccountOptions,
    /// How to print it
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    output: Format,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { id, accounts, output } = self;
        let (provider, lead_id) =
            read_id(&id).ok_or_else(|| Failure::Input(format!("`{id}` is not a lead's id")))?;
        let accounts = AccountOptions { provider: accounts.provider.or(provider), ..accounts };
        let accounts = accounts.find(session).await?;
        let ids: Vec<_> = accounts.into_iter().map(|account| (account, lead_id)).collect();
        let leads = session.table.get_leads(&ids).await?;
        if leads.is_empty() {
            return Err(Failure::NotFound(format!("there is no lead {id}")));
        }
        for (account, lead) in leads {
            print(&LeadRecord::new(&account, lead)?, output)?;
        }
        Ok(())
    }
}

/// Prints all fields of a lead.
pub(in super::super) fn print(lead: &LeadRecord, format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        return write_json(&serde_json::to_value(lead).map_err(std::io::Error::from)?);
    }
    let mut listing = Listing::new(&[
        "id",
        "provider",
        "account",
        "created_at",
        "name",
        "email",
        "phone",
        "source",
        "status",
        "details",
    ]);
    listing.push([
        Value::from(lead.id.clone()),
        lead.provider.into(),
        lead.account.clone().into(),
        lead.created_at.clone().into(),
        lead.name.clone().into(),
        lead.email.clone().into(),
        lead.phone.clone().into(),
        lead.source.clone().into(),
        lead.status.clone().into(),
        lead.details_text().into(),
    ]);
    listing.print_one(format)
}
