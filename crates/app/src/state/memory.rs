//! What was seen when an engine loaded things, kept between processes.
//!
//! Invariants: memory belongs to one engine process; another process, or another engine at the same
//! address, starts with none. What is kept is that of the engine that Rekindle runs now, as its record tells:
//! no clock decides which engine is the later one, because clocks are put back. Whoever changes it changes what others
//! have left there, under a lock, so that nobody takes back what another process has just noted.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use rekindle_domain::{Answers, Fingerprint, Item, ItemId, Kind, McpAnswer, Notice, Place, Snapshot, UserError};
use rekindle_opencode::{Disk, Memory, Otherwise, is_declared, told_of};
use serde::{Deserialize, Serialize};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

use crate::{
    files::{
        file::{contended, not_written},
        locate::Places,
        scan::Meanwhile,
    },
    state::{
        lock::Lock,
        record::{Record, Records, load, write_json},
    },
};

/// How long another process may take to note something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The engine process that a memory belongs to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Identity {
    url: String,
    pid: Option<u32>,
    started_at: Option<String>,
    /// The random mark of its start, which no other start has; `None`: kept before marks were.
    #[serde(default)]
    mark: Option<String>,
}

impl PartialEq for Identity {
    /// The mark says it; where one side has none, everything else has to be the same.
    fn eq(&self, other: &Self) -> bool {
        match (&self.mark, &other.mark) {
            (Some(mark), Some(other)) => mark == other,
            _ => (&self.url, self.pid, &self.started_at) == (&other.url, other.pid, &other.started_at),
        }
    }
}

impl Identity {
    /// An engine of ours.
    pub fn of(record: &Record) -> Self {
        Self {
            url: record.url.clone(),
            pid: Some(record.pid),
            started_at: Some(record.started_at.clone()),
            mark: record.generation.clone(),
        }
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
    /// How the MCP servers of the instance are, and since when.
    #[serde(default)]
    servers: BTreeMap<String, Since>,
}

/// How an MCP server is, and when it was first seen to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Since {
    status: String,
    at: String,
}

/// The code of a module that the engine has just read; if it was written meanwhile, something that no file is.
fn known(module: &str, code: Fingerprint, unseen: &BTreeSet<String>) -> Fingerprint {
    if unseen.contains(module) { Fingerprint::of_parts(&["unseen", module]) } else { code }
}

/// The file in the directory's state.
const FILE: &str = "memory.json";

/// The memory of one directory's engine.
pub struct MemoryStore {
    places: Places,
    stored: Stored,
    hold: Hold,
}

/// Whether a memory is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// What is changed is kept for other processes.
    Kept,
    /// It is changed here alone: it is somebody else's to write now, or could not be written.
    Here,
}

impl MemoryStore {
    /// Reads it; what belongs to another engine process is forgotten.
    pub fn open(places: &Places, identity: Identity, hold: Hold) -> Self {
        let stored = Stored { identity, ..Stored::default() };
        let mut store = Self { places: places.clone(), stored, hold };
        store.read();
        store
    }

