//! What people change, and what they write anew that means the same.

use std::fs;

use serde_json::{Map, Value, json};

use super::{
    Files, Meaning, Project,
    model::{GLOBAL, PATHS},
    save,
};
use crate::layout::Dice;

/// The keys that a file may have, with the names of what is in a map. No two files have the same
/// ones.
const KEYS: &[(&str, &[&str])] = &[
    (
        "project/opencode.json",
        &[
            "model",
            "instructions",
            "mcp/alpha",
            "mcp/beta",
            "agent/inline",
            "agent/other",
            "command/quick",
            "plugin/acme",
            "plugin/corp",
        ],
    ),
    ("project/.opencode/opencode.jsonc", &["experimental", "mcp/gamma", "permission", "command/dotted", "plugin/zeta"]),
    (GLOBAL, &["small_model", "mcp/omega", "agent/global", "command/global", "plugin/everywhere"]),
];

impl Project {
    /// Changes the meaning of one file in one thing, most of the time; sometimes what is written
    /// happens to be what was there.
    pub fn change(&mut self) {
        match self.dice.up_to(9) {
            0..=3 => self.change_a_key(),
            4..=6 => self.change_a_letter(),
            _ => self.change_a_file(),
        }
    }

    fn change_a_key(&mut self) {
        let (path, keys) = self.dice.pick(KEYS);
        let key = self.dice.pick(keys);
        if key.starts_with("plugin/") && !self.has_packages {
            return;
        }
        let mut config = match self.files.get(path) {
            Some(Meaning::Config(config)) => config.clone(),
            _ => Map::new(),
        };
        let to = if self.dice.percent(70) { Some(value(&mut self.dice, key)) } else { None };
        set(&mut config, key, to);
        self.put(path, Some(Meaning::Config(config)));
    }

    /// The smallest change: as many bytes as before, often within the same tick of the clock.
    fn change_a_letter(&mut self) {
        let paths: Vec<String> = self.files.keys().cloned().collect();
        let path = self.dice.pick(&paths);
        let text = fs::read_to_string(self.path(&path)).expect("what was written");
        let all = words(&text);
        if all.is_empty() {
            return;
        }
        let word = self.dice.pick(&all).to_owned();
        let mut other = word.clone();
        let last = other.pop();
        other.push(if last == Some('b') { 'c' } else { 'b' });
        let meaning = self.files[&path].with_word(&word, &other);
        let text = text.replace(&word, &other);
        let before = fs::metadata(self.path(&path)).and_then(|metadata| metadata.modified()).expect("a time");
        self.save(&path, &text);
        if self.dice.percent(20) {
            // As a program does that keeps the time of what it copies.
            let file = fs::File::options().write(true).open(self.path(&path)).expect("the file");
            file.set_modified(before).expect("a time");
        }
        self.files.insert(path, meaning);
    }

    fn change_a_file(&mut self) {
        let path = self.dice.pick(PATHS);
        let is_there = self.files.contains_key(path);
        // What another file imports stays: without it, that file's code could not be loaded at all.
        if is_there && self.dice.percent(40) && !path.contains("/lib/") {
            return self.put(path, None);
        }
        let meaning = file(&mut self.dice, path);
        self.put(path, Some(meaning));
    }

    /// Takes back what happened to one file, or to all of them.
    pub fn change_back(&mut self, to: &Files) {
        let all: Vec<String> = to.keys().chain(self.files.keys()).cloned().collect();
        let all: Vec<String> = all.into_iter().filter(|path| to.get(path) != self.files.get(path)).collect();
        let whole = self.dice.percent(20);
        let one = if all.is_empty() { None } else { Some(self.dice.pick(&all)) };
        for path in all.iter().filter(|path| whole || one.as_ref() == Some(*path)) {
            // A path may be there twice.
            if to.get(path) != self.files.get(path) {
                self.put(path, to.get(path).cloned());
            }
        }
    }

    /// Does something that means nothing: writes a file anew in other words, touches it, or leaves
    /// behind what editors and the engine leave behind.
    pub fn rewrite(&mut self) {
        let paths: Vec<String> = self.files.keys().cloned().collect();
        let path = self.dice.pick(&paths);
        match self.dice.up_to(9) {
            0..=6 => {
                let mut meaning = self.files[&path].clone();
                if let Meaning::Config(config) = &mut meaning {
                    // The engine writes it into files that have none.
                    match self.dice.percent(50) {
                        true => drop(config.insert("$schema".to_owned(), json!("https://opencode.ai/config.json"))),
                        false => drop(config.shift_remove("$schema")),
                    }
                }
                self.put(&path, Some(meaning));
            }
            7 => {
                let text = fs::read_to_string(self.path(&path)).expect("what was written");
                self.save(&path, &text);
            }
            8 => {
                let now = std::time::SystemTime::now();
                let file = fs::File::options().write(true).open(self.path(&path)).expect("the file");
                file.set_modified(now).expect("touched");
                self.touched.insert(self.path(&path));
                self.last = format!("{path} is touched");
            }
            _ => {
                let paths = save::litter(&mut self.dice, &path);
                self.last = format!("{paths:?} are written");
                for path in &paths {
                    let path = self.path(path);
                    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
                    fs::write(&path, format!("{{ nothing {} }}", self.dice.up_to(99))).expect("written");
                    self.touched.insert(path);
                }
            }
        }
    }
}

