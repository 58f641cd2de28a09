//! What a reload did, item by item, and how it was proved.
//!
//! Invariant: `proved` means that the engine itself showed every item; the result is derived from
//! the items and from nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Action, Answers, Change, ChangeKind, Drift, Evidence, ItemId, Kind, Leftover, Loaded, McpAnswer};

/// What the engine shows of an item after a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// The engine has it as it is on disk.
    Active,
    /// The engine no longer has it.
    Removed,
    /// The engine tried and could not.
    Failed,
    /// Only a restart of the engine's process would help.
    NeedsRestart,
    /// The engine does not show it.
    Unknown,
}

/// One item of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptItem {
    /// Which item.
    pub id: ItemId,
    /// Its name, for people.
    pub name: String,
    /// What was to become live.
    pub change: ChangeKind,
    /// What the engine shows now.
    pub state: ItemState,
    /// The engine's own message, or how it was proved.
    pub detail: Option<String>,
}

/// How long one step took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// The step's name.
    pub name: String,
    /// Its duration in milliseconds.
    pub ms: u64,
}

/// How many of each kind the engine reports. `errors` counts the items that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries of `plugin` in `GET /config`.
    pub plugins: usize,
    /// Entries of `GET /skill`.
    pub skills: usize,
    /// Entries of `GET /agent`.
    pub agents: usize,
    /// Entries of `GET /command`; 0 while servers connect, because it waits for them.
    pub commands: usize,
    /// Entries of `GET /mcp`; likewise.
    pub mcp: usize,
    /// Entries of `GET /experimental/tool/ids`.
    pub tools: usize,
    /// Entries of `GET /config/providers`.
    pub providers: usize,
    /// Items that failed to load.
    pub errors: usize,
}

impl Counts {
    /// The counts of what the engine answered.
    pub fn of(answers: &Answers, errors: usize) -> Self {
        Self {
            plugins: answers.plugins.len(),
            skills: answers.skills.len(),
            agents: answers.agents,
            commands: answers.commands.unwrap_or_default(),
            mcp: answers.mcp.as_ref().map_or(0, BTreeMap::len),
            tools: answers.tools.as_ref().map_or(0, Vec::len),
            providers: answers.providers,
            errors,
        }
    }
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptResult {
    /// The engine shows every item.
    Proved,
    /// It is done, and some item is not proved.
    Partial,
    /// It did not get to the end.
    Failed,
    /// Nothing was touched.
    Refused,
}

/// Why there was a reload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A person clicked.
    #[default]
    Window,
    /// The command line.
    Command,
    /// The person wants it to happen by itself.
    Automatic,
    /// It was cut off, and finished or judged by whoever came after.
    CutOff,
}

/// A session that was interrupted and told to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The session's id.
    pub session: String,
    /// Its title, for people.
    pub title: String,
    /// Why it did not go on; `None`: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a reload did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The version of this shape: 1.
    pub version: u32,
    /// The reload's id.
    pub id: String,
    /// When it began (RFC 3339, UTC).
    pub at: String,
    /// Why.
    #[serde(default)]
    pub cause: Cause,
    /// How it ended.
    pub result: ReceiptResult,
    /// What was done to the engine.
    pub action: Action,
    /// How long it took in milliseconds.
    #[serde(rename = "durationMs")]
    pub duration_ms: u64,
    /// Its steps.
    pub steps: Vec<StepTime>,
    /// The changes, proved or not.
    pub items: Vec<ReceiptItem>,
    /// What the engine reports afterwards.
    pub counts: Counts,
    /// What is on disk and still not in the engine.
    #[serde(rename = "stillPending")]
    pub still_pending: Drift,
    /// Processes of what was dropped that are still there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphans: Vec<Leftover>,
    /// The interrupted sessions that were told to go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumed>,
    /// True when it failed and the last good files were put back by themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
    /// What went wrong, when the result is `failed` or `refused`; what else is to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ReceiptItem {
    /// What is said of an item that the engine read and does not have.
    pub const NOT_SHOWN: &str = "the engine does not show it";

    /// Judges each change of a plan by what the engine shows afterwards. `failures` are the
    /// engine's own messages by item.
    pub fn judge(
        planned: &[Change],
        still: &[Change],
        loaded: &Loaded,
        failures: &BTreeMap<ItemId, String>,
    ) -> Vec<Self> {
        let still: HashMap<_, _> = still.iter().map(|left| (&left.id, left)).collect();
        planned
            .iter()
            .map(|change| {
                // The same item may have changed once more since the snapshot. Then it is pending
                // again; whether this change of it became live can no longer be asked.
                let left = still.get(&change.id);
                let (state, detail) = match (failures.get(&change.id), left) {
                    (Some(message), _) => (ItemState::Failed, Some(message.clone())),
                    (None, Some(left)) if left.signature != change.signature && left.after != change.after => {
                        (ItemState::Unknown, Some("it changed again during the reload and is pending".to_owned()))
                    }
                    (None, Some(left)) if left.action == Action::Restart => {
                        (ItemState::NeedsRestart, Some(left.why.clone()))
                    }
                    (None, Some(_)) => (ItemState::Failed, Some(Self::NOT_SHOWN.to_owned())),
                    (None, None) if change.change == ChangeKind::Removed => (ItemState::Removed, None),
                    (None, None) if loaded.evidence.get(&change.id) == Some(&Evidence::Remembered) => (
                        ItemState::Unknown,
                        Some("the engine read the file anew and does not report this value".to_owned()),
                    ),
                    (None, None) => (ItemState::Active, None),
                };
                Self { id: change.id.clone(), name: change.name.clone(), change: change.change, state, detail }
            })
            .collect()
    }
}

