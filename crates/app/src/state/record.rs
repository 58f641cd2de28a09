//! What is known of a directory's engine between processes: who owns it, where it listens.
//!
//! Invariant: the lock, not the record, says whether an engine is owned. The lock ends with the
//! owner's process, however that ends; a record without a lock is history.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use rekindle_domain::{EngineMode, EngineNotice, EngineState, ErrorCode, Fingerprint, Notice, UserError};
use serde::{Deserialize, Serialize};

use super::{lock::Lock, unusable};
use crate::{
    engine::{door::Door, listeners::our_uid, mark::mark_of},
    files::{
        environment::Environment,
        file::{adopt, create_private_dir, read, write_private},
        foreign,
        locate::Places,
    },
};

/// The file that says how to reach the owner.
const CONTROL: &str = "control.json";
/// The file for what the owner says while nobody sees it.
const LOG: &str = "host.log";
/// What the name of a file with a password begins with.
const PASSWORD: &str = "password";

/// What scripts and other processes need to reach an engine, as `rekindle engine info --json`
/// prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Always `host`: the engine is ours.
    pub mode: EngineMode,
    /// Where it listens.
    pub url: String,
    /// The user name.
    pub username: String,
    /// A file with the password, readable by its owner only. Another password is in another file, so that nobody who
    /// has an old record sends a new password to an old address.
    pub password_file: PathBuf,
    /// The engine's process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// How it is.
    pub state: EngineState,
    /// When it was started (RFC 3339, UTC).
    pub started_at: String,
    /// The directory for which it was started.
    pub directory: String,
    /// The mark of everything that it starts (`descendants`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    /// Its program, told by its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Fingerprint>,
    /// Its address before the last restart, if that was another one. Its password is another one, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// True when the address is that of the engine before, and the password is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password_changed: bool,
}

impl Record {
    /// True when its very process lives, and not another one that has its id by now; false where the system does not tell.
    pub(crate) fn is_alive(&self) -> bool {
        self.generation.is_some() && mark_of(self.pid) == self.generation
    }

    /// What people should know about its address.
    pub fn moved(&self) -> Option<Notice> {
        if let Some(from) = &self.moved_from {
            return Some(EngineNotice::EngineMoved { from: from.clone(), to: self.url.clone() }.into());
        }
        self.password_changed.then(|| EngineNotice::PasswordChanged.into())
    }

    /// The user whose engine it is, where there are users: the one who wrote the password.
    pub(crate) fn user(&self) -> u32 {
        #[cfg(unix)]
        if let Ok(file) = std::fs::metadata(&self.password_file) {
            return std::os::unix::fs::MetadataExt::uid(&file);
        }
        our_uid()
    }

    /// The password; `None`: it is not true any more.
    pub fn password(&self) -> Option<String> {
        read(&self.password_file).ok().flatten()
    }
}

/// How to ask the owner of an engine for something.
#[derive(Clone, Serialize, Deserialize)]
pub struct ControlAddress {
    /// Where the owner listens.
    pub door: Door,
    /// What every request has to begin with.
    pub token: String,
    /// The owner's process.
    pub pid: u32,
    /// True when the owner is a window, which can come to the front.
    pub has_window: bool,
}

/// The files of one directory's engine.
pub struct Records<'a>(pub &'a Places);

