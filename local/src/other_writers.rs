use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

/// Whether other processes may store leads in the table of this server.
///
/// A process reads an API key or a held delivery before it stores a lead. The embedded table notes
/// the first such request of another process, and from then on others are expected.
#[derive(Clone, Debug, Default)]
pub struct OtherWriters(Arc<AtomicBool>);

impl OtherWriters {
    /// Other processes may store leads without being noted.
    pub fn expected() -> Self {
        let others = Self::default();
        others.expect();
        others
    }

    /// Expects other processes from now on.
    pub(crate) fn expect(&self) {
        self.0.store(true, SeqCst);
    }

    pub(crate) fn are_expected(&self) -> bool {
        self.0.load(SeqCst)
    }
}

/// Whether a process that sends this request to the table may store a lead afterwards.
pub(crate) fn precedes_a_lead(operation: &str, request: &str) -> bool {
    let is_read = matches!(operation, "GetItem" | "Query");
    is_read && [r#""key#"#, r#""held#"#].iter().any(|key| request.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_read_of_an_api_key_or_of_held_deliveries_precedes_a_lead() {
        let item = |pk: &str| json!({ "Key": { "pk": { "S": pk }, "sk": { "S": "key" } } });
        let query = |pk: &str| json!({ "ExpressionAttributeValues": { ":pk": { "S": pk } } });
        let cases = [
            ("GetItem", item("key#0123"), true),
            ("Query", query("held#flextell#acme"), true),
            ("GetItem", item("destination#flextell#acme"), false),
            ("Query", query("keys"), false),
            ("Query", query("lead#flextell#acme"), false),
            ("PutItem", item("key#0123"), false),
        ];
        for (operation, request, precedes) in cases {
            let request = request.to_string();
            assert_eq!(precedes_a_lead(operation, &request), precedes, "{operation} {request}");
        }
    }
}
