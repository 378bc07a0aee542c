use super::{
    super::{Failure, session::Session},
    Named,
};
use actions::{
    destinations::write_counted,
    replay::{ReplayStart, replay},
};
use clap::Args;

#[derive(Args)]
pub(super) struct Replay {
    #[command(flatten)]
    named: Named,
    /// The first lead to post again: a lead's id, a time (2h, 2026-11-21), or all
    #[arg(long, value_name = "TIME", value_parser = ReplayStart::read)]
    from: ReplayStart,
}

impl Replay {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let destination = self.named.find(session).await?;
        let now = session.table_time().await?;
        let leads = replay(&session.table, &destination, self.from, now).await?;
        let plural = if leads == 1 { "" } else { "s" };
        eprintln!("{} lead{plural} will be posted again", write_counted(leads));
        Ok(())
    }
}
