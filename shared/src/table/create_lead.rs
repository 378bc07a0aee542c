use super::{Item, LeadTable, StoreError, keys};
use crate::{Account, Lead, NewLead, Outcome, Sources, dynamodb::met_another_write};
use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem},
};
use serde::{Serialize, de::DeserializeOwned};

const ITEM_IS_NEW: &str = "attribute_not_exists(pk)";
/// Which write made a lead: tells it from another of the same id.
const WRITE_MARK: &str = "write_mark";
/// Which lead holds a claim.
const LEAD_ID: &str = "lead_id";
/// How often a create begins again after it met an id that was taken, or a claim whose
/// lead was erased meanwhile. Both are rare.
const ROUNDS: usize = 3;

/// What a write of new items came to.
enum Written {
    Stored,
    /// Nothing was written: these stood there already, an entry for each item of the write.
    Refused(Vec<Option<Item>>),
}

/// Whose lead it was that refused a write.
enum Met<D> {
    /// Our own: the write was done before, and its answer got lost.
    Own,
    Another(Lead<D>),
    /// No lead that can be named: another id may do.
    Nobody,
}

impl LeadTable {
    /// Stores a lead with all its claims, or finds the lead that holds one of them.
    ///
    /// # Errors
    /// Where the table is busy, away, or refuses. The lead may have been stored even so;
    /// the same delivery, sent again, then finds it.
    pub async fn create_lead<D: Serialize + DeserializeOwned>(
        &self,
        new: NewLead<D>,
        sources: &Sources,
    ) -> Result<Outcome<D>, StoreError> {
        let NewLead { account, claims, mut lead } = new;
        for _ in 0..ROUNDS {
            let mark = sources.draw_write_mark();
            let mut items = vec![lead_item(&account, &lead, &mark)?];
            for claim in &claims {
                let mut item = keys::claim(&account, claim);
                item.insert(LEAD_ID.to_owned(), AttributeValue::N(lead.id.to_string()));
                items.push(item);
            }
            match self.put_new(items, &mark).await? {
                Written::Stored => return Ok(Outcome::Created(lead)),
                Written::Refused(standing) => match self.meet(&account, standing, &mark).await? {
                    Met::Own => return Ok(Outcome::Created(lead)),
                    Met::Another(other) => return Ok(Outcome::Existing(other)),
                    Met::Nobody => lead.id = sources.draw_lead_id(lead.created_at),
                },
            }
        }
        Err(StoreError::Unavailable("ids and claims kept changing"))
    }

    /// Finds the lead behind what refused a write, the claims in their order.
    async fn meet<D: DeserializeOwned>(
        &self,
        account: &Account,
        standing: Vec<Option<Item>>,
        mark: &str,
    ) -> Result<Met<D>, StoreError> {
        let mut standing = standing.into_iter();
        if standing.next().flatten().is_some_and(|lead| has_mark(&lead, mark)) {
            return Ok(Met::Own);
        }
        let Some(claim) = standing.flatten().next() else {
            return Ok(Met::Nobody);
        };
        let Claimed { lead_id } = serde_dynamo::from_item(claim)?;
        match self.get(keys::lead(account, lead_id)).await? {
            Some(lead) if has_mark(&lead, mark) => Ok(Met::Own),
            Some(lead) => Ok(Met::Another(serde_dynamo::from_item(lead)?)),
            None => Ok(Met::Nobody),
        }
    }

    /// Writes items that must not stand there yet, all or none.
    async fn put_new(&self, items: Vec<Item>, mark: &str) -> Result<Written, StoreError> {
        match <[Item; 1]>::try_from(items) {
            Ok([item]) => self.put_one(item).await,
            Err(items) => self.put_all(items, mark).await,
        }
    }

    async fn put_one(&self, item: Item) -> Result<Written, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(ITEM_IS_NEW)
            .return_values_on_condition_check_failure(AllOld);
        match put.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    Ok(Written::Refused(vec![refusal.item.clone()]))
                }
                _ => Err(error.into()),
            },
        }
    }

    async fn put_all(&self, items: Vec<Item>, mark: &str) -> Result<Written, StoreError> {
        // With the mark as its token, a transaction that is sent twice is done once.
        let mut transaction = self.client.transact_write_items().client_request_token(mark);
        for item in items {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression(ITEM_IS_NEW)
                .return_values_on_condition_check_failure(AllOld)
                .build()?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match transaction.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match error.as_service_error() {
                Some(fault) if met_another_write(fault) => Err(StoreError::Unavailable("conflict")),
                Some(fault) => refusal(fault).map_or_else(|| Err(error.into()), Ok),
                None => Err(error.into()),
            },
        }
    }
}

/// What stood in a transaction's way, where that is why it was cancelled.
fn refusal(fault: &TransactWriteItemsError) -> Option<Written> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = fault else {
        return None;
    };
    let standing = canceled.cancellation_reasons().iter().map(|reason| match reason.code() {
        Some("ConditionalCheckFailed") => Some(reason.item.clone()),
        Some("None") | None => Some(None),
        Some(_) => None,
    });
    standing.collect::<Option<_>>().map(Written::Refused)
}

/// What is read of a claim.
#[derive(serde::Deserialize)]
struct Claimed {
    lead_id: crate::LeadId,
}

fn lead_item<D: Serialize>(
    account: &Account,
    lead: &Lead<D>,
    mark: &str,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(lead)?;
    item.extend(keys::lead(account, lead.id));
    item.insert(WRITE_MARK.to_owned(), AttributeValue::S(mark.to_owned()));
    Ok(item)
}

fn has_mark(lead: &Item, mark: &str) -> bool {
    lead.get(WRITE_MARK).and_then(|value| value.as_s().ok()).is_some_and(|own| own == mark)
}
