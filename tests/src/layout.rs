//! Random folders of configuration, for questions to the real engine.
//!
//! Invariant: a seed and a number always give the same layout, on every machine. Most layouts are
//! valid; nothing in them makes the engine run a package manager or reach the network.

mod config;
mod dice;
mod markdown;
mod names;
mod places;
mod text;

use std::{collections::BTreeSet, fmt, fs, path::Path};

pub use dice::Dice;
pub use places::Home;
pub use text::text as json_text;

/// Stands for the absolute path of a layout's own folder in texts and links.
pub const HERE: &str = "<<here>>";
/// Stands for the absolute path of the home folder in texts and links.
pub const HOME: &str = "<<home>>";

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file.
    Text(String),
    /// A symlink.
    Link(String),
    /// An empty folder.
    Folder,
}

/// One thing to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Below the layout's folder.
    pub path: String,
    /// What is there.
    pub content: Content,
}

/// Names that two files of one folder give to two things: which of them the engine takes follows
/// the order in which the file system lists the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contested {
    /// Of agents and modes.
    pub agents: BTreeSet<String>,
    /// Of commands.
    pub commands: BTreeSet<String>,
}

/// A project, to be asked about in one of its folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What a report calls it.
    pub name: String,
    /// The folder that is asked, below the layout's folder.
    pub asked: String,
    /// What is to be written, in this order.
    pub entries: Vec<Entry>,
    /// What nobody can tell.
    pub contested: Contested,
}

impl Layout {
    /// The layout of this number.
    pub fn random(seed: u64, index: u64) -> Self {
        places::project(&mut Dice::new(seed, index), index)
    }

    /// An empty layout with a name, asked at its root, which is a worktree.
    pub fn named(name: &str) -> Self {
        let mut layout = Self { name: name.to_owned(), ..Self::default() };
        places::repository(&mut layout.entries, "");
        layout
    }

    /// Asked in this folder.
    #[must_use]
    pub fn asked(mut self, folder: &str) -> Self {
        self.asked = folder.to_owned();
        self
    }

    /// With a file.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.entries.push(Entry::file(path, text));
        self
    }

    /// With a symlink.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.entries.push(Entry::link(path, target));
        self
    }

    /// Writes it below a folder; the folder that is asked exists afterwards.
    pub fn write(&self, here: &Path, home: &Path) {
        fs::create_dir_all(here.join(&self.asked)).expect("a folder");
        write(&self.entries, here, home);
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} (asked: {:?})", self.name, self.asked)?;
        show(&self.entries, out)
    }
}

impl Entry {
    /// A file.
    pub fn file(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), content: Content::Text(text.to_owned()) }
    }

    /// A symlink.
    pub fn link(path: &str, target: &str) -> Self {
        Self { path: path.to_owned(), content: Content::Link(target.to_owned()) }
    }

    /// A folder.
    pub fn folder(path: &str) -> Self {
        Self { path: path.to_owned(), content: Content::Folder }
    }
}

/// A listing for people: paths, and the texts that say something.
fn show(entries: &[Entry], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for Entry { path, content } in entries.iter().filter(|entry| !entry.path.contains(".git/")) {
        match content {
            Content::Text(text) => writeln!(out, "  {path:?}: {text:?}")?,
            Content::Link(target) => writeln!(out, "  {path:?} -> {target:?}")?,
            Content::Folder => writeln!(out, "  {path:?}/")?,
        }
    }
    Ok(())
}

/// Writes entries, and into every folder of configuration what keeps the engine from installing.
/// An entry whose place is taken is left out: the first one stays.
fn write(entries: &[Entry], here: &Path, home: &Path) {
    let filled =
        |text: &str| text.replace(HERE, &here.display().to_string()).replace(HOME, &home.display().to_string());
    for Entry { path, content } in entries {
        let path = here.join(path);
        let parent = path.parent().expect("a parent");
        if fs::symlink_metadata(&path).is_ok() || fs::create_dir_all(parent).is_err() {
            continue;
        }
        match content {
            Content::Text(text) => fs::write(&path, filled(text)).expect("written"),
            Content::Link(target) => std::os::unix::fs::symlink(filled(target), &path).expect("linked"),
            Content::Folder => fs::create_dir_all(&path).expect("made"),
        }
    }
    for Entry { path, .. } in entries {
        let parts: Vec<_> = path.split('/').collect();
        for end in (1..=parts.len()).filter(|end| parts[end - 1] == ".opencode") {
            installed(&here.join(parts[..end].join("/")));
        }
    }
}

/// Makes a folder of configuration look as if the engine had installed what its plugins need.
pub fn installed(folder: &Path) {
    const LOCK: &str =
        r#"{"name":"x","lockfileVersion":3,"packages":{"":{"dependencies":{"@opencode-ai/plugin":"1.18.33"}}}}"#;
    if folder.is_dir() && !folder.join("package-lock.json").exists() {
        fs::create_dir_all(folder.join("node_modules")).expect("a folder");
        fs::write(folder.join("package-lock.json"), LOCK).expect("written");
    }
}
