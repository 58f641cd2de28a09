//! Past reloads, one JSON object a line.
//!
//! Invariant: a line is written in one piece; a torn or foreign line is left out when reading.

use std::{fs, io::Write, path::PathBuf};

use rekindle_domain::{Action, Leftover, Receipt, ReceiptResult, StepName};

use crate::{disk::locate::Places, foreign};

/// How many reloads are kept.
const KEPT: usize = 200;
/// How many reloads tell how long the next one takes.
const ALIKE: usize = 20;

/// The history of one directory.
pub struct History(PathBuf);

impl History {
    /// The history of the directory.
    pub fn of(places: &Places) -> Self {
        Self(places.state.join("history.jsonl"))
    }

    /// The last reloads, newest first.
    pub fn last(&self, most: usize) -> Vec<Receipt> {
        let text = foreign::text(&self.0).unwrap_or_default();
        text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).take(most).collect()
    }

    /// About how long a reload with this action takes, in milliseconds, without the wait for idle: the
    /// middle of the last ones that were proved. `None`: there was none.
    pub fn about(&self, action: Action) -> Option<u64> {
        let of_action = |receipt: &Receipt| receipt.action == action && receipt.result == ReceiptResult::Proved;
        let mut times: Vec<_> =
            self.last(KEPT).iter().filter(|receipt| of_action(receipt)).take(ALIKE).map(took).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// The processes that the last reloads left behind, as far as was seen then.
    pub fn orphans(&self) -> Vec<Leftover> {
        self.last(KEPT).into_iter().flat_map(|receipt| receipt.orphans).collect()
    }

    /// Adds a reload.
    pub fn add(&self, receipt: &Receipt) -> std::io::Result<()> {
        let line = serde_json::to_string(receipt)?;
        let mut file = foreign::open_with(&self.0, fs::OpenOptions::new().create(true).append(true))?;
        // A line that a crash tore must not swallow this one.
        let text = foreign::text(&self.0).unwrap_or_default();
        let start = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        file.write_all(format!("{start}{line}\n").as_bytes())?;
        file.sync_data()?;
        if text.lines().count() > 2 * KEPT {
            let kept: Vec<_> = text.lines().rev().take(KEPT).collect();
            let text: String = kept.iter().rev().map(|line| format!("{line}\n")).collect();
            crate::config::file::write_private(&self.0, &format!("{text}{line}\n")).map_err(std::io::Error::other)?;
        }
        Ok(())
    }
}

/// How long a reload took without the wait for idle, in milliseconds.
fn took(receipt: &Receipt) -> u64 {
    let waits = receipt.steps.iter().filter(|step| step.name == StepName::WaitForIdle.word());
    receipt.duration_ms.saturating_sub(waits.map(|step| step.ms).sum())
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Cause, Counts, StepTime};

    use super::*;

    /// P8: how long it takes is told from reloads of the same kind that worked.
    #[test]
    fn how_long_it_takes_is_the_middle_of_what_it_took() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History(folder.path().join("history.jsonl"));
        assert_eq!(history.about(Action::Dispose), None);
        let add = |action, result, duration_ms, waited| {
            let steps = vec![StepTime { name: "wait-for-idle".to_owned(), ms: waited }];
            let (id, at, counts) = (String::new(), String::new(), Counts::default());
            let (items, still_pending, orphans, message) = (vec![], vec![], vec![], None);
            let receipt = Receipt {
                version: 1,
                id,
                at,
                result,
                action,
                duration_ms,
                steps,
                items,
                counts,
                cause: Cause::Window,
                still_pending,
                orphans,
                resumed: vec![],
                restored: false,
                message,
            };
            history.add(&receipt).expect("written");
        };
        add(Action::Dispose, ReceiptResult::Proved, 300, 0);
        add(Action::Dispose, ReceiptResult::Proved, 90_200, 90_000);
        add(Action::Dispose, ReceiptResult::Proved, 100, 0);
        add(Action::Dispose, ReceiptResult::Failed, 30_000, 0);
        add(Action::Restart, ReceiptResult::Proved, 1500, 0);
        assert_eq!(history.about(Action::Dispose), Some(200));
        assert_eq!(history.about(Action::Restart), Some(1500));
        assert_eq!(history.about(Action::None), None);
    }
}