impl Records<'_> {
    /// The engine's record, while someone owns it.
    pub fn record(&self) -> Option<Record> {
        if self.is_owned() { load(&self.path("engine.json")) } else { None }
    }

    /// The last record, owned or not.
    pub fn last_record(&self) -> Option<Record> {
        load(&self.path("engine.json"))
    }

    /// How to reach the owner.
    pub fn control(&self) -> Option<ControlAddress> {
        if self.is_owned() { load(&self.path(CONTROL)) } else { None }
    }

    /// Whether this very process can be asked for something.
    pub(crate) fn is_reached_here(&self) -> bool {
        let address = load::<ControlAddress>(&self.path(CONTROL));
        address.is_some_and(|address| address.pid == std::process::id() && address.door.is_there())
    }

    /// The owner's process, also of an owner of another version that is reached in another way.
    pub(crate) fn owner(&self) -> Option<u64> {
        load::<serde_json::Value>(&self.path(CONTROL))?.get("pid")?.as_u64()
    }

    /// Where an owner listens, where a socket can be had.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path("control.sock")
    }

    /// Writes the record.
    pub fn write(&self, record: &Record) -> Result<(), UserError> {
        write_json(&self.path("engine.json"), record)
    }

    /// Notes which variables of the environment say where the engine reads.
    pub fn write_environment(&self, places: &BTreeMap<String, String>) -> Result<(), UserError> {
        write_json(&self.path("environment.json"), places)
    }

    /// The environment of the engine's process, which may be another than ours, as far as it decides where files are.
    pub fn environment_of_engine(&self, pid: u32) -> Environment {
        let known = || load::<BTreeMap<String, String>>(&self.path("environment.json")).filter(|_| self.is_owned());
        if let Some(environment) = Environment::of(pid) {
            environment
        } else if let Some(known) = known() {
            self.0.environment.clone().with_places_of(&known)
        } else {
            self.0.environment.clone()
        }
    }

    /// Writes how to reach the owner.
    pub fn write_control(&self, address: &ControlAddress) -> Result<(), UserError> {
        write_json(&self.path(CONTROL), address)
    }

    /// Removes how the last owner was reached.
    pub fn forget_control(&self) {
        if let Err(error) = std::fs::remove_file(self.path(CONTROL)) {
            tracing::debug!(%error, "there was no owner before");
        }
    }

    /// Writes a password to a file of its own, removes the ones before, and says where it is.
    pub(crate) fn write_password(&self, password: &str) -> Result<PathBuf, UserError> {
        let name = format!("{PASSWORD}-{:08x}", rand::random::<u32>());
        let path = self.path(&name);
        write_private(&path, password)?;
        let entries = std::fs::read_dir(&self.0.state).into_iter().flatten().flatten();
        let others = entries.filter(|entry| {
            let other = entry.file_name();
            *other != *name && other.to_string_lossy().starts_with(PASSWORD)
        });
        for other in others {
            if let Err(error) = std::fs::remove_file(other.path()) {
                tracing::warn!(%error, "a password that is not true any more");
            }
        }
        Ok(path)
    }

    /// Takes the engine of this directory for as long as the lock lives; `None`: someone owns it.
    pub fn own(&self) -> Result<Option<Lock>, UserError> {
        Lock::take(&self.path("owner.lock")).map_err(unusable(self.0, ErrorCode::State))
    }

    /// Takes the right to reload; `None`: a reload is under way.
    pub fn reloading(&self) -> Result<Option<Lock>, UserError> {
        Lock::take(&self.path("reload.lock")).map_err(unusable(self.0, ErrorCode::CannotWrite))
    }

    /// Truncates the owner's log and writes its first line, which names the directory: on a full disk that fails here, and
    /// what the owner says is not lost later.
    pub fn begin_log(&self) -> Result<File, UserError> {
        let path = self.path(LOG);
        let begin = || {
            create_private_dir(&self.0.state)?;
            let mut log = foreign::begin_own(&path)?;
            adopt(&log, &path);
            writeln!(log, "the engine of {}", self.0.directory.display())?;
            Ok(log)
        };
        begin().map_err(unusable(self.0, ErrorCode::CannotStart))
    }

    /// The last line that the owner of an engine said; `None`: it said nothing.
    pub fn last_of_log(&self) -> Option<String> {
        let said = foreign::text(&self.path(LOG)).unwrap_or_default();
        said.lines().skip(1).last().map(str::to_owned)
    }

    /// True while someone owns the directory's engine.
    pub fn is_owned(&self) -> bool {
        Lock::is_held(&self.path("owner.lock"))
    }

    /// True while someone reloads the directory's engine.
    pub fn is_reloading(&self) -> bool {
        Lock::is_held(&self.path("reload.lock"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.state.join(name)
    }
}

/// Reads a file of our own; one that is missing or torn is as if it were not there.
pub(crate) fn load<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let text = read(path).ok().flatten()?;
    serde_json::from_str(&text)
        .inspect_err(|error| tracing::warn!(%error, path = %path.display(), "a state file cannot be read"))
        .ok()
}

/// Writes a file of our own.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), UserError> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    write_private(path, &format!("{text}\n"))
}
