//! What a reload did, item by item, and how it was proved.
//!
//! Invariant: `proved` means that the engine itself showed every item; the result is derived from
//! the items and from nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{
    Action, Answers, Change, ChangeKind, Evidence, ItemId, Kind, Leftover, Loaded, Notice, Question, ReloadNotice,
};

mod bounded;
mod heard;
mod past;

pub use bounded::LeftOut;
pub use past::{Past, Tally};

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
    /// Why it is so: in the engine's own words, or in ours.
    pub detail: Option<Notice>,
    /// True while the engine has said neither yes nor no. It is asked again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unheard: bool,
}

/// How long one step took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// The step's name.
    pub name: String,
    /// Its duration in milliseconds.
    pub ms: u64,
}

/// How many of each kind the engine reports. `None`: it was not heard, which is not none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Entries of `plugin` in `GET /config`.
    pub plugins: Option<usize>,
    /// Entries of `GET /skill`.
    pub skills: Option<usize>,
    /// Entries of `GET /agent`.
    pub agents: Option<usize>,
    /// Entries of `GET /command`, which waits for the servers.
    pub commands: Option<usize>,
    /// Entries of `GET /mcp`; likewise.
    pub mcp: Option<usize>,
    /// Entries of `GET /experimental/tool/ids`.
    pub tools: Option<usize>,
    /// Entries of `GET /config/providers`.
    pub providers: Option<usize>,
    /// Items that failed to load.
    pub errors: Option<usize>,
}

impl Counts {
    /// The counts of what the engine answered.
    pub fn of(answers: &Answers, errors: usize) -> Self {
        Self {
            plugins: Some(answers.plugins.len()),
            skills: Some(answers.skills.len()),
            agents: answers.agents.as_ref().map(Vec::len),
            commands: answers.commands,
            mcp: answers.mcp.as_ref().map(BTreeMap::len),
            tools: answers.tools.as_ref().map(Vec::len),
            providers: answers.providers,
            errors: Some(errors),
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
    pub error: Option<Notice>,
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
    /// The packages that the engine had to install for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installs: Vec<String>,
    /// When the last of what had not been heard at its end was heard (RFC 3339, UTC).
    #[serde(default, rename = "settledAt", skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
    /// What is on disk and still not in the engine.
    #[serde(rename = "stillPending")]
    pub still_pending: Vec<Change>,
    /// How much of it was not kept.
    #[serde(default, rename = "leftOut", skip_serializing_if = "LeftOut::is_nothing")]
    pub left_out: LeftOut,
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
    pub message: Option<Notice>,
}

impl ReceiptItem {
    /// Judges each change of a plan by what the engine shows afterwards.
    pub fn judge(planned: &[Change], after: &After<'_>) -> Vec<Self> {
        let mut items = Self::compare(planned, after.still, after.loaded, after.failures);
        Self::judge_servers(&mut items, planned, after.answers);
        Self::await_tools(&mut items, planned, after.answers);
        Self::doubt_passed_over(&mut items, after.passed_over);
        items
    }

    fn compare(
        planned: &[Change],
        still: &[Change],
        loaded: &Loaded,
        failures: &BTreeMap<ItemId, Notice>,
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
                        (ItemState::Unknown, Some(ReloadNotice::ChangedAgain.into()))
                    }
                    (None, Some(left)) if left.action == Action::Restart => {
                        (ItemState::NeedsRestart, Some(left.why.clone()))
                    }
                    (None, Some(_)) => (ItemState::Failed, Some(ReloadNotice::NotShown.into())),
                    (None, None) if change.change == ChangeKind::Removed => (ItemState::Removed, None),
                    (None, None) if loaded.evidence.get(&change.id) == Some(&Evidence::Remembered) => {
                        (ItemState::Unknown, Some(ReloadNotice::NotReported.into()))
                    }
                    (None, None) => (ItemState::Active, None),
                };
                let (id, name) = (change.id.clone(), change.name.clone());
                Self { id, name, change: change.change, state, detail, unheard: false }
            })
            .collect()
    }

    /// True when the engine shows the item as it is on disk.
    pub fn is_proved(&self) -> bool {
        matches!(self.state, ItemState::Active | ItemState::Removed)
    }
}

