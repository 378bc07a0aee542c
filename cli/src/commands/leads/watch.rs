use crate::commands::{
    accounts::AccountOptions,
    failure::Failure,
    listing::{Listing, Output, count},
    open_table::OpenTable,
};
use clap::Args;
use operator::{silence::Pace, times::write_time};

#[derive(Args)]
pub(super) struct Watch {
    #[command(flatten)]
    accounts: AccountOptions,
    #[command(flatten)]
    output: Output,
}

impl Watch {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let now = opened.table_time().await?;
        let mut listing = Listing::new("provider account last_lead longest_pause state");
        let mut silent = 0;
        for account in self.accounts.find(opened).await? {
            let pace = Pace::of(&opened.table, &account).await?;
            let is_silent = pace.is_some_and(|pace| pace.is_silent(now));
            silent += usize::from(is_silent);
            let state = match pace {
                None => "too few leads",
                Some(_) if is_silent => "SILENT",
                Some(_) => "good",
            };
            listing.push([
                account.provider.as_str().into(),
                account.id.as_str().into(),
                pace.map(|pace| write_time(pace.last)).into(),
                pace.map(|pace| format!("{:#}", pace.longest_pause)).into(),
                state.into(),
            ]);
        }
        listing.print(self.output.output)?;
        match silent {
            0 => Ok(()),
            1 => Err(Failure::Failed("1 account is silent".to_owned())),
            silent => Err(Failure::Failed(format!("{} are silent", count(silent, "account")))),
        }
    }
}