    /// What is there by now; nothing, if it is of another engine.
    fn read(&mut self) {
        let identity = std::mem::take(&mut self.stored.identity);
        let stored = load::<Stored>(&self.places.state.join(FILE));
        self.stored = stored
            .filter(|stored| stored.identity == identity && identity.is_certain())
            .unwrap_or_else(|| Stored { identity, ..Stored::default() });
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory {
        &self.stored.memory
    }

    /// When something pending was first seen: the time that is remembered, or `now`; forgotten as
    /// soon as nothing is pending.
    pub fn detected_at(&mut self, pending: bool, now: impl FnOnce() -> String) -> Result<Option<String>, UserError> {
        if pending != self.stored.detected_at.is_some() {
            self.change(|stored| {
                let before = stored.detected_at.take();
                stored.detected_at = pending.then(|| before.unwrap_or_else(now));
            })?;
        }
        Ok(self.stored.detected_at.clone())
    }

    /// The instance was dropped, or will be in a moment.
    pub fn forget_instance(&mut self) -> Result<(), UserError> {
        self.change(Stored::forget_instance)
    }

    /// A reload had an instance created from these files.
    pub fn proved(&mut self, read: &Read<'_>) -> Result<(), UserError> {
        if !self.stored.identity.is_certain() {
            // Whether this engine read these files, nobody saw.
            return Ok(());
        }
        self.change(|stored| {
            stored.forget_instance();
            stored.load(read, !read.meanwhile.declared);
        })
    }

    /// A look found an instance that is not the one of this memory, or of which nothing is remembered. When it read its
    /// files nobody knows; they may have been others. What another process has noted since counts more.
    pub fn noticed(&mut self, than: &Memory, read: &Read<'_>) -> Result<(), UserError> {
        if !self.stored.identity.is_certain() {
            return Ok(());
        }
        self.change(|stored| {
            let is_noted = stored.memory.instance != than.instance
                || stored.memory.told != than.told
                || stored.memory.failures != than.failures;
            if is_noted {
                stored.add(read);
                return;
            }
            stored.forget_instance();
            match &than.instance {
                Some(items) => stored.load_beside(items, read),
                None => stored.load(read, !read.meanwhile.declared && stored.before.is_none()),
            }
        })
    }

    /// The engine lists plugins or tools that it had not listed before; it has their code as it is now.
    pub fn seen(&mut self, disk: &Disk, answers: &Answers) -> Result<(), UserError> {
        let remember = |memory: &mut Memory| remember_modules(memory, disk, answers, &BTreeSet::new());
        if !self.stored.identity.is_certain() || !remember(&mut self.stored.memory) {
            return Ok(());
        }
        self.change(|stored| {
            remember(&mut stored.memory);
        })
    }

    /// Since when each MCP server is as the engine says, as far as somebody looked: a status that is new is so since `now`.
    /// Nothing of an engine that cannot be told from a later one.
    pub fn servers_since(
        &mut self,
        servers: &BTreeMap<String, McpAnswer>,
        now: impl FnOnce() -> String,
    ) -> Result<BTreeMap<String, String>, UserError> {
        if !self.stored.identity.is_certain() {
            return Ok(BTreeMap::new());
        }
        let is_known = |stored: &Stored, name: &String, server: &McpAnswer| {
            stored.servers.get(name).is_some_and(|since| since.status == server.status)
        };
        let is_as_before = servers.len() == self.stored.servers.len()
            && servers.iter().all(|(name, server)| is_known(&self.stored, name, server));
        if !is_as_before {
            let now = now();
            self.change(|stored| {
                stored.servers.retain(|name, _| servers.contains_key(name));
                for (name, server) in servers {
                    if !is_known(stored, name, server) {
                        stored.servers.insert(name.clone(), Since { status: server.status.clone(), at: now.clone() });
                    }
                }
            })?;
        }
        Ok(self.stored.servers.iter().map(|(name, since)| (name.clone(), since.at.clone())).collect())
    }

    /// What was loaded when the instance was created; `None`: nobody watched.
    pub fn instance(&self) -> Option<&Snapshot> {
        self.stored.memory.instance.as_ref()
    }

    /// Changes what is there by now, and keeps it if it is to be kept. What could not be kept is known here, and here
    /// alone from then on: another process may have written the file since.
    fn change(&mut self, change: impl FnOnce(&mut Stored)) -> Result<(), UserError> {
        if !self.stored.identity.is_certain() || self.hold == Hold::Here {
            change(&mut self.stored);
            return Ok(());
        }
        let path = self.places.state.join(FILE);
        let turn = wait(|| Lock::wait(&path.with_extension("lock"), PATIENCE));
        self.read();
        change(&mut self.stored);
        self.hold = Hold::Here;
        let _turn = turn.map_err(not_written(&path))?.ok_or_else(|| contended(&path))?;
        // A slow look at an engine that is gone has nothing to say of the one that came after it.
        let now = Records(&self.places).last_record();
        if now.is_none_or(|now| Identity::of(&now) == self.stored.identity) {
            write_json(&path, &self.stored)?;
            self.hold = Hold::Kept;
        }
        Ok(())
    }
}

/// Waits for another process; other tasks go on meanwhile, where there are any.
fn wait<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}

/// What is known of an instance that has read its files.
pub struct Read<'a> {
    /// What the files said before it did.
    pub disk: &'a Disk,
    /// What it answered.
    pub answers: &'a Answers,
    /// What it could not load, as far as that was heard.
    pub failures: BTreeMap<ItemId, Notice>,
    /// False: more may have failed.
    pub was_heard: bool,
    /// What was written until it had answered.
    pub meanwhile: &'a Meanwhile,
}

impl Stored {
    fn forget_instance(&mut self) {
        if self.memory.instance.is_some() {
            self.before = Some(self.memory.clone());
        }
        self.memory.instance = None;
        self.memory.failures.clear();
        // They went with it.
        self.servers.clear();
    }

