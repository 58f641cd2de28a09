//! What a person should know: a code with its values.
//!
//! Invariant: there is no sentence here. `rekindle-words` says each notice, and what to do about it, for whoever asks: the
//! window or the command line. A code is a contract with what is kept on disk: it may be added, never renamed.

mod agent;
mod coded;
mod config;
mod doctor;
mod edit;
mod engine;
mod file;
mod habit;
mod install;
mod key;
mod package;
mod plugin;
mod program;
mod reload;
mod server;
mod skill;
mod state;

pub use agent::{AgentNotice, OwnEntry};
pub use coded::BadNotice;
use coded::notices;
pub use config::{ConfigNotice, Expected, ReferenceFault, ValueKind, WriteFault};
pub use doctor::{DoctorNotice, Examined};
pub use edit::{EditNotice, Unremoved};
pub use engine::EngineNotice;
pub use file::{Blind, FileKind, FileNotice};
pub use habit::HabitNotice;
pub use install::{EntryFault, InstallNotice};
pub use key::KeyNotice;
pub use package::{Fixed, PackageNotice, SpecMistake};
pub use plugin::PluginNotice;
pub use program::ProgramNotice;
pub use reload::ReloadNotice;
use serde_json::{Map, Value};
pub use server::ServerNotice;
pub use skill::{MatterBound, SkillNotice};
pub use state::{AfterCut, StateNotice, Untold};

/// What a person should know.
///
/// As JSON it is `{"notice": "code", …values}`, or a string that somebody else said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Why the engine takes a change in as it does.
    Habit(HabitNotice),
    /// Of reloads: what became of an item, and how one ended.
    Reload(ReloadNotice),
    /// Of single keys of the configuration, and of setting them.
    Key(KeyNotice),
    /// Of configurations, and of the files that hold one.
    Config(ConfigNotice),
    /// Of skills, and of other Markdown files with front matter.
    Skill(SkillNotice),
    /// Of engines: finding, starting, reaching and stopping one.
    Engine(EngineNotice),
    /// Of the changes that Rekindle makes, and of taking them back.
    Edit(EditNotice),
    /// Of where skills come from, and of what came.
    Install(InstallNotice),
    /// Of the declaration of agents and commands.
    Agent(AgentNotice),
    /// Of the declaration of MCP servers.
    Server(ServerNotice),
    /// Of what Rekindle keeps.
    State(StateNotice),
    /// Of Rekindle's own programs.
    Program(ProgramNotice),
    /// Of files and folders: what is not read, or seen late.
    File(FileNotice),
    /// Of plugins and tools, and of what a list says of an item.
    Plugin(PluginNotice),
    /// Of how a plugin is written, kept and published.
    Package(PackageNotice),
    /// What the doctor says.
    Doctor(DoctorNotice),
    /// In the words of somebody else: the engine, the system, a library.
    Verbatim(String),
    /// A code of a newer Rekindle, as it was written down: what else is written there can be read all the same, and nothing
    /// of it is lost.
    Newer {
        /// The code.
        notice: String,
        /// Its values.
        values: Map<String, Value>,
    },
}

impl Notice {
    /// This, and what came of it.
    #[must_use]
    pub fn then(self, then: Self) -> Self {
        ReloadNotice::Then { first: Box::new(self), then: Box::new(then) }.into()
    }

    /// The same with each of its values changed, if it still is a notice then.
    #[must_use]
    pub fn with_values(self, change: &mut dyn FnMut(&mut String)) -> Self {
        fn each(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
            match value {
                Value::String(text) => change(text),
                Value::Array(values) => values.iter_mut().for_each(|value| each(value, change)),
                Value::Object(fields) => {
                    fields.iter_mut().filter(|(key, _)| *key != "notice").for_each(|(_, value)| each(value, change));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        let Ok(mut value) = serde_json::to_value(&self) else { return self };
        each(&mut value, change);
        serde_json::from_value(value).unwrap_or(self)
    }

    /// The length of its values in bytes.
    pub(crate) fn length(&self) -> usize {
        serde_json::to_string(self).map_or(0, |json| json.len())
    }
}

impl From<String> for Notice {
    fn from(text: String) -> Self {
        Self::Verbatim(text)
    }
}

impl From<&str> for Notice {
    fn from(text: &str) -> Self {
        Self::Verbatim(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a newer version wrote down is kept as it is, and what an older one did is read.
    #[test]
    fn codes_of_other_versions_are_kept() {
        let newer = json!({"notice": "not-yet", "path": "/p", "count": 3});
        let read: Notice = serde_json::from_value(newer.clone()).expect("a notice");
        assert!(matches!(&read, Notice::Newer { notice, .. } if notice == "not-yet"), "{read:?}");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), newer.to_string(), "in the same order");
        let older: Notice = serde_json::from_value(json!("in words")).expect("a notice");
        assert_eq!(older, Notice::Verbatim("in words".to_owned()));
        assert!(serde_json::from_value::<Notice>(json!({"path": "/p"})).is_err());
    }
}
