//! What the engine printed: the last lines in memory, and the last of them in a file.
//!
//! Invariants: what is kept is bounded, in memory and on disk, whatever the engine prints; it holds no control
//! characters of a terminal.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rekindle_domain::masked_text;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    sync::mpsc,
};

use crate::{
    files::{file::adopt, foreign::begin_own, locate::Places},
    state::lines,
};

/// How many lines of output are kept.
const LINES: usize = 400;
/// The longest line that is kept, in characters.
const LONGEST: usize = 2000;
/// The same in bytes; what a line has more is dropped as it comes.
const LONGEST_BYTES: usize = 4 * LONGEST;
/// How long the file may become before it is put aside, and the one that was put aside is dropped. In bytes.
const LONG: usize = 1024 * 1024;
/// How much of the end of the file is looked at for the last lines. In bytes.
const END: u64 = 256 * 1024;

/// The last lines that the engine printed.
#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    log: Option<Log>,
}

impl Output {
    /// The lines that may be shown, oldest first.
    pub fn shown(&self) -> Vec<String> {
        telling(&self.lines())
    }

    fn lines(&self) -> Vec<String> {
        self.kept(|kept| kept.lines.iter().cloned().collect())
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, line: String) {
        self.kept(|kept| {
            if let Some(Err(error)) = kept.log.as_mut().map(|log| log.write(&line)) {
                tracing::debug!(%error, "the engine's log");
            }
            if kept.lines.len() == LINES {
                kept.lines.pop_front();
            }
            kept.lines.push_back(line);
        });
    }

    /// Begins anew, for another engine of the directory.
    pub(super) fn begin(&self, places: &Places) {
        let log = Log::begin(log(places)).inspect_err(|error| tracing::debug!(%error, "the engine's log"));
        self.kept(|kept| *kept = Kept { lines: VecDeque::new(), log: log.ok() });
    }

    /// What explains an early end: from the first line that speaks of an error, as one text.
    pub(super) fn tail(&self) -> String {
        let lines = telling(&self.lines());
        let first = lines.iter().position(|line| line.starts_with("Error:"));
        let start = first.unwrap_or(lines.len().saturating_sub(4));
        let text = lines.iter().skip(start).take(6).map(|line| line.trim()).collect::<Vec<_>>().join(" · ");
        text.trim_start_matches("Error: ").to_owned()
    }
}

/// The output in a file, for other processes: the last of it there, and what was before in the one that is put aside.
struct Log {
    path: PathBuf,
    file: File,
    length: usize,
}