    /// An instance was created. `certain`: from these files, and no others that were there before.
    fn load(&mut self, read: &Read<'_>, certain: bool) {
        let Read { disk, answers, meanwhile, .. } = read;
        self.load_told(read, certain);
        let memory = &mut self.memory;
        memory.instance = Some(disk.items.clone());
        remember_modules(memory, disk, answers, &meanwhile.code);
        if answers.tools.is_some() || answers.has_broken_tools() {
            // All files of tools were read, also those without a tool in them, or as many as there are up to one
            // that is broken; which one that is, the engine does not say.
            let tools = disk.items.iter().filter(|item| item.kind == Kind::Tool);
            for (path, code) in tools.filter_map(|item| Some((item.source.clone(), item.code.clone()?))) {
                let code = known(&path, code, &meanwhile.code);
                memory.modules.entry(path).or_insert(code);
            }
        }
    }

    /// What an instance tells is new. Of what it does not tell, what was loaded before is the best that is known: it may
    /// be the same one, and a plugin has changed its configuration since. The global configuration it does not read.
    fn load_beside(&mut self, items: &Snapshot, read: &Read<'_>) {
        self.load_told(read, false);
        let is_told = |item: &&Item| is_declared(item.kind) && item.place != Place::GlobalConfig;
        let told = read.disk.items.iter().filter(is_told);
        let untold = items.iter().filter(|item| !is_told(item));
        self.memory.instance = Some(untold.chain(told).cloned().collect());
        remember_modules(&mut self.memory, read.disk, read.answers, &read.meanwhile.code);
    }

    /// Another process has noted this instance, or one after it: what that did not hear or see is added.
    fn add(&mut self, read: &Read<'_>) {
        let Read { disk, answers, failures, meanwhile, .. } = read;
        if self.memory.told.as_ref() == Some(&told_of(&disk.items, &answers.config)) {
            let heard = failures.iter().filter(|(id, _)| is_unchanged(id, self.memory.instance.as_ref(), disk));
            self.memory.failures.extend(heard.map(|(id, why)| (id.clone(), why.clone())));
        }
        remember_modules(&mut self.memory, disk, answers, &meanwhile.code);
    }

    fn load_told(&mut self, read: &Read<'_>, certain: bool) {
        let Read { disk, answers, failures, was_heard, .. } = read;
        let before = self.before.take();
        let memory = &mut self.memory;
        memory.told = Some(told_of(&disk.items, &answers.config));
        memory.failures.clone_from(failures);
        if let Some(before) = before.as_ref().filter(|_| !was_heard) {
            // What failed then fails again; that all tools were loaded is told by their list.
            let still = before.failures.iter().filter(|(id, _)| {
                let is_told = disk.items.get(id).is_some_and(|item| item.kind == Kind::Tool) && answers.tools.is_some();
                !is_told && is_unchanged(id, before.instance.as_ref(), disk)
            });
            for (id, why) in still {
                memory.failures.entry(id.clone()).or_insert_with(|| why.clone());
            }
        }
        memory.otherwise = Otherwise::of(disk, answers, before.as_ref(), certain);
        // What may have stood for a secret then still may.
        if certain {
            memory.hidden.clear();
        }
        memory.hidden.extend(disk.written.keys().cloned());
        let texts = disk.items.iter().filter(|item| !matches!(item.kind, Kind::Plugin | Kind::Tool));
        memory.mended.extend(texts.filter_map(|item| item.code.clone()));
    }
}

/// Whether an item is on disk as an instance has loaded it.
fn is_unchanged(id: &ItemId, loaded: Option<&Snapshot>, disk: &Disk) -> bool {
    let of = |items: &Snapshot| items.get(id).map(|item| (item.declared.clone(), item.code.clone()));
    loaded.and_then(of).is_some_and(|loaded| of(&disk.items) == Some(loaded))
}

