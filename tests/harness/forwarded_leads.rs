use crate::{events::Given, sender::Sender};
use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use shared::{
    model::{Destination, HeldDelivery, HeldReason, Provider},
    table::LeadTable,
};

/// The leads of the sample events. PollyBot's has a repeat, a destination that has it, and one that
/// does not.
pub async fn arrange_forwarded_leads(table: &LeadTable, direct: &Client, now: Timestamp) {
    Given::Leads.arrange(table, direct).await;
    let account = Sender::of(Provider::PollyBot).account();
    let [first, lead] = ["1", "263806157303815"].map(|id| id.parse().unwrap());
    for (id, reached) in
        [("dst_0123456789abcdefghij", Some(lead)), ("dst_abcdefghij0123456789", None)]
    {
        let url = "https://a.b/c".to_owned();
        let destination = Destination::new(&account, id.parse().unwrap(), url, first, now);
        table.add_destination(&Destination { reached, ..destination }).await.unwrap();
    }
    let held = HeldDelivery::new(&account, HeldReason::Repeat(lead), None, Vec::new(), now);
    table.put_held(&account, &held).await.unwrap();
}
