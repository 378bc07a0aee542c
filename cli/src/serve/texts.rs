//! What the server prints when it starts.

use super::{DEFAULT_TABLE_NAME, ServeOptions, storage};
use local::{REGION, ServedTable, Storage};
use providers::{Example, examples};
use shared::function::Environment;

pub(super) fn greeting(base: &str) -> String {
    format!("leadhook listens on {base}\n")
}

pub(super) fn stored_in(environment: &Environment, endpoint: &str) -> String {
    let name = environment.optional("TABLE_NAME");
    let name = name.unwrap_or_else(|| DEFAULT_TABLE_NAME.to_owned());
    format!("leads are stored in the table {name} at {endpoint}")
}

/// Where leads are stored, and how to read them with any DynamoDB tool.
pub(super) fn stored_here(options: &ServeOptions, served: &ServedTable) -> String {
    let ServedTable { endpoint, access_key, .. } = served;
    let place = place(options);
    format!(
        "leads are stored in {place}, in the table {DEFAULT_TABLE_NAME} at {endpoint}\n\n\
         look inside with any DynamoDB tool:\n  \
         AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=local AWS_REGION={REGION} \
         aws dynamodb scan --table-name {DEFAULT_TABLE_NAME} --endpoint-url {endpoint}\n",
        access_key.as_str()
    )
}

/// The folder with the table, or `memory`.
pub(super) fn place(options: &ServeOptions) -> String {
    match storage(options) {
        Storage::Memory => "memory".to_owned(),
        Storage::Folder(folder) => folder.display().to_string(),
    }
}

pub(super) fn invitation(link: &str) -> String {
    format!("see what comes in, in a browser:\n  {link}\n")
}

pub(super) fn examples_text(base: &str) -> String {
    let example = |Example { function, curl_line }| format!("\ntry {function}:\n  {curl_line}\n");
    examples(base).into_iter().map(example).collect()
}
