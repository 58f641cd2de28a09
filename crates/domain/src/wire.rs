//! What crosses from the core to the window, to the command line's JSON, and back.
//!
//! Invariant: the names of [`ReloadStatus`] and what is in it are a contract (`docs/cli.md`):
//! fields may be added, none may change its meaning.

mod event;

use std::{collections::BTreeMap, fmt, sync::Arc};

pub use event::{Head, List, Page, Publisher, Rows, WindowEvent};
use serde::{Deserialize, Serialize};

use crate::{
    Action, Banner, BusyRun, ChangeKind, Counts, Drift, ErrorCode, Fingerprint, ItemId, Kind, LastGoodOffer, Notice,
    PackageNotice, Past, PlanSummary, PluginNotice, PluginOrigin, Reason, Receipt, Refused, ReloadNotice, Scope,
    SkillFrom, SkillNotice,
};

/// Whose the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineMode {
    /// Rekindle started it and owns it.
    Host,
    /// Someone else's.
    Client,
}

/// How the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineState {
    /// It answers.
    Running,
    /// It was started and does not answer yet.
    Starting,
    /// There is none.
    Stopped,
    /// Nothing answers at its address.
    Unreachable,
    /// It wants another password.
    Unauthorized,
    /// It answers 400 for this directory although the files are fine.
    Stuck,
}

/// The engine, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineView {
    /// Whose it is.
    pub mode: EngineMode,
    /// Its address, without credentials.
    pub url: Option<String>,
    /// Its version, from `/global/health`.
    pub version: Option<String>,
    /// Its process, in host mode.
    pub pid: Option<u32>,
    /// How it is.
    pub state: EngineState,
    /// What went wrong, when something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Notice>,
}

/// A file that the engine could not load, or what is wrong with one that it can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The absolute path of the file.
    pub path: String,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong.
    pub what: Notice,
    /// The lines around it, each with its number.
    #[serde(default)]
    pub excerpt: Vec<(usize, String)>,
    /// True when no file is at fault, but Rekindle.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fault: bool,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn new(path: &str, what: impl Into<Notice>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            column: None,
            what: what.into(),
            excerpt: Vec::new(),
            is_fault: false,
        }
    }

    /// The same problem at a byte offset of the file's text.
    #[must_use]
    pub fn at(self, text: &str, offset: usize) -> Self {
        crate::Text::new(text).place(self, offset)
    }

    /// The text of the line that it is about; what may be a secret is masked.
    pub fn text(&self) -> Option<&str> {
        let line = self.line?;
        self.excerpt.iter().find(|(number, _)| *number == line).map(|(_, text)| text.trim())
    }
}

/// What is pending now, as `rekindle status --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadStatus {
    /// The version of this shape: 1.
    pub version: u32,
    /// The absolute path of the directory.
    pub directory: String,
    /// The engine.
    pub engine: EngineView,
    /// True when `action` is `dispose` or `restart`.
    pub reload_required: bool,
    /// The strongest of all changes' actions.
    pub action: Action,
    /// Why the banner is there.
    pub reasons: Vec<Reason>,
    /// When something pending was first seen (RFC 3339, UTC).
    pub detected_at: Option<String>,
    /// What is on disk and not in the engine.
    pub changes: Drift,
    /// What is running.
    pub busy: Vec<BusyRun>,
    /// Files that the engine could not load. While there is one, nothing is reloaded.
    pub problems: Vec<Problem>,
    /// What would be missing or would not work, and does not keep the engine from loading the rest.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub warnings: Arc<[Problem]>,
    /// What people should know about this status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// The last reload, where it was not wholly proved and that is still so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
}

/// How an item of a list is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum RowState {
    /// The engine has it as it is on disk.
    Loaded,
    /// A change of it waits for a reload.
    Waiting {
        /// What changed.
        change: ChangeKind,
        /// What makes it live.
        action: Action,
    },
    /// The engine tried and could not.
    Failed {
        /// Why; mostly in the engine's words.
        message: Notice,
    },
    /// Another item of the same name is used instead.
    Overridden {
        /// The path of the file that wins.
        by: String,
    },
    /// The engine does not read it.
    NotRead {
        /// Why.
        why: Notice,
    },
    /// The engine cannot be asked now.
    Unknown,
}

/// How far an item has got on its way from a declaration into the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A file names it.
    Declared,
    /// It is there.
    Installed,
    /// The engine has it.
    Active,
}

/// One item of a list: of a tab, or of `rekindle list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which item.
    pub id: ItemId,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Whom it is for.
    pub scope: Scope,
    /// The absolute path of the file that declares or holds it.
    pub source: String,
    /// The same, short, for people: relative to the directory, or with `~`.
    pub place: String,
    /// A plugin's origin; `None` for other kinds.
    pub origin: Option<PluginOrigin>,
    /// A plugin's version, a skill's description, or what the engine makes of it.
    pub detail: Option<Notice>,
    /// How far it has got. In JSON it is called `layer`.
    #[serde(rename = "layer")]
    pub stage: Stage,
    /// How it is.
    #[serde(flatten)]
    pub state: RowState,
    /// True when Rekindle can remove it.
    pub removable: bool,
    /// The short paths of what it is used instead of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// The short paths at which the same is, too: by a link, or as a copy with the same text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What it is of another row that lists it among its places; such a row is no part of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Copied>,
    /// Where a skill is from, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SkillFrom>,
    /// Since when an MCP server is as it is in the engine, as far as somebody looked (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether the engine keeps a sign-in for an MCP server.
    #[serde(default, rename = "signedIn", skip_serializing_if = "std::ops::Not::not")]
    pub is_signed_in: bool,
    /// What a person should know about it although it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Notice>,
}

