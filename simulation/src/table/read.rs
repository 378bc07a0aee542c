//! The operations that read.

use super::{
    Table,
    item::{key_item, key_of},
    parser::read_condition,
    request::{BatchRequest, Batches, Request},
};
use serde_json::{Value, json};

impl Table {
    pub(super) fn get(&self, request: &Request) -> Value {
        match self.items.get(&key_of(&request.write.key)) {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        }
    }

    pub(super) fn query(&self, request: &Request) -> Value {
        let names = request.write.names();
        let condition = read_condition(request.key_condition_expression.as_ref().unwrap(), &names);
        let filter = request.filter_expression.as_ref().map(|text| read_condition(text, &names));
        let pk = condition.value_of("pk").unwrap()["S"].as_str().unwrap().to_owned();
        let (first, last) = ((pk.clone(), String::new()), (pk, char::MAX.to_string()));
        let mut found: Vec<_> =
            self.items.range(first..last).filter(|(_, item)| condition.is_true(item)).collect();
        if request.scan_index_forward == Some(false) {
            found.reverse();
        }
        if let Some(after) = &request.exclusive_start_key {
            let after = found.iter().position(|(key, _)| **key == key_of(after));
            found.drain(..after.map_or(0, |after| after + 1));
        }
        let limit = request.limit.unwrap_or(usize::MAX);
        let last = found.get(limit.wrapping_sub(1)).map(|(key, _)| key_item(key));
        found.truncate(limit);
        let items: Vec<_> = found
            .into_iter()
            .map(|(_, item)| item)
            .filter(|item| filter.as_ref().is_none_or(|filter| filter.is_true(item)))
            .collect();
        let mut answer = json!({ "Count": items.len() });
        if request.select.as_deref() != Some("COUNT") {
            answer["Items"] = match &request.projection_expression {
                Some(name) => items.iter().map(|item| json!({ name: item[name] })).collect(),
                None => json!(items),
            };
        }
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = last;
        }
        answer
    }

    /// DynamoDB gives the items of a batch in any order.
    pub(super) fn get_batch(&self, request: &Batches) -> Value {
        let (name, batch) = request.request_items.first_key_value().unwrap();
        let BatchRequest::Read { keys } = batch else { panic!("a batch to read has keys") };
        let found: Vec<_> = keys.iter().filter_map(|key| self.items.get(&key_of(key))).collect();
        json!({ "Responses": { name: found }, "UnprocessedKeys": {} })
    }
}
