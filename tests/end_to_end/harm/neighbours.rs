//! Other users and other programs on the machine.

mod address;
mod door;
mod folder;
mod numbers;
mod output;

use rekindle_tests::{
    raw,
    world::{World, is_alive},
};

/// The living engines of a world.
fn engines(world: &World) -> Vec<u32> {
    let engine = format!("{} serve", raw::binary().display());
    let all = world.processes().into_iter().filter(|(_, line)| line.starts_with(&engine));
    all.map(|(pid, _)| pid).collect()
}

/// Whether all of these have ended.
fn are_gone(pids: &[u32]) -> Option<()> {
    pids.iter().all(|pid| !is_alive(*pid)).then_some(())
}
