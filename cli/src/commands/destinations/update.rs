use super::named::Named;
use crate::commands::{
    failure::Failure, header_options::HeaderOptions, open_table::OpenTable,
    signing_secret::SecretOptions,
};
use clap::Args;
use operator::destinations::{set_headers, store_settings};

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    named: Named,
    /// Your name for the destination; empty for none
    #[arg(long, short)]
    label: Option<String>,
    #[command(flatten)]
    headers: HeaderOptions,
    /// A header that requests have no more; repeatable
    #[arg(long, value_name = "NAME")]
    remove_header: Vec<String>,
    #[command(flatten)]
    secret: SecretOptions,
}

impl Update {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { named, label, headers, remove_header, secret } = self;
        if label.is_none() && headers.is_empty() && remove_header.is_empty() {
            return Err(Failure::input("write what to change, such as --header or --label"));
        }
        let mut destination = named.find(opened).await?;
        if let Some(label) = label {
            destination.label = Some(label).filter(|label| !label.is_empty());
        }
        for name in remove_header {
            if destination.headers.remove(&name.to_ascii_lowercase()).is_none() {
                return Err(Failure::Input(format!("it has no header {name}")));
            }
        }
        if !headers.is_empty() {
            let master = secret.read(opened).await?;
            set_headers(&mut destination, &headers.read()?, &master, &opened.system)?;
        }
        store_settings(&opened.table, &destination).await?;
        eprintln!("{} is changed: the next post is sent so", destination.id);
        Ok(())
    }
}
