//! The engine's log, which alone says of some plugins that they failed.
//!
//! Invariant: only lines that were written after a mark count, and only those of a process that
//! created the directory's instance since. The engine appends to one file, never cuts it, and writes
//! up to a second late. Source: `docs/engine.md`, "Plugins that fail".

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::client::{Client, decoded};
use crate::{clock, disk::locate::Places, foreign::open_with};

/// What a message begins with when the engine does not say which plugin it is about.
pub const SOME_PLUGIN: &str = "A plugin failed in its config hook: ";

/// How long the engine may keep its lines to itself; it writes once a second.
const LATE: Duration = Duration::from_millis(2500);
const AGAIN: Duration = Duration::from_millis(20);
/// More than this between two looks is no report of a start.
const MOST: u64 = 16 * 1024 * 1024;

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
        failures(&self.text(), &self.directory)
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
        while !self.text().contains(&mark) && Instant::now() < end {
            sleep(AGAIN).await;
        }
        Ok(self.failures())
    }

    /// What was written since. A log that is shorter than it was is another one.
    fn text(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = open_with(&self.path, OpenOptions::new().read(true))?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(if length < self.offset { 0 } else { self.offset }))?;
            let mut bytes = Vec::new();
            file.take(MOST).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

fn failures(text: &str, directory: &Path) -> Vec<String> {
    let lines: Vec<_> = text.lines().map(Line).collect();
    let is_ours = |line: &&Line<'_>| {
        line.of("message").as_deref() == Some("creating instance")
            && line.of("directory").is_some_and(|of| Path::new(&of) == directory)
    };
    let runs: BTreeSet<_> = lines.iter().filter(is_ours).filter_map(|line| line.of("run")).collect();
    let ours = lines.iter().filter(|line| line.of("run").is_some_and(|run| runs.contains(&run)));
    ours.filter_map(failure).collect()
}

fn failure(line: &Line<'_>) -> Option<String> {
    let error = line.of("error");
    let error = error.as_deref().and_then(|error| error.lines().next()).unwrap_or("no reason given");
    match line.of("message")?.as_str() {
        "failed to load plugin" => Some(format!("Failed to load plugin {}: {error}", decoded(&line.of("path")?))),
        "plugin config hook failed" => Some(format!("{SOME_PLUGIN}{error}")),
        _ => None,
    }
}

/// A line of `key=value`; a value with other characters is a text in JSON.
struct Line<'a>(&'a str);

impl Line<'_> {
    fn of(&self, key: &str) -> Option<String> {
        let mut rest = self.0;
        loop {
            let (name, value) = rest.trim_start().split_once('=')?;
            let mut texts = serde_json::Deserializer::from_str(value).into_iter::<String>();
            let (said, end) = match value.starts_with('"').then(|| texts.next()) {
                Some(text) => (text?.ok()?, texts.byte_offset()),
                None => {
                    let word = value.split(' ').next().unwrap_or_default();
                    (word.to_owned(), word.len())
                }
            };
            if name == key {
                return Some(said);
            }
            rest = value.get(end..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str =
        r#"timestamp=2026-01-31T12:00:00.000Z level=INFO run=aaaaaaaa message="creating instance" directory="/p/a b""#;

    /// P14: what the log says of plugins, of this directory's process and no other.
    #[test]
    fn failures_are_told_by_plugin() {
        let check = |lines: &[&str], expected: &[&str]| {
            assert_eq!(failures(&lines.join("\n"), Path::new("/p/a b")), expected, "{lines:?}");
        };
        let failed = |run: &str, rest: &str| format!("timestamp=x level=ERROR run={run} {rest}");
        let init = failed(
            "aaaaaaaa",
            r#"message="failed to load plugin" path=file:///p/%C3%BC%20x.ts error="boom \"at\" init\nin line 2""#,
        );
        let other = failed("bbbbbbbb", r#"message="failed to load plugin" path=file:///p/x.ts error=boom"#);
        let hook = failed("aaaaaaaa", r#"message="plugin config hook failed" error="boom in hook""#);
        check(&[HERE, &init], &["Failed to load plugin file:///p/ü x.ts: boom \"at\" init"]);
        check(&[&init, HERE], &["Failed to load plugin file:///p/ü x.ts: boom \"at\" init"]);
        check(&[&init], &[]);
        check(&[HERE, &other], &[]);
        check(&[HERE, &hook], &["A plugin failed in its config hook: boom in hook"]);
        check(&[HERE, "torn=\"li", "level=ERROR message=\"failed to load plugin\"", "", "no line at all"], &[]);
    }

    #[test]
    fn only_what_comes_behind_the_mark_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.log");
        let mut places = Places::of(folder.path()).expect("places");
        places.engine_log = path.clone();
        let mark = LogMark::now(&places);
        assert_eq!(mark.text(), "", "there is none yet");
        std::fs::write(&path, "first\n").expect("written");
        assert_eq!(mark.text(), "first\n");
        let mark = LogMark::now(&places);
        std::fs::write(&path, "first\nsecond\n").expect("written");
        assert_eq!(mark.text(), "second\n");
        std::fs::write(&path, "new\n").expect("written");
        assert_eq!(mark.text(), "new\n", "another file");
    }
}
