use super::named::Named;
use crate::commands::{confirm::confirm, failure::Failure, open_table::OpenTable};
use clap::Args;
use operator::{
    destinations::{host, write_counted},
    replay::{ReplayStart, plan_replay, replay},
};

#[derive(Args)]
pub(super) struct Replay {
    #[command(flatten)]
    named: Named,
    /// The first lead to post again: a lead's id, a time (2h, 2026-11-21), or all
    #[arg(long, value_name = "TIME", value_parser = ReplayStart::read)]
    from: ReplayStart,
    /// Post them without asking
    #[arg(long, short)]
    yes: bool,
}

impl Replay {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let destination = self.named.find(opened).await?;
        let now = opened.table_time().await?;
        let plan = plan_replay(&opened.table, &destination, self.from, now).await?;
        let plural = if plan.leads == 1 { "" } else { "s" };
        let leads = format!("{} lead{plural}", write_counted(plan.leads));
        if !self.yes {
            let question = format!("Post {leads} to {} again?", host(&destination));
            confirm(&question, "nothing is posted again")?;
        }
        replay(&opened.table, destination.id.as_str(), plan.cursor).await?;
        eprintln!("{leads} will be posted again");
        Ok(())
    }
}