impl Meaning {
    fn with_word(&self, word: &str, other: &str) -> Self {
        let replaced = |map: &Map<String, Value>| {
            let text = Value::Object(map.clone()).to_string().replace(word, other);
            serde_json::from_str(&text).expect("what it was before")
        };
        match self {
            Self::Config(config) => Self::Config(replaced(config)),
            Self::Page { fields, body } => Self::Page { fields: replaced(fields), body: body.replace(word, other) },
            Self::Code(code) => Self::Code(code.replace(word, other)),
        }
    }
}

/// A word that stands nowhere else. It has no letter that is ever escaped.
fn word(dice: &mut Dice) -> String {
    let letters: Vec<char> = ('b'..='z').collect();
    let middle: String = (0..7).map(|_| dice.pick(&letters)).collect();
    format!("w{middle}9{}", dice.pick(&letters))
}

/// The words of a text.
fn words(text: &str) -> Vec<&str> {
    let is_word = |part: &&str| part.len() == 10 && part.starts_with('w') && part.as_bytes()[8] == b'9';
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_word).collect()
}

/// Sets or removes `key` or `map/name`. A map without names goes.
pub(super) fn set(config: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    let Some((outer, name)) = key.split_once('/') else {
        match value {
            Some(value) => drop(config.insert(key.to_owned(), value)),
            None => drop(config.shift_remove(key)),
        }
        return;
    };
    let inner = config.entry(outer).or_insert_with(|| json!({}));
    let Value::Object(map) = inner else { panic!("{outer} is a map") };
    match value {
        Some(value) => drop(map.insert(name.to_owned(), value)),
        None => drop(map.shift_remove(name)),
    }
    if map.is_empty() {
        config.shift_remove(outer);
    }
}

/// A value that this key may have.
pub(super) fn value(dice: &mut Dice, key: &str) -> Value {
    let mut word = || word(dice);
    let (first, second) = (word(), word());
    match key.split_once('/') {
        Some(("mcp", _)) if dice.percent(60) => json!({
            "type": "local", "command": ["node", first], "environment": {"KEY": second}, "enabled": false,
        }),
        Some(("mcp", _)) => json!({
            "type": "remote", "url": format!("https://{first}.example"), "headers": {"X-Key": second}, "enabled": false,
        }),
        Some(("agent", _)) => json!({"description": first, "prompt": format!("Do {second}.")}),
        Some(("command", _)) => json!({"template": format!("Run {first}: $ARGUMENTS"), "description": second}),
        Some((_, name)) if dice.percent(50) => json!([format!("{name}@1.{}.0", dice.up_to(9)), {"option": first}]),
        Some((_, name)) => json!(format!("{name}@1.{}.0", dice.up_to(9))),
        None => match key {
            "instructions" => json!([format!("{first}.md"), format!("docs/{second}.md")]),
            "permission" => json!({"edit": dice.pick(&["ask", "allow"]), "bash": {format!("git {first}"): "allow"}}),
            "experimental" => json!({"primary_tools": [first]}),
            _ => json!(format!("acme/{first}")),
        },
    }
}

/// What a file of this path may say.
pub(super) fn file(dice: &mut Dice, path: &str) -> Meaning {
    let (first, second) = (word(dice), word(dice));
    let body = format!("Look at {first}.\n\n- {second}: one\n- two\n");
    if path.ends_with(".ts") {
        let import = if path.ends_with("hello.ts") { "import \"../lib/shared\"\n" } else { "" };
        let tool = "{ description: \"test\", args: {}, async execute() { return \"\" } }";
        let code = match path.contains("/tools/") {
            true => format!("export default {tool}\n"),
            false => "export const Plugin = async () => ({})\n".to_owned(),
        };
        return Meaning::Code(format!("{import}// {first}\n{code}"));
    }
    let mut fields = Map::new();
    fields.insert("description".to_owned(), json!(format!("About {}", word(dice))));
    if path.ends_with("SKILL.md") {
        let name = path.rsplit('/').nth(1).expect("a folder");
        fields.insert("name".to_owned(), json!(name));
    } else if path.contains("/agents/") {
        fields.insert("mode".to_owned(), json!(dice.pick(&["subagent", "primary"])));
    }
    Meaning::Page { fields, body: body.trim().to_owned() }
}
