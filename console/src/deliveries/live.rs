use crate::{
    app::{Console, Live},
    page::Failed,
};

pub(super) fn live(console: &Console) -> Result<&Live, Failed> {
    let missing = || Failed::missing("deliveries are shown by the server that receives them");
    console.live.as_ref().ok_or_else(missing)
}
