use crate::commands::{
    accounts::AccountOptions, failure::Failure, listing::count, open_table::OpenTable,
    person::PersonOptions,
};
use clap::Args;

#[derive(Args)]
pub(super) struct Unblock {
    #[command(flatten)]
    person: PersonOptions,
    #[command(flatten)]
    accounts: AccountOptions,
}

impl Unblock {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let contacts = self.person.person().contacts();
        let accounts = self.accounts.find(opened).await?;
        let mut unblocked = 0;
        for account in &accounts {
            unblocked += usize::from(opened.table.unblock(account, &contacts).await?);
        }
        if unblocked == 0 {
            let text = "the person was not blocked in any of these accounts";
            return Err(Failure::NotFound(text.to_owned()));
        }
        let accounts = count(unblocked, "account");
        eprintln!("the person is unblocked in {accounts}");
        Ok(())
    }
}
