//! Running a program of this machine that fetches something, within bounds.
//!
//! Invariants: it ends within a bound of time and of what it writes; what it says is kept in part, without the password of the source.

use std::{
    fmt,
    io::{self, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rekindle_domain::{ErrorCode, InstallNotice, Received, UserError, chain, masked_text, visible};
use walkdir::WalkDir;

use super::rules::{MOST_PACKED, refused};

/// How long fetching a source may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked whether a program has ended.
const BEAT: Duration = Duration::from_millis(10);
/// After how many of them it is looked how much it has written.
const SELDOM: u32 = 50;
/// How long its last words may take once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The most bytes of an answer that is read as a whole.
const LONGEST_ANSWER: u64 = 64 * 1024 * 1024;
/// The most bytes that are kept of what it says to people.
const LONGEST_WORDS: usize = 64 * 1024;

/// The error of what could not be fetched: nothing was changed.
pub(crate) fn not_fetched(why: InstallNotice) -> UserError {
    UserError::new(ErrorCode::NotFetched, why)
}

/// What is fetched, and within which bounds.
pub(crate) struct Job<'a> {
    /// The source, as a person sees it.
    pub(crate) from: String,
    /// The source as the program gets it, which is not told.
    pub(crate) secret: &'a str,
    /// Where the program runs and writes to.
    pub(crate) folder: &'a Path,
    /// When it has to be done.
    pub(crate) until: Instant,
    /// Whether it is wanted any more.
    pub(crate) stop: &'a Stop,
}

/// Says to a fetch under way that nobody wants what it brings any more, and to who waits how far it is.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_stopped: AtomicBool,
    received: Mutex<Option<Received>>,
}

impl Stop {
    /// Nobody wants it any more.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Relaxed)
    }

    /// How much has come of what is fetched now; `None`: nothing yet.
    pub fn received(&self) -> Option<Received> {
        *self.0.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn receives(&self, received: Received) {
        *self.0.received.lock().unwrap_or_else(PoisonError::into_inner) = Some(received);
    }
}

/// How a program ended.
enum Ended {
    Well,
    Badly,
    Slow,
    TooLarge,
    Unwanted,
}

impl Job<'_> {
    /// Runs a program, and reads all that it answers.
    pub(crate) fn ask(&self, command: Command) -> Result<Vec<u8>, UserError> {
        self.run(command, String::new(), |output| self.all(output))
    }

    /// All of an answer, as far as it is not too long.
    pub(crate) fn all(&self, output: impl Read) -> Result<Vec<u8>, UserError> {
        let mut answer = Vec::new();
        output.take(LONGEST_ANSWER).read_to_end(&mut answer).map_err(|error| self.unread(&error))?;
        Ok(answer)
    }

    /// Runs a program, and reads what it answers. Where it fails, that is the error, unless what it brought was refused.
    pub(crate) fn run<T>(
        &self,
        mut command: Command,
        input: String,
        read: impl FnOnce(ChildStdout) -> Result<T, UserError>,
    ) -> Result<T, UserError> {
        command.current_dir(self.folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In our process group, so that what ends us from a terminal ends it, too.
        let mut child = command.spawn().map_err(|error| self.unread(&error))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(self.failed("it has no pipes"));
        };
        let words = Words::of(stderr);
        thread::scope(|scope| {
            // It may end before it has read all.
            scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
            let end = scope.spawn(|| self.end(child));
            let answer = read(stdout);
            match (end.join().unwrap_or(Ended::Badly), answer) {
                (Ended::Well, answer) => answer,
                // Nobody read on, so that it had to end.
                (Ended::Badly, Err(error)) if error.code == ErrorCode::NotInstalled => Err(error),
                (Ended::Badly, _) => Err(self.failed(&words.said())),
                (Ended::Slow, _) => {
                    Err(not_fetched(InstallNotice::FetchSlow { from: self.from.clone(), seconds: PATIENCE.as_secs() }))
                }
                (Ended::TooLarge, _) => Err(too_large(&self.from)),
                (Ended::Unwanted, _) => Err(not_fetched(InstallNotice::FetchStopped { from: self.from.clone() })),
            }
        })
    }

    /// Waits for the end, and brings it about where it takes too long or too much comes.
    fn end(&self, mut child: Child) -> Ended {
        for beat in 1_u32.. {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ended::Well,
                Ok(Some(_)) | Err(_) => return Ended::Badly,
                Ok(None) => {}
            }
            let bound = if self.stop.is_stopped() {
                Ended::Unwanted
            } else if Instant::now() > self.until {
                Ended::Slow
            } else if beat.is_multiple_of(SELDOM) && self.receives() > MOST_PACKED {
                Ended::TooLarge
            } else {
                thread::sleep(BEAT);
                continue;
            };
            // What it started ends when the pipe to it breaks.
            if let Err(error) = child.kill().and_then(|()| child.wait()) {
                tracing::debug!(%error, "a program that fetches");
            }
            return bound;
        }
        Ended::Slow
    }

    /// How much it has written, in bytes, which is told.
    fn receives(&self) -> u64 {
        let files = WalkDir::new(self.folder).into_iter().filter_map(Result::ok);
        let bytes = files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        self.stop.receives(Received { bytes, of: None });
        bytes
    }

    /// It failed, and said this: the first lines tell why, and what comes after them what to try.
    pub(crate) fn failed(&self, words: &str) -> UserError {
        const TOLD: usize = 2;
        const STARTS: [&str; 7] = ["npm error ", "npm ERR! ", "fatal: ", "error: ", "remote: ", "notarget ", "404 "];
        const NOISE: [&str; 4] = ["hint:", "code ", "Log files were not written", "A complete log of this run"];
        let plain = |line: &'_ str| -> String {
            let line = STARTS.iter().fold(line.trim(), |line, start| line.strip_prefix(start).unwrap_or(line).trim());
            line.trim_end_matches('.').to_owned()
        };
        let is_told = |line: &String| !line.is_empty() && !NOISE.iter().any(|noise| line.starts_with(noise));
        let told = words.lines().map(plain).filter(is_told).take(TOLD).collect::<Vec<_>>().join("; ");
        let told = if told.is_empty() { "it gave no reason".to_owned() } else { told };
        let told = if self.secret.is_empty() { told } else { told.replace(self.secret, &self.from) };
        not_fetched(InstallNotice::FetchFailed { from: self.from.clone(), why: masked_text(&visible(&told)) })
    }

    pub(crate) fn unread(&self, error: &io::Error) -> UserError {
        self.failed(&chain(error))
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Job({})", self.from)
    }
}

