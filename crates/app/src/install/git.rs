//! Fetching skills from a repository, with the `git` of this machine: its credentials, its proxy, its ssh.
//!
//! Invariants: nothing that a repository says is run: what is written are its files as they are kept, through no hook, filter or
//! submodule; `git` asks nobody anything, and it and what it starts end within a bound. Only what is needed is fetched, where
//! the server can do that: one state, and of its files those of skills.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use process_wrap::std::{ChildWrapper, CommandWrap};
use rekindle_domain::{ErrorCode, InstallNotice, Notice, UserError, chain, masked_text, visible};
use rekindle_sources::{Folder, Git, Remote, Revision};
use walkdir::WalkDir;

use super::{
    candidate::SKILL,
    rules::{MOST_PACKED, refused},
    writer::Writer,
};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked whether `git` has ended.
const BEAT: Duration = Duration::from_millis(10);
/// How long its last words may take once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// After how many of them it is looked how much was fetched.
const SELDOM: u32 = 50;
/// The most bytes of a list of names.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;
/// The most bytes that are kept of what `git` says.
const LONGEST_WORDS: usize = 64 * 1024;

/// Variables that lead `git` to another repository.
const ELSEWHERE: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_COMMON_DIR",
];

/// Writes the skills of a repository into a folder, each at its path; the commit that they are from. `wanted`: their names,
/// if they are known. `scratch`: a folder for the repository, which may stay behind.
pub(crate) fn fetch(git: &Git, wanted: &[String], scratch: &Path, into: &Path) -> Result<String, UserError> {
    if which::which("git").is_err() {
        return Err(not_fetched(InstallNotice::NoGit));
    }
    let until = Instant::now() + PATIENCE;
    let mut repository = Repository { remote: &git.remote, folder: scratch, until, has_ssh: false };
    repository.create()?;
    let (revision, folder) = match &git.revision {
        Revision::Default => ("HEAD".to_owned(), git.folder.clone()),
        Revision::Named(name) => (name.clone(), git.folder.clone()),
        Revision::Page(place) => repository.split(place)?,
    };
    let commit = repository.fetch(&revision)?;
    let files = repository.files(&commit)?;
    let chosen = chosen(&files, &folder, wanted)?;
    repository.write(&chosen, into)?;
    Ok(commit)
}

fn not_fetched(why: InstallNotice) -> UserError {
    UserError::new(ErrorCode::NotFetched, why)
}

/// A file of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Blob {
    mode: String,
    id: String,
    path: String,
}

/// The files of those skills that are meant.
fn chosen<'a>(files: &'a [Blob], folder: &Folder, wanted: &[String]) -> Result<Vec<&'a Blob>, UserError> {
    let inside: Vec<_> = files
        .iter()
        .filter(|file| folder.is_whole() || folders(&file.path).any(|one| one == folder.to_string()))
        .collect();
    if inside.is_empty() {
        return Err(refused(InstallNotice::NoSuchFolder { folder: folder.to_string() }));
    }
    let manifests = inside.iter().filter(|file| name(&file.path) == SKILL);
    let all: BTreeSet<&str> = manifests.filter_map(|file| folders(&file.path).next()).collect();
    let named: BTreeSet<&str> =
        all.iter().copied().filter(|folder| wanted.iter().any(|one| one == name(folder))).collect();
    // One that is called otherwise than its folder is found when all are there.
    let is_complete = wanted.iter().all(|one| named.iter().any(|folder| name(folder) == one));
    let skills = if is_complete && !named.is_empty() { named } else { all };
    if skills.is_empty() {
        return Err(refused(InstallNotice::NoSkills));
    }
    Ok(files.iter().filter(|file| folders(&file.path).any(|folder| skills.contains(folder))).collect())
}

/// The folders that a path is in, the innermost first; the last one is the repository itself, which has no name.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').filter_map(|(end, _)| path.get(..end)).chain([""])
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A repository without files, into which another one is fetched.
struct Repository<'a> {
    remote: &'a Remote,
    folder: &'a Path,
    until: Instant,
    /// Whether the person has an ssh of their own for `git`.
    has_ssh: bool,
}

/// How `git` ended.
enum Ended {
    Well,
    Badly,
    Slow,
    TooLarge,
}

