//! What the engine finds in a folder of configuration by its name: the Markdown files of agents, modes and commands, and the
//! code of plugins and tools.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use rekindle_opencode::{
    config::{shape, text},
    skill::frontmatter::{self, Markdown},
};
use serde_json::{Value, json};

use super::walk::{Cut, Folder, walk_within};
use crate::files::foreign::Budget;

/// A Markdown file of an agent, a mode or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownFile {
    /// The key of the configuration that it adds to.
    pub key: &'static str,
    /// Its name, unless the front matter says another.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl MarkdownFile {
    /// Its name, and what it adds under that name.
    pub fn entry(&self, markdown: Markdown) -> (String, Value) {
        let Markdown { fields, body, .. } = markdown;
        let mut fields = frontmatter::written_out(fields);
        let own_name = fields.get("name").map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
        let name = own_name.unwrap_or_else(|| self.name.clone());
        let body = Value::from(text::trim(&body));
        if self.key == "command" {
            const KEYS: [&str; 5] = ["description", "agent", "model", "variant", "subtask"];
            fields.retain(|key, _| KEYS.contains(&key.as_str()));
            fields.insert("template".to_owned(), body);
            return (name, Value::Object(fields));
        }
        fields.entry("name").or_insert_with(|| Value::from(self.name.clone()));
        fields.insert("prompt".to_owned(), body);
        if self.key == "mode" {
            fields.insert("mode".to_owned(), json!("primary"));
        }
        let mut agent = Value::Object(fields);
        shape::write_out_agent(&mut agent);
        (name, agent)
    }
}

/// What was found of Markdown files.
#[derive(Debug, Default)]
pub struct MarkdownFiles {
    /// The files, commands first, as the engine reads them.
    pub files: Vec<MarkdownFile>,
    /// The folders that they may be in.
    pub folders: Vec<Folder>,
    /// The links among both.
    pub links: Vec<PathBuf>,
    /// Those that were not wholly looked at.
    pub cut: Vec<(PathBuf, Cut)>,
}

/// The Markdown files of a folder.
pub fn markdown_files(folder: &Path, budget: &mut Budget) -> MarkdownFiles {
    let kinds = [
        ("command", "command", None),
        ("command", "commands", None),
        ("agent", "agent", None),
        ("agent", "agents", None),
        ("mode", "mode", Some(1)),
        ("mode", "modes", Some(1)),
    ];
    let mut found = MarkdownFiles::default();
    for (key, name, depth) in kinds {
        let root = folder.join(name);
        let is_markdown = |name: &OsStr| name.as_encoded_bytes().ends_with(b".md");
        let walked = walk_within(&root, depth, true, is_markdown, budget);
        found.folders.extend(walked.folders);
        found.links.extend(walked.links);
        found.cut.extend(walked.cut.map(|cut| (root.clone(), cut)));
        for path in walked.files {
            let below = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let name = below.strip_suffix(".md").filter(|name| !name.is_empty() && !name.ends_with('/'));
            found.files.push(MarkdownFile { key, name: name.unwrap_or(&below).to_owned(), path });
        }
    }
    found
}

/// Those of the files that are links.
pub(super) fn links_of(files: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    files.iter().filter(|path| path.is_symlink()).cloned()
}

/// The files of a folder that the engine takes for plugins or tools, by name, and why these are not all.
pub fn code_files(folder: &Path, budget: &mut Budget) -> (Vec<PathBuf>, Option<Cut>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return Default::default() };
    let mut cut = None;
    let mut files: Vec<_> = entries
        .take_while(|_| {
            let has_left = budget.step();
            cut = (!has_left).then(|| Cut::TooMuch(budget.most_entries()));
            has_left
        })
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "ts" || ending == "js"))
        // A link that leads nowhere is listed, too.
        .filter(|path| !path.is_dir())
        .collect();
    files.sort();
    (files, cut)
}