/// What the engine shows after a reload.
#[derive(Clone, Copy, Debug)]
pub struct After<'a> {
    /// What still differs from the files that were to become live.
    pub still: &'a [Change],
    /// What it has loaded.
    pub loaded: &'a Loaded,
    /// Its own messages, by item.
    pub failures: &'a BTreeMap<ItemId, Notice>,
    /// All that it said.
    pub answers: &'a Answers,
    /// The plugins that it lists and never runs, with why.
    pub passed_over: &'a BTreeMap<ItemId, Notice>,
}

impl ReceiptItem {
    /// Doubts the plugins that are listed: the engine lists those that failed, too, and says that they did
    /// only by an event or in its log, which nobody heard. True when there is such a plugin.
    pub fn doubt_plugins(items: &mut [Self], planned: &[Change]) -> bool {
        let doubted = Self::active(items, planned, Kind::Plugin)
            .map(|item| (item.state, item.detail) = (ItemState::Unknown, Some(ReloadNotice::PluginUnheard.into())));
        doubted.count() > 0
    }

    /// Doubts the plugins that are listed and never run: what the engine passes over it does not say. `why`: by plugin.
    fn doubt_passed_over(items: &mut [Self], why: &BTreeMap<ItemId, Notice>) {
        for item in items.iter_mut().filter(|item| item.state == ItemState::Active) {
            if let Some(why) = why.get(&item.id) {
                (item.state, item.detail) = (ItemState::Unknown, Some(why.clone()));
            }
        }
    }

    /// Judges what is active by what became of its server, too, and says of agents that they are turned off.
    fn judge_servers(items: &mut [Self], planned: &[Change], answers: &Answers) {
        for item in Self::active(items, planned, Kind::Mcp) {
            item.judge_server(answers);
        }
        for item in Self::active(items, planned, Kind::Agent).filter(|item| answers.is_disabled(&item.name)) {
            item.detail = Some(ReloadNotice::TurnedOff.into());
        }
    }

    fn judge_server(&mut self, answers: &Answers) {
        let turned_off = || Some(ReloadNotice::TurnedOff.into());
        let Some(servers) = &answers.mcp else {
            if answers.is_turned_off(&self.name) {
                self.detail = turned_off();
            } else if answers.refused.contains(&Question::Servers) {
                (self.state, self.detail) = (ItemState::Unknown, Some(ReloadNotice::NoServers.into()));
            } else {
                (self.state, self.detail, self.unheard) =
                    (ItemState::Unknown, Some(ReloadNotice::Connecting.into()), true);
            }
            return;
        };
        let status = servers.get(&self.name).map(|server| server.status.as_str());
        if let Some(failure) = answers.server_failure(&self.name) {
            (self.state, self.detail) = (ItemState::Failed, Some(failure));
        } else {
            match status {
                Some("connected") => {}
                Some("disabled") | None => self.detail = turned_off(),
                Some(other) => self.detail = Some(other.into()),
            }
        }
    }

