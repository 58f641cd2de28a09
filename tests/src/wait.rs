//! Waiting for a condition, with a bound.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// The bound of all waits: long enough for a slow machine under load.
pub const BOUND: Duration = Duration::from_secs(60);

/// Asks again until there is an answer; fails with what was waited for.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        let Ok(answer) = timeout_at(end, ask()).await else { panic!("waited for {what}: no answer at all") };
        if let Some(answer) = answer {
            return answer;
        }
        assert!(Instant::now() < end, "waited for {what} for {} s", BOUND.as_secs());
        sleep(Duration::from_millis(20)).await;
    }
}
