//! What a person should know: a code with its values.
//!
//! Invariant: there is no sentence here. `rekindle-words` says each notice, and what to do about it, for whoever asks: the
//! window or the command line. A code is a contract with what is kept on disk: it may be added, never renamed.

mod config;
mod doctor;
mod edit;
mod engine;
mod file;
mod habit;
mod plugin;
mod program;
mod reload;
mod skill;
mod state;

pub use config::{ConfigNotice, Expected, ReferenceFault, ValueKind, WriteFault};
pub use doctor::{DoctorNotice, Examined};
pub use edit::{EditNotice, Unremoved};
pub use engine::EngineNotice;
pub use file::{Blind, FileKind, FileNotice};
pub use habit::HabitNotice;
pub use plugin::PluginNotice;
pub use program::ProgramNotice;
pub use reload::ReloadNotice;
use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use skill::{MatterBound, SkillNotice};
pub use state::{AfterCut, StateNotice, Untold};

/// What a person should know.
///
/// As JSON it is `{"notice": "code", …values}`, or a string that somebody else said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Notice {
    /// Why the engine takes a change in as it does.
    Habit(HabitNotice),
    /// Of reloads: what became of an item, and how one ended.
    Reload(ReloadNotice),
    /// Of configurations, and of the files that hold one.
    Config(ConfigNotice),
    /// Of skills, and of other Markdown files with front matter.
    Skill(SkillNotice),
    /// Of engines: finding, starting, reaching and stopping one.
    Engine(EngineNotice),
    /// Of the changes that Rekindle makes, and of taking them back.
    Edit(EditNotice),
    /// Of what Rekindle keeps.
    State(StateNotice),
    /// Of Rekindle's own programs.
    Program(ProgramNotice),
    /// Of files and folders: what is not read, or seen late.
    File(FileNotice),
    /// Of plugins and tools, and of what a list says of an item.
    Plugin(PluginNotice),
    /// What the doctor says.
    Doctor(DoctorNotice),
    /// In the words of somebody else: the engine, the system, a library.
    Verbatim(String),
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