/// What is told of a server that has not said yes or no in time.
const CONNECTING: &str = "it is still connecting";
/// What is told of a plugin when nobody heard whether it failed.
const UNHEARD: &str = "the engine lists it, and what it says of plugins that fail was lost";

impl ReceiptItem {
    /// Doubts the plugins that are listed: the engine lists those that failed, too, and says that they did
    /// only by an event or in its log, which nobody heard. True when there is such a plugin.
    pub fn doubt_plugins(items: &mut [Self], planned: &[Change]) -> bool {
        let doubted = Self::active(items, planned, Kind::Plugin)
            .map(|item| (item.state, item.detail) = (ItemState::Unknown, Some(UNHEARD.to_owned())));
        doubted.count() > 0
    }

    /// Judges what is active by what became of its server, too. `servers`: what the engine says of
    /// them; `None`: not all of them have connected or failed yet.
    pub fn judge_servers(items: &mut [Self], planned: &[Change], servers: Option<&BTreeMap<String, McpAnswer>>) {
        for item in Self::active(items, planned, Kind::Mcp) {
            let Some(servers) = servers else {
                (item.state, item.detail) = (ItemState::Unknown, Some(CONNECTING.to_owned()));
                continue;
            };
            // An entry without a type is no server, and is not listed.
            let Some(server) = servers.get(&item.name) else { continue };
            if let Some(failure) = server.failure() {
                (item.state, item.detail) = (ItemState::Failed, Some(failure));
            } else if server.status != "connected" {
                item.detail = Some(server.status.clone());
            }
        }
    }

    fn active<'a>(items: &'a mut [Self], planned: &'a [Change], kind: Kind) -> impl Iterator<Item = &'a mut Self> {
        let of_kind = planned.iter().filter(|change| change.kind == kind).map(|change| &change.id);
        let of_kind: HashSet<_> = of_kind.collect();
        items.iter_mut().filter(move |item| item.state == ItemState::Active && of_kind.contains(&item.id))
    }
}