impl Row {
    /// A row of which nothing more is known.
    pub fn new(id: ItemId, kind: Kind, name: &str, scope: Scope) -> Self {
        Self {
            id,
            kind,
            name: name.to_owned(),
            scope,
            source: String::new(),
            place: String::new(),
            origin: None,
            detail: None,
            stage: Stage::Declared,
            state: RowState::Unknown,
            removable: false,
            overrides: Vec::new(),
            also: Vec::new(),
            copy: None,
            from: None,
            since: None,
            is_signed_in: false,
            warning: None,
        }
    }

    /// Whether it is on; `None`: it cannot be turned on and off.
    pub fn is_on(&self) -> Option<bool> {
        let is_used = !matches!(self.state, RowState::Overridden { .. } | RowState::NotRead { .. });
        match self.kind {
            Kind::Agent if is_used && self.removable => Some(self.detail != Some(ReloadNotice::TurnedOff.into())),
            Kind::Skill if is_used => Some(self.warning != Some(SkillNotice::SkillTurnedOff.into())),
            Kind::Mcp if is_used && self.removable => {
                Some(!matches!(self.detail, Some(Notice::Plugin(PluginNotice::ServerTurnedOff { .. }))))
            }
            Kind::Plugin => {
                let off = Notice::from(PackageNotice::PluginTurnedOff);
                let is_off = self.warning.as_ref() == Some(&off)
                    || matches!(&self.state, RowState::NotRead { why } if *why == off);
                let is_in_a_list = self.removable && self.origin != Some(PluginOrigin::Found);
                if is_off { Some(false) } else { (is_used && is_in_a_list).then_some(true) }
            }
            _ => None,
        }
    }
}

/// A change that was made for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// For taking it back. `None`: everything was so already.
    pub token: Option<String>,
    /// What they should know of it.
    pub remark: Option<Notice>,
}

/// What something is that is there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Copied {
    /// Another name of the same file.
    Link,
    /// Another file with the same text.
    Text,
}

/// What a line of a readable difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// In both, shown for orientation.
    Same,
    /// On disk and not in the engine.
    Added,
    /// In the engine and not on disk.
    Removed,
    /// Lines that are the same in both and are left out; the text says how many.
    Gap,
}

/// One line of a readable difference between what the engine has and what is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What it is.
    pub mark: Mark,
    /// Its text; secrets are masked. What is no text of either side is a notice.
    pub text: Notice,
}

/// The directory shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// The absolute path.
    pub directory: String,
    /// The folder's name.
    pub name: String,
    /// The path for people, with `~`.
    pub short: String,
}

/// Which engine host mode starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", content = "path", rename_all = "lowercase")]
pub enum EngineChoice {
    /// The one that comes with Rekindle, else the one on PATH.
    #[default]
    Bundled,
    /// The one on PATH, else the one that comes with Rekindle.
    Path,
    /// This file.
    File(String),
}

/// Light, dark, or as the system is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What happens by itself when something waits for a reload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// The banner asks.
    #[default]
    Ask,
    /// It is reloaded as soon as nothing runs, and said quietly.
    WhenIdle,
    /// Nothing, and the banner stays away.
    Never,
}

/// What a person chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which engine host mode starts.
    pub engine: EngineChoice,
    /// The window's theme.
    pub theme: Theme,
    /// Directories opened last, newest first; at most ten.
    pub recent: Vec<String>,
    /// What happens by itself, by directory; a directory that is not there asks.
    pub habits: BTreeMap<String, Habit>,
    /// True when the last good files are put back by themselves if the engine does not come up.
    pub roll_back: bool,
    /// Skills that are turned on and off together, by the name of the set.
    pub sets: BTreeMap<String, Vec<String>>,
}

/// One thing that a person chooses. What they chose else is not touched by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "to", rename_all = "kebab-case")]
pub enum Choice {
    /// Which engine host mode starts.
    Engine(EngineChoice),
    /// The window's theme.
    Theme(Theme),
    /// What happens by itself in a directory.
    Habit {
        /// The directory.
        directory: String,
        /// What happens.
        habit: Habit,
    },
    /// Whether the last good files are put back by themselves.
    RollBack(bool),
    /// The skills of a set; without any, the set is forgotten.
    Set {
        /// Its name.
        name: String,
        /// Their names.
        skills: Vec<String>,
    },
    /// A directory was opened.
    Opened(String),
}

impl Settings {
    /// How many directories are remembered.
    const RECENT: usize = 10;

