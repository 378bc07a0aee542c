use std::time::Duration;
use tokio::time::{sleep, timeout};

/// What takes longer never comes. It is far more than a busy machine needs.
const LONGEST: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `is_so`, and returns whether it came to be.
pub async fn wait_until(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let looks = async {
        while !is_so().await {
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(LONGEST, looks).await.is_ok()
}
