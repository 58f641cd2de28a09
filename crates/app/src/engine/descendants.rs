//! The processes that an engine started: MCP servers, shells, terminals, and what these started.
//!
//! Invariant: only descendants of our engine are ever named or ended. One is known by its place below
//! the engine, or by the mark: a variable in the engine's environment, random for each start, that
//! everything inherits that it starts (measured: servers, terminals, and what detached itself twice).
//! A process is its id and its start, checked again in the moment before it is ended. Linux only: on
//! other systems nothing is found.

mod predecessor;
pub(super) mod table;

use std::{collections::BTreeSet, path::Path, time::Duration};

use rekindle_domain::{EngineNotice, EngineState, ErrorCode, Fingerprint, Leftover, UserError};
use tokio::time::{Instant, sleep};

pub(super) use self::predecessor::end as end_predecessors;
use self::table::Table;
use super::mark::mark_of;
use crate::{
    files::locate::Places,
    state::record::{Record, Records},
};

/// How long a process may take to end when asked.
const GRACE: Duration = Duration::from_secs(1);
/// How often to look whether it has.
const OFTEN: Duration = Duration::from_millis(10);

/// A new mark for an engine of this directory.
pub(crate) fn new_mark(places: &Places) -> String {
    let random: String = rand::random_iter::<u8>().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{random}", prefix(places))
}

/// What the marks of all engines of a directory begin with. One directory may have several states, of several people
/// or homes, and in each an engine.
fn prefix(places: &Places) -> String {
    let state = Fingerprint::of_bytes(places.state.as_os_str().as_encoded_bytes());
    format!("{}.", state.short())
}

/// One process that an engine started.
#[derive(Clone, Debug)]
pub struct Process {
    /// What is told of it.
    pub told: Leftover,
    mark: Option<String>,
    directory: Option<std::path::PathBuf>,
    is_below: bool,
}

impl Process {
    fn read(table: &Table, pid: u32, mark: Option<String>, is_below: bool) -> Option<Self> {
        let entry = table.get(pid)?;
        let arguments = table::arguments(pid);
        let told = Leftover {
            pid,
            started: entry.started,
            command: table::shown(&arguments),
            kind: table::kind(pid, entry.has_terminal, &arguments),
        };
        Some(Self { told, mark, directory: table::directory(pid), is_below })
    }

    /// True while this very process lives.
    pub fn is_alive(&self) -> bool {
        let is_same = table::entry(self.told.pid).is_some_and(|entry| entry.started == self.told.started);
        is_same && (self.mark.is_none() || self.mark == mark_of(self.told.pid))
    }

    async fn is_gone(&self, bound: Duration) -> bool {
        let end = Instant::now() + bound;
        while self.is_alive() {
            if Instant::now() > end {
                return false;
            }
            sleep(OFTEN).await;
        }
        true
    }
}

/// What an engine had started at a moment.
#[derive(Clone, Debug)]
pub struct Generation(Vec<Process>);

/// What was dropped since then.
#[derive(Clone, Copy, Debug)]
pub enum Dropped<'a> {
    /// The engine's process, and so everything.
    Engine,
    /// The instance of this directory.
    Instance(&'a Path),
}

impl Generation {
    /// What the engine with this process has started by now; `None` where the system does not tell.
    pub fn of(engine: u32) -> Option<Self> {
        let table = Table::read();
        table.get(engine)?;
        let below = table.below(engine);
        let mark = mark_of(engine);
        let marked = |pid: &u32| mark.is_some() && *pid != engine && !below.contains(pid) && mark_of(*pid) == mark;
        let detached: BTreeSet<_> = table.ids().filter(marked).collect();
        // A program may have cleared its environment: below the engine, its place is enough.
        let processes = below.iter().filter_map(|pid| Process::read(&table, *pid, None, true));
        let detached = detached.iter().filter_map(|pid| Process::read(&table, *pid, mark.clone(), false));
        Some(Self(processes.chain(detached).collect()))
    }

    /// Which of them are still there although what they belong to was dropped. Of a dropped instance
    /// those are named that work in its very directory: what works elsewhere may belong to another.
    pub fn left(&self, dropped: Dropped<'_>) -> Vec<Leftover> {
        let belongs = |process: &&Process| match dropped {
            Dropped::Engine => true,
            Dropped::Instance(directory) => process.directory.as_deref() == Some(directory),
        };
        self.0.iter().filter(belongs).filter(|process| process.is_alive()).map(|process| process.told.clone()).collect()
    }

    /// Ends what was below the engine and outlived it. What had detached itself from the engine long
    /// before did so on purpose, as an agent for keys or a build server does: it is told, not ended.
    pub(crate) async fn end_rest(self) {
        let rest = self.0.iter().filter(|process| process.is_below && process.is_alive());
        let ended = futures_util::future::join_all(rest.map(end)).await;
        for error in ended.into_iter().filter_map(Result::err) {
            tracing::warn!(error = rekindle_domain::chain(&error), "what the engine left behind");
        }
    }
}

/// What engines of a directory have left behind: everything with the mark of one that is no more. Of
/// the one that runs, those are among them that the receipt of a reload told (`told`).
pub fn left_behind(places: &Places, told: &[Leftover]) -> Vec<Process> {
    let records = Records(places);
    let running = match records.record() {
        Some(Record { state: EngineState::Running, generation: Some(mark), .. }) => Some(mark),
        Some(Record { state: EngineState::Stopped, .. }) => None,
        None if !records.is_owned() => None,
        // Which of the marks is that of the running engine is not known.
        _ => return Vec::new(),
    };
    let table = Table::read();
    // Whoever looks may have been started from one of them.
    let ours = table.up_from(std::process::id());
    let prefix = prefix(places);
    let marked = table.ids().filter(|pid| !ours.contains(pid)).filter_map(|pid| Some((pid, mark_of(pid)?)));
    let old = marked.filter(|(_, mark)| mark.starts_with(&prefix)).filter_map(|(pid, mark)| {
        let is_running = running.as_ref() == Some(&mark);
        let process = Process::read(&table, pid, Some(mark), false)?;
        let is_told = told.iter().any(|told| (told.pid, told.started) == (process.told.pid, process.told.started));
        (!is_running || is_told).then_some(process)
    });
    old.collect()
}

/// Ends a process: asks it to, waits, and ends it for good. Nothing happens to another process that
/// has its id by now.
pub async fn end(process: &Process) -> Result<(), UserError> {
    let pid = process.told.pid;
    for is_last in [false, true] {
        signal(process, is_last)
            .map_err(|error| not_ended(EngineNotice::ProcessNotEnded { pid, why: error.to_string() }))?;
        if process.is_gone(GRACE).await {
            return Ok(());
        }
    }
    Err(not_ended(EngineNotice::ProcessStays { pid }))
}

fn not_ended(why: EngineNotice) -> UserError {
    UserError::new(ErrorCode::NotEnded, why)
}

#[cfg(target_os = "linux")]
fn signal(process: &Process, is_last: bool) -> std::io::Result<()> {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    let Some(pid) = i32::try_from(process.told.pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        handle => handle?,
    };
    // The handle keeps its process, whatever becomes of the id: now it can be looked at in peace.
    if !process.is_alive() {
        return Ok(());
    }
    match pidfd_send_signal(handle, if is_last { Signal::KILL } else { Signal::TERM }) {
        Err(rustix::io::Errno::SRCH) => Ok(()),
        sent => Ok(sent?),
    }
}

#[cfg(not(target_os = "linux"))]
fn signal(_: &Process, _: bool) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
