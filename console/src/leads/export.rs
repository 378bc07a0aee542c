//! Downloads of leads.

use super::filter::Filter;
use crate::{
    app::Console,
    page::{Answer, Failed},
    sessions::SessionState,
};
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use operator::write_leads::{CsvLeads, write_json_line};
use providers::LeadRecord;
use serde::Deserialize;
use shared::{
    model::{Account, LeadSpan, StoredLead},
    table::Order,
};
use std::{io, sync::Arc};

#[derive(Deserialize)]
pub(crate) struct ExportFormat {
    #[serde(default)]
    format: String,
}

/// The part of an export that is not read yet.
struct Export {
    console: Arc<Console>,
    filter: Filter,
    is_csv: bool,
    accounts: std::vec::IntoIter<Account>,
    span: LeadSpan,
    /// The account that is being read, and the rest of its leads.
    current: Option<(Account, LeadSpan)>,
    is_first: bool,
}

/// Downloads the selected leads, the oldest of each account first. They are read page by page while
/// the browser reads the file.
pub(crate) async fn export(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Query(filter): Query<Filter>,
    Query(ExportFormat { format }): Query<ExportFormat>,
) -> Answer {
    if console.masks && !session.unmasked {
        return Err(Failed::input("show names and contacts first: an export has them"));
    }
    let is_csv = format != "jsonl";
    let accounts = filter.accounts(&console).await?.into_iter();
    let Some(span) = filter.span(&console)? else {
        return Err(Failed::missing("no lead is selected"));
    };
    let rest = Export { console, filter, is_csv, accounts, span, current: None, is_first: true };
    let parts = stream::try_unfold(rest, |mut rest| async move {
        Ok::<_, io::Error>(rest.next().await?.map(|part| (part, rest)))
    });
    let (kind, name) = if is_csv {
        ("text/csv; charset=utf-8", "attachment; filename=\"leads.csv\"")
    } else {
        ("application/jsonl", "attachment; filename=\"leads.jsonl\"")
    };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(parts)).into_response() as Response)
}

impl Export {
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let is_first = std::mem::take(&mut self.is_first);
        if self.current.is_none() {
            self.current = self.accounts.next().map(|account| (account, self.span));
        }
        let Some((account, span)) = self.current.take() else {
            // A file without leads still has the names of its columns.
            return if is_first { self.write(None, Vec::new(), true).map(Some) } else { Ok(None) };
        };
        let page = self.console.table().leads(&account, span, Order::OldestFirst, None).await;
        let page = page.map_err(|error| io::Error::other(error.to_string()))?;
        let written = self.write(Some(&account), page.leads, is_first)?;
        self.current = page.rest.map(|rest| (account, rest));
        Ok(Some(written))
    }

    fn write(
        &self,
        account: Option<&Account>,
        leads: Vec<StoredLead>,
        is_first: bool,
    ) -> io::Result<Vec<u8>> {
        let taken = leads.into_iter().filter(|lead| self.filter.takes(lead));
        let records = taken.filter_map(|lead| Some(LeadRecord::new(account?, lead)));
        let records = records.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        if !self.is_csv {
            let mut out = Vec::new();
            records.iter().try_for_each(|record| write_json_line(&mut out, record))?;
            return Ok(out);
        }
        // Cells that a spreadsheet would read as formulas are made harmless: a browser opens the
        // file with a spreadsheet.
        let mut csv = if is_first {
            CsvLeads::new(Vec::new(), true)?
        } else {
            CsvLeads::without_names(Vec::new(), true)
        };
        for record in &records {
            csv.write(record)?;
        }
        csv.finish()
    }
}
