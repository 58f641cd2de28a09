//! `rekindle check` of many skills: as the core does it, and as a whole process.

use std::{process::Stdio, time::Duration};

use rekindle_app::check::check;
use rekindle_domain::CheckSummary;
use rekindle_tests::world::World;

use crate::{
    scan::{hash, places, thousands, timed},
    skills,
    table::{Row, median, ms, times},
};

/// How many skills, and how often they are checked.
const SIZES: [(usize, usize); 2] = [(100, 51), (1_000, 31)];

/// Measures, and prints rows.
pub(crate) fn run() {
    for (count, rounds) in SIZES {
        let world = World::named("bench");
        skills::many(&world, count);
        let (places, root) = (places(&world), world.path(".opencode/skills"));
        let (mut checked, mut baseline, mut process) = (Vec::new(), Vec::new(), Vec::new());
        // By turns; the first round only fills the page cache.
        for _ in 0..=rounds {
            baseline.push(timed(|| hash(&root)).1);
            let (report, time) = timed(|| check(&places).expect("no fault"));
            assert_eq!(report.summary, CheckSummary { errors: 0, warnings: 0, files: count });
            checked.push(time);
            process.push(run_program(&world));
        }
        let [checked, baseline, process] = [checked, baseline, process].map(|times| median(&times[1..]));
        let number = thousands(count);
        Row { what: format!("walk and hash {number} skills, nothing else"), measured: ms(baseline), ..Row::default() }
            .print();
        let ratio = times(checked, baseline);
        Row {
            what: format!("check of {number} skills"),
            measured: ms(checked),
            ratio: format!("{ratio:.2} × walk and hash"),
            target: (count == 1_000).then(|| ("3 ×".to_owned(), ratio <= 3.0)),
        }
        .print();
        Row {
            what: format!("`rekindle check`, {number} skills"),
            measured: ms(process),
            ratio: String::new(),
            target: (count == 100).then(|| ("100 ms".to_owned(), process <= Duration::from_millis(100))),
        }
        .print();
    }
}

fn run_program(world: &World) -> Duration {
    let mut command = std::process::Command::new(World::program("rekindle"));
    command.args(["check", "--strict"]).current_dir(world.project()).envs(world.environment());
    let (status, time) = timed(|| command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("it runs"));
    assert!(status.success());
    time
}
