//! What was seen when an engine loaded things, kept between processes.
//!
//! Invariant: memory belongs to one engine process; another process, or another engine at the same
//! address, starts with none.

use std::path::PathBuf;

use rekindle_domain::{Answers, Disk, ItemId, Kind, Memory, Otherwise, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{
    config::file::FileError,
    disk::locate::Places,
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

    /// The first look at an instance: it was created by this question, or before, when the files may have
    /// been others. Arguments as for [`MemoryStore::loaded`].
    pub fn found(
        &mut self,
        disk: &Disk,
        answers: &Answers,
        failures: BTreeMap<ItemId, String>,
        held: bool,
    ) -> Result<(), FileError> {
        let is_certain = held && self.stored.before.is_none();
        self.keep(disk, answers, failures, is_certain)
    }

    /// An instance was created from these files: `disk` is what they said before it was; `held`: and still
    /// when it had answered.
    pub fn loaded(
        &mut self,
        disk: &Disk,
        answers: &Answers,
        failures: BTreeMap<ItemId, String>,
        held: bool,
    ) -> Result<(), FileError> {
        self.keep(disk, answers, failures, held)
    }

    fn keep(
        &mut self,
        disk: &Disk,
        answers: &Answers,
        failures: BTreeMap<ItemId, String>,
        is_certain: bool,
    ) -> Result<(), FileError> {
        if !self.stored.identity.is_certain() {
            // Whether this engine read these files, nobody saw.
            return Ok(());
        }
        self.stored.memory.instance = Some(disk.items.clone());
        self.stored.memory.failures = failures;
        let before = self.stored.before.take();
        self.stored.memory.otherwise = Otherwise::of(disk, answers, before.as_ref(), is_certain);
        self.stored.memory.hidden = disk.written.keys().cloned().collect();
        let texts = disk.items.iter().filter(|item| !matches!(item.kind, Kind::Plugin | Kind::Tool));
        self.stored.memory.mended.extend(texts.filter_map(|item| item.code.clone()));
        self.remember_modules(disk, answers);
        if answers.tools.is_some() {
            // All files of tools were read, also those without a tool in them.
            let tools = disk.items.iter().filter(|item| item.kind == Kind::Tool);
            for (path, code) in tools.filter_map(|item| Some((item.source.clone(), item.code.clone()?))) {
                self.stored.memory.modules.entry(path).or_insert(code);
            }
        }
        self.save()
    }

    /// The engine lists plugins or tools that it had not listed before; it has their code as it is now.
    pub fn seen(&mut self, disk: &Disk, answers: &Answers) -> Result<(), FileError> {
        if self.stored.identity.is_certain() && self.remember_modules(disk, answers) { self.save() } else { Ok(()) }
    }

    /// What was loaded when the instance was created; `None`: nobody watched.
    pub fn instance(&self) -> Option<&Snapshot> {
        self.stored.memory.instance.as_ref()
    }

    /// The engine keeps a module for its life: only what it had not loaded before is new.
    fn remember_modules(&mut self, disk: &Disk, answers: &Answers) -> bool {
        let Memory { modules, instance, .. } = &mut self.stored.memory;
        let before = modules.len();
        for (id, spec) in &disk.plugin_specs {
            // The engine lists a plugin whose file is missing; what appears later it has not read.
            let was_missing = instance.as_ref().and_then(|items| items.get(id)).is_some_and(|item| item.code.is_none());
            let code = disk.items.get(id).and_then(|item| item.code.clone()).filter(|_| !was_missing);
            if let Some(code) = code.filter(|_| answers.plugins.contains(spec)) {
                modules.entry(spec.strip_prefix("file://").unwrap_or(spec).to_owned()).or_insert(code);
            }
        }
        for item in disk.items.iter().filter(|item| item.kind == Kind::Tool && answers.has_tool(&item.name)) {
            if let Some(code) = item.code.clone() {
                modules.entry(item.source.clone()).or_insert(code);
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
