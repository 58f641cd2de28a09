//! What was found in the files, and the rows that tell it.
//!
//! Invariant: it is filled by the files beside it (`walk`, `skills`, `plugins`, `declared`), which are parts of one scan and
//! know it; `scan` puts them together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{Item, Kind, Notice, PluginOrigin, Problem, Row, Scope, Stage};
use rekindle_opencode::{Disk, effective};
use serde_json::Value;

use super::{
    locate::Places,
    seen::Seen,
    walk::{Cut, Folder, Walked},
};

/// What the files say.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What a fresh engine would load.
    pub disk: Disk,
    /// All items for the lists, each as if it could not be asked of the engine; also those that it
    /// does not read.
    pub rows: Vec<Arc<Row>>,
    /// What would be missing or would not work of what the files declare. Where a row says it, too, it
    /// says the same.
    pub warnings: Vec<Problem>,
    /// Skills and packages at which the engine would wait without end.
    pub(super) endless: Vec<Problem>,
    /// The files that configurations refer to with `{file:}`.
    pub references: Vec<PathBuf>,
    /// The files and folders in which something is declared, each as it was before it was read.
    pub(super) seen: BTreeMap<PathBuf, Seen>,
    /// The same of the files of code, by the module of a plugin or tool that they belong to.
    seen_code: BTreeMap<PathBuf, BTreeMap<PathBuf, Seen>>,
    /// The files with the code of plugins and tools.
    pub code_files: BTreeSet<PathBuf>,
    /// The Markdown, plugin and tool files in the folders, also those that the engine cannot load.
    pub found: BTreeSet<PathBuf>,
    /// The folders in which skills are looked for.
    pub skill_roots: Vec<PathBuf>,
    /// The folders whose files are read whatever their names are, but for those of skills.
    pub folders: Vec<Folder>,
    /// The links in them.
    pub links: Vec<PathBuf>,
    /// The same for skills, one for each folder in which they are looked for: unchanged, it is the
    /// same as in the scan before.
    pub skill_folders: Vec<Arc<Walked>>,
}

/// What was written between two scans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meanwhile {
    /// True when it was something that declares anything.
    pub declared: bool,
    /// The modules of plugins and tools of which it was a part, by path.
    pub code: BTreeSet<String>,
}

impl Scan {
    /// Takes note of a folder that was not wholly looked at.
    pub(super) fn cut(&mut self, cut: Cut, folder: &Path) {
        if matches!(cut, Cut::TooMuch(_)) {
            self.disk.unseen.insert(folder.display().to_string());
        }
        self.warnings.push(cut.problem(folder));
    }

    /// What was written until the later scan, so that an engine that read it meanwhile may have read
    /// anything. Only that the engine adds its schema makes no difference.
    pub fn changed_until(&self, later: &Self) -> Meanwhile {
        let mut paths = self.seen.keys().chain(later.seen.keys());
        let of = |scan: &Self, path| scan.seen.get(path).cloned().unwrap_or_default();
        let declared = paths.any(|path| !of(self, path).holds(&of(later, path)));
        let modules = self.seen_code.iter().chain(&later.seen_code).map(|(module, _)| module);
        let code = modules.filter(|module| self.seen_code.get(*module) != later.seen_code.get(*module));
        Meanwhile { declared, code: code.map(|module| module.display().to_string()).collect() }
    }

    /// The rules of `permission` that a fresh engine would have, from all files.
    pub(crate) fn permission(&self) -> Value {
        self.key("permission")
    }

    /// What a fresh engine would have for a key of the configuration, from all files.
    pub(crate) fn key(&self, key: &str) -> Value {
        let config = effective(&self.disk.global, &self.disk.layers);
        config.get(key).cloned().unwrap_or_default()
    }

    /// As if all of it had been written since: nobody knows.
    pub fn all_of_it(&self) -> Meanwhile {
        let code = self.seen_code.keys().map(|module| module.display().to_string());
        Meanwhile { declared: true, code: code.collect() }
    }

    pub(super) fn push_code(&mut self, module: &Path, files: Vec<PathBuf>) {
        let seen = files.iter().map(|path| (path.clone(), Seen::now(path)));
        self.seen_code.insert(module.to_owned(), seen.collect());
        self.code_files.extend(files);
    }

    pub(super) fn push_row(&mut self, row: Row) {
        self.rows.push(Arc::new(row));
    }
}

/// The order of all lists: by kind, project first, by name.
pub(crate) fn order(row: &Row) -> (Kind, Scope, &str, &str) {
    (row.kind, row.scope, &row.name, &row.source)
}

/// The row of an item, as long as the engine has not been asked about it.
pub(crate) fn row(
    places: &Places,
    item: &Item,
    origin: Option<PluginOrigin>,
    detail: Option<Notice>,
    stage: Stage,
) -> Row {
    Row {
        source: item.source.clone(),
        place: places.short(Path::new(&item.source)),
        origin,
        detail,
        stage,
        removable: true,
        ..Row::new(item.id.clone(), item.kind, &item.name, item.scope)
    }
}
