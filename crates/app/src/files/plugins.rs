//! Plugins and tools: what is declared, and the files in the folders.
//!
//! Invariant: the plugin items are what the engine would list in `GET /config`.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use rekindle_domain::{
    Fingerprint, Item, ItemId, Kind, PackageNotice, Place, PluginNotice, PluginOrigin, Problem, Row, RowState, Scope,
    Stage, Text, masked_text,
};
use rekindle_opencode::{
    PluginSpec,
    config::{shape::plugin_path, text},
    plugin_fingerprint, plugin_key, plugin_spec,
};
use serde_json::Value;

use super::{
    cached::{self, Cached},
    code::{CodeLook, Doubt},
    endless,
    entries::{code_files, links_of},
    found::{Scan, row},
    layers::{Layer, Layers},
    locate::Places,
    skipped,
    walk::walk_within,
};
use crate::files::{
    file,
    foreign::{Budget, LARGEST_ASIDE},
};

/// One entry of one layer.
struct Declaration<'a> {
    layer: &'a Layer,
    entry: &'a Value,
    /// What makes it one with others.
    key: String,
    is_found: bool,
}

/// The id of a plugin that a configuration file declares by this text.
pub fn declared_id(places: &Places, config: &Path, scope: Scope, text: &str) -> ItemId {
    let path = plugin_path(config.parent().unwrap_or(Path::new("/")), text);
    ItemId::new(Kind::Plugin, scope, &id_key(places, path.as_deref(), text))
}

fn id_key(places: &Places, path: Option<&Path>, text: &str) -> String {
    match (path, PluginSpec::parse(text)) {
        (Some(path), _) => places.short(path),
        // Two repositories of one name are two plugins.
        (None, spec) if spec.origin == PluginOrigin::Git => masked_text(plugin_key(text)),
        // The name of an address may hold a password.
        (None, spec) => masked_text(&spec.name),
    }
}

/// Finds all plugins. `effective`: the configuration as the engine would have it.
pub(super) fn scan_plugins(
    places: &Places,
    layers: &Layers,
    effective: &Value,
    code: &mut CodeLook<'_>,
    scan: &mut Scan,
) {
    let entries: Vec<_> = layers.iter().flat_map(entries).collect();
    let used: HashSet<_> = effective["plugin"].as_array().into_iter().flatten().collect();
    let last = layers.iter().filter(|layer| layer.value.get("plugin").is_some()).last();
    let mut declared = Declared::default();
    for (entry, stronger) in entries.iter().zip(stronger(&entries)) {
        let by = match stronger {
            Some(other) => Some(other),
            // A later list that is empty, or a later global file with a list of its own, hides it.
            None if !used.contains(entry.entry) => Some(last.unwrap_or(entry.layer)),
            None => None,
        };
        let row = add_plugin(places, entry, by.is_none(), code, &mut declared, scan);
        let state = match by {
            Some(by) if by.path == entry.layer.path && stronger.is_some() => continue,
            Some(by) => RowState::Overridden { by: by.path.display().to_string() },
            None => row.state.clone(),
        };
        scan.push_row(Row { state, ..row });
    }
    for entry in layers.unloaded.iter().flat_map(self::entries) {
        let row = add_plugin(places, &entry, false, code, &mut declared, scan);
        scan.push_row(Row { state: not_loaded(), ..row });
    }
    let by_spec: HashMap<_, _> = scan.disk.plugin_specs.iter().map(|(id, spec)| (spec.as_str(), id)).collect();
    let declared = effective["plugin"].as_array().into_iter().flatten().map(|entry| decoded(plugin_spec(entry)));
    let order = declared.filter_map(|spec| by_spec.get(spec.as_str()).map(|id| (*id).clone()));
    let is_declared = |id: &ItemId| scan.disk.items.get(id).is_some_and(|item| item.place != Place::Folder);
    scan.disk.plugin_order = order.filter(is_declared).collect();
    add_nested(places, &mut code.budget, scan);
}

/// The state of what a file declares that would not load.
pub(super) fn not_loaded() -> RowState {
    RowState::NotRead { why: PluginNotice::DeclaredInBroken.into() }
}

/// For each entry the layer of the next one of the same plugin, which beats it.
fn stronger<'a>(entries: &[Declaration<'a>]) -> Vec<Option<&'a Layer>> {
    let mut later = HashMap::new();
    let mut stronger: Vec<_> =
        entries.iter().rev().map(|entry| later.insert(entry.key.as_str(), entry.layer)).collect();
    stronger.reverse();
    stronger
}

