//! Bodies for people.

use shared::model::{BrokenRule, text_of};

/// A line of a body. A line of a field at fault has the rule that it breaks.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) fault: Option<String>,
}

/// A body with a line for each member, if it is JSON.
pub(crate) fn pretty(body: &str) -> Option<String> {
    text_of(body.as_bytes()).and_then(shared::model::pretty)
}

/// A text of a form. Browsers send each line break as CR LF.
pub(crate) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The lines of a body.
pub(crate) fn lines(body: &str, broken: &[BrokenRule]) -> Vec<Line> {
    let text = pretty(body).unwrap_or_else(|| body.to_owned());
    text.lines().map(|line| Line { text: line.to_owned(), fault: rule_of(line, broken) }).collect()
}

fn rule_of(line: &str, broken: &[BrokenRule]) -> Option<String> {
    let (name, _) = line.strip_prefix("  \"")?.split_once("\":")?;
    broken.iter().find(|broken| broken.field == name).map(|broken| broken.rule.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_field_at_fault_says_its_rule() {
        let broken = [BrokenRule { field: "type".to_owned(), rule: "is required".to_owned() }];
        let lines = lines(r#"{"name":"A","type":"","x":{"type":1}}"#, &broken);
        let marked: Vec<_> = lines.iter().filter(|line| line.fault.is_some()).collect();
        assert_eq!(marked.len(), 1, "only the member of the body itself");
        assert_eq!(marked[0].text, "  \"type\": \"\",");
    }
}
