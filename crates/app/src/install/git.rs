//! Fetching skills from a repository, with the `git` of this machine: its credentials, its proxy, its ssh.
//!
//! Invariants: nothing that a repository says is run: what is written are its files as they are kept, through no hook, filter or
//! submodule; `git` asks nobody anything, and it and what it starts end within a bound. Only what is needed is fetched, where
//! the server can do that: one state, and of its files those of skills.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{ChildStdout, Command},
    time::Instant,
};

use rekindle_domain::{EntryFault, InstallNotice, Notice, UserError};
use rekindle_sources::{Folder, Git, Remote, Revision};

use super::{
    candidate::SKILL,
    rules::{refused, refused_entry},
    tool::{Job, PATIENCE, Stop, not_fetched},
    writer::Writer,
};

/// The longest text of a link.
const LONGEST_LINK: u64 = 64 * 1024;

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

/// Writes the skills of a repository into a folder, each at its path; the commit that they are from, and the revision that
/// was asked for. `wanted`: their names,
/// if they are known. `scratch`: a folder for the repository, which may stay behind.
pub(crate) fn fetch(
    git: &Git,
    wanted: &[String],
    scratch: &Path,
    into: &Path,
    stop: &Stop,
) -> Result<(String, Revision), UserError> {
    if which::which("git").is_err() {
        return Err(not_fetched(InstallNotice::FetcherMissing { tool: "git".to_owned() }));
    }
    let (from, secret, until) = (git.remote.shown(), git.remote.as_str(), Instant::now() + PATIENCE);
    let job = Job { from, secret, folder: scratch, until, stop };
    let mut repository = Repository { remote: &git.remote, job, has_ssh: false };
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
    let revision = if revision == "HEAD" { Revision::Default } else { Revision::Named(revision) };
    Ok((commit, revision))
}

/// A file of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Blob {
    mode: String,
    id: String,
    path: String,
    /// False: what stands in `path` is not exactly its name.
    is_text: bool,
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
    job: Job<'a>,
    /// Whether the person has an ssh of their own for `git`.
    has_ssh: bool,
}

impl Repository<'_> {
    fn create(&mut self) -> Result<(), UserError> {
        // No template: one of the person's may hold hooks.
        self.ask(&["init", "--quiet", "--bare", "--template=", "."])?;
        for (key, value) in [("promisor", "true"), ("partialclonefilter", "blob:none")] {
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
                    Notice::Install(InstallNotice::FetchFailed { why, .. }) if is_unknown(why) => {
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
            .flat_map(|(_, name)| [Some(name), name.strip_prefix("refs/heads/"), name.strip_prefix("refs/tags/")])
            .flatten()
            .chain(["HEAD"])
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

    /// All files of a state.
    fn files(&self, commit: &str) -> Result<Vec<Blob>, UserError> {
        let listed = self.ask(&["ls-tree", "-r", "-z", commit])?;
        let blob = |line: &[u8]| {
            let text = String::from_utf8_lossy(line);
            let (about, path) = text.split_once('\t')?;
            let mut about = about.split(' ');
            let (mode, kind, id) = (about.next()?, about.next()?, about.next()?);
            let is_text = matches!(text, Cow::Borrowed(_));
            // A submodule is none.
            (kind == "blob").then(|| Blob { mode: mode.to_owned(), id: id.to_owned(), path: path.to_owned(), is_text })
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
        self.run(&missing, ids.clone(), |output| self.job.all(output))?;
        let mut writer = Writer::new(into)?;
        self.run(&["cat-file", "--batch"], ids, |output| {
            let mut output = BufReader::new(output);
            files.iter().try_for_each(|file| self.write_one(file, &mut output, &mut writer))
        })?;
        writer.finish()
    }

    /// Writes the next file of those that `git cat-file --batch` prints: `ID blob SIZE`, and its content.
    fn write_one(&self, file: &Blob, output: &mut impl BufRead, writer: &mut Writer) -> Result<(), UserError> {
        if !file.is_text {
            return Err(refused_entry(&file.path, EntryFault::BadName));
        }
        let unread = |error| self.job.unread(&error);
        let mut head = String::new();
        output.by_ref().take(1024).read_line(&mut head).map_err(unread)?;
        let size = head.trim_end().split_once(" blob ").and_then(|(_, size)| size.parse().ok());
        let size = size.ok_or_else(|| self.job.failed(&head))?;
        let mut content = output.by_ref().take(size);
        match file.mode.as_str() {
            "120000" => {
                let mut target = String::new();
                content.by_ref().take(LONGEST_LINK).read_to_string(&mut target).map_err(unread)?;
                writer.link(&file.path, target)?;
            }
            mode => writer.file(&file.path, mode == "100755", &mut content, unread)?,
        }
        io::copy(&mut content, &mut io::sink()).map_err(unread)?;
        output.read_exact(&mut [0]).map_err(unread)
    }

    /// What `git` answers.
    fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, UserError> {
        self.job.ask(self.command(arguments))
    }

    fn run<T>(
        &self,
        arguments: &[&str],
        input: String,
        read: impl FnOnce(ChildStdout) -> Result<T, UserError>,
    ) -> Result<T, UserError> {
        self.job.run(self.command(arguments), input, read)
    }

    fn command(&self, arguments: &[&str]) -> Command {
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
        // Neither in a file nor among the arguments, which others can see: it may hold a password. The person may have set
        // more in the same way.
        let count: usize =
            std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or_default();
        let asked = [
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", ""),
            ("SSH_ASKPASS_REQUIRE", "never"),
            ("GCM_INTERACTIVE", "never"),
        ];
        command
            .envs(asked)
            .envs([("GIT_ALLOW_PROTOCOL", allowed), ("LC_ALL", "C")])
            .env_remove("SSH_ASKPASS")
            .env("GIT_CONFIG_COUNT", (count + 1).to_string())
            .env(format!("GIT_CONFIG_KEY_{count}"), "remote.origin.url")
            .env(format!("GIT_CONFIG_VALUE_{count}"), self.remote.as_str())
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.askPass=",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
            ])
            .args(["-c", "fetch.recurseSubmodules=false", "-c", "safe.bareRepository=all"])
            .args(arguments);
        command
    }
}
