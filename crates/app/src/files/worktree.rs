//! The worktree that a directory is in, as the engine has it.
//!
//! Invariant: it is what git would say beside the nearest `.git`, in the engine's environment. Git is asked where that
//! does not follow from a few files; never where it would wait without end. Source: `docs/engine.md`, "Places and
//! precedence"; held by `conformance::worktrees`.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rekindle_domain::Problem;

use super::{endless, environment::Environment};
use crate::files::foreign;

/// The variables that have git look elsewhere.
const ELSEWHERE: [&str; 3] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"];

/// What in a repository's own configuration may make another worktree of it, or none.
const ODD: [&str; 4] = ["worktree", "include", "extensions", "bare = true"];

/// What git, and the engine itself, read of a repository.
const READ: [&str; 4] = ["HEAD", "config", "commondir", "opencode"];

/// How long git may take. The engine waits for it without end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What may be a repository of git's.
pub(super) struct Repository {
    /// The folder whose files are in it.
    root: PathBuf,
    /// Where git keeps what it knows of them.
    folder: PathBuf,
}

/// The nearest one that a directory is in.
pub(super) fn repository_of(directory: &Path) -> Option<Repository> {
    let root = directory.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
    let git = root.join(".git");
    let folder = if git.is_dir() { git } else { root.join(pointer(&git)?.strip_prefix("gitdir:")?.trim()) };
    Some(Repository { root, folder })
}

/// The root of the worktree; `None`: there is none, and everything up to the root of the file system is read.
pub(super) fn worktree_of(directory: &Path, environment: &Environment) -> Option<PathBuf> {
    let repository = repository_of(directory)?;
    let is_elsewhere = ELSEWHERE.iter().any(|name| environment.get(name).is_some());
    if !is_elsewhere && repository.is_whole() && repository.is_plain() {
        return has_git().then_some(repository.root);
    }
    // It would wait, too.
    if repository.endless().next().is_some() {
        return None;
    }
    let ask = |what| asked(&repository.root, environment, what);
    match ask("--show-toplevel") {
        Some(root) => Some(PathBuf::from(root)),
        // Without a worktree, the engine takes the folder around the repository.
        None => ask("--git-dir").map(|_| repository.root.clone()),
    }
}

impl Repository {
    /// The files of it at which git, and the engine itself, would wait without end.
    pub(super) fn endless(&self) -> impl Iterator<Item = Problem> {
        READ.iter().filter_map(|name| endless::problem(&self.folder.join(name)))
    }

    /// Whether it has what git does not do without.
    fn is_whole(&self) -> bool {
        // The folder of a linked worktree keeps only its own part; the rest is where `commondir` says.
        let common = match pointer(&self.folder.join("commondir")) {
            Some(common) => self.folder.join(common.trim()),
            None => self.folder.clone(),
        };
        self.folder.join("HEAD").is_file() && common.join("objects").is_dir() && common.join("refs").is_dir()
    }

    /// Whether its worktree is certain to be the folder around it.
    fn is_plain(&self) -> bool {
        let config = self.folder.join("config");
        let read = if config.exists() { pointer(&config) } else { Some(String::new()) };
        let Some(text) = read.map(|text| text.to_ascii_lowercase()) else { return false };
        let mut versions = text.lines().filter_map(|line| line.trim().strip_prefix("repositoryformatversion"));
        self.folder == self.root.join(".git")
            && !self.folder.join("commondir").exists()
            && is_ours(&self.root)
            && is_ours(&self.folder)
            && !ODD.iter().any(|word| text.contains(word))
            && versions.all(|version| version.trim_start_matches([' ', '\t', '=']) == "0")
    }
}

/// Git takes no repository of another owner.
#[cfg(unix)]
fn is_ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours(_path: &Path) -> bool {
    true
}

/// What git says beside a `.git`.
fn asked(root: &Path, environment: &Environment, what: &str) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["rev-parse", what]).current_dir(root);
    for name in ELSEWHERE {
        match environment.get(name) {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut git = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut output = git.stdout.take()?;
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        // Whoever asked may have stopped waiting.
        sender.send(output.read_to_string(&mut text).map(|_| text)).ok();
    });
    let text = said.recv_timeout(PATIENCE);
    if text.is_err() {
        // It may have ended by now.
        git.kill().ok();
    }
    let has_succeeded = git.wait().is_ok_and(|status| status.success());
    let text = text.ok()?.ok()?;
    has_succeeded.then(|| text.trim_end_matches(['\n', '\r']).to_owned())
}

/// A small file of git's.
fn pointer(path: &Path) -> Option<String> {
    /// No path is longer, and hardly a configuration.
    const LONGEST: u64 = 64 * 1024;
    String::from_utf8(foreign::bytes(path, LONGEST).ok()??).ok()
}

/// The engine asks git, and takes a directory for none of git's when there is no git.
fn has_git() -> bool {
    which::which("git").is_ok()
}
