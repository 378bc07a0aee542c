use crate::commands::{accounts::AccountOptions, failure::Failure, open_table::OpenTable};
use shared::{
    model::{Account, HeldDelivery, pretty, text_of},
    table::WhichHeld,
};

/// The only delivery whose id begins with `id`.
pub(super) async fn find(
    opened: &OpenTable,
    accounts: &AccountOptions,
    id: &str,
) -> Result<(Account, HeldDelivery), Failure> {
    let mut found = Vec::new();
    if let Ok(id) = id.parse() {
        let which = WhichHeld::Id(id);
        for account in accounts.find(opened).await? {
            let take = |held| found.push((account.clone(), held));
            opened.table.each_held(&account, &which, opened.system.now(), take).await?;
        }
    }
    match <[_; 1]>::try_from(found) {
        Ok([found]) => Ok(found),
        Err(found) if found.is_empty() => {
            let text = format!("nothing is held as {id}; `leadhook held list` shows what is");
            Err(Failure::NotFound(text))
        }
        Err(_) => {
            let text = format!(
                "several deliveries are held as {id}; write more of it, or name the account"
            );
            Err(Failure::Input(text))
        }
    }
}

/// A body for people: JSON line by line.
pub(super) fn shown(body: &[u8]) -> String {
    let lines = text_of(body).and_then(pretty);
    lines.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}
