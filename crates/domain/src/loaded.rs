//! The loaded side: what the running engine has, from its own answers.
//!
//! Invariant: what the engine can tell is taken from its answers; memory stands in only for what
//! it cannot tell (the code behind a plugin, values it rewrites), and where neither knows, nothing
//! is claimed: the item counts as loaded. Source: `docs/engine.md`, "Asking and reading".

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Action, Aspect, ChangeKind, Fingerprint, Item, ItemId, Kind, Profile, Scope, Snapshot, effective};

mod configuration;
mod order;
mod plugins;
mod skills;

pub use configuration::{Otherwise, shown_value, value_of};
pub use order::{AgentAnswer, PermissionRule};
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
    pub passed_over: BTreeMap<ItemId, String>,
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
    pub fn failure(&self) -> Option<String> {
        match self.status.as_str() {
            "failed" => Some(self.error.clone().unwrap_or_else(|| "it could not be started or reached".to_owned())),
            "needs_auth" => Some("it wants you to sign in: opencode mcp auth".to_owned()),
            "needs_client_registration" => Some("it wants a client id: set oauth.clientId in its entry".to_owned()),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub const ALL: [Self; 5] = [Self::Agents, Self::Commands, Self::Servers, Self::Tools, Self::Providers];
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
        let open = Question::ALL.into_iter().filter(|question| !is_heard(question));
        open.filter(|question| !self.refused.contains(question)).collect()
    }

    /// Takes in what was heard later; what was heard before stays as it was.
    pub fn hear(&mut self, later: Self) {
        if self.agents.is_none() && later.agents.is_some() {
            self.agents = later.agents;
            self.put_in_order();
        }
        self.commands = self.commands.or(later.commands);
        self.mcp = self.mcp.take().or(later.mcp);
        self.tools = self.tools.take().or(later.tools);
        self.providers = self.providers.or(later.providers);
        self.refused.extend(later.refused);
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
    pub fn server_failure(&self, server: &str) -> Option<String> {
        match self.mcp.as_ref()?.get(server) {
            Some(answer) => answer.failure(),
            None if self.is_turned_off(server) => None,
            None => {
                Some("OpenCode makes no server of this entry: something in it is missing or of the wrong kind".into())
            }
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
    /// What the present instance tells otherwise than the files said when it was created.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// The items that failed when the present instance loaded them, with the engine's message.
    #[serde(default)]
    pub failures: BTreeMap<ItemId, String>,
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
    fn add(&mut self, item: impl Into<Arc<Item>>, evidence: Evidence) {
        let item = item.into();
        self.evidence.insert(item.id.clone(), evidence);
        self.items.insert(item);
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
pub fn would_be_lost(disk: &Disk, memory: &Memory, profile: &Profile) -> Vec<String> {
    let is_lost = |item: &&Item| {
        let is_text = matches!(item.kind, Kind::Skill | Kind::Agent | Kind::Command);
        let once = profile.rule(item.kind, item.place, Aspect::Code, ChangeKind::Changed).action == Action::Restart;
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
