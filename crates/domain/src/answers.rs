//! What the engine said when it was asked, and what of that it has loaded.
//!
//! Invariant: what was not heard is `None`, and neither yes nor no.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use strum::VariantArray;

use crate::{Fingerprint, Item, ItemId, Notice, ReloadNotice, Snapshot};

/// One skill as the engine reports it (`GET /skill`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillAnswer {
    /// The name from the front matter.
    pub name: String,
    /// The description from the front matter.
    #[serde(default)]
    pub description: Option<String>,
    /// The absolute path of the `SKILL.md`, or `<built-in>`.
    pub location: String,
    /// The body.
    #[serde(default)]
    pub content: String,
}

impl SkillAnswer {
    /// The fingerprint of what the engine has loaded of a skill.
    pub fn fingerprint(name: &str, description: Option<&str>, content: &str) -> Fingerprint {
        let content = content.trim();
        // Line ends are no change that a person made.
        if content.contains('\r') {
            let plain = content.replace("\r\n", "\n");
            return Fingerprint::of_parts(&[name, description.unwrap_or_default().trim(), &plain]);
        }
        Fingerprint::of_parts(&[name, description.unwrap_or_default().trim(), content])
    }
}

/// One MCP server as the engine reports it (`GET /mcp`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpAnswer {
    /// `connected`, `disabled`, `failed`, `needs_auth` and others.
    #[serde(default)]
    pub status: String,
    /// Why it failed, in the engine's words.
    #[serde(default)]
    pub error: Option<String>,
}

impl McpAnswer {
    /// Why the server is of no use now, if it is not.
    pub fn failure(&self) -> Option<Notice> {
        match self.status.as_str() {
            "failed" => Some(self.error.clone().map_or(ReloadNotice::ServerNotReached.into(), Notice::Verbatim)),
            "needs_auth" => Some(ReloadNotice::ServerNeedsAuth.into()),
            "needs_client_registration" => Some(ReloadNotice::ServerNeedsClientId.into()),
            _ => None,
        }
    }
}

/// What the engine answered when asked.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `plugin` of `GET /config`; `file:` URLs decoded.
    pub plugins: Vec<String>,
    /// The options of those plugins that have some, by spec.
    pub plugin_options: BTreeMap<String, Value>,
    /// `GET /config`: the merged configuration of the instance.
    pub config: Value,
    /// `GET /global/config`: the global configuration as it was when the engine read it.
    pub global_config: Value,
    /// `GET /skill`.
    pub skills: Vec<SkillAnswer>,
    /// `GET /agent`. Here and below, `None`: it was not heard.
    pub agents: Option<Vec<AgentAnswer>>,
    /// The agents (`None`: the whole configuration) of whose permission the engine does not show the order. `None`: it
    /// was not found out.
    pub unordered: Option<BTreeSet<Option<String>>>,
    /// How many commands `GET /command` lists. It waits for all servers, because they may add some.
    pub commands: Option<usize>,
    /// The servers of `GET /mcp`, by name. It waits until each has connected or failed.
    pub mcp: Option<BTreeMap<String, McpAnswer>>,
    /// `GET /experimental/tool/ids`. It is refused when one tool is broken.
    pub tools: Option<Vec<String>>,
    /// How many providers `GET /config/providers` lists.
    pub providers: Option<usize>,
    /// What was answered with an error: to ask once more says nothing new.
    pub refused: BTreeSet<Question>,
}

/// What the engine may be slow to answer while the rest is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Question {
    /// Which agents there are.
    Agents,
    /// Which commands.
    Commands,
    /// What became of the MCP servers.
    Servers,
    /// Which tools.
    Tools,
    /// Which providers.
    Providers,
}

impl Question {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;
}

