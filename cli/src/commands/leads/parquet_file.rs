use crate::commands::failure::Failure;
use operator::write_leads::{COLUMNS, cells};
use parquet::{
    basic::{Compression, Encoding},
    data_type::{ByteArray, ByteArrayType},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use providers::LeadRecord;
use std::{io::Write, mem, sync::Arc};

const PARQUET_SCHEMA: &str = "message leads {
    required binary id (STRING);
    required binary provider (STRING);
    required binary account (STRING);
    required binary created_at (STRING);
    required binary updated_at (STRING);
    optional binary name (STRING);
    optional binary email (STRING);
    optional binary phone (STRING);
    optional binary source (STRING);
    optional binary status (STRING);
    required binary details (STRING);
    optional binary extra (STRING);
}";
/// The size of a group of rows in bytes. A group is in memory until it is full.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// A Parquet file, written group by group.
pub(super) struct ParquetFile<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Vec<[Option<ByteArray>; COLUMNS.len()]>,
    bytes: usize,
}

impl<W: Write + Send> ParquetFile<W> {
    pub(super) fn new(out: W) -> Result<Self, Failure> {
        let schema = Arc::new(parse_message_type(PARQUET_SCHEMA)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_encoding(Encoding::PLAIN)
            .build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
        Ok(Self { file, rows: Vec::new(), bytes: 0 })
    }

    pub(super) fn push(&mut self, lead: &LeadRecord) -> Result<(), Failure> {
        let details = lead.details_text();
        let row = cells(lead, &details);
        self.bytes += row.iter().flatten().map(|cell| cell.len()).sum::<usize>();
        self.rows.push(row.map(|cell| cell.map(ByteArray::from)));
        if self.bytes < GROUP_BYTES { Ok(()) } else { self.write_group() }
    }

    fn write_group(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let rows = mem::take(&mut self.rows);
        let mut group = self.file.next_row_group()?;
        let mut index = 0;
        while let Some(mut column) = group.next_column()? {
            let cells = rows.iter().map(|row| &row[index]);
            let levels: Vec<_> = cells.clone().map(|cell| i16::from(cell.is_some())).collect();
            let values: Vec<_> = cells.flatten().cloned().collect();
            // The writer itself leaves out the levels of required columns.
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
            column.close()?;
            index += 1;
        }
        group.close()?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, Failure> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        let mut out = self.file.into_inner()?;
        out.flush()?;
        Ok(out)
    }
}

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(error) => Self::Output(*error),
                Err(_) => Self::Failed("the Parquet file could not be written".to_owned()),
            },
            _ => Self::Failed("the Parquet file could not be written".to_owned()),
        }
    }
}
