//! Past reloads, one JSON object a line.
//!
//! Invariant: a line is written in one piece; a torn or foreign line is left out when reading.

use std::{fs, io::Write, path::PathBuf};

use rekindle_domain::Receipt;

use crate::disk::locate::Places;

/// How many reloads are kept.
const KEPT: usize = 200;

/// The history of one directory.
pub struct History(PathBuf);

impl History {
    /// The history of the directory.
    pub fn of(places: &Places) -> Self {
        Self(places.state.join("history.jsonl"))
    }

    /// The last reloads, newest first.
    pub fn last(&self, most: usize) -> Vec<Receipt> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).take(most).collect()
    }

    /// Adds a reload.
    pub fn add(&self, receipt: &Receipt) -> std::io::Result<()> {
        let line = serde_json::to_string(receipt)?;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.0)?;
        // A line that a crash tore must not swallow this one.
        let text = fs::read_to_string(&self.0).unwrap_or_default();
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
