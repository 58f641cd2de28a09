//! A project of which a model knows what is on disk, however it is written and saved.
//!
//! Invariant: the model knows what files mean because it wrote them; it never reads them, and knows
//! nothing of how the product does. A seed and a number always give the same project and the same
//! changes.

mod change;
mod model;
mod save;
mod write;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

pub use model::{Expected, Files, Meaning, expected};

use crate::layout::Dice;

/// The folder that a project and its home are in, what is on disk, and where chance comes from.
pub struct Project {
    base: PathBuf,
    dice: Dice,
    files: Files,
    last: String,
}

impl Project {
    /// Writes the project of this number into a folder: `project` and `home`.
    pub fn create(base: &Path, seed: u64, number: u64) -> Self {
        for folder in ["objects", "refs"] {
            fs::create_dir_all(base.join("project/.git").join(folder)).expect("made");
        }
        fs::write(base.join("project/.git/HEAD"), "ref: refs/heads/main\n").expect("written");
        let mut project =
            Self { base: base.to_owned(), dice: Dice::new(seed, number), files: Files::new(), last: String::new() };
        for (path, meaning) in beginning(&mut project.dice) {
            project.put(path, Some(meaning));
        }
        project
    }

    /// What is on disk.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What was done last, for whoever has to find out why that was told wrongly.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.dice.percent(chance)
    }

    /// A path in the project or its home.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.base.join(relative)
    }

    /// Writes a file with this meaning as someone might, or removes it.
    fn put(&mut self, path: &str, meaning: Option<Meaning>) {
        let Some(meaning) = meaning else {
            self.last = format!("{path} is removed");
            fs::remove_file(self.path(path)).expect("removed");
            self.files.remove(path);
            return;
        };
        let text = write::text(&mut self.dice, &meaning);
        self.save(path, &text);
        self.files.insert(path.to_owned(), meaning);
    }

    fn save(&mut self, path: &str, text: &str) {
        let how = save::save(&mut self.dice, &self.base.join(path), text);
        self.last = format!("{path} is saved {how}: {text:?}");
    }
}

/// What there is before anything changes: one of everything, in the places where people put it.
fn beginning(dice: &mut Dice) -> Vec<(&'static str, Meaning)> {
    let mut config = |keys: &[&str]| {
        let mut map = Map::new();
        keys.iter().for_each(|key| change::set(&mut map, key, Some(change::value(dice, key))));
        Meaning::Config(map)
    };
    let project = config(&["model", "instructions", "mcp/alpha", "agent/inline", "command/quick", "plugin/acme"]);
    let dotted = config(&["username", "mcp/gamma", "permission"]);
    let mut global = config(&["small_model", "mcp/omega", "agent/global"]);
    // The project says something of it, too: what stands here is never used.
    let (mut said, mut unused) = (project, &mut global);
    for (file, share) in [(&mut said, "manual"), (&mut unused, "disabled")] {
        if let Meaning::Config(map) = file {
            map.insert("share".to_owned(), json!(share));
        }
    }
    let mut files =
        vec![("project/opencode.json", said), ("project/.opencode/opencode.jsonc", dotted), (model::GLOBAL, global)];
    let paths = model::PATHS.iter().filter(|path| !path.ends_with("second.md") && !path.ends_with("second.ts"));
    files.extend(paths.map(|path| (*path, change::file(dice, path))));
    files
}

/// A map without the pseudo-map of plugins: what the file says.
fn as_written(config: &Map<String, Value>) -> Value {
    let mut config = config.clone();
    if let Some(plugins) = config.get_mut("plugin") {
        *plugins = plugins.as_object().into_iter().flat_map(Map::values).cloned().collect();
    }
    Value::Object(config)
}
