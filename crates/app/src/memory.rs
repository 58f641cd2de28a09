//! What was seen when an engine loaded things, kept between processes.
//!
//! Invariant: memory belongs to one engine process; another process, or another engine at the same
//! address, starts with none.

use std::path::PathBuf;

use rekindle_domain::{Answers, Disk, Fingerprint, ItemId, Kind, Memory, Otherwise, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::file::FileError,
    disk::{locate::Places, scan::Meanwhile},
    engine::record::{Record, load, write_json},
};

/// The engine process that a memory belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    url: String,
    pid: Option<u32>,
    started_at: Option<String>,
}

impl Identity {
    /// An engine of ours.
    pub fn of(record: &Record) -> Self {
        Self { url: record.url.clone(), pid: Some(record.pid), started_at: Some(record.started_at.clone()) }
    }

    /// An engine that is not ours. Its process cannot be told from a later one at the same address.
    pub fn of_url(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    /// True when another process would be told from this one, so that what was seen may be relied on.
    fn is_certain(&self) -> bool {
        self.pid.is_some()
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    identity: Identity,
    memory: Memory,
    /// What was remembered of the instance before, until the present one is known.
    #[serde(default)]
    before: Option<Memory>,
    detected_at: Option<String>,
}

/// The code of a module that the engine has just read; if it was written meanwhile, something that no file is.
fn known(module: &str, code: Fingerprint, unseen: &BTreeSet<String>) -> Fingerprint {
    if unseen.contains(module) { Fingerprint::of_parts(&["unseen", module]) } else { code }
}

/// The memory of one directory's engine.
pub struct MemoryStore {
    path: PathBuf,
    stored: Stored,
    is_ours: bool,
}

impl MemoryStore {
    /// Reads it; what belongs to another engine process is forgotten. `is_ours`: whether it is ours to
    /// write now.
    pub fn open(places: &Places, identity: Identity, is_ours: bool) -> Self {
        let path = places.state.join("memory.json");
        let stored = load::<Stored>(&path)
            .filter(|stored| stored.identity == identity && identity.is_certain())
            .unwrap_or_else(|| Stored { identity, ..Stored::default() });
        Self { path, stored, is_ours }
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory {
        &self.stored.memory
    }

    /// When something pending was first seen: the time that is remembered, or `now`; forgotten as
    /// soon as nothing is pending.
    pub fn detected_at(&mut self, pending: bool, now: impl FnOnce() -> String) -> Result<Option<String>, FileError> {
        let before = self.stored.detected_at.clone();
        self.stored.detected_at = pending.then(|| before.clone().unwrap_or_else(now));
        if self.stored.detected_at != before {
            self.save()?;
        }
        Ok(self.stored.detected_at.clone())
    }

    /// The instance was dropped, or will be in a moment.
    pub fn forget_instance(&mut self) -> Result<(), FileError> {
        if self.stored.memory.instance.is_some() {
            self.stored.before = Some(self.stored.memory.clone());
        }
        self.stored.memory.instance = None;
        self.stored.memory.failures.clear();
        self.save()
    }

    /// An instance was created from these files: `disk` is what they said before it was, `meanwhile` what was
    /// written until it had answered. `was_watched`: that it was then, and not before, when the files may
    /// have been others.
    pub fn loaded(
        &mut self,
        disk: &Disk,
        answers: &Answers,
        failures: BTreeMap<ItemId, String>,
        meanwhile: &Meanwhile,
        was_watched: bool,
    ) -> Result<(), FileError> {
        if !self.stored.identity.is_certain() {
            // Whether this engine read these files, nobody saw.
            return Ok(());
        }
        self.stored.memory.instance = Some(disk.items.clone());
        self.stored.memory.failures = failures;
        let before = self.stored.before.take();
        let is_certain = !meanwhile.declared && (was_watched || before.is_none());
        self.stored.memory.otherwise = Otherwise::of(disk, answers, before.as_ref(), is_certain);
        self.stored.memory.hidden = disk.written.keys().cloned().collect();
        let texts = disk.items.iter().filter(|item| !matches!(item.kind, Kind::Plugin | Kind::Tool));
        self.stored.memory.mended.extend(texts.filter_map(|item| item.code.clone()));
        self.remember_modules(disk, answers, &meanwhile.code);
        if answers.tools.is_some() {
            // All files of tools were read, also those without a tool in them.
            let tools = disk.items.iter().filter(|item| item.kind == Kind::Tool);
            for (path, code) in tools.filter_map(|item| Some((item.source.clone(), item.code.clone()?))) {
                let code = known(&path, code, &meanwhile.code);
                self.stored.memory.modules.entry(path).or_insert(code);
            }
        }
        self.save()
    }

    /// The engine lists plugins or tools that it had not listed before; it has their code as it is now.
    pub fn seen(&mut self, disk: &Disk, answers: &Answers) -> Result<(), FileError> {
        if self.stored.identity.is_certain() && self.remember_modules(disk, answers, &BTreeSet::new()) {
            self.save()
        } else {
            Ok(())
        }
    }

    /// What was loaded when the instance was created; `None`: nobody watched.
    pub fn instance(&self) -> Option<&Snapshot> {
        self.stored.memory.instance.as_ref()
    }

    /// The engine keeps a module for its life: only what it had not loaded before is new.
    fn remember_modules(&mut self, disk: &Disk, answers: &Answers, unseen: &BTreeSet<String>) -> bool {
        let Memory { modules, instance, .. } = &mut self.stored.memory;
        let before = modules.len();
        for (id, spec) in &disk.plugin_specs {
            // The engine lists a plugin whose file is missing; what appears later it has not read.
            let was_missing = instance.as_ref().and_then(|items| items.get(id)).is_some_and(|item| item.code.is_none());
            let code = disk.items.get(id).and_then(|item| item.code.clone()).filter(|_| !was_missing);
            if let Some(code) = code.filter(|_| answers.plugins.contains(spec)) {
                let path = spec.strip_prefix("file://").unwrap_or(spec);
                modules.entry(path.to_owned()).or_insert_with(|| known(path, code, unseen));
            }
        }
        for item in disk.items.iter().filter(|item| item.kind == Kind::Tool && answers.has_tool(&item.name)) {
            if let Some(code) = item.code.clone() {
                modules.entry(item.source.clone()).or_insert_with(|| known(&item.source, code, unseen));
            }
        }
        modules.len() != before
    }

    fn save(&self) -> Result<(), FileError> {
        if !self.stored.identity.is_certain() || !self.is_ours {
            return Ok(());
        }
        // A slow look at an engine that is gone has nothing to say of the one that came after it.
        let newer = |other: &Stored| other.identity.started_at > self.stored.identity.started_at;
        if load::<Stored>(&self.path).is_some_and(|other| newer(&other)) {
            return Ok(());
        }
        write_json(&self.path, &self.stored)
    }
}
