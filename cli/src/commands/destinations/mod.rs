//! The commands for destinations: where the leads of an account are forwarded to.

mod add;
mod list;
mod named;
mod new_destination;
mod preview;
mod replay;
mod rotate;
mod set_aside;
mod state;
mod test;
mod update;

use super::{
    failure::Failure,
    table_options::{Access, TableOptions},
};
use clap::{Args, Subcommand};
use named::Named;

/// Where leads are forwarded to.
#[derive(Args)]
pub(super) struct Destinations {
    #[command(flatten)]
    table: TableOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a destination of an account, and show the secret that verifies what is posted to it
    #[command(after_help = "\
Examples:
  leadhook destinations add integrabot --account acme \\
    --url https://crm.example.com/leads --label crm
  leadhook destinations add keyspot -a acme --from all \\
    --url https://crm.example.com/leads
  leadhook destinations add pollybot -a ws_acme --format slack \\
    --url https://hooks.slack.com/services/T0/B0/x")]
    Add(add::Add),
    /// List destinations: their states, the leads that wait, the last answers
    #[command(after_help = "\
Examples:
  leadhook destinations list
  leadhook destinations list --provider integrabot --output json")]
    List(list::List),
    /// Show everything about a destination
    #[command(after_help = "Example:\n  leadhook destinations show dst_4Jk9")]
    Show(list::Show),
    /// Post a test message from this machine, and show the answer
    #[command(after_help = "Example:\n  leadhook destinations test dst_4Jk9")]
    Test(test::Test),
    /// Show what a destination would get, with the newest lead of its account
    #[command(after_help = "\
Example:
  leadhook destinations preview integrabot --account acme \\
    --url https://crm.example.com/contacts --template crm.jinja")]
    Preview(preview::Preview),
    /// Change the label, the address or the requests of a destination
    #[command(after_help = "\
Examples:
  leadhook destinations update dst_4Jk9 --header @headers.txt
  leadhook destinations update dst_4Jk9 --remove-header x-api-key --label crm")]
    Update(update::Update),
    /// Forward nothing to a destination until it is resumed; its leads wait
    #[command(after_help = "Example:\n  leadhook destinations pause dst_4Jk9")]
    Pause(Named),
    /// Forward to a destination again, and at once if it waits after a failure
    #[command(after_help = "Example:\n  leadhook destinations resume dst_4Jk9")]
    Resume(Named),
    /// Set the lead aside at which a destination fails, and forward the ones after it
    #[command(after_help = "\
The lead is posted again after 1, 6 and 24 hours.

Example:
  leadhook destinations skip dst_4Jk9")]
    Skip(Named),
    /// Make a new secret; for 24 hours the old one signs too
    #[command(after_help = "Example:\n  leadhook destinations rotate dst_4Jk9")]
    Rotate(rotate::Rotate),
    /// Post leads again, from a time or a lead on
    #[command(after_help = "\
Examples:
  leadhook destinations replay dst_4Jk9 --from 2h --yes
  leadhook destinations replay dst_4Jk9 --from 373481529142520 --yes")]
    Replay(replay::Replay),
    /// List the events that a destination refused, and post them again
    #[command(after_help = "\
Examples:
  leadhook destinations set-aside dst_4Jk9
  leadhook destinations set-aside dst_4Jk9 --retry")]
    SetAside(set_aside::ListSetAside),
    /// Remove a destination, and what is set aside for it
    #[command(after_help = "Example:\n  leadhook destinations remove dst_4Jk9 --yes")]
    Remove(state::Remove),
}

impl Command {
    fn access(&self) -> Access {
        match self {
            Self::List(_) | Self::Show(_) | Self::Test(_) | Self::Preview(_) => Access::Read,
            Self::SetAside(list) if !list.retry => Access::Read,
            Self::Add(_)
            | Self::Update(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Skip(_)
            | Self::Rotate(_)
            | Self::Replay(_)
            | Self::SetAside(_)
            | Self::Remove(_) => Access::Write,
        }
    }
}

impl Destinations {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let opened = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::Add(add) => add.run(&opened).await,
            Command::List(list) => list.run(&opened).await,
            Command::Show(show) => show.run(&opened).await,
            Command::Preview(preview) => preview.run(&opened).await,
            Command::Update(update) => update.run(&opened).await,
            Command::Test(test) => test.run(&opened).await,
            Command::Pause(named) => state::pause(&opened, &named).await,
            Command::Resume(named) => state::resume(&opened, &named).await,
            Command::Skip(named) => state::skip(&opened, &named).await,
            Command::Rotate(rotate) => rotate.run(&opened).await,
            Command::Replay(replay) => replay.run(&opened).await,
            Command::SetAside(list) => list.run(&opened).await,
            Command::Remove(remove) => remove.run(&opened).await,
        };
        opened.close(done).await
    }
}
