//! The configuration in layers, as the engine reads it: one a file, the strongest last.
//!
//! Invariant: merged by `rekindle_opencode::effective`, the layers give what a fresh engine would
//! answer to `GET /config`. A file that the engine would not load has no layer and is named. Source:
//! `docs/engine.md`, "Places and precedence"; held by `tests/end_to_end/conformance.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    str::from_utf8,
};

use rekindle_domain::{ConfigNotice, Fingerprint, Place, Problem, Scope};
use rekindle_opencode::{
    config::{
        schema::Schema,
        shape, text,
        variables::{self, VariableError},
    },
    merge,
    skill::{
        frontmatter::{self, Markdown, NotRead},
        problem,
    },
};
use serde_json::{Map, Value, json};

use super::{
    entries::{MarkdownFile, code_files, links_of, markdown_files},
    locate::{ConfigFile, ConfigFolder, Places},
    seen::Seen,
    walk::{Cut, Folder},
};
use crate::files::{
    foreign::{self, Budget, LARGEST, ReadError},
    ignored,
    references::References,
};

/// What one file, or one folder of plugins, adds to the configuration.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file or folder; for text from the environment the variable's name.
    pub path: PathBuf,
    /// Whom it is for.
    pub scope: Scope,
    /// When the engine reads it.
    pub place: Place,
    /// What it adds, in the words of `GET /config`.
    pub value: Value,
    /// The same with `{env:}` as written, when there is one: what a person changed is told by this.
    pub written: Option<Value>,
    /// The same with `{env:}` and `{file:}` as written, when there is one: what people are shown.
    pub shown: Option<Value>,
    /// Keys that the engine does not know and leaves out.
    pub unknown: Vec<String>,
    /// The fingerprint of the text, if the engine has to mend it in order to read it, and what is told
    /// of that.
    pub mended: Option<(Fingerprint, Problem)>,
}

/// All layers of a directory.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// What the engine reads once in its life.
    pub global: Vec<Layer>,
    /// What it reads with each instance.
    pub instance: Vec<Layer>,
    /// The files that configurations refer to with `{file:}`.
    pub references: Vec<PathBuf>,
    /// The files that the engine would not load.
    pub broken: Vec<PathBuf>,
    /// What those of them declare whose text parses as it is written.
    pub unloaded: Vec<Layer>,
    /// The files that it leaves out or takes for something else.
    pub warnings: Vec<Problem>,
    /// The folders in which files are looked for whatever their names are.
    pub folders: Vec<Folder>,
    /// The links in them.
    pub links: Vec<PathBuf>,
    /// The Markdown and plugin files in them, also those that the engine cannot load.
    pub found: Vec<PathBuf>,
    /// Those of the folders that were not wholly looked at.
    pub cut: Vec<(PathBuf, Cut)>,
    /// Layers that another file of the same folder and name takes the place of, with that file.
    pub replaced: Vec<(Layer, PathBuf)>,
    /// Files of one name in one folder of which the engine takes one by chance: what each of the others would say.
    pub contested: Vec<Contested>,
    /// All files and folders that were read, each as it was before.
    pub(super) seen: BTreeMap<PathBuf, Seen>,
}

/// What another file of the same name would say in the place of the one that is taken for the engine's.
#[derive(Clone, Debug)]
pub struct Contested {
    /// Which of the layers of the instance.
    pub at: usize,
    /// The file that is taken for the engine's.
    pub file: PathBuf,
    /// The other one.
    pub other: Layer,
}

impl Layers {
    /// Reads them.
    pub fn read(places: &Places, schema: Option<&Schema>) -> Self {
        let mut layers = Self::default();
        let mut budget = Budget::of_configuration();
        let references = References::new(&mut budget);
        let mut reader =
            Reader { places, schema, layers: &mut layers, references, is_spent: false, mended: BTreeSet::new() };
        for file in places.global_files() {
            reader.file(file);
        }
        reader.first_file();
        reader.layers.global = std::mem::take(&mut reader.layers.instance);
        for file in places.named_file().into_iter().chain(places.project_files()) {
            reader.file(file);
        }
        for folder in places.config_folders() {
            reader.folder(&folder);
        }
        if let Some(text) = places.environment.get("OPENCODE_CONFIG_CONTENT") {
            let path = PathBuf::from("OPENCODE_CONFIG_CONTENT");
            let file = ConfigFile { path, scope: Scope::Project, place: Place::InstanceConfig };
            reader.text(file, text, &places.directory, None);
        }
        for file in places.managed_files() {
            reader.file(file);
        }
        reader.switches();
        layers
    }

