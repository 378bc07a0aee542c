use super::new_destination::NewDestination;
use crate::{
    commands::{failure::Failure, open_table::OpenTable},
    terminal::visible,
};
use clap::Args;
use operator::settings::preview;
use providers::write_id;
use std::io::{Write, stdout};

#[derive(Args)]
pub(super) struct Preview {
    #[command(flatten)]
    new: NewDestination,
}

impl Preview {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let destination = self.new.read(opened, None, None).await?;
        let (message, lead) = preview(&opened.table, &destination, true, &opened.system).await?;
        match lead {
            Some(lead) => {
                let id = write_id(destination.provider, lead);
                eprintln!("with the newest lead, {id}; nothing is posted");
            }
            None => eprintln!("with a sample, as the account has no lead; nothing is posted"),
        }
        let (method, url) = (message.method.as_str(), &message.url);
        writeln!(stdout(), "{method} {}\ncontent-type: {}", visible(url), message.content_type)?;
        for line in message.body.lines() {
            writeln!(stdout(), "{}", visible(line))?;
        }
        Ok(())
    }
}