    /// Says of the tools that nothing is known of them while the engine has not listed its own, and of those that it does not
    /// list that no tool comes of them: it lists none before it has read the files of all.
    fn await_tools(items: &mut [Self], planned: &[Change], answers: &Answers) {
        let tools = planned.iter().filter(|change| change.kind == Kind::Tool);
        let tools: HashSet<_> = tools.map(|change| &change.id).collect();
        let mut items = items.iter_mut().filter(|item| tools.contains(&item.id));
        if answers.has_broken_tools() {
            return;
        }
        if answers.tools.is_some() {
            let listed = answers.tool_names();
            for item in items.filter(|item| matches!(item.state, ItemState::Active | ItemState::Unknown)) {
                if !listed.has(&item.name) {
                    (item.state, item.detail) = (ItemState::Active, Some(ReloadNotice::NoTool.into()));
                }
            }
            return;
        }
        for item in items.by_ref() {
            if matches!(item.state, ItemState::Active | ItemState::Unknown) {
                (item.state, item.detail, item.unheard) =
                    (ItemState::Unknown, Some(ReloadNotice::ToolsNotListed.into()), true);
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
        if items.iter().all(ReceiptItem::is_proved) { Self::Proved } else { Self::Partial }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Fingerprint, Kind, McpAnswer, Reason, Scope};

    fn change(kind: ChangeKind, signature: u8, action: Action) -> Change {
        Change {
            id: ItemId::new(Kind::Plugin, Scope::Project, "a"),
            kind: Kind::Plugin,
            name: "a".to_owned(),
            change: kind,
            scope: Scope::Project,
            source: String::new(),
            action,
            why: "why".into(),
            before: None,
            after: Some(signature.to_string()),
            runs_before: None,
            reason: Reason::PluginConfigChanged,
            signature: Fingerprint::of_bytes(&[signature]),
        }
    }

    fn item(of: &Change, state: ItemState) -> ReceiptItem {
        let (id, name) = (of.id.clone(), of.name.clone());
        ReceiptItem { id, name, change: of.change, state, detail: None, unheard: false }
    }

    /// N3: each pending item is ticked, or named with the reason why not.
    #[test]
    fn items_are_judged_by_what_the_engine_shows() {
        let check = |planned: Change, still: Option<Change>, failed: bool, evidence, expected| {
            let failures = failed.then(|| (planned.id.clone(), "boom".into())).into_iter().collect();
            let loaded = Loaded { evidence: [(planned.id.clone(), evidence)].into(), ..Loaded::default() };
            let still: Vec<_> = still.into_iter().collect();
            let items = ReceiptItem::compare(&[planned], &still, &loaded, &failures);
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
            |was: ItemState, kind: Kind, server: Option<Option<McpAnswer>>, expected: (ItemState, Option<Notice>)| {
                let planned = Change { kind, ..change(ChangeKind::Added, 1, Action::Dispose) };
                let mut items = [item(&planned, was)];
                let servers = server.map(|server| server.into_iter().map(|server| ("a".to_owned(), server)).collect());
                ReceiptItem::judge_servers(&mut items, &[planned], &Answers { mcp: servers, ..Answers::default() });
                assert_eq!((items[0].state, items[0].detail.clone()), expected);
                assert_eq!(items[0].unheard, items[0].detail == Some(ReloadNotice::Connecting.into()));
            };
        let told = |status, error| Some(Some(answer(status, error)));
        let of = |notice: ReloadNotice| Some(notice.into());
        check(Active, Kind::Mcp, told("connected", None), (Active, None));
        check(Active, Kind::Mcp, told("disabled", None), (Active, of(ReloadNotice::TurnedOff)));
        check(Active, Kind::Mcp, told("failed", Some("Connection closed")), (Failed, Some("Connection closed".into())));
        check(Active, Kind::Mcp, told("failed", None), (Failed, of(ReloadNotice::ServerNotReached)));
        check(Active, Kind::Mcp, told("needs_auth", None), (Failed, of(ReloadNotice::ServerNeedsAuth)));
        check(Active, Kind::Mcp, Some(None), (Failed, of(ReloadNotice::ServerNotStarted)));
        check(Active, Kind::Mcp, None, (Unknown, of(ReloadNotice::Connecting)));
        check(Failed, Kind::Mcp, told("connected", None), (Failed, None));
        check(NeedsRestart, Kind::Mcp, None, (NeedsRestart, None));
        check(Removed, Kind::Mcp, None, (Removed, None));
        check(Active, Kind::Plugin, None, (Active, None));
    }

    /// N16: a server that is turned off is proved as turned off, also while nothing was heard of the others.
    #[test]
    fn a_server_that_is_turned_off_is_proved_without_an_answer() {
        let check = |config: serde_json::Value, expected: (ItemState, Option<Notice>)| {
            let planned = Change { kind: Kind::Mcp, ..change(ChangeKind::Added, 1, Action::Dispose) };
            let mut items = [item(&planned, ItemState::Active)];
            ReceiptItem::judge_servers(&mut items, &[planned], &Answers { config, ..Answers::default() });
            assert_eq!((items[0].state, items[0].detail.clone()), expected);
        };
        let of = |notice: ReloadNotice| Some(notice.into());
        let unknown = || (ItemState::Unknown, of(ReloadNotice::Connecting));
        check(json!({"mcp": {"a": {"enabled": false}}}), (ItemState::Active, of(ReloadNotice::TurnedOff)));
        check(json!({"mcp": {"a": {"enabled": true}}}), unknown());
        check(json!({"mcp": {"a": {}}}), unknown());
        check(json!({"mcp": {"a": "no object"}}), unknown());
        check(json!({"mcp": [1, 2]}), unknown());
        check(json!(null), unknown());
    }

    /// N16: an error in place of an answer is no silence: nothing more is to be heard.
    #[test]
    fn what_is_refused_is_not_waited_for() {
        let planned = Change { kind: Kind::Mcp, ..change(ChangeKind::Added, 1, Action::Dispose) };
        let mut items = [item(&planned, ItemState::Active)];
        let answers = Answers { refused: [Question::Servers].into(), ..Answers::default() };
        ReceiptItem::judge_servers(&mut items, &[planned], &answers);
        assert_eq!((items[0].state, items[0].unheard), (ItemState::Unknown, false));
        assert_eq!(items[0].detail, Some(ReloadNotice::NoServers.into()));
        assert!(!answers.unheard().contains(&Question::Servers));
    }

    /// N16: what was not heard is null, never 0; what was heard and is none is 0.
    #[test]
    fn what_was_not_heard_is_null() {
        let check = |answers: Answers, expected: serde_json::Value| {
            assert_eq!(serde_json::to_value(Counts::of(&answers, 0)).expect("JSON"), expected);
        };
        check(
            Answers::default(),
            json!({"plugins": 0, "skills": 0, "agents": null, "commands": null, "mcp": null, "tools": null,
                   "providers": null, "errors": 0}),
        );
        let heard = Answers {
            agents: Some(vec![]),
            commands: Some(5),
            mcp: Some(BTreeMap::new()),
            tools: Some(vec![]),
            providers: Some(1),
            ..Answers::default()
        };
        check(
            heard,
            json!({"plugins": 0, "skills": 0, "agents": 0, "commands": 5, "mcp": 0, "tools": 0, "providers": 1,
                   "errors": 0}),
        );
        let none = serde_json::to_value(Counts::default()).expect("JSON");
        assert!(none.as_object().expect("an object").values().all(serde_json::Value::is_null), "{none}");
    }

    /// N3: what only an event would have told against is not active because it is listed.
    #[test]
    fn only_active_plugins_are_doubted() {
        use ItemState::*;
        let check = |was: ItemState, kind: Kind, expected: ItemState| {
            let planned = Change { kind, ..change(ChangeKind::Added, 1, Action::Dispose) };
            let mut items = [item(&planned, was)];
            assert_eq!(ReceiptItem::doubt_plugins(&mut items, &[planned]), was != expected);
            assert_eq!(items[0].state, expected);
        };
        check(Active, Kind::Plugin, Unknown);
        check(Failed, Kind::Plugin, Failed);
        check(Removed, Kind::Plugin, Removed);
        check(Active, Kind::Tool, Active);
    }
}