/// More came than a source may have.
pub(crate) fn too_large(from: &str) -> UserError {
    refused(InstallNotice::FetchTooLarge { from: from.to_owned(), mebibytes: MOST_PACKED / 1024 / 1024 })
}

/// What a program says to people, as far as it was heard. What it started may outlive it and keep the pipe open, as a
/// shared connection of ssh does.
struct Words {
    said: Arc<Mutex<Vec<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl Words {
    fn of(mut from: impl Read + Send + 'static) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = mpsc::channel();
        let heard = said.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = from.read(&mut buffer)
                && count > 0
            {
                let mut said = heard.lock().unwrap_or_else(PoisonError::into_inner);
                said.extend_from_slice(buffer.get(..count).unwrap_or_default());
                let too_much = said.len().saturating_sub(LONGEST_WORDS);
                said.drain(..too_much);
            }
            drop(end);
        });
        Self { said, ended }
    }

    /// All that it said, once it has ended.
    fn said(&self) -> String {
        // Nothing is sent: the end is that nobody can any more.
        let _ = self.ended.recv_timeout(LAST_WORDS);
        String::from_utf8_lossy(&self.said.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What programs say is told without what only they mean.
    #[test]
    fn the_reason_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let until = Instant::now();
        let job = Job {
            from: "https://h/r".to_owned(),
            secret: "https://u:pw@h/r",
            folder: folder.path(),
            until,
            stop: &Stop::default(),
        };
        let check = |words: &str, expected: &str| {
            let told = job.failed(words).what;
            let (from, why) = ("https://h/r".to_owned(), expected.to_owned());
            assert_eq!(told, InstallNotice::FetchFailed { from, why });
        };
        check("", "it gave no reason");
        check(
            "remote: Repository not found.\nfatal: repository 'https://u:pw@h/r' not found\n",
            "Repository not found; repository 'https://h/r' not found",
        );
        let npm = "npm error code ETARGET\nnpm error notarget No matching version found for a@9.\nnpm error A complete log of this run can be found in: x\n";
        check(npm, "No matching version found for a@9");
        check("error: cannot run ssh\nfatal: unable to fork\nhint: x\nand more", "cannot run ssh; unable to fork");
    }
}
