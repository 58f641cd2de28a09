//! The engine's log, which alone says of some plugins that they failed.
//!
//! Invariants: only lines that were written after a mark count, and only those of a process that
//! created the directory's instance since; however much was written, little of it is kept. The engine
//! appends to one file, never cuts it, and writes up to a second late. Source: `docs/engine.md`, "Plugins
//! that fail".

use std::{
    fs::OpenOptions,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use rekindle_opencode::log::{failures, may_matter};
use tokio::time::{Instant, sleep};

use super::client::Client;
use crate::{
    clock,
    files::{foreign::open_with, locate::Places},
};

/// How long the engine may keep its lines to itself; it writes once a second.
const LATE: Duration = Duration::from_millis(2500);
const AGAIN: Duration = Duration::from_millis(20);
/// How much of the log is looked at, in bytes; more than this is no report of a start.
const MOST: u64 = 16 * 1024 * 1024;
/// The longest line that is read, in bytes: one with an error has a few thousand.
const LONGEST: usize = 64 * 1024;
/// How many lines are kept, of those that may say something of plugins.
const LINES: usize = 1000;

/// A place in the engine's log. What comes behind it is new.
#[derive(Clone, Debug)]
pub struct LogMark {
    path: PathBuf,
    directory: PathBuf,
    offset: u64,
}

impl LogMark {
    /// The end of the log as it is now. A log that is not there yet ends at its beginning.
    pub fn now(places: &Places) -> Self {
        let offset = std::fs::metadata(&places.engine_log).map_or(0, |metadata| metadata.len());
        Self { path: places.engine_log.clone(), directory: places.directory.clone(), offset }
    }

    /// The failures of plugins that the log has by now, in the words in which the engine tells others by
    /// an event: the plugin as `GET /config` has it, a colon, the reason. `file:` URLs are decoded.
    pub fn failures(&self) -> Vec<String> {
        let mut read = Seen::default();
        self.read(&mut read, "");
        failures(&read.lines, &self.directory)
    }

    /// The same, once everything is written that the engine had to say until now: it is given a line
    /// to write, and that line is waited for. Without a log to be seen there is nothing to wait for.
    /// `Err`: the failures so far; the engine could not be given the line, so that others may be missing.
    pub async fn settled(&self, client: &Client) -> Result<Vec<String>, Vec<String>> {
        let mark = format!("rekindle {}", clock::new_id());
        if !self.path.exists() {
            return Ok(self.failures());
        }
        // A line too many does no harm, so it is tried again as a question is.
        if client.log(&mark).await.is_err() && client.log(&mark).await.is_err() {
            return Err(self.failures());
        }
        let end = Instant::now() + LATE;
        // Where only errors are logged it does not come; they do.
        let mut read = Seen::default();
        self.read(&mut read, &mark);
        while !read.has_mark && Instant::now() < end {
            sleep(AGAIN).await;
            self.read(&mut read, &mark);
        }
        Ok(failures(&read.lines, &self.directory))
    }

    /// Reads on, until nothing more is there. A log that is shorter than it was is another one.
    fn read(&self, read: &mut Seen, mark: &str) {
        let mut read_on = || -> std::io::Result<()> {
            let mut file = open_with(&self.path, OpenOptions::new().read(true))?;
            let length = file.metadata()?.len();
            let start = if length < self.offset { 0 } else { self.offset };
            file.seek(SeekFrom::Start(start + read.bytes))?;
            let mut piece = vec![0; LONGEST];
            while read.bytes < MOST {
                let count = file.read(&mut piece)?;
                if count == 0 {
                    break;
                }
                read.bytes += count as u64;
                read.take(&piece[..count], mark);
            }
            Ok(())
        };
        if let Err(error) = read_on() {
            tracing::debug!(%error, "the engine's log");
        }
    }
}

/// What was read of the log so far.
#[derive(Default)]
struct Seen {
    bytes: u64,
    /// The beginning of a line that has no end yet.
    rest: Vec<u8>,
    /// True when that line is too long, and left out.
    is_too_long: bool,
    /// The lines that may say something of plugins.
    lines: Vec<String>,
    has_mark: bool,
}

impl Seen {
    fn take(&mut self, piece: &[u8], mark: &str) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.is_too_long |= self.rest.len() + part.len() > LONGEST;
            if !self.is_too_long {
                self.rest.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                self.end_line(mark);
            }
        }
    }

    fn end_line(&mut self, mark: &str) {
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.is_too_long) {
            return;
        }
        let line = String::from_utf8_lossy(&line);
        self.has_mark |= !mark.is_empty() && line.contains(mark);
        if may_matter(&line) && self.lines.len() < LINES {
            self.lines.push(line.trim_end().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_behind_the_mark_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.log");
        let mut places = Places::of(folder.path()).expect("places");
        places.engine_log = path.clone();
        let line = |what: &str| format!("level=ERROR message=\"failed to load plugin\" path={what}\n");
        let read = |mark: &LogMark| {
            let mut read = Seen::default();
            mark.read(&mut read, "mark");
            (read.lines.concat(), read.has_mark)
        };
        let kept = |what: &str| line(what).trim_end().to_owned();
        let mark = LogMark::now(&places);
        assert_eq!(read(&mark), (String::new(), false), "there is none yet");
        std::fs::write(&path, line("first")).expect("written");
        assert_eq!(read(&mark), (kept("first"), false));
        let mark = LogMark::now(&places);
        std::fs::write(&path, line("first") + &line("second") + "the mark\n").expect("written");
        assert_eq!(read(&mark), (kept("second"), true));
        std::fs::write(&path, line("new")).expect("written");
        assert_eq!(read(&mark), (kept("new"), false), "another file");
    }

    /// N16: of a log that does not end, or whose lines do not, little is kept; what was written behind is read on.
    #[test]
    fn a_long_log_takes_no_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.log");
        let mut places = Places::of(folder.path()).expect("places");
        places.engine_log = path.clone();
        let mark = LogMark::now(&places);
        let long = format!("failed to load plugin{}\n", "x".repeat(LONGEST));
        let many = "failed to load plugin\n".repeat(2 * LINES);
        std::fs::write(&path, long + &many + "half of the ma").expect("written");
        let mut read = Seen::default();
        mark.read(&mut read, "the mark");
        assert_eq!((read.lines.len(), read.has_mark, read.rest.len()), (LINES, false, 14));
        let mut file = std::fs::File::options().append(true).open(&path).expect("opened");
        std::io::Write::write_all(&mut file, b"rk, the mark\n").expect("written");
        mark.read(&mut read, "the mark");
        assert!(read.has_mark);
        let length = read.bytes;
        file.set_len(10 * MOST).expect("a sparse file");
        mark.read(&mut read, "the mark");
        assert!(read.bytes > length && read.bytes < 2 * MOST && read.rest.len() <= LONGEST);
    }
}