    /// The global configuration, as the engine answers to `GET /global/config`.
    pub fn merged_global(&self) -> Value {
        let mut merged = json!({});
        self.global.iter().for_each(|layer| merge(&mut merged, &layer.value));
        merged
    }

    /// The layers of the instance, without where they come from.
    pub fn values(&self) -> Vec<Value> {
        self.instance.iter().map(|layer| layer.value.clone()).collect()
    }

    /// All layers, the strongest last.
    pub fn iter(&self) -> impl Iterator<Item = &Layer> {
        self.global.iter().chain(&self.instance)
    }
}

/// The first folder in which a file is, and how deep it is in it.
type Order = (Option<std::ffi::OsString>, usize);

fn order_of(folder: &Path, file: &Path) -> Order {
    let below = file.strip_prefix(folder).unwrap_or(file);
    (below.iter().next().map(ToOwned::to_owned), below.iter().count())
}

struct Reader<'a> {
    places: &'a Places,
    schema: Option<&'a Schema>,
    layers: &'a mut Layers,
    references: References<'a>,
    /// True when nothing more is read in this look.
    is_spent: bool,
    /// The texts that the engine had to mend so far.
    mended: BTreeSet<Fingerprint>,
}

impl Reader<'_> {
    fn file(&mut self, file: ConfigFile) {
        self.see(&file.path);
        match self.references.budget().text(&file.path) {
            Ok(Some(text)) if !text.is_empty() => {
                self.tell_encoding(&file.path, &text);
                let folder = file.path.parent().unwrap_or(Path::new("/")).to_owned();
                self.text(file, &text, &folder, Some(&folder));
            }
            Ok(_) => {}
            Err(_) => self.layers.broken.push(file.path),
        }
    }

    /// Says of a file that it is not in UTF-8.
    fn tell_encoding(&mut self, path: &Path, text: &str) {
        // The character may stand in the file itself.
        let is_utf8 = || foreign::bytes(path, LARGEST).ok().flatten().is_none_or(|bytes| from_utf8(&bytes).is_ok());
        if text.contains('\u{fffd}') && !is_utf8() {
            self.layers.warnings.push(problem::encoding(path, text));
        }
    }

    /// Keeps what a file or folder is like before it is read.
    fn see(&mut self, path: &Path) {
        self.layers.seen.entry(path.to_owned()).or_insert_with(|| Seen::now(path));
    }

    /// The engine makes a global file when there is none, unless it is told to read elsewhere.
    fn first_file(&mut self) {
        let files = self.places.global_files();
        let told = ["OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "OPENCODE_CONFIG_CONTENT"];
        let is_told = told.iter().any(|name| self.places.environment.get(name).is_some());
        if let (false, Some(last)) = (is_told || files.iter().any(|file| file.path.exists()), files.last()) {
            self.add(last.path.clone(), last.scope, last.place, json!({ "$schema": shape::SCHEMA }));
        }
    }

    /// `folder`: what `{file:}` starts from; `plugins`: what paths of plugins start from.
    fn text(&mut self, file: ConfigFile, text: &str, folder: &Path, plugins: Option<&Path>) {
        let of = |name: &str| self.places.environment.get(name).unwrap_or_default().to_owned();
        let references = &mut self.references;
        let mut replace = |environment: &dyn Fn(&str) -> String| {
            variables::replace(text, folder, &self.places.home, environment, references)
        };
        let replaced = match replace(&of) {
            Ok(replaced) => replaced,
            Err(error) => {
                self.unloaded(&file, text, plugins);
                match &error {
                    // It may come.
                    VariableError::BadReference { path, .. } => self.layers.references.push(path.clone()),
                    VariableError::TooLong => {
                        let what = ConfigNotice::NotCompared { why: Box::new(error.notice().into()) };
                        self.layers.warnings.push(Problem::new(&file.path.display().to_string(), what));
                    }
                }
                self.layers.broken.push(file.path);
                return;
            }
        };
        let as_written = |name: &str| format!("{{env:{name}}}");
        let written = replaced.has_environment.then(|| text::value(&replace(&as_written).ok()?.text).ok()).flatten();
        let Ok(value) = text::value(&replaced.text) else {
            self.layers.references.extend(replaced.files);
            self.unloaded(&file, text, plugins);
            self.layers.broken.push(file.path);
            return;
        };
        replaced.files.iter().for_each(|path| self.see(path));
        if let Some(seen) = self.layers.seen.get_mut(&file.path) {
            seen.read(&value);
        }
        let has_variables = replaced.has_environment || !replaced.files.is_empty();
        let shown = if has_variables { text::value(text).ok() } else { None };
        let shape = |value| shape::shaped(value, plugins, self.schema);
        let keys: Vec<_> = value.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        let entries = ignored::lenient_entries(&value);
        let lowered = shape::lowered(value);
        self.layers.warnings.extend(ignored::left_out(&file.path, text, &entries, &lowered));
        if let Some(schema) = self.schema {
            self.layers.warnings.extend(ignored::fallen(&file.path, text, &lowered, schema));
        }
        let value = shape(lowered.clone());
        let is_known = |key: &String| value.get(key).is_some() || lowered.get(key).is_none();
        let unknown = keys.into_iter().filter(|key| !is_known(key)).collect();
        self.layers.references.extend(replaced.files);
        self.layers.instance.push(Layer {
            path: file.path,
            scope: file.scope,
            place: file.place,
            value,
            written: written.map(shape),
            shown: shown.map(shape),
            unknown,
            mended: None,
        });
    }

    /// Keeps what a file declares that would not load.
    fn unloaded(&mut self, file: &ConfigFile, text: &str, plugins: Option<&Path>) {
        if let Ok(value) = text::value(text) {
            let value = shape::shaped(shape::lowered(value), plugins, self.schema);
            self.layers.unloaded.push(layer(file.path.clone(), file.scope, file.place, value));
        }
    }

    fn folder(&mut self, folder: &ConfigFolder) {
        if folder.has_config {
            for name in ["opencode.json", "opencode.jsonc"] {
                let place = Place::InstanceConfig;
                self.file(ConfigFile { path: folder.path.join(name), scope: folder.scope, place });
            }
        }
        let (mut names, mut places) = (Vec::<Vec<_>>::new(), BTreeMap::new());
        let found = markdown_files(&folder.path, self.references.budget());
        found.folders.iter().for_each(|folder| self.see(&folder.path));
        self.layers.folders.extend(found.folders);
        self.layers.links.extend(found.links);
        self.layers.cut.extend(found.cut);
        for file in found.files {
            self.layers.found.push(file.path.clone());
            let Some((name, layer)) = self.markdown(&file, folder.scope) else { continue };
            let order = order_of(&folder.path, &file.path);
            let at = *places.entry((file.key, name)).or_insert(names.len());
            match names.get_mut(at) {
                Some(all) => all.push((order, layer)),
                None => names.push(vec![(order, layer)]),
            }
        }
        for all in names {
            self.one_of(all);
        }
        for name in ["plugin", "plugins"] {
            let (found, cut) = code_files(&folder.path.join(name), self.references.budget());
            self.layers.cut.extend(cut.map(|cut| (folder.path.join(name), cut)));
            self.layers.links.extend(links_of(&found));
            if !found.is_empty() {
                let urls: Vec<_> = found.iter().map(|path| shape::url_of(path)).collect();
                self.layers.found.extend(found);
                self.add(folder.path.join(name), folder.scope, Place::Folder, json!({ "plugin": urls }));
            }
        }
    }

    /// Of several files of one name in one folder the engine takes one: of `agent` and of `agents` each the deepest, and
    /// else by chance.
    fn one_of(&mut self, all: Vec<(Order, Layer)>) {
        let mut deepest = BTreeMap::new();
        for ((folder, depth), _) in &all {
            let most = deepest.entry(folder).or_insert(*depth);
            *most = (*most).max(*depth);
        }
        let may_win: Vec<_> = all.iter().map(|((folder, depth), _)| deepest.get(folder) == Some(depth)).collect();
        let Some(winner) = may_win.iter().rposition(|may_win| *may_win) else { return };
        let Some(path) = all.get(winner).map(|(_, layer)| layer.path.clone()) else { return };
        let at = self.layers.instance.len();
        for (number, ((_, layer), may_win)) in all.into_iter().zip(may_win).enumerate() {
            if number == winner {
                self.layers.instance.push(layer);
                continue;
            }
            if may_win {
                self.layers.contested.push(Contested { at, file: path.clone(), other: layer.clone() });
            }
            self.layers.replaced.push((layer, path.clone()));
        }
    }

    fn markdown(&mut self, file: &MarkdownFile, scope: Scope) -> Option<(String, Layer)> {
        self.see(&file.path);
        let text = match self.references.budget().text(&file.path) {
            Ok(text) => text?,
            Err(error) => {
                self.unread(&file.path, &error);
                return None;
            }
        };
        self.tell_encoding(&file.path, &text);
        let mut parsed = match frontmatter::parse(&text) {
            Ok(parsed) => parsed,
            Err(NotRead::Yaml(error)) => {
                self.layers.warnings.push(problem::left_out(&file.path, &text, &error));
                return None;
            }
            Err(error @ (NotRead::TooMuch(_) | NotRead::Code)) => {
                self.layers.warnings.push(problem::not_looked_at(&file.path, &error));
                self.layers.broken.push(file.path.clone());
                return None;
            }
        };
        if parsed.is_mended && !self.mended.insert(Fingerprint::of_bytes(text.as_bytes())) {
            // It mends a text once; where it meets it again, all of it is text.
            (parsed.fields, parsed.body) = (Map::new(), text.clone());
        }
        if file.key == "mode" && self.is_refused(&parsed) {
            self.layers.warnings.push(problem::refused_mode(&file.path));
            return None;
        }
        let mended =
            parsed.is_mended.then(|| (Fingerprint::of_bytes(text.as_bytes()), problem::read_once(&file.path, &text)));
        self.layers.warnings.extend(mended.iter().map(|(_, warning)| warning.clone()));
        self.layers.warnings.extend(parsed.not_read.iter().map(|error| problem::all_text(&file.path, &text, error)));
        let (name, entry) = file.entry(parsed);
        let key = if file.key == "command" { "command" } else { "agent" };
        let value = json!({ key: { &*name: entry } });
        Some((name, Layer { mended, ..layer(file.path.clone(), scope, Place::Folder, value) }))
    }

    /// Takes note of a Markdown file that could not be read.
    fn unread(&mut self, path: &Path, error: &ReadError) {
        if error.is_bound_of_ours() {
            self.layers.broken.push(path.to_owned());
        }
        // One without an end is a problem of its own.
        if foreign::endless(path).is_some() {
            return;
        }
        // Of those that are too many the first one is told.
        let is_spent = matches!(error, ReadError::Spent { .. });
        if !is_spent || !std::mem::replace(&mut self.is_spent, true) {
            self.layers.warnings.push(Problem::new(&path.display().to_string(), error.why()));
        }
    }

    /// The engine skips a mode with a wrong type, where it refuses an agent.
    fn is_refused(&self, mode: &Markdown) -> bool {
        self.schema.is_some_and(|schema| !schema.accepts(&json!({ "agent": { "x": mode.fields } })))
    }

    /// What switches in the environment add.
    fn switches(&mut self) {
        let environment = &self.places.environment;
        let permission =
            environment.get("OPENCODE_PERMISSION").and_then(|text| serde_json::from_str::<Value>(text).ok());
        let on = |name: &str| environment.is_on(name);
        let all = [
            ("OPENCODE_PERMISSION", permission.map(|value| json!({ "permission": value }))),
            (
                "OPENCODE_DISABLE_AUTOCOMPACT",
                on("OPENCODE_DISABLE_AUTOCOMPACT").then(|| json!({"compaction": {"auto": false}})),
            ),
            ("OPENCODE_DISABLE_PRUNE", on("OPENCODE_DISABLE_PRUNE").then(|| json!({"compaction": {"prune": false}}))),
        ];
        for (name, value) in all {
            if let Some(value) = value {
                self.add(PathBuf::from(name), Scope::Global, Place::InstanceConfig, value);
            }
        }
    }

    fn add(&mut self, path: PathBuf, scope: Scope, place: Place, value: Value) {
        self.layers.instance.push(layer(path, scope, place, value));
    }
}

fn layer(path: PathBuf, scope: Scope, place: Place, value: Value) -> Layer {
    Layer { path, scope, place, value, written: None, shown: None, unknown: Vec::new(), mended: None }
}
