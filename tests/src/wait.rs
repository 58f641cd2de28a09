//! Waiting for a condition, with a bound.

use std::time::{Duration, Instant};

/// The bound of all waits: long enough for a slow machine under load.
pub const BOUND: Duration = Duration::from_secs(90);

/// Asks again until there is an answer; fails with what was waited for.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "waited for {what} for {} s", BOUND.as_secs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
