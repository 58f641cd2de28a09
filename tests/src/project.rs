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
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

pub use model::{Expected, Files, Meaning, expected};

use crate::layout::Dice;

/// Where a project and its home are, what is on disk, and where chance comes from.
pub struct Project {
    project: PathBuf,
    home: PathBuf,
    has_packages: bool,
    dice: Dice,
    files: Files,
    last: String,
    touched: BTreeSet<PathBuf>,
}

impl Project {
    /// Writes the project of this number into a folder, and what is for all projects into a home
    /// folder. `has_packages`: whether plugins may be packages, which a real engine would fetch.
    pub fn create(project: &Path, home: &Path, has_packages: bool, seed: u64, number: u64) -> Self {
        for folder in ["objects", "refs"] {
            fs::create_dir_all(project.join(".git").join(folder)).expect("made");
        }
        fs::write(project.join(".git/HEAD"), "ref: refs/heads/main\n").expect("written");
        let mut project = Self {
            project: project.to_owned(),
            home: home.to_owned(),
            has_packages,
            dice: Dice::new(seed, number),
            files: Files::new(),
            last: String::new(),
            touched: BTreeSet::new(),
        };
        for (path, mut meaning) in beginning(&mut project.dice) {
            if let (false, Meaning::Config(config)) = (has_packages, &mut meaning) {
                config.shift_remove("plugin");
            }
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

    /// The files that were touched since this was asked the last time.
    pub fn touched(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// A path below `project` or `home`.
    pub fn path(&self, relative: &str) -> PathBuf {
        match relative.split_once('/').expect("a folder") {
            ("project", rest) => self.project.join(rest),
            (_, rest) => self.home.join(rest),
        }
    }

    /// Writes a file with this meaning as someone might, or removes it.
    fn put(&mut self, path: &str, meaning: Option<Meaning>) {
        let Some(meaning) = meaning else {
            self.last = format!("{path} is removed");
            fs::remove_file(self.path(path)).expect("removed");
            self.touched.insert(self.path(path));
            self.files.remove(path);
            return;
        };
        let text = write::text(&mut self.dice, &meaning);
        self.save(path, &text);
        self.files.insert(path.to_owned(), meaning);
    }

    fn save(&mut self, path: &str, text: &str) {
        let at = self.path(path);
        let how = save::save(&mut self.dice, &at, text);
        self.touched.insert(at);
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
    let dotted = config(&["experimental", "mcp/gamma", "permission"]);
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