impl Log {
    fn begin(path: PathBuf) -> io::Result<Self> {
        match fs::remove_file(aside(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = new_file(&path)?;
        Ok(Self { path, file, length: 0 })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        if self.length + line.len() > LONG {
            fs::rename(&self.path, aside(&self.path))?;
            self.file = new_file(&self.path)?;
            self.length = 0;
        }
        self.file.write_all(line.as_bytes())?;
        self.length += line.len();
        Ok(())
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    begin_own(path).inspect(|file| adopt(file, path))
}

/// Where the output is kept for other processes.
fn log(places: &Places) -> PathBuf {
    places.state.join("engine.log")
}

/// Where what is too long for the file is put aside.
fn aside(log: &Path) -> PathBuf {
    log.with_extension("old.log")
}

/// The last lines that the engine of a directory printed, whoever started it.
pub fn last_words(places: &Places, most: usize) -> Vec<String> {
    let log = log(places);
    let texts = [lines::last(&aside(&log), END), lines::last(&log, END)];
    let lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    let lines = telling(&lines);
    let first = lines.len().saturating_sub(most);
    lines.into_iter().skip(first).collect()
}

/// The lines that may be shown. The engine repeats a broken file whole, with what is secret in it, between two
/// lines of its own; the file may have such lines, too, and the first of them may be forgotten by now.
fn telling(lines: &[String]) -> Vec<String> {
    const FILE: &str = "--- JSONC Input ---";
    const ERRORS: &str = "--- Errors ---";
    const END: &str = "--- End ---";
    let is = |line: &String, border: &str| line.trim() == border;
    let mut shown = Vec::new();
    let mut rest = lines;
    let mut is_file = rest.iter().take_while(|line| !is(line, FILE)).any(|line| is(line, ERRORS) || is(line, END));
    while !rest.is_empty() {
        let next = rest.iter().position(|line| is(line, FILE)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(next);
        // From the last end of a report on, it is the engine that speaks.
        let ends = |at: &usize| {
            let report = part[..*at].iter().rposition(|line| is(line, ERRORS)).map(|errors| &part[errors + 1..*at]);
            is(&part[*at], END) && report.is_some_and(|report| report.iter().all(|line| is_of_report(line.trim())))
        };
        let end = if is_file { (0..part.len()).rev().find(ends).map_or(part.len(), |at| at + 1) } else { 0 };
        shown.extend(part[..end].iter().filter(|line| is_verdict(line.trim())).cloned());
        let said = part[end..].iter().filter(|line| !line.trim().trim_matches('^').is_empty());
        shown.extend(said.map(|line| masked_text(line)));
        rest = behind.get(1..).unwrap_or_default();
        is_file = true;
    }
    shown
}

/// A line of what the parser reports: what is wrong, the line in question, and a sign below it.
fn is_of_report(line: &str) -> bool {
    is_verdict(line) || line.starts_with("Line ") || line.trim_matches('^').is_empty()
}

/// What the parser says of a file, as `InvalidSymbol at line 1, column 3`.
fn is_verdict(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.len() < 10 && text.chars().all(|c| c.is_ascii_digit());
    line.split_once(" at line ").is_some_and(|(what, place)| {
        let is_word = !what.is_empty() && what.len() < 40 && what.chars().all(|c| c.is_ascii_alphabetic());
        is_word && place.split_once(", column ").is_some_and(|(line, column)| is_number(line) && is_number(column))
    })
}

/// Keeps lines as they come, and passes them on to whoever waits for one of them.
pub(super) async fn forward(mut from: impl AsyncBufRead + Unpin, output: Output, lines: mpsc::Sender<String>) {
    let mut line = Vec::new();
    while next_line(&mut from, &mut line).await.unwrap_or(false) {
        let text: String = plain(&String::from_utf8_lossy(&line)).trim_end().chars().take(LONGEST).collect();
        output.push(text.clone());
        // Nobody waits for lines once the engine is ready.
        drop(lines.send(text).await);
    }
}

/// Reads the next line without its end, and of one that is too long only the beginning; false at the end of all.
async fn next_line(from: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut is_begun = false;
    loop {
        let some = from.fill_buf().await?;
        if some.is_empty() {
            return Ok(is_begun);
        }
        is_begun = true;
        let end = some.iter().position(|byte| *byte == b'\n');
        let (text, used) = match end {
            Some(end) => (some.get(..end).unwrap_or(some), end + 1),
            None => (some, some.len()),
        };
        line.extend(text.iter().take(LONGEST_BYTES.saturating_sub(line.len())));
        from.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// The text without the colours of a terminal, or anything else that moves it.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let plain = parts.fold(first, |plain, part| {
        plain + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, behind)| behind)
    });
    plain.chars().filter(|c| !c.is_control() || *c == '\t').collect()
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

    /// N16: a line without an end is kept as far as a line is, and what follows is not lost.
    #[tokio::test]
    async fn an_endless_line_is_cut_as_it_comes() {
        let output = Output::default();
        let (sender, mut heard) = mpsc::channel(8);
        let long = vec![b'x'; 3 * LONGEST_BYTES];
        let text = [b"first\n\n", long.as_slice(), b"\nsecond\xff\n\x1b]0;title\x07\x1b[1mbold\x1b[0m\tlast"].concat();
        // Read in pieces, as it comes by a pipe.
        forward(tokio::io::BufReader::with_capacity(1000, text.as_slice()), output.clone(), sender).await;
        let lines = output.lines();
        let shown: Vec<_> = lines.iter().map(|line| (line.len(), line.as_str())).collect();
        let cut = "x".repeat(LONGEST);
        let expected = ["first", "", &cut, "second\u{fffd}", "]0;titlebold\tlast"].map(|line| (line.len(), line));
        assert_eq!(shown, expected);
        assert_eq!(heard.recv().await.as_deref(), Some("first"));
    }

    /// N16: the file does not grow without bound, and its last lines are there.
    #[test]
    fn the_log_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.state = folder.path().to_owned();
        let output = Output::default();
        output.begin(&places);
        output.push("the first".to_owned());
        let line = "x".repeat(LONGEST);
        for _ in 0..2500 {
            output.push(line.clone());
        }
        output.push("the last".to_owned());
        let sizes: Vec<_> =
            [log(&places), aside(&log(&places))].iter().map(|path| fs::metadata(path).expect("there").len()).collect();
        assert!(sizes.iter().all(|size| usize::try_from(*size).is_ok_and(|size| size <= LONG)), "{sizes:?}");
        assert_eq!(last_words(&places, 1), ["the last"]);
        let all = last_words(&places, usize::MAX).len();
        assert!((200..300).contains(&all), "{all} lines of the end, and not all of them");
        assert_eq!(output.lines().len(), LINES);
        output.begin(&places);
        assert_eq!(last_words(&places, 10), [""; 0]);
        // On a disk that is full, or in a folder that is gone, the lines in memory are all there is.
        fs::remove_dir_all(folder.path()).expect("gone");
        output.begin(&places);
        output.push("kept".to_owned());
        assert_eq!(output.shown(), ["kept"]);
    }

    /// N16: nothing of a file that is repeated is told, whatever lines it has, and wherever the output begins.
    #[test]
    fn a_file_that_is_repeated_is_not_told() {
        let file = "{\n// ---\n--- x\n\"apiKey\": \"sk-1\"\n--- Errors ---\n\"key\": \"sk-2\"\n--- End ---\nLine 1: sk-3\nsk-4";
        let errors = "--- Errors ---\nInvalidSymbol at line 1, column 3\n   Line 1: sk-5\n      ^\n--- End ---";
        let all = format!("Error: x:\n--- JSONC Input ---\n{file}\n{errors}\nstopped, https://me:sk-6@host");
        let check = |text: &str, expected: &[&str]| {
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            assert_eq!(telling(&lines), expected, "{text}");
        };
        let verdict = "InvalidSymbol at line 1, column 3";
        check(&all, &["Error: x:", verdict, "stopped, https://••••@host"]);
        check(
            &format!("{all}\n{all}"),
            &["Error: x:", verdict, "stopped, https://••••@host", "Error: x:", verdict, "stopped, https://••••@host"],
        );
        check(&all[all.find("// ---").expect("there")..], &[verdict, "stopped, https://••••@host"]);
        check(&all[..all.find("sk-4").expect("there")], &["Error: x:"]);
        check("a\n\nb", &["a", "b"]);
    }
}