impl Repository<'_> {
    fn create(&mut self) -> Result<(), UserError> {
        // No template: one of the person's may hold hooks.
        self.ask(&["init", "--quiet", "--bare", "--template=", "."])?;
        for (key, value) in [("url", self.remote.as_str()), ("promisor", "true"), ("partialclonefilter", "blob:none")] {
            self.ask(&["config", &format!("remote.origin.{key}"), value])?;
        }
        let is_set = |name| std::env::var_os(name).is_some();
        self.has_ssh =
            is_set("GIT_SSH_COMMAND") || is_set("GIT_SSH") || self.ask(&["config", "core.sshCommand"]).is_ok();
        Ok(())
    }

    /// Fetches one state; its commit.
    fn fetch(&self, revision: &str) -> Result<String, UserError> {
        self.ask(&["fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "origin", revision]).map_err(
            |error| {
                let is_unknown =
                    |why: &str| ["couldn't find remote ref", "not our ref"].iter().any(|words| why.contains(words));
                match &error.what {
                    Notice::Install(InstallNotice::GitFailed { why, .. }) if is_unknown(why) => {
                        refused(InstallNotice::NoSuchRevision {
                            remote: self.remote.shown(),
                            revision: revision.to_owned(),
                        })
                    }
                    _ => error,
                }
            },
        )?;
        let commit = self.ask(&["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"])?;
        Ok(String::from_utf8_lossy(&commit).trim().to_owned())
    }

    /// The name of a branch or a tag, and the folder behind it.
    fn split(&self, place: &Folder) -> Result<(String, Folder), UserError> {
        let listed = self.ask(&["ls-remote", "--quiet", "--heads", "--tags", "origin"])?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let known: BTreeSet<&str> = listed
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(_, name)| name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")))
            .collect();
        let names = place.names();
        let is_commit = |name: &str| matches!(name.len(), 40 | 64) && name.chars().all(|c| c.is_ascii_hexdigit());
        let count = (1..=names.len())
            .rev()
            .find(|count| names.get(..*count).is_some_and(|names| known.contains(names.join("/").as_str())))
            .or_else(|| names.first().is_some_and(|name| is_commit(name)).then_some(1))
            .ok_or_else(|| {
                let revision = names.first().cloned().unwrap_or_default();
                refused(InstallNotice::NoSuchRevision { remote: self.remote.shown(), revision })
            })?;
        let (revision, folder) = names.split_at(count);
        Ok((revision.join("/"), Folder::of(&folder.join("/")).unwrap_or_default()))
    }

    /// All files of a state. One whose name is no text is not among them.
    fn files(&self, commit: &str) -> Result<Vec<Blob>, UserError> {
        let listed = self.ask(&["ls-tree", "-r", "-z", commit])?;
        let blob = |line: &[u8]| {
            let line = std::str::from_utf8(line).ok()?;
            let (about, path) = line.split_once('\t')?;
            let mut about = about.split(' ');
            let (mode, _, id) = (about.next()?, about.next()?, about.next()?);
            Some(Blob { mode: mode.to_owned(), id: id.to_owned(), path: path.to_owned() })
        };
        Ok(listed.split(|byte| *byte == 0).filter_map(blob).collect())
    }

    /// Writes files as they are kept.
    fn write(&self, files: &[&Blob], into: &Path) -> Result<(), UserError> {
        let ids: String = files.iter().map(|file| format!("{}\n", file.id)).collect();
        // What is missing would be fetched one by one else. A server that cannot leave files out has sent all of them before.
        let missing =
            ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
        let missing = [&missing[..], &["--recurse-submodules=no", "--filter=blob:none", "--stdin", "origin"]].concat();
        self.run(&missing, ids.clone(), |output| self.all(output))?;
        let mut writer = Writer::new(into)?;
        self.run(&["cat-file", "--batch"], ids, |output| {
            let mut output = BufReader::new(output);
            files.iter().try_for_each(|file| self.write_one(file, &mut output, &mut writer))
        })?;
        writer.finish()
    }

    /// Writes the next file of those that `git cat-file --batch` prints: `ID blob SIZE`, and its content.
    fn write_one(&self, file: &Blob, output: &mut impl BufRead, writer: &mut Writer) -> Result<(), UserError> {
        let unread = |error| self.unread(&error);
        let mut head = String::new();
        output.by_ref().take(1024).read_line(&mut head).map_err(unread)?;
        let size = head.trim_end().split_once(" blob ").and_then(|(_, size)| size.parse().ok());
        let size = size.ok_or_else(|| self.failed(&head))?;
        let mut content = output.by_ref().take(size);
        match file.mode.as_str() {
            "120000" => {
                let mut target = String::new();
                content.by_ref().take(LONGEST_WORDS as u64).read_to_string(&mut target).map_err(unread)?;
                writer.link(&file.path, target)?;
            }
            mode => writer.file(&file.path, mode == "100755", &mut content, unread)?,
        }
        io::copy(&mut content, &mut io::sink()).map_err(unread)?;
        output.read_exact(&mut [0]).map_err(unread)
    }

    /// What `git` answers.
    fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, UserError> {
        self.run(arguments, String::new(), |output| self.all(output))
    }

    fn all(&self, output: impl Read) -> Result<Vec<u8>, UserError> {
        let mut answer = Vec::new();
        output.take(LONGEST_LIST).read_to_end(&mut answer).map_err(|error| self.unread(&error))?;
        Ok(answer)
    }

    /// Runs `git`, and reads what it answers. Where it fails, that is the error, whatever was read.
    fn run<T>(
        &self,
        arguments: &[&str],
        input: String,
        read: impl FnOnce(ChildStdout) -> Result<T, UserError>,
    ) -> Result<T, UserError> {
        let mut git = self.command(arguments).spawn().map_err(|error| self.unread(&error))?;
        let (stdin, stdout, stderr) = (git.stdin().take(), git.stdout().take(), git.stderr().take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(self.failed("no pipes"));
        };
        let words = Words::of(stderr);
        thread::scope(|scope| {
            // It may end before it has read all.
            scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
            let end = scope.spawn(|| self.end(git));
            let answer = read(stdout);
            match (end.join().unwrap_or(Ended::Badly), answer) {
                (Ended::Well, answer) => answer,
                // Nobody read on, so that it had to end.
                (Ended::Badly, Err(error)) if error.code == ErrorCode::NotInstalled => Err(error),
                (Ended::Badly, _) => Err(self.failed(&words.said())),
                (Ended::Slow, _) => {
                    let (remote, seconds) = (self.remote.shown(), PATIENCE.as_secs());
                    Err(not_fetched(InstallNotice::GitSlow { remote, seconds }))
                }
                (Ended::TooLarge, _) => {
                    let (remote, mebibytes) = (self.remote.shown(), MOST_PACKED / 1024 / 1024);
                    Err(refused(InstallNotice::GitTooLarge { remote, mebibytes }))
                }
            }
        })
    }

    fn command(&self, arguments: &[&str]) -> CommandWrap {
        let mut command = Command::new("git");
        ELSEWHERE.iter().for_each(|name| {
            command.env_remove(name);
        });
        if !self.has_ssh {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        // Without encryption only where the source itself is: no redirect may lead there.
        let is_plain = self.remote.as_str().starts_with("http:");
        let allowed = if is_plain { "http" } else { "file:https:ssh" };
        command
            .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_ALLOW_PROTOCOL", allowed), ("LC_ALL", "C")])
            .args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(["-c", "fetch.recurseSubmodules=false", "-c", "safe.bareRepository=all"])
            .args(arguments)
            .current_dir(self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut wrapped = CommandWrap::from(command);
        #[cfg(unix)]
        wrapped.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        wrapped.wrap(process_wrap::std::JobObject);
        wrapped
    }

    /// Waits for the end, and brings it about where it takes too long or too much comes.
    fn end(&self, mut git: Box<dyn ChildWrapper>) -> Ended {
        for beat in 1_u32.. {
            match git.try_wait() {
                Ok(Some(status)) if status.success() => return Ended::Well,
                Ok(Some(_)) | Err(_) => return Ended::Badly,
                Ok(None) => {}
            }
            let is_slow = Instant::now() > self.until;
            if is_slow || beat.is_multiple_of(SELDOM) && self.size() > MOST_PACKED {
                if let Err(error) = git.kill() {
                    tracing::debug!(%error, "git");
                }
                return if is_slow { Ended::Slow } else { Ended::TooLarge };
            }
            thread::sleep(BEAT);
        }
        Ended::Slow
    }

    /// How much was fetched so far, in bytes.
    fn size(&self) -> u64 {
        let files = WalkDir::new(self.folder).into_iter().filter_map(Result::ok);
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }

    fn failed(&self, words: &str) -> UserError {
        let is_told = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint:");
        let lines: Vec<_> = words.lines().filter(is_told).collect();
        let told = lines.iter().rev().take(3).rev().map(|line| line.trim()).collect::<Vec<_>>().join("; ");
        let told = if told.is_empty() { "it gave no reason".to_owned() } else { told };
        let told = told.replace(self.remote.as_str(), &self.remote.shown());
        not_fetched(InstallNotice::GitFailed { remote: self.remote.shown(), why: masked_text(&visible(&told)) })
    }

    fn unread(&self, error: &io::Error) -> UserError {
        self.failed(&chain(error))
    }
}

/// What `git` says to people, as far as it was heard. What it started may outlive it and keep the pipe open, as a
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
