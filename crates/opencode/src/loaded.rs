//! The loaded side: what the running engine has, from its own answers.
//!
//! Invariant: what the engine can tell is taken from its answers; memory stands in only for what
//! it cannot tell (the code behind a plugin, values it rewrites), and where neither knows, nothing
//! is claimed: the item counts as loaded. Source: `docs/engine.md`, "Asking and reading".

use std::collections::{BTreeMap, BTreeSet};

use rekindle_domain::{
    Action, Answers, Aspect, ChangeKind, Fingerprint, Habits, Item, ItemId, Kind, Loaded, Notice, Scope, Snapshot,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effective;

mod configuration;
mod order;
mod plugins;
mod skills;

pub use configuration::{Otherwise, is_declared, shown_value, told_of, value_of};
pub use order::{hear, put_in_order};
pub use plugins::plugin_fingerprint;

/// What a fresh engine would load, as read from the files.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// The items.
    pub items: Snapshot,
    /// What each plugin item is called in the engine's `GET /config`: a package spec, or
    /// `file://` and the absolute path, not percent-encoded.
    pub plugin_specs: BTreeMap<ItemId, String>,
    /// The plugins that are declared, in the order in which the engine would run them; those of folders come behind them.
    pub plugin_order: Vec<ItemId>,
    /// The plugins that the engine lists and never runs, with why.
    pub passed_over: BTreeMap<ItemId, Notice>,
    /// The values of the items that configuration and Markdown files declare.
    pub values: BTreeMap<ItemId, Value>,
    /// The items in whose value a variable of the environment stands. The engine's environment may
    /// be another than ours.
    pub from_environment: BTreeSet<ItemId>,
    /// The values as they stand in the files, of the items in whose value a variable of any kind
    /// stands: what the engine has in its place may be a secret.
    pub written: BTreeMap<ItemId, Value>,
    /// The global configuration, as a fresh engine would answer to `GET /global/config`.
    pub global: Value,
    /// What is read over it with each instance, the strongest last.
    pub layers: Vec<Value>,
    /// The paths of configuration files that the engine would not load.
    pub broken: BTreeSet<String>,
    /// The files and folders that were not, or not wholly, looked at: nothing is claimed of what may be in
    /// them.
    pub unseen: BTreeSet<String>,
    /// The folders in which skills are looked for, absolute, with the scope of what is in them.
    pub skill_folders: Vec<(String, Scope)>,
    /// The files that the engine names for its skills and that are no longer there.
    pub gone_files: BTreeSet<String>,
    /// The folders in which plugin files are looked for, likewise.
    pub plugin_folders: Vec<(String, Scope)>,
    /// What each of the other files would say that declare a name which the engine takes from one of them by chance: in which
    /// of the layers, and what would stand there.
    pub contested: BTreeMap<(Kind, String), Vec<(usize, Value)>>,
    /// All fingerprints of skills whose name more than one folder claims. The engine picks one of
    /// them by chance each time.
    pub contested_skills: BTreeMap<String, Vec<Fingerprint>>,
}

impl Disk {
    /// True when what is in a file is not known at this moment.
    pub fn is_unread(&self, source: &str) -> bool {
        let mut above = std::path::Path::new(source).ancestors().filter_map(std::path::Path::to_str);
        self.broken.contains(source) || above.any(|path| self.unseen.contains(path))
    }
}

/// What was seen when the engine loaded things, for what it cannot tell later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// For each plugin or tool that this engine process has loaded: its code's fingerprint then, by
    /// the path of its file or the spec of its package. It stays when the plugin is removed, because
    /// the engine keeps the module.
    pub modules: BTreeMap<String, Fingerprint>,
    /// The texts that this engine process had to mend in order to read them. It does so only the
    /// first time: read again, they are taken for something else.
    #[serde(default)]
    pub mended: BTreeSet<Fingerprint>,
    /// The items in whose value a variable stood when the present instance was created: what the
    /// engine has of them is not shown.
    #[serde(default)]
    pub hidden: BTreeSet<ItemId>,
    /// The items as they were loaded by the present instance. `None`: nobody watched.
    pub instance: Option<Snapshot>,
    /// What that instance told of all that they declare (see [`told_of`]); `None`: remembered by an earlier version.
    #[serde(default)]
    pub told: Option<Fingerprint>,
    /// What the present instance tells otherwise than the files said when it was created.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// The items that failed when the present instance loaded them, with the engine's message.
    #[serde(default)]
    pub failures: BTreeMap<ItemId, Notice>,
}

impl Memory {
    /// True when nothing is remembered of the instance whose answers these are: nobody watched it come, or another one
    /// took the place of the one that is remembered.
    pub fn is_of_another(&self, answers: &Answers) -> bool {
        let Some(items) = &self.instance else { return true };
        self.told.as_ref().is_some_and(|told| *told != told_of(items, &answers.config))
    }
}

/// What the engine has loaded, according to its answers and to what is remembered.
pub fn loaded(disk: &Disk, answers: &Answers, memory: &Memory) -> Loaded {
    let mut loaded = Loaded::default();
    plugins::add(disk, answers, memory, &mut loaded);
    plugins::add_tools(disk, answers, memory, &mut loaded);
    skills::add(disk, answers, memory, &mut loaded);
    configuration::add(disk, answers, memory, &mut loaded);
    loaded
}

/// The names of what the engine has and a dispose would lose: it would read the texts a second time.
pub fn would_be_lost(disk: &Disk, memory: &Memory, habits: &impl Habits) -> Vec<String> {
    let is_lost = |item: &&Item| {
        let is_text = matches!(item.kind, Kind::Skill | Kind::Agent | Kind::Command);
        let once = habits.rule(item.kind, item.place, Aspect::Code, ChangeKind::Changed).action == Action::Restart;
        is_text && once && item.code.as_ref().is_some_and(|text| memory.mended.contains(text))
    };
    disk.items.iter().filter(is_lost).map(|item| item.name.clone()).collect()
}

/// An item whose text the engine has read before, and cannot read again.
fn spent(item: &Item, memory: &Memory) -> Option<Item> {
    let is_spent = item.code.as_ref().is_some_and(|text| memory.mended.contains(text));
    let spent = || Fingerprint::of_parts(&["read before", item.id.as_str()]);
    is_spent.then(|| Item { code: Some(spent()), declared: spent(), ..item.clone() })
}

fn remembered<'a>(memory: &'a Memory, id: &ItemId) -> Option<&'a Item> {
    memory.instance.as_ref()?.get(id)
}

#[cfg(test)]
mod tests;
