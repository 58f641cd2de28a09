//! What somebody else started for the directory, and nobody has the right to any more: the engine of an owner that was
//! killed together with its keeper, or of one whose lock was deleted under it.
//!
//! Invariant: when this is done, no engine is there that was started for the directory with this state. An owner that
//! lives is given the time to end its engine itself, so that nothing is cut off. Linux only, but for the engine that the
//! record names.

use std::time::Duration;

use rekindle_domain::{EngineNotice, ErrorCode, UserError};
use tokio::time::{Instant, sleep};

use super::{
    super::mark::mark_of,
    prefix,
    table::{self, Table},
};
use crate::{
    engine::keeper::{self, Group},
    files::locate::Places,
    state::record::Records,
};

/// How long an owner may take to notice that its lock is gone, and to end its engine.
const OWN_END: Duration = Duration::from_secs(20);
/// How long an engine may take to be gone once it was ended for good.
const END: Duration = Duration::from_secs(5);
/// How often to look whether it is.
const OFTEN: Duration = Duration::from_millis(50);

/// An engine of the directory that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Engine {
    pid: u32,
    has_owner: bool,
}

/// Ends what others started. Asked by the owner of the directory, while it has no engine itself.
pub(in crate::engine) async fn end(places: &Places) -> Result<(), UserError> {
    let began = Instant::now();
    let mut killed_at = None;
    loop {
        let asked = places.clone();
        let found = tokio::task::spawn_blocking(move || engines(&asked)).await.unwrap_or_default();
        let Some(first) = found.first() else { return Ok(()) };
        let waits = found.iter().all(|engine| engine.has_owner) && began.elapsed() < OWN_END;
        if !waits {
            for engine in &found {
                tracing::warn!(pid = engine.pid, "ending an engine that another owner left behind");
                Group(engine.pid).kill();
            }
            let killed_at = *killed_at.get_or_insert_with(Instant::now);
            if killed_at.elapsed() > END {
                let notice = EngineNotice::OtherEngineStays { pid: first.pid };
                return Err(UserError::new(ErrorCode::LeftBehind, notice));
            }
        }
        sleep(OFTEN).await;
    }
}

/// The living engines of the directory: the one that the record names, and those that keepers of ours keep.
fn engines(places: &Places) -> Vec<Engine> {
    // In the middle of a restart, too. Process ids are used again: only what carries the mark of that very start is it.
    let recorded = Records(places).last_record().filter(|record| record.is_alive()).map(|record| record.pid);
    let mut found: Vec<_> = kept(&prefix(places));
    if let Some(pid) = recorded.filter(|pid| found.iter().all(|engine| engine.pid != *pid)) {
        found.push(Engine { pid, has_owner: false });
    }
    found
}

/// The engines whose keepers live. A keeper is known by its arguments, which name the mark of its engine; only an
/// engine that carries that mark, which no other user's process can show us, is taken for one.
fn kept(prefix: &str) -> Vec<Engine> {
    let table = Table::read();
    let keepers = table.ids().filter_map(|pid| {
        let mark = table::arguments(pid).into_iter().skip_while(|argument| *argument != keeper::ARGUMENT).nth(1)?;
        mark.starts_with(prefix).then_some((pid, mark))
    });
    let engines = keepers.flat_map(|(keeper, mark)| {
        let has_owner = table.get(keeper).is_some_and(|entry| holds_input(entry.parent, keeper));
        let children = table.ids().filter(|pid| table.get(*pid).is_some_and(|entry| entry.parent == keeper));
        let marked: Vec<_> = children.filter(|pid| mark_of(*pid).as_ref() == Some(&mark)).collect();
        marked.into_iter().map(move |pid| Engine { pid, has_owner })
    });
    engines.collect()
}

/// Whether a process holds the other end of a keeper's input, as its owner does. Once the owner is gone, the system has
/// given the keeper another parent.
fn holds_input(parent: u32, keeper: u32) -> bool {
    let Ok(input) = std::fs::read_link(format!("/proc/{keeper}/fd/0")) else { return false };
    let files = std::fs::read_dir(format!("/proc/{parent}/fd")).into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|file| std::fs::read_link(file).is_ok_and(|held| held == input))
}
