//! What the engine printed: the last lines in memory, all of them in a file.
//!
//! Invariant: what is kept is bounded and holds no control characters of a terminal.

use std::{
    collections::VecDeque,
    fs,
    io::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::mpsc,
};

use crate::{disk::locate::Places, foreign};

/// How many lines of output are kept.
const LINES: usize = 400;
/// The longest line that is kept, in characters.
const LONGEST: usize = 2000;

/// The last lines that the engine printed.
#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// The lines that may be shown, oldest first.
    pub fn shown(&self) -> Vec<String> {
        telling(&self.lines())
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What explains an early end: from the first line that speaks of an error, as one text.
    pub(super) fn tail(&self) -> String {
        let lines = telling(&self.lines());
        let first = lines.iter().position(|line| line.starts_with("Error:"));
        let start = first.unwrap_or(lines.len().saturating_sub(4));
        let text = lines[start..].iter().take(6).map(|line| line.trim()).collect::<Vec<_>>().join(" · ");
        text.trim_start_matches("Error: ").to_owned()
    }
}

/// Where the output is kept for other processes.
pub(super) fn log(places: &Places) -> PathBuf {
    places.state.join("engine.log")
}

/// How much of the output is read for its last lines, in bytes.
const READ: u64 = 256 * 1024;

/// The last lines that the engine of a directory printed, whoever started it.
pub fn last_words(places: &Places, most: usize) -> Vec<String> {
    let text = foreign::end(&log(places), READ).unwrap_or_default();
    let lines = telling(&text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines[lines.len().saturating_sub(most)..].to_vec()
}

/// The lines that may be shown. The engine repeats a broken file whole, with what is secret in it.
fn telling(lines: &[String]) -> Vec<String> {
    let mut repeats = false;
    let mut shown = Vec::new();
    for line in lines {
        let text = line.trim();
        if text.starts_with("---") {
            repeats = text.contains("JSONC Input");
        } else if !repeats && !text.starts_with("Line ") && !text.trim_matches('^').is_empty() {
            shown.push(line.clone());
        }
    }
    shown
}

/// Keeps lines as they come, and passes them on to whoever waits for one of them.
pub(super) async fn forward(
    mut from: BufReader<impl AsyncRead + Unpin>,
    output: Output,
    log: PathBuf,
    lines: mpsc::Sender<String>,
) {
    let mut log = foreign::open_with(&log, fs::OpenOptions::new().create(true).append(true)).ok();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        let text: String = plain(&String::from_utf8_lossy(&line)).trim_end().chars().take(LONGEST).collect();
        line.clear();
        if let Some(Err(error)) = log.as_mut().map(|log| writeln!(log, "{text}")) {
            tracing::debug!(%error, "the engine's log");
        }
        output.push(text.clone());
        // Nobody waits for lines once the engine is ready.
        drop(lines.send(text).await);
    }
}

/// The text without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        plain + &part[end..]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_end_is_explained_in_one_line() {
        let said = "Warning: no password\n\u{1b}[91m\u{1b}[1mError: \u{1b}[0mConfig file at /p/o.json is not valid JSON(C): \n\
            --- JSONC Input ---\n{ broken\n\n--- Errors ---\nInvalidSymbol at line 1, column 3\n   Line 1: { broken\n            ^\n--- End ---";
        let output = Output::default();
        said.lines().for_each(|line| output.push(plain(line)));
        let tail = output.tail();
        assert_eq!(tail, "Config file at /p/o.json is not valid JSON(C): · InvalidSymbol at line 1, column 3");
    }
}
