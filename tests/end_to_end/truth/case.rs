//! One case of the truth table: edits on disk, and facts that the engine tells.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{Aspect, ChangeKind, Kind, Place};
use rekindle_tests::world::write;
use serde_json::{Value, json};

/// One change, and what shows it.
pub(super) struct Case {
    /// What it is called when it fails.
    pub(super) name: String,
    /// The directory that the engine is asked for, below `~/code`.
    pub(super) directory: &'static str,
    /// What is there when the engine starts.
    pub(super) before: Vec<Edit>,
    /// The change.
    pub(super) change: Vec<Edit>,
    /// Holds before the change: what is to be changed was loaded.
    pub(super) was: Fact,
    /// Holds once the engine has seen the change, and not before.
    pub(super) becomes: Fact,
    /// What is to be found.
    pub(super) expected: Expected,
}

/// What is to be found.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// What the profile says.
    Row(Kind, Place, Aspect, ChangeKind),
    /// The engine does not read it. Such a thing is no item, and no row is about it.
    Never,
}

/// An edit of a file. Files are relative to the case's directory; those in the home folder begin
/// with `~/`.
#[derive(Clone)]
pub(super) enum Edit {
    Write(String, String),
    Remove(String),
    Rename(String, String),
    /// Sets a key of a JSON file; the pointer's objects are made.
    Set(String, String, Value),
    Unset(String, String),
    /// Adds to a list in a JSON file.
    Push(String, String, Value),
    /// Takes from a list in a JSON file.
    Pull(String, String, Value),
}

impl Edit {
    /// Makes the edit.
    pub(super) fn make(&self, home: &Path, name: &str) {
        let at = |file: &str| match file.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => directory(home, name).join(file),
        };
        match self {
            Self::Write(file, text) => write(&at(file), text),
            Self::Remove(file) => fs::remove_file(at(file)).unwrap_or_else(|error| panic!("{file}: {error}")),
            Self::Rename(from, to) => {
                fs::create_dir_all(at(to).parent().expect("a parent")).expect("made");
                fs::rename(at(from), at(to)).unwrap_or_else(|error| panic!("{from}: {error}"));
            }
            Self::Set(file, pointer, value) => edit(&at(file), |root| *place(root, pointer) = value.clone()),
            Self::Unset(file, pointer) => edit(&at(file), |root| {
                let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
                place(root, parent).as_object_mut().expect("an object").shift_remove(key);
            }),
            Self::Push(file, pointer, value) => edit(&at(file), |root| {
                let list = place(root, pointer);
                if list.is_null() {
                    *list = json!([]);
                }
                list.as_array_mut().expect("a list").push(value.clone());
            }),
            Self::Pull(file, pointer, value) => edit(&at(file), |root| {
                place(root, pointer).as_array_mut().expect("a list").retain(|entry| entry != value);
            }),
        }
    }
}

/// A directory by its name.
pub(super) fn directory(home: &Path, name: &str) -> PathBuf {
    home.join("code").join(name)
}

/// Edits a JSON file. It names its schema from the beginning, or the engine would write that into it.
fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(path).unwrap_or_else(|_| r#"{"$schema": "https://opencode.ai/config.json"}"#.into());
    let mut root = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    change(&mut root);
    write(path, &format!("{root:#}\n"));
}

/// The value at a pointer; what is missing is made.
fn place<'a>(root: &'a mut Value, pointer: &str) -> &'a mut Value {
    pointer.split('/').skip(1).fold(root, |value, key| {
        if !value.is_object() {
            *value = json!({});
        }
        value.as_object_mut().expect("an object").entry(key).or_insert(Value::Null)
    })
}

/// Something that the engine tells, or does not.
pub(super) struct Fact {
    what: What,
    holds: bool,
}

/// What the engine may tell.
#[derive(Clone)]
pub(super) enum What {
    /// The configuration has this value at a pointer.
    Config(String, Value),
    /// A list of the configuration has an entry with this ending.
    Listed(&'static str, String),
    /// A skill of this name has this in its body or description.
    Skill(String, String),
    /// A skill of this name is in a file with this ending.
    SkillAt(String, String),
    /// An agent of this name has this prompt.
    Agent(String, String),
    /// A command of this name has a template that begins with this.
    Command(String, String),
    /// A tool has this id.
    Tool(String),
    /// An MCP server of this name has this status.
    Mcp(String, &'static str),
    /// A prompt that uses the skill [`SKILL`] tells the model this.
    Prompt(&'static str),
}

/// The route that stands for a prompt.
pub(super) const PROMPT: &str = "a prompt";

/// The skill that prompts use.
pub(super) const SKILL: &str = "handy";

impl What {
    pub(super) fn told(self) -> Fact {
        Fact { what: self, holds: true }
    }

    pub(super) fn untold(self) -> Fact {
        Fact { what: self, holds: false }
    }
}

impl Fact {
    /// The route that tells it.
    pub(super) fn route(&self) -> &'static str {
        match self.what {
            What::Config(..) | What::Listed(..) => "/config",
            What::Skill(..) | What::SkillAt(..) => "/skill",
            What::Agent(..) => "/agent",
            What::Command(..) => "/command",
            What::Tool(_) => "/experimental/tool/ids",
            What::Mcp(..) => "/mcp",
            What::Prompt(_) => PROMPT,
        }
    }

    /// Whether it holds by an answer.
    pub(super) fn holds(&self, answer: &Value) -> bool {
        let named = |name: &str, key: &str, fits: &dyn Fn(&str) -> bool| {
            let mut all = answer.as_array().into_iter().flatten();
            all.any(|entry| entry["name"] == name && entry[key].as_str().is_some_and(fits))
        };
        let told = match &self.what {
            What::Config(pointer, value) => answer.pointer(pointer) == Some(value),
            What::Listed(pointer, ending) => {
                let mut entries = answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
                entries.any(|entry| entry.as_str().is_some_and(|text| text.ends_with(ending)))
            }
            What::Skill(name, text) => {
                ["content", "description"].iter().any(|key| named(name, key, &|told| told.contains(text)))
            }
            What::SkillAt(name, ending) => named(name, "location", &|told| told.ends_with(ending)),
            What::Agent(name, prompt) => named(name, "prompt", &|told| told.trim() == prompt),
            What::Command(name, template) => named(name, "template", &|told| told.trim().starts_with(template)),
            What::Tool(id) => answer.as_array().into_iter().flatten().any(|tool| tool == id),
            What::Mcp(name, status) => answer[name]["status"] == *status,
            What::Prompt(text) => answer.as_str().is_some_and(|told| told.contains(text)),
        };
        told == self.holds
    }
}