    /// The settings with one choice made.
    pub fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Engine(engine) => self.engine = engine,
            Choice::Theme(theme) => self.theme = theme,
            Choice::Habit { directory, habit } => drop(self.habits.insert(directory, habit)),
            Choice::RollBack(roll_back) => self.roll_back = roll_back,
            Choice::Set { name, skills } if skills.is_empty() => drop(self.sets.remove(&name)),
            Choice::Set { name, skills } => drop(self.sets.insert(name, skills)),
            Choice::Opened(directory) => {
                self.recent.retain(|recent| *recent != directory);
                self.recent.insert(0, directory);
                self.recent.truncate(Self::RECENT);
            }
        }
    }

    /// What happens by itself in this directory.
    pub fn habit(&self, directory: &str) -> Habit {
        self.habits.get(directory).copied().unwrap_or_default()
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingLevel {
    /// All is well.
    Ok,
    /// It works, and something should be looked at.
    Warning,
    /// It does not work.
    Error,
}

/// One line of the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub level: FindingLevel,
    /// What was looked at.
    pub title: Notice,
    /// What was found.
    pub what: Notice,
}

/// How a change of ours is taken back when somebody else changed the same file since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UndoChoice {
    /// Only what we changed is taken back; what came after stays.
    Ours,
    /// It becomes as it was before our change; what came after goes to the trash.
    Before,
    /// It stays as it is, and our change is no longer one to be taken back.
    Leave,
}

/// An error as a person sees it: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserError {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What happened, and what still works.
    pub what: Notice,
    /// The file it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The ways in which a change can be taken back, when there is a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<UndoChoice>,
}

impl UserError {
    /// An error without a place in a file.
    pub fn new(code: ErrorCode, what: impl Into<Notice>) -> Self {
        Self { code, what: what.into(), path: None, line: None, column: None, choices: Vec::new() }
    }

    /// The same about a file.
    #[must_use]
    pub fn about(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// The same at the place of a problem.
    #[must_use]
    pub fn at(self, problem: &Problem) -> Self {
        Self { path: Some(problem.path.clone()), line: problem.line, column: problem.column, ..self }
    }
}

/// For logs; a person reads what `words` makes of it.
impl fmt::Display for UserError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {:?}", self.code.word(), self.what)
    }
}

impl std::error::Error for UserError {}

/// What of the banner was on the screen when a person put it away. Nothing else is put away with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// The reload whose end was told, or whose refusal.
    pub past: Option<String>,
    /// The signatures of the changes.
    pub changes: Vec<Fingerprint>,
    /// What was wrong with files.
    pub problems: Vec<Problem>,
}

/// Everything that the window shows. What crosses to it is a [`WindowEvent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowState {
    /// Counts up with each state, so that an older one never replaces a newer one.
    pub sequence: u64,
    /// The directory shown.
    pub workspace: Workspace,
    /// What is pending.
    pub status: ReloadStatus,
    /// The banner that fits it.
    pub banner: Banner,
    /// How the last reload ended, until a person has put that away; told beside the banner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Receipt>,
    /// What a reload would do; `None` when nothing is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanSummary>,
    /// Why the last wish for a reload came to nothing, as long as it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// True when another reload follows the one under way.
    #[serde(default)]
    pub follows: bool,
    /// The plugins, project first, by name.
    pub plugins: Arc<[Row]>,
    /// The skills, likewise.
    pub skills: Arc<[Row]>,
    /// The MCP servers, likewise.
    pub mcp: Arc<[Row]>,
    /// The agents, then the commands, then the tools, likewise.
    pub agents: Arc<[Row]>,
    /// What the engine reports; `None` while it cannot be asked.
    pub counts: Option<Counts>,
    /// Past reloads, newest first; at most fifty.
    pub history: Arc<[Receipt]>,
    /// What a person chose.
    pub settings: Settings,
    /// What could be restored, while something is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<LastGoodOffer>,
}

impl WindowState {
    /// What of the banner is on the screen with this state.
    pub fn shown(&self) -> Shown {
        let mode = self.status.engine.mode;
        let signatures = |is_shown: &dyn Fn(&crate::Change) -> bool| {
            let shown = self.status.changes.iter().filter(|change| is_shown(change));
            shown.map(|change| change.signature.clone()).collect()
        };
        let refused = || self.refused.as_ref().map(|refused| refused.attempt.clone());
        let past = self.past.as_ref().map(|past| past.id.clone()).or_else(refused);
        let (changes, problems) = match &self.banner {
            Banner::Pending | Banner::Busy { .. } | Banner::Client { .. } => (signatures(&|_| true), Vec::new()),
            Banner::Blocked { .. } => (Vec::new(), self.status.problems.clone()),
            // Told by the reload that left them, with the button that tries it again.
            Banner::None => {
                let covers = self.past.as_ref().map(|past| past.covers(mode));
                (signatures(&|change| covers.as_ref().is_some_and(|covers| covers(change))), Vec::new())
            }
            Banner::Waiting { .. } | Banner::Reloading { .. } | Banner::Stuck { .. } | Banner::EngineDown { .. } => {
                (Vec::new(), Vec::new())
            }
        };
        Shown { past, changes, problems }
    }
}
