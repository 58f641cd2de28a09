//! What the owner of an engine takes while nothing happens.

use std::{
    fs,
    time::{Duration, Instant},
};

use rekindle_tests::world::World;

use crate::{skills, table::Row};

/// How many skills are watched.
const SKILLS: usize = 10_000;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(60);
/// How long a process has to do nothing before it counts as idle.
const QUIET: Duration = Duration::from_secs(2);

/// Measures, and prints a row.
pub(crate) fn run() {
    let world = World::named("bench").with_all_models();
    skills::many(&world, SKILLS);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let engine = runtime.block_on(world.start_engine());
    let owner = Process(world.owner());
    owner.settle();
    let before = owner.cpu();
    std::thread::sleep(IDLE);
    let used = owner.cpu() - before;
    let (files, watches) = owner.files();
    assert!(watches >= SKILLS, "{watches} folders are watched");
    Row {
        what: format!("the owner of an engine, idle for {} s, 10,000 skills watched", IDLE.as_secs()),
        measured: format!(
            "{} ms of CPU, {} MB, {files} open files, {watches} inotify watches",
            used.as_millis(),
            owner.memory() / 1024
        ),
        ratio: format!("its engine: {} MB", Process(engine.pid).memory() / 1024),
        target: None,
    }
    .print();
}

/// A process, as `/proc` shows it.
struct Process(u32);

impl Process {
    /// The CPU time of all its threads. Linux counts it in hundredths of a second.
    fn cpu(&self) -> Duration {
        let stat = self.read("stat");
        // The name, which may hold anything, ends with the last bracket; the times are the 14th and 15th.
        let (_, rest) = stat.rsplit_once(')').expect("a name");
        let fields: Vec<_> = rest.split_whitespace().collect();
        let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The memory that it has now, in KiB.
    fn memory(&self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    /// How many files it has open, and how many folders it watches.
    fn files(&self) -> (usize, usize) {
        let open: Vec<_> = fs::read_dir(format!("/proc/{}/fdinfo", self.0)).expect("its files").flatten().collect();
        let watches = open.iter().map(|file| {
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            text.lines().filter(|line| line.starts_with("inotify ")).count()
        });
        (open.len(), watches.sum())
    }

    /// Waits until it has done nothing for a while.
    fn settle(&self) {
        let end = Instant::now() + rekindle_tests::wait::BOUND * 2;
        let mut before = self.cpu();
        loop {
            std::thread::sleep(QUIET);
            let now = self.cpu();
            if now == before {
                return;
            }
            assert!(Instant::now() < end, "process {} is never idle", self.0);
            before = now;
        }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0)).expect("the process runs")
    }
}
