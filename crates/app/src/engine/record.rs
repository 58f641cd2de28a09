//! What is known of a directory's engine between processes: who owns it, where it listens.
//!
//! Invariant: the lock, not the record, says whether an engine is owned. The lock ends with the
//! owner's process, however that ends; a record without a lock is history.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::{EngineMode, EngineState};
use serde::{Deserialize, Serialize};

use crate::{
    config::file::{FileError, create_private_dir, read, write_private},
    disk::{environment::Environment, locate::Places},
    foreign::open_with,
};

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
    /// A file with the password, readable by its owner only.
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
    /// Its address before the last restart, if that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
}

impl Record {
    /// What people should know about its address.
    pub fn moved(&self) -> Option<String> {
        let from = self.moved_from.as_ref()?;
        Some(format!("The address changed from {from} to {}: another program has the port.", self.url))
    }
}

/// How to ask the owner of an engine for something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ControlAddress {
    /// The owner's port on the loopback.
    pub port: u16,
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
        if self.is_owned() { load(&self.path("control.json")) } else { None }
    }

    /// The password of the engine.
    pub fn password(&self) -> Option<String> {
        read(&self.path("password")).ok().flatten()
    }

    /// Writes the record.
    pub fn write(&self, record: &Record) -> Result<(), FileError> {
        write_json(&self.path("engine.json"), record)
    }

    /// Notes which variables of the environment say where the engine reads.
    pub fn write_environment(&self, places: &BTreeMap<String, String>) -> Result<(), FileError> {
        write_json(&self.path("environment.json"), places)
    }

    /// The same places for the environment of the engine's process, which may be another than ours.
    pub fn places_of_engine(&self, pid: u32) -> Places {
        let mut places = self.0.clone();
        let known = || load::<BTreeMap<String, String>>(&self.path("environment.json")).filter(|_| self.is_owned());
        if let Some(environment) = Environment::of(pid) {
            places.environment = environment;
        } else if let Some(known) = known() {
            places.environment = places.environment.with_places_of(&known);
        }
        places
    }

    /// Writes how to reach the owner.
    pub fn write_control(&self, address: &ControlAddress) -> Result<(), FileError> {
        write_json(&self.path("control.json"), address)
    }

    /// Removes how the last owner was reached.
    pub fn forget_control(&self) {
        if let Err(error) = std::fs::remove_file(self.path("control.json")) {
            tracing::debug!(%error, "there was no owner before");
        }
    }

    /// Writes the password and says where it is.
    pub fn write_password(&self, password: &str) -> Result<PathBuf, FileError> {
        let path = self.path("password");
        write_private(&path, password)?;
        Ok(path)
    }

    /// Takes the engine of this directory for as long as the lock lives; `None`: someone owns it.
    pub fn own(&self) -> io::Result<Option<Lock>> {
        Lock::take(&self.path("owner.lock"))
    }

    /// Takes the right to reload; `None`: a reload is under way.
    pub fn reloading(&self) -> io::Result<Option<Lock>> {
        Lock::take(&self.path("reload.lock"))
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

/// A lock between processes, released when it is dropped and when the process ends.
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock; `None`: someone has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        // Whoever only looks holds it, too, for some microseconds. Whoever has it keeps it longer.
        const TRIES: u32 = 20;
        create_private_dir(path.parent().unwrap_or(Path::new(".")))?;
        let file = open_with(path, OpenOptions::new().create(true).truncate(false).write(true))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// True while someone has the lock. Looking is shared, so that two who look do not see each other.
    fn is_held(path: &Path) -> bool {
        open_with(path, OpenOptions::new().read(true))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
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
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    write_private(path, &format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A lock is taken although others keep looking whether it is, and is seen by them while it is.
    #[test]
    fn looking_at_a_lock_does_not_take_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.lock");
        assert!(!Lock::is_held(&path));
        drop(Lock::take(&path).expect("locked").expect("free"));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        Lock::is_held(&path);
                    }
                });
            }
            for _ in 0..50 {
                let lock = Lock::take(&path).expect("locked").expect("nobody has it");
                assert!(Lock::is_held(&path));
                drop(lock);
            }
            done.store(true, Ordering::Relaxed);
        });
        let _lock = Lock::take(&path).expect("locked").expect("free");
        assert!(Lock::take(&path).expect("no error").is_none());
    }
}
