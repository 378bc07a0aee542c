//! What the server prints when it starts.

use super::settings::DEFAULT_TABLE_NAME;
use local::{REGION, ServedTable};
use providers::{Example, examples};

pub(super) fn greeting(base: &str) -> String {
    format!("leadhook listens on {base}\n")
}

pub(super) fn stored_at(name: &str, endpoint: &str) -> String {
    format!("leads are stored in the table {name} at {endpoint}")
}

/// Where leads are stored, and how to read them with any DynamoDB tool.
pub(super) fn stored_here(place: &str, served: &ServedTable) -> String {
    let ServedTable { endpoint, access_key, .. } = served;
    format!(
        "leads are stored in {place}, in the table {DEFAULT_TABLE_NAME} at {endpoint}\n\n\
         look inside with any DynamoDB tool:\n  \
         AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=local AWS_REGION={REGION} \
         aws dynamodb scan --table-name {DEFAULT_TABLE_NAME} --endpoint-url {endpoint}\n",
        access_key.as_str()
    )
}

pub(super) fn invitation(link: &str) -> String {
    format!("see what comes in, in a browser:\n  {link}\n")
}

pub(super) fn examples_text(base: &str) -> String {
    let example = |Example { function, curl_line }| format!("\ntry {function}:\n  {curl_line}\n");
    examples(base).into_iter().map(example).collect()
}
