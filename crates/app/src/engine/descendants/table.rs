//! The system's processes, as `/proc` shows them.
//!
//! Invariant: what cannot be read is not there. On systems without Linux's `/proc` the table is empty,
//! so that nothing is ever claimed of a process, or done to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use rekindle_domain::ProcessKind;
use serde_json::Value;

use crate::files::foreign::{self, LARGEST};

/// The longest command line that is shown, in characters.
const LONGEST: usize = 160;
/// Programs that are shells.
const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "fish", "dash", "ksh", "nu", "pwsh"];

/// One living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessRow {
    pub(super) parent: u32,
    pub(super) started: u64,
    pub(super) has_terminal: bool,
}

/// All living processes by id.
pub(super) struct Table(BTreeMap<u32, ProcessRow>);

impl Table {
    /// The processes as they are now.
    pub(super) fn read() -> Self {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Self(ids.filter_map(|pid| Some((pid, entry(pid)?))).collect())
    }

    pub(super) fn get(&self, pid: u32) -> Option<ProcessRow> {
        self.0.get(&pid).copied()
    }

    /// All ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }

    /// The processes below this one, at any depth.
    pub(super) fn below(&self, pid: u32) -> BTreeSet<u32> {
        let mut found = BTreeSet::from([pid]);
        loop {
            let before = found.len();
            found.extend(
                self.0
                    .iter()
                    .filter(|(_, entry)| found.contains(&entry.parent))
                    .map(|(pid, _)| *pid)
                    .collect::<Vec<_>>(),
            );
            if found.len() == before {
                break;
            }
        }
        found.remove(&pid);
        found
    }

    /// The process itself and those above it.
    pub(super) fn up_from(&self, pid: u32) -> BTreeSet<u32> {
        let up = std::iter::successors(Some(pid), |pid| self.get(*pid).map(|entry| entry.parent));
        // A table is not read in one moment: a circle is not impossible.
        up.take(self.0.len() + 1).collect()
    }
}

/// The process of this id, if it lives: one that has ended and waits for its parent does not.
pub(super) fn entry(pid: u32) -> Option<ProcessRow> {
    parse(&foreign::text(format!("/proc/{pid}/stat").as_ref()).ok()?)
}

/// A line of `/proc/PID/stat`; see proc_pid_stat(5).
fn parse(stat: &str) -> Option<ProcessRow> {
    // The name may hold anything, also spaces and brackets.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    let mut number = |skip| fields.nth(skip)?.parse::<i64>().ok();
    let (parent, terminal, started) = (number(0)?, number(2)?, number(14)?);
    Some(ProcessRow {
        parent: u32::try_from(parent).ok()?,
        started: u64::try_from(started).ok()?,
        has_terminal: terminal != 0,
    })
}

/// A variable of the environment with which a process of this user was started.
pub(in crate::engine) fn variable(pid: u32, name: &str) -> Option<String> {
    let text = foreign::bytes(format!("/proc/{pid}/environ").as_ref(), LARGEST).ok()??;
    let mut pairs = text.split(|byte| *byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='));
    pairs.find_map(|(found, value)| (found == name).then(|| value.to_owned()))
}

/// Where a process works.
pub(super) fn directory(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The arguments of a process, its program first.
pub(super) fn arguments(pid: u32) -> Vec<String> {
    let text = foreign::bytes(format!("/proc/{pid}/cmdline").as_ref(), LARGEST).ok().flatten().unwrap_or_default();
    let arguments = text.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned());
    let mut arguments: Vec<_> = arguments.collect();
    // Each argument ends with a zero.
    arguments.pop();
    arguments
}

/// The arguments for people.
pub(super) fn shown(arguments: &[String]) -> String {
    let masked = rekindle_domain::masked("command", &Value::from(arguments));
    let words: Vec<_> = masked.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text: String = words.join(" ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What a process seems to be.
pub(super) fn kind(pid: u32, has_terminal: bool, arguments: &[String]) -> ProcessKind {
    let program = arguments.first().map_or("", String::as_str);
    let name = program.rsplit('/').next().unwrap_or_default().trim_start_matches('-');
    let input = || fs::read_link(format!("/proc/{pid}/fd/0")).unwrap_or_default().display().to_string();
    if has_terminal {
        ProcessKind::Terminal
    } else if SHELLS.contains(&name) {
        ProcessKind::Shell
    } else if ["pipe:", "socket:"].iter().any(|start| input().starts_with(start)) {
        ProcessKind::Server
    } else {
        ProcessKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name_is() {
        let check = |name: &str, state: &str, expected: Option<ProcessRow>| {
            let stat = format!("42 ({name}) {state} 7 42 42 34816 42 4194304 1 0 0 0 1 2 0 0 20 0 1 0 57122 1000 20");
            assert_eq!(parse(&stat), expected, "{stat}");
        };
        let entry = ProcessRow { parent: 7, started: 57122, has_terminal: true };
        check("sleep", "S", Some(entry));
        check("a) R 1 (b", "R", Some(entry));
        check("sleep", "Z", None);
        assert_eq!(
            parse("42 (x) S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 1").map(|entry| entry.has_terminal),
            Some(false)
        );
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse("42 (cut) S 1"), None);
    }

    #[test]
    fn processes_are_found_below_and_above() {
        let entry = |parent| ProcessRow { parent, started: 1, has_terminal: false };
        let table = Table([(1, entry(0)), (2, entry(1)), (3, entry(2)), (4, entry(3)), (5, entry(1))].into());
        let check = |found: BTreeSet<u32>, expected: &[u32]| assert_eq!(found, expected.iter().copied().collect());
        check(table.below(2), &[3, 4]);
        check(table.below(5), &[]);
        check(table.up_from(4), &[4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_command_is_short_and_holds_no_secret() {
        let check = |arguments: &[&str], expected: &str| {
            let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(shown(&arguments), expected);
        };
        check(&["npx", "server", "--token", "sk-1", "--api-key=sk-2"], "npx server --token •••• --api-key=••••");
        check(&["sh", "-c", "a\nb"], "sh -c a b");
        check(&[&"x".repeat(200)], &format!("{}…", "x".repeat(LONGEST)));
    }
}
