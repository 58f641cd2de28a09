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
    let all: Vec<_> = all.map(|(pid, _)| pid).collect();
    // What an engine starts looks like it until its own program begins.
    let is_started_by_another = |pid: &u32| parent(*pid).is_some_and(|parent| all.contains(&parent));
    all.iter().copied().filter(|pid| !is_started_by_another(pid)).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Whether all of these have ended.
fn are_gone(pids: &[u32]) -> Option<()> {
    pids.iter().all(|pid| !is_alive(*pid)).then_some(())
}
