//! What the engine loads, as items with an identity, and a snapshot of all of them.
//!
//! Invariant: an [`ItemId`] names one item for its whole life, in the window, on the command line
//! and in the files under the state folder; it never depends on an item's content.

use std::{cmp::Ordering, collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::Fingerprint;

/// The kinds of things that the engine loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An npm package, a file or a git URL whose code runs in the engine.
    Plugin,
    /// A folder with a `SKILL.md`.
    Skill,
    /// A server of the Model Context Protocol.
    Mcp,
    /// An agent.
    Agent,
    /// A slash command.
    Command,
    /// A custom tool.
    Tool,
    /// A top-level key of the configuration that is not one of the other kinds.
    Config,
    /// The `instructions` list of the configuration.
    Instructions,
}

impl Kind {
    /// The word used in ids and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Skill => "skill",
            Self::Mcp => "mcp",
            Self::Agent => "agent",
            Self::Command => "command",
            Self::Tool => "tool",
            Self::Config => "config",
            Self::Instructions => "instructions",
        }
    }
}

/// Whom an item is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One directory.
    Project,
    /// Every directory of this user.
    Global,
}

impl Scope {
    /// The word used in ids and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Global => "global",
        }
    }
}

/// Where an agent can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentMode {
    /// A person talks to it.
    Primary,
    /// Other agents call it, or a person by its name.
    Subagent,
    /// Both.
    #[default]
    All,
}

impl AgentMode {
    /// The engine's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Subagent => "subagent",
            Self::All => "all",
        }
    }
}

/// Where an item is declared, as far as it matters for what makes a change live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A configuration file that the engine reads whenever it creates an instance.
    InstanceConfig,
    /// A configuration file that the engine reads once in its life (`~/.config/opencode`).
    GlobalConfig,
    /// A folder that the engine scans whenever it creates an instance.
    Folder,
}

/// `kind:scope:name`, for example `plugin:project:opencode-wakatime`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(Arc<str>);

impl ItemId {
    /// The id of the item with this kind, scope and name.
    pub fn new(kind: Kind, scope: Scope, name: &str) -> Self {
        Self(format!("{}:{}:{name}", kind.word(), scope.word()).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the id of an item of this kind.
    pub fn is_of(&self, kind: Kind) -> bool {
        self.0.split(':').next() == Some(kind.word())
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that the engine loads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its identity.
    pub id: ItemId,
    /// Its kind.
    pub kind: Kind,
    /// Its name, as the engine knows it.
    pub name: String,
    /// Whom it is for.
    pub scope: Scope,
    /// The absolute path of the file that declares or holds it.
    pub source: String,
    /// What kind of place `source` is.
    pub place: Place,
    /// What a person reads as its value: a plugin's spec, a key's value. Secrets are masked.
    pub value: Option<String>,
    /// The name of the plugin before which the engine runs this one, although the files put this one after that one.
    pub runs_before: Option<String>,
    /// A fingerprint of what the engine reads anew with each instance.
    pub declared: Fingerprint,
    /// A fingerprint of what the engine reads once in its life: the code of a plugin or tool, or a
    /// text whose front matter it has to mend. `None`: there is nothing like that.
    pub code: Option<Fingerprint>,
}

/// All items at a moment, by id. Snapshots of different moments share what did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot(BTreeMap<ItemId, Arc<Item>>);

impl Snapshot {
    /// Adds an item; one with the same id is replaced.
    pub fn insert(&mut self, item: impl Into<Arc<Item>>) {
        let item = item.into();
        self.0.insert(item.id.clone(), item);
    }

    /// The item with this id.
    pub fn get(&self, id: &ItemId) -> Option<&Item> {
        self.0.get(id).map(AsRef::as_ref)
    }

    /// The items in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.values().map(AsRef::as_ref)
    }

    /// The same, for putting them into another snapshot.
    pub fn shared(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.0.values()
    }

    /// Every item of either, beside the one with the same id in the other, in the order of the ids.
    pub fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (Option<&'a Item>, Option<&'a Item>)> {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        std::iter::from_fn(move || {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.id.cmp(&b.id),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return None,
            };
            let a = if order.is_le() { left.next() } else { None };
            Some((a, if order.is_ge() { right.next() } else { None }))
        })
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<I: Into<Arc<Item>>> FromIterator<I> for Snapshot {
    fn from_iter<T: IntoIterator<Item = I>>(items: T) -> Self {
        let items = items.into_iter().map(Into::into);
        Self(items.map(|item: Arc<Item>| (item.id.clone(), item)).collect())
    }
}

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginOrigin {
    /// The npm registry.
    Npm,
    /// A path or a `file:` URL in a configuration file.
    File,
    /// A git URL.
    Git,
    /// A file that the engine found in a plugins folder.
    Found,
}