/// The engine keeps a module for its life: only what it had not loaded before is new. True when something is.
fn remember_modules(memory: &mut Memory, disk: &Disk, answers: &Answers, unseen: &BTreeSet<String>) -> bool {
    let Memory { modules, instance, .. } = memory;
    let before = modules.len();
    let (plugins, tools) = (answers.plugins.iter().collect::<HashSet<_>>(), answers.tool_names());
    for (id, spec) in &disk.plugin_specs {
        // The engine lists a plugin whose file is missing; what appears later it has not read.
        let was_missing = instance.as_ref().and_then(|items| items.get(id)).is_some_and(|item| item.code.is_none());
        let code = disk.items.get(id).and_then(|item| item.code.clone()).filter(|_| !was_missing);
        if let Some(code) = code.filter(|_| plugins.contains(spec)) {
            let path = spec.strip_prefix("file://").unwrap_or(spec);
            modules.entry(path.to_owned()).or_insert_with(|| known(path, code, unseen));
        }
    }
    for item in disk.items.iter().filter(|item| item.kind == Kind::Tool && tools.has(&item.name)) {
        if let Some(code) = item.code.clone() {
            modules.entry(item.source.clone()).or_insert_with(|| known(&item.source, code, unseen));
        }
    }
    modules.len() != before
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{EngineMode, EngineState, Scope};
    use serde_json::json;

    use super::*;

    fn record(mark: Option<&str>, started_at: &str) -> Record {
        Record {
            mode: EngineMode::Host,
            url: "http://127.0.0.1:4096".to_owned(),
            username: String::new(),
            password_file: "password".into(),
            pid: 7,
            version: "1".to_owned(),
            state: EngineState::Running,
            started_at: started_at.to_owned(),
            directory: "/p".to_owned(),
            generation: mark.map(str::to_owned),
            program: None,
            moved_from: None,
            password_changed: false,
        }
    }

    fn places() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.state = folder.path().join("state");
        (folder, places)
    }

    fn read<'a>(disk: &'a Disk, answers: &'a Answers, meanwhile: &'a Meanwhile) -> Read<'a> {
        Read { disk, answers, failures: BTreeMap::new(), was_heard: true, meanwhile }
    }

    /// Remembers something of an engine, and says what is remembered of another one.
    fn remembers(places: &Places, of: &Record, asked: &Record) -> bool {
        let mut memory = MemoryStore::open(places, Identity::of(of), Hold::Kept);
        memory.proved(&read(&Disk::default(), &Answers::default(), &Meanwhile::default())).expect("kept");
        MemoryStore::open(places, Identity::of(asked), Hold::Kept).instance().is_some()
    }

    /// N16: whatever the clock said when they were started, the engine that runs is remembered, and one that is
    /// gone takes nothing of it away.
    #[test]
    fn no_clock_says_which_engine_is_the_later_one() {
        let times = ["2026-01-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z", "not a time"];
        for (first, second) in times.iter().flat_map(|first| times.map(|second| (first, second))) {
            let (_folder, places) = places();
            let [old, new] = [record(Some("a"), first), record(Some("b"), second)];
            Records(&places).write(&old).expect("written");
            assert!(remembers(&places, &old, &old), "{first} {second}");
            Records(&places).write(&new).expect("written");
            assert!(
                MemoryStore::open(&places, Identity::of(&new), Hold::Kept).instance().is_none(),
                "nothing of the other"
            );
            assert!(remembers(&places, &new, &new), "{first} {second}");
            assert!(!remembers(&places, &old, &old), "a slow look at what is gone: {first} {second}");
            assert!(MemoryStore::open(&places, Identity::of(&new), Hold::Kept).instance().is_some(), "it stays");
        }
    }

    /// N16: what one process notes takes back nothing that another one has noted since the first one looked.
    #[test]
    fn what_others_noted_stays() {
        let (_folder, places) = places();
        let identity = || Identity::of(&record(Some("a"), ""));
        let open = || MemoryStore::open(&places, identity(), Hold::Kept);
        let (disk, answers) = (Disk::default(), Answers::default());
        let [mut first, mut second] = [open(), open()];
        first.proved(&read(&disk, &answers, &Meanwhile::default())).expect("kept");
        assert_eq!(second.detected_at(true, || "now".to_owned()).expect("kept").as_deref(), Some("now"));
        assert!(open().instance().is_some(), "the instance that was loaded");
        first.forget_instance().expect("kept");
        assert_eq!(second.detected_at(false, String::new).expect("kept"), None);
        assert!(open().instance().is_none(), "that it was forgotten");
    }

    /// K7: answers that differ in what the files declared are those of another instance.
    #[test]
    fn an_instance_that_nobody_saw_is_told_by_its_answers() {
        let (_folder, places) = places();
        let told = |config| Answers { config, ..Answers::default() };
        let disk = Disk { items: [item(Kind::Config, "username", "one")].into_iter().collect(), ..Disk::default() };
        let mut memory = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        let is_other = |memory: &MemoryStore, config| memory.memory().is_of_another(&told(config));
        assert!(is_other(&memory, json!({ "username": "one" })));
        memory.proved(&read(&disk, &told(json!({ "username": "one" })), &Meanwhile::default())).expect("kept");
        assert!(!is_other(&memory, json!({ "username": "one" })));
        assert!(!is_other(&memory, json!({ "username": "one", "by a plugin": 1 })));
        assert!(is_other(&memory, json!({ "username": "two" })));
        assert!(is_other(&memory, json!({})));
    }

    fn item(kind: Kind, name: &str, declared: &str) -> Item {
        Item {
            id: ItemId::new(kind, Scope::Project, name),
            kind,
            name: name.to_owned(),
            scope: Scope::Project,
            source: format!("/p/{name}"),
            place: Place::InstanceConfig,
            value: None,
            runs_before: None,
            declared: Fingerprint::of_json(&json!(declared)),
            code: Some(Fingerprint::of_json(&json!(declared))),
        }
    }

    /// N16: a look that took long takes back nothing of what another process has noted meanwhile: neither a reload's
    /// proof, nor what another look has heard.
    #[test]
    fn a_late_look_takes_nothing_back() {
        let disk = |name: &str| Disk {
            items: [item(Kind::Config, "username", name)].into_iter().collect(),
            ..Disk::default()
        };
        let told = |name: &str| Answers { config: json!({ "username": name }), ..Answers::default() };
        let meanwhile = Meanwhile::default();
        let note = |memory: &mut MemoryStore, than: &Memory, name: &str, failed: bool| {
            let plugin = ItemId::new(Kind::Plugin, Scope::Project, "p");
            let failures = failed.then(|| (plugin, Notice::from("no"))).into_iter().collect();
            memory.noticed(than, &Read { failures, ..read(&disk(name), &told(name), &meanwhile) }).expect("kept");
        };
        for is_first in [true, false] {
            let (_folder, places) = places();
            let open = || MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
            if !is_first {
                open().proved(&read(&disk("old"), &told("old"), &meanwhile)).expect("kept");
            }
            let before = open().memory().clone();
            let mut late = open();
            match is_first {
                true => note(&mut open(), &before, "new", true),
                false => open().proved(&read(&disk("new"), &told("new"), &meanwhile)).expect("kept"),
            }
            let noted = open().memory().clone();
            note(&mut late, &before, "odd", false);
            assert_eq!(open().memory(), &noted, "{is_first}");
            assert_eq!(late.memory(), &noted, "{is_first}");
        }
    }

    /// K7: a plugin may change what the engine tells of the same instance. Then nothing counts as loaded that it did
    /// not tell, and nothing that stood for a secret is shown.
    #[test]
    fn what_is_not_told_is_remembered_when_answers_change() {
        let (_folder, places) = places();
        let mut memory = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        let of = |items: &[Item], written: &[Item]| Disk {
            items: items.iter().cloned().collect(),
            written: written.iter().map(|item| (item.id.clone(), json!("{env:WHO}"))).collect(),
            ..Disk::default()
        };
        let told = |name: &str| Answers {
            config: json!({ "username": name }),
            tools: Some(vec!["old".to_owned()]),
            ..Answers::default()
        };
        let [user, old, new] =
            [item(Kind::Config, "username", "one"), item(Kind::Tool, "old", "code"), item(Kind::Tool, "new", "code")];
        let meanwhile = Meanwhile::default();
        memory
            .proved(&read(&of(&[user.clone(), old.clone()], std::slice::from_ref(&user)), &told("one"), &meanwhile))
            .expect("kept");
        let before = memory.memory().clone();
        memory.noticed(&before, &read(&of(&[user.clone(), new.clone()], &[]), &told("two"), &meanwhile)).expect("kept");
        let instance = memory.instance().expect("remembered");
        assert!(instance.get(&old.id).is_some() && instance.get(&new.id).is_none());
        assert!(!memory.memory().modules.contains_key(&new.source), "{:?}", memory.memory().modules);
        assert!(memory.memory().hidden.contains(&user.id));
        assert!(!memory.memory().is_of_another(&told("two")));
    }

    /// N16: on a full disk what was noted is known here all the same.
    #[test]
    fn what_cannot_be_written_is_known_here() {
        let (_folder, places) = places();
        std::fs::create_dir_all(places.state.join(FILE)).expect("a folder in its place");
        let mut memory = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        let (disk, answers, meanwhile) = (Disk::default(), Answers::default(), Meanwhile::default());
        assert!(memory.proved(&read(&disk, &answers, &meanwhile)).is_err());
        assert_eq!(memory.detected_at(true, || "now".to_owned()).expect("known here").as_deref(), Some("now"));
        assert!(memory.instance().is_some());
        // It stays here, also when it could be written again: by then the file may be another one's.
        std::fs::remove_dir(places.state.join(FILE)).expect("removed");
        let mut other = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        other.detected_at(true, || "earlier".to_owned()).expect("kept");
        memory.forget_instance().expect("known here");
        let mut other = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        assert_eq!(other.detected_at(true, || "late".to_owned()).expect("kept").as_deref(), Some("earlier"));
    }

    /// N3: who failed before, in an instance that was dropped since, and was not heard now may have failed again; who is
    /// gone, or works by the engine's own word, has not. What one look has heard is added to what another has noted.
    #[test]
    fn a_failure_that_nobody_heard_again_is_remembered() {
        let plugin = item(Kind::Plugin, "p", "code");
        let (tool, gone) = (item(Kind::Tool, "t", "code"), item(Kind::Plugin, "gone", "code"));
        let disk = Disk { items: [plugin.clone(), tool.clone()].into_iter().collect(), ..Disk::default() };
        let failed = |items: &[&Item]| items.iter().map(|item| (item.id.clone(), Notice::from("no"))).collect();
        let meanwhile = Meanwhile::default();
        let with_tools =
            |tools: Option<&str>| Answers { tools: tools.map(|name| vec![name.to_owned()]), ..Answers::default() };
        for (tools, was_heard, expected) in [
            (None, true, failed(&[])),
            (None, false, failed(&[&plugin, &tool])),
            (Some("t"), false, failed(&[&plugin])),
        ] {
            let (_folder, places) = places();
            let open = || MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
            let answers = with_tools(tools);
            let read = |failures| Read { failures, was_heard, ..read(&disk, &answers, &meanwhile) };
            open().proved(&Read { was_heard: true, ..read(failed(&[&plugin, &tool, &gone])) }).expect("kept");
            open().forget_instance().expect("kept");
            let before = open().memory().clone();
            open().noticed(&before, &read(failed(&[]))).expect("kept");
            assert_eq!(open().memory().failures, expected, "{tools:?} {was_heard}");
            open().noticed(&before, &read(failed(&[&plugin]))).expect("kept");
            assert!(open().memory().failures.contains_key(&plugin.id), "{tools:?} {was_heard}");
        }
    }

    /// K7: an instance does not read the global configuration again: what its answers tell of other files says nothing
    /// of that.
    #[test]
    fn another_instance_has_the_same_global_configuration() {
        let (_folder, places) = places();
        let global = |text: &str| Item {
            id: ItemId::new(Kind::Config, Scope::Global, "model"),
            place: Place::GlobalConfig,
            ..item(Kind::Config, "model", text)
        };
        let disk = |name: &str, model: &str| Disk {
            items: [item(Kind::Config, "username", name), global(model)].into_iter().collect(),
            ..Disk::default()
        };
        let told = |name: &str| Answers { config: json!({ "username": name }), ..Answers::default() };
        let meanwhile = Meanwhile::default();
        let mut memory = MemoryStore::open(&places, Identity::of(&record(Some("a"), "")), Hold::Kept);
        memory.proved(&read(&disk("one", "a"), &told("one"), &meanwhile)).expect("kept");
        let before = memory.memory().clone();
        memory.noticed(&before, &read(&disk("two", "b"), &told("two"), &meanwhile)).expect("kept");
        let instance = memory.instance().expect("remembered");
        let declared = |item: &Item| instance.get(&item.id).map(|item| item.declared.clone());
        assert_eq!(declared(&global("")), Some(global("a").declared));
        assert_eq!(declared(&item(Kind::Config, "username", "")), Some(item(Kind::Config, "username", "two").declared));
    }

    /// N16: what was kept before starts had marks is still that of the same engine.
    #[test]
    fn what_was_kept_without_a_mark_is_known() {
        let (_folder, places) = places();
        let at = "2026-01-01T00:00:00.000Z";
        assert!(remembers(&places, &record(None, at), &record(Some("a"), at)));
        assert_ne!(Identity::of(&record(None, at)), Identity::of(&record(Some("a"), "2026-01-02T00:00:00.000Z")));
        assert_ne!(Identity::of(&record(Some("b"), at)), Identity::of(&record(Some("a"), at)));
    }
}
