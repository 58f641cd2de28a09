//! The table that is printed: what was measured, against what it is measured, and the target.
//!
//! Invariant: a row is printed as soon as it is known, also by a process that was started for it.

use std::{io::Write, time::Duration};

/// One line of the table.
#[derive(Default)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) what: String,
    /// What it took.
    pub(crate) measured: String,
    /// The same against something else.
    pub(crate) ratio: String,
    /// What was aimed at, and whether it was reached.
    pub(crate) target: Option<(String, bool)>,
}

/// Prints the head of the table.
pub(crate) fn head() {
    print("| what | measured | ratio | target | |");
    print("|---|---|---|---|---|");
}

impl Row {
    /// Prints the row.
    pub(crate) fn print(&self) {
        let (target, met) = match &self.target {
            Some((target, true)) => (target.as_str(), "met"),
            Some((target, false)) => (target.as_str(), "**not met**"),
            None => ("", ""),
        };
        print(&format!("| {} | {} | {} | {target} | {met} |", self.what, self.measured, self.ratio));
    }
}

fn print(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("printed");
}

/// The duration below which so many percent of all are.
pub(crate) fn percentile(all: &[Duration], percent: usize) -> Duration {
    let mut all = all.to_vec();
    all.sort_unstable();
    all[(all.len() - 1) * percent / 100]
}

/// The duration in the middle.
pub(crate) fn median(all: &[Duration]) -> Duration {
    percentile(all, 50)
}

/// How many times as long the first is.
pub(crate) fn times(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// A duration for people.
pub(crate) fn ms(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    let digits = if ms < 10.0 { 2 } else { 0 };
    format!("{ms:.digits$} ms")
}
