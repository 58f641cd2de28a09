//! Other users and other programs on the machine.

mod address;
mod door;
mod folder;
mod numbers;
mod output;

use rekindle_tests::world::is_alive;

/// Whether all of these have ended.
fn are_gone(pids: &[u32]) -> Option<()> {
    pids.iter().all(|pid| !is_alive(*pid)).then_some(())
}