impl ReceiptResult {
    /// Proved when every item is active or removed.
    pub fn of(items: &[ReceiptItem]) -> Self {
        if items.iter().all(|item| matches!(item.state, ItemState::Active | ItemState::Removed)) {
            Self::Proved
        } else {
            Self::Partial
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fingerprint, Kind, Reason, Scope};

    fn change(kind: ChangeKind, signature: u8, action: Action) -> Change {
        Change {
            id: ItemId::new(Kind::Plugin, Scope::Project, "a"),
            kind: Kind::Plugin,
            name: "a".to_owned(),
            change: kind,
            scope: Scope::Project,
            source: String::new(),
            action,
            why: "why".to_owned(),
            before: None,
            after: Some(signature.to_string()),
            reason: Reason::PluginConfigChanged,
            signature: Fingerprint::of_bytes(&[signature]),
        }
    }

    /// N3: each pending item is ticked, or named with the reason why not.
    #[test]
    fn items_are_judged_by_what_the_engine_shows() {
        let check = |planned: Change, still: Option<Change>, failed: bool, evidence, expected| {
            let failures = failed.then(|| (planned.id.clone(), "boom".to_owned())).into_iter().collect();
            let loaded = Loaded { evidence: [(planned.id.clone(), evidence)].into(), ..Loaded::default() };
            let still: Vec<_> = still.into_iter().collect();
            let items = ReceiptItem::judge(&[planned], &still, &loaded, &failures);
            assert_eq!(items[0].state, expected);
        };
        use ChangeKind::*;
        let told = Evidence::Told;
        check(change(Added, 1, Action::Dispose), None, false, told, ItemState::Active);
        check(change(Removed, 1, Action::Dispose), None, false, told, ItemState::Removed);
        check(change(Added, 1, Action::Dispose), None, true, told, ItemState::Failed);
        check(
            change(Added, 1, Action::Dispose),
            Some(change(Added, 1, Action::Dispose)),
            false,
            told,
            ItemState::Failed,
        );
        check(
            change(Changed, 1, Action::Restart),
            Some(change(Changed, 1, Action::Restart)),
            false,
            told,
            ItemState::NeedsRestart,
        );
        check(
            change(Added, 1, Action::Dispose),
            Some(change(Changed, 2, Action::Dispose)),
            false,
            told,
            ItemState::Unknown,
        );
        check(change(Added, 1, Action::Dispose), None, false, Evidence::Remembered, ItemState::Unknown);
    }

    /// N3, K2: a server is active when it is connected or turned off; else its own message says why not.
    #[test]
    fn servers_are_judged_by_what_became_of_them() {
        use ItemState::*;
        let answer = |status: &str, error: Option<&str>| McpAnswer {
            status: status.to_owned(),
            error: error.map(str::to_owned),
        };
        let check =
            |was: ItemState, kind: Kind, server: Option<Option<McpAnswer>>, expected: (ItemState, Option<&str>)| {
                let planned = Change { kind, ..change(ChangeKind::Added, 1, Action::Dispose) };
                let (id, name, change) = (planned.id.clone(), planned.name.clone(), planned.change);
                let mut items = [ReceiptItem { id, name, change, state: was, detail: None }];
                let servers = server.map(|server| server.into_iter().map(|server| ("a".to_owned(), server)).collect());
                ReceiptItem::judge_servers(&mut items, &[planned], servers.as_ref());
                assert_eq!((items[0].state, items[0].detail.as_deref()), expected);
            };
        let told = |status, error| Some(Some(answer(status, error)));
        let sign_in = "it wants you to sign in: opencode mcp auth";
        check(Active, Kind::Mcp, told("connected", None), (Active, None));
        check(Active, Kind::Mcp, told("disabled", None), (Active, Some("disabled")));
        check(Active, Kind::Mcp, told("failed", Some("Connection closed")), (Failed, Some("Connection closed")));
        check(Active, Kind::Mcp, told("failed", None), (Failed, Some("it could not be started or reached")));
        check(Active, Kind::Mcp, told("needs_auth", None), (Failed, Some(sign_in)));
        check(Active, Kind::Mcp, Some(None), (Active, None));
        check(Active, Kind::Mcp, None, (Unknown, Some("it is still connecting")));
        check(Failed, Kind::Mcp, told("connected", None), (Failed, None));
        check(NeedsRestart, Kind::Mcp, None, (NeedsRestart, None));
        check(Removed, Kind::Mcp, None, (Removed, None));
        check(Active, Kind::Plugin, None, (Active, None));
    }

    /// N3: what only an event would have told against is not active because it is listed.
    #[test]
    fn only_active_plugins_are_doubted() {
        use ItemState::*;
        let check = |was: ItemState, kind: Kind, expected: ItemState| {
            let planned = Change { kind, ..change(ChangeKind::Added, 1, Action::Dispose) };
            let (id, name, change) = (planned.id.clone(), planned.name.clone(), planned.change);
            let mut items = [ReceiptItem { id, name, change, state: was, detail: None }];
            assert_eq!(ReceiptItem::doubt_plugins(&mut items, &[planned]), was != expected);
            assert_eq!(items[0].state, expected);
        };
        check(Active, Kind::Plugin, Unknown);
        check(Failed, Kind::Plugin, Failed);
        check(Removed, Kind::Plugin, Removed);
        check(Active, Kind::Tool, Active);
    }
}