fn entries(layer: &Layer) -> Vec<Declaration<'_>> {
    let list = layer.value.get("plugin").and_then(Value::as_array).into_iter().flatten();
    let is_found = layer.place == Place::Folder;
    let key = |entry| match decoded(plugin_spec(entry)) {
        path if path.starts_with("file://") => plugin_spec(entry).to_owned(),
        _ => plugin_key(plugin_spec(entry)).to_owned(),
    };
    list.map(|entry| Declaration { layer, entry, key: key(entry), is_found }).collect()
}

fn add_plugin(
    places: &Places,
    entry: &Declaration<'_>,
    is_used: bool,
    code: &mut CodeLook<'_>,
    declared: &mut Declared,
    scan: &mut Scan,
) -> Row {
    let text = plugin_spec(entry.entry);
    let spec = decoded(text);
    let path = spec.starts_with("file://").then(|| plugin_path(Path::new("/"), text)).flatten();
    let parsed = PluginSpec::parse(&spec);
    let fingerprint = match (&path, is_used) {
        (_, false) => None,
        (Some(path), true) => code.of(path).map(|(fingerprint, files)| {
            scan.push_code(path, files);
            fingerprint
        }),
        (None, true) => installed_package(places, &parsed, &mut code.budget),
    };
    let name = match &path {
        Some(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        None => masked_text(&parsed.name),
    };
    let source = match &path {
        Some(path) if entry.is_found => path.clone(),
        _ => entry.layer.path.clone(),
    };
    let item = Item {
        id: ItemId::new(Kind::Plugin, entry.layer.scope, &id_key(places, path.as_deref(), &spec)),
        kind: Kind::Plugin,
        name,
        scope: entry.layer.scope,
        source: source.display().to_string(),
        place: entry.layer.place,
        value: Some(path.as_deref().map_or_else(|| masked_text(&spec), |path| places.short(path))),
        runs_before: None,
        declared: plugin_fingerprint(&spec, entry.entry.get(1)),
        code: fingerprint,
    };
    let origin = if entry.is_found { PluginOrigin::Found } else { parsed.origin };
    let is_there = path.as_ref().is_none_or(|path| path.exists());
    let mut row = row(
        places,
        &item,
        Some(origin),
        parsed.version.as_deref().map(|version| masked_text(version).into()),
        if is_there { Stage::Installed } else { Stage::Declared },
    );
    if let (true, Some(path)) = (is_used, &path) {
        scan.endless.extend(endless::of_package(path));
        let problem =
            if is_there { code.doubt(path).map(Doubt::problem) } else { Some(missing(entry, path, declared)) };
        let problem = problem.or_else(|| not_read(path, &item, scan));
        // That it is not there is told by the row's stage.
        row.warning = problem.as_ref().filter(|_| is_there).map(|problem| problem.what.clone());
        scan.warnings.extend(problem);
    }
    if let Some(why) = skipped::why(places, &spec, path.as_deref(), &mut code.budget).filter(|_| is_used) {
        let (plugin, boxed) = (item.name.clone(), Box::new(why.clone().into()));
        scan.warnings.push(Problem::new(&item.source, PluginNotice::PluginPassedOver { plugin, why: boxed }));
        scan.disk.passed_over.insert(item.id.clone(), why.clone().into());
        row.state = RowState::NotRead { why: why.into() };
    }
    if let Some(what) = half_installed(places, &parsed).filter(|_| is_used && path.is_none()) {
        scan.warnings.push(Problem::new(&item.source, what.clone()));
        row.warning = Some(what.into());
    }
    if is_used {
        scan.disk.plugin_specs.insert(item.id.clone(), spec);
        scan.disk.items.insert(item);
    }
    row
}

/// Code that is there and was not read: it is too large, or there is too much of it. Nothing is claimed of
/// what is in it.
fn not_read(path: &Path, item: &Item, scan: &mut Scan) -> Option<Problem> {
    if item.code.is_some() || !path.is_file() {
        return None;
    }
    let shown = path.display().to_string();
    if item.source == shown {
        scan.disk.unseen.insert(shown.clone());
    }
    Some(Problem::new(&shown, PluginNotice::CodeNotCompared))
}

/// A plugin whose file is not there; it is told where it is declared.
fn missing(entry: &Declaration<'_>, path: &Path, declared: &mut Declared) -> Problem {
    let declares = &entry.layer.path;
    if entry.is_found {
        return Problem::new(&path.display().to_string(), PluginNotice::PluginLinkBroken);
    }
    let missing = PluginNotice::PluginMissing { path: path.display().to_string() };
    declared.place(declares, path, Problem::new(&declares.display().to_string(), missing))
}

/// Where files declare plugins by a path; each file is read once, however many are missing.
#[derive(Default)]
struct Declared(HashMap<PathBuf, (Text<'static>, HashMap<PathBuf, usize>)>);

impl Declared {
    /// The problem at the place in the file where the plugin stands, if it is found there.
    fn place(&mut self, file: &Path, plugin: &Path, problem: Problem) -> Problem {
        let (text, plugins) = self.0.entry(file.to_owned()).or_insert_with(|| read_declared(file));
        match plugins.get(plugin) {
            Some(offset) => text.place(problem, *offset),
            None => problem,
        }
    }
}

fn read_declared(file: &Path) -> (Text<'static>, HashMap<PathBuf, usize>) {
    let text = file::read_lossy(file).ok().flatten().unwrap_or_default();
    let folder = file.parent().unwrap_or(Path::new("/"));
    let entries = text::entries_of(&text, "plugin");
    // Of several the first one counts.
    let named =
        entries.iter().rev().filter_map(|(entry, offset)| Some((plugin_path(folder, plugin_spec(entry))?, *offset)));
    let named = named.collect();
    (Text::new(text), named)
}

/// A URL to a file without percent-encoding; other specs as they are.
fn decoded(spec: &str) -> String {
    rekindle_opencode::decoded(spec)
}

/// A package is told by its own description: it changes when another version is installed.
fn installed_package(places: &Places, spec: &PluginSpec, budget: &mut Budget) -> Option<Fingerprint> {
    let description = skipped::description(places, spec, budget)?;
    let text = budget.bytes_up_to(&description, LARGEST_ASIDE).ok()??;
    Some(Fingerprint::of_bytes(&text))
}

/// A package of which the engine has only a part, and which it does not complete. While it installs that is no wonder.
fn half_installed(places: &Places, spec: &PluginSpec) -> Option<PackageNotice> {
    let is_half = cached::look(places, spec) == Cached::Half && !cached::is_installing(places);
    let folder = cached::folder(places, spec).filter(|_| is_half)?;
    Some(PackageNotice::HalfInstalled { path: masked_text(&folder.display().to_string()) })
}

/// Files in folders below the plugins folder.
fn add_nested(places: &Places, budget: &mut Budget, scan: &mut Scan) {
    for (folder, scope) in places.plugin_folders() {
        let is_nested = |path: &PathBuf| path.parent() != Some(&folder);
        let is_code = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "ts" || ending == "js");
        let is_package = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "node_modules");
        // What a plugin imports is no mistake.
        let is_part = |path: &PathBuf| scan.code_files.contains(path);
        let nested: Vec<_> = walk_within(&folder, Some(2), false, |_| true, budget)
            .files
            .into_iter()
            .filter(|path| is_nested(path) && is_code(path) && !is_package(path) && !is_part(path))
            .collect();
        for path in nested {
            let item = found(places, Kind::Plugin, &path, scope, None);
            let why = PluginNotice::NestedPlugin.into();
            let row = row(places, &item, Some(PluginOrigin::Found), None, Stage::Installed);
            scan.push_row(Row { state: RowState::NotRead { why }, ..row });
        }
    }
}

/// Finds all tools in folders.
pub(super) fn scan_tools(places: &Places, code: &mut CodeLook<'_>, scan: &mut Scan) {
    for (folder, scope) in places.tool_folders() {
        let (files, cut) = code_files(&folder, &mut code.budget);
        if let Some(cut) = cut {
            scan.cut(cut, &folder);
        }
        scan.links.extend(links_of(&files));
        for path in files {
            let fingerprint = code.of(&path).map(|(fingerprint, files)| {
                scan.push_code(&path, files);
                fingerprint
            });
            let item = found(places, Kind::Tool, &path, scope, fingerprint);
            let problem = code.doubt(&path).map(|doubt| match doubt {
                Doubt::Broken(problem) => {
                    Problem { what: PluginNotice::ToolBroken { why: Box::new(problem.what) }.into(), ..problem }
                }
                Doubt::Unchecked(problem) => problem,
            });
            scan.found.insert(path);
            let warning = problem.as_ref().map(|problem| problem.what.clone());
            scan.push_row(Row { removable: false, warning, ..row(places, &item, None, None, Stage::Installed) });
            scan.warnings.extend(problem);
            scan.disk.items.insert(item);
        }
    }
}

fn found(places: &Places, kind: Kind, path: &Path, scope: Scope, code: Option<Fingerprint>) -> Item {
    let name = if kind == Kind::Tool { path.file_stem() } else { path.file_name() };
    Item {
        id: ItemId::new(kind, scope, &places.short(path)),
        kind,
        name: name.unwrap_or_default().to_string_lossy().into_owned(),
        scope,
        source: path.display().to_string(),
        place: Place::Folder,
        value: Some(places.short(path)),
        runs_before: None,
        declared: plugin_fingerprint(&format!("file://{}", path.display()), None),
        code,
    }
}
