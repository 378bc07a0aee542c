use super::{each_lead::each_lead, filter::Filter};
use crate::{
    commands::{
        failure::Failure,
        listing::{Format, Listing, Output},
        open_table::OpenTable,
    },
    terminal::{bold, visible},
};
use clap::Args;
use jiff::civil::Date;
use operator::times::day_of;
use shared::model::{Account, StoredLead};
use std::{
    collections::BTreeMap,
    io::{Write, stdout},
};

/// The length of the longest bar, in characters.
const BAR: usize = 50;
/// The shades of the sources, the most frequent first. The last is for all others.
const SHADES: [char; 5] = ['█', '▓', '▒', '░', '·'];

#[derive(Args)]
pub(super) struct Stats {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    output: Output,
}

type Counts = BTreeMap<Date, BTreeMap<String, u64>>;

impl Stats {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let span = self.filter.span(opened.system.now())?;
        let accounts = self.filter.accounts.find(opened).await?;
        let mut counts = Counts::new();
        let count = |_: &Account, lead: StoredLead| {
            let source = lead.source.unwrap_or_else(|| "(none)".to_owned());
            let day = counts.entry(day_of(lead.created_at)).or_default();
            *day.entry(source).or_default() += 1;
            Ok(())
        };
        let read = each_lead(opened, &accounts, span, count).await?;
        match self.output.output {
            Format::Table => draw(&counts, &mut stdout().lock())?,
            format => list(&counts).print(format)?,
        }
        eprintln!("{read}");
        Ok(())
    }
}

fn list(counts: &Counts) -> Listing {
    let mut listing = Listing::new("day source leads");
    for (day, sources) in counts {
        for (source, leads) in sources {
            listing.push([day.to_string().into(), source.clone().into(), (*leads).into()]);
        }
    }
    listing
}

/// A bar for each day, shaded by source.
fn draw(counts: &Counts, out: &mut impl Write) -> Result<(), Failure> {
    let legend = legend(counts);
    let highest = counts.values().map(|day| day.values().sum()).max().unwrap_or(0_u64);
    writeln!(out, "{}", bold(&format!("{:10}  {:>8}", "DAY", "LEADS")))?;
    for (day, sources) in counts {
        let leads: u64 = sources.values().sum();
        let mut bar = String::new();
        let (mut drawn, mut reached) = (0, 0);
        for (shade, named) in &legend {
            reached += named.iter().filter_map(|source| sources.get(*source)).sum::<u64>();
            // Round the end of each shade, not its length, so that errors do not add up.
            let end = (reached * BAR as u64).div_ceil(highest.max(1)) as usize;
            bar.extend(std::iter::repeat_n(*shade, end - drawn));
            drawn = end;
        }
        writeln!(out, "{day}  {leads:>8}  {bar}")?;
    }
    for (shade, named) in &legend {
        let total: u64 =
            counts.values().flat_map(|day| named.iter().filter_map(|name| day.get(*name))).sum();
        let name = match named[..] {
            [name] => visible(name).into_owned(),
            _ => format!("{} others", named.len()),
        };
        writeln!(out, "{shade} {name}: {total}")?;
    }
    Ok(())
}

/// The shades and their sources, the most frequent first.
fn legend(counts: &Counts) -> Vec<(char, Vec<&str>)> {
    let mut totals = BTreeMap::<&str, u64>::new();
    for (source, leads) in counts.values().flatten() {
        *totals.entry(source).or_default() += leads;
    }
    let mut sources: Vec<_> = totals.into_iter().collect();
    sources.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
    let mut legend: Vec<(char, Vec<&str>)> = Vec::new();
    for (index, (source, _)) in sources.into_iter().enumerate() {
        match SHADES.get(index) {
            Some(shade) => legend.push((*shade, vec![source])),
            None => legend[SHADES.len() - 1].1.push(source),
        }
    }
    legend
}
