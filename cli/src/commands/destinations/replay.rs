use super::{
    super::{
        Failure,
        listing::count,
        moment::{Moment, read_moment},
        session::Session,
    },
    Named,
};
use actions::destinations::COUNTED;
use clap::Args;
use forwarding::read_id;
use jiff::Timestamp;
use shared::model::{Destination, LeadId, LeadSpan, Provider};

#[derive(Args)]
pub(super) struct Replay {
    #[command(flatten)]
    named: Named,
    /// The first lead to post again: a lead's id, a time (2h, 2026-11-21), or all
    #[arg(long, value_name = "TIME", value_parser = read_start)]
    from: Start,
}

/// The first lead to post again.
#[derive(Clone, Copy)]
enum Start {
    All,
    Lead(Option<Provider>, LeadId),
    At(Moment),
}

/// Reads `all`, a lead's id in any form, or a time.
fn read_start(text: &str) -> Result<Start, String> {
    if text == "all" {
        return Ok(Start::All);
    }
    if let Some((provider, id)) = read_id(text) {
        return Ok(Start::Lead(provider, id));
    }
    let wrong = |_| "write all, a lead's id, or a time: 2h, 2026-11-21".to_owned();
    read_moment(text).map(Start::At).map_err(wrong)
}

impl Replay {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let destination = self.named.find(session).await?;
        let cursor = self.from.cursor(&destination, session.table_time().await?)?;
        if cursor >= destination.cursor {
            let text = "nothing to post again: no lead from there on was forwarded yet";
            return Err(Failure::input(text));
        }
        let leads = count_between(session, &destination, cursor).await?;
        if !session.table.move_cursor_back(&destination, cursor).await? {
            let text = "leads were forwarded meanwhile, so nothing was changed; try again";
            return Err(Failure::Failed(text.to_owned()));
        }
        eprintln!("{} will be posted again", write_count(leads, "lead"));
        Ok(())
    }
}

impl Start {
    /// The cursor before the first of these leads.
    fn cursor(self, destination: &Destination, now: Timestamp) -> Result<LeadId, Failure> {
        match self {
            Self::All => Ok(LeadId::FIRST),
            Self::Lead(Some(provider), _) if provider != destination.provider => {
                let text = "the lead is not one of the destination's provider";
                Err(Failure::input(text))
            }
            Self::Lead(_, id) => Ok(id.previous()),
            Self::At(moment) => {
                Ok(LeadId::new(moment.resolve(now).map_err(Failure::Input)?, 0).previous())
            }
        }
    }
}

/// The number of leads after `cursor`, up to the destination's own cursor.
async fn count_between(
    session: &Session,
    destination: &Destination,
    cursor: LeadId,
) -> Result<usize, Failure> {
    let Some(after) = LeadSpan::ALL.after(cursor) else { return Ok(0) };
    let span = LeadSpan { last: destination.cursor, ..after };
    Ok(session.table.count_leads(&destination.account(), span, COUNTED).await?)
}

/// A number of things that were counted up to [`COUNTED`].
fn write_count(number: usize, thing: &str) -> String {
    if number > COUNTED { format!("{COUNTED}+ {thing}s") } else { count(number, thing) }
}