impl Answers {
    /// What was asked and not heard; neither yes nor no is known of it.
    pub fn unheard(&self) -> Vec<Question> {
        let is_heard = |question: &Question| match question {
            Question::Agents => self.agents.is_some(),
            Question::Commands => self.commands.is_some(),
            Question::Servers => self.mcp.is_some(),
            Question::Tools => self.tools.is_some(),
            Question::Providers => self.providers.is_some(),
        };
        let open = Question::ALL.iter().copied().filter(|question| !is_heard(question));
        open.filter(|question| !self.refused.contains(question)).collect()
    }

    /// True when the engine refuses to list its tools, as it does when one of them is broken.
    pub fn has_broken_tools(&self) -> bool {
        self.refused.contains(&Question::Tools)
    }

    /// True when a server is turned off by its entry, as the engine has read it. It says so whether or not
    /// the others have connected.
    pub fn is_turned_off(&self, server: &str) -> bool {
        let entry = self.config.get("mcp").and_then(|servers| servers.get(server));
        entry.and_then(|entry| entry.get("enabled")).is_some_and(|enabled| enabled == false)
    }

    /// Why a server is of no use now, if it is not. An entry of which the engine makes no server is not among them; one
    /// that only turns a server off need not be there.
    pub fn server_failure(&self, server: &str) -> Option<Notice> {
        match self.mcp.as_ref()?.get(server) {
            Some(answer) => answer.failure(),
            None if self.is_turned_off(server) => None,
            None => Some(ReloadNotice::ServerNotStarted.into()),
        }
    }

    /// True when an agent is turned off by its entry, as the engine has read it: it lists it nowhere else.
    pub fn is_disabled(&self, agent: &str) -> bool {
        let entry = self.config.get("agent").and_then(|agents| agents.get(agent));
        entry.and_then(|entry| entry.get("disable")).is_some_and(|disable| disable == true)
    }

    /// The tools that the engine lists, for asking for many names.
    pub fn tool_names(&self) -> ToolNames<'_> {
        ToolNames(self.tools.iter().flatten().map(String::as_str).collect())
    }
}

/// The ids of tools.
pub struct ToolNames<'a>(BTreeSet<&'a str>);

impl ToolNames<'_> {
    /// True when one of them is a tool of the file with this name: the tool's id is the name, or the name and
    /// that of an export.
    pub fn has(&self, name: &str) -> bool {
        let start = format!("{name}_");
        self.0.contains(name) || self.0.range(start.as_str()..).next().is_some_and(|id| id.starts_with(&start))
    }
}

/// One agent as the engine reports it (`GET /agent`), as far as order goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AgentAnswer {
    /// Its name.
    pub name: String,
    /// What it may do: the last rule that fits decides.
    pub permission: Vec<PermissionRule>,
}

/// A rule of a permission. Engines have many of them; which one it is is all that has to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PermissionRule(u64);

impl PermissionRule {
    /// The rule for a permission, a pattern and what is done.
    pub fn new(permission: &str, pattern: &str, action: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (permission, pattern, action).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl<'de> Deserialize<'de> for PermissionRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told<'a> {
            #[serde(borrow)]
            permission: Cow<'a, str>,
            #[serde(borrow)]
            pattern: Cow<'a, str>,
            #[serde(borrow)]
            action: Cow<'a, str>,
        }
        let told = Told::deserialize(deserializer)?;
        Ok(Self::new(&told.permission, &told.pattern, &told.action))
    }
}

/// How we know that an item is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The engine says so.
    Told,
    /// It was on disk when the engine loaded everything, and the engine has no way to tell.
    Remembered,
}

/// The loaded side.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The items.
    pub items: Snapshot,
    /// How we know, by item.
    pub evidence: BTreeMap<ItemId, Evidence>,
}

impl Loaded {
    /// Adds an item, and how we know of it.
    pub fn add(&mut self, item: impl Into<Arc<Item>>, evidence: Evidence) {
        let item = item.into();
        self.evidence.insert(item.id.clone(), evidence);
        self.items.insert(item);
    }
}
