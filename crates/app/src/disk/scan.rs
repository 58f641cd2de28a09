//! Reads all files that take part and says what a fresh engine would load.
//!
//! Invariant: the same files give the same answer, whatever was loaded before; a file that cannot
//! be read hides only what is in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{
    Disk, Fingerprint, Item, ItemId, Kind, Place, PluginOrigin, PluginSpec, Row, RowState, Scope, SkillAnswer, masked,
    masked_text,
};
use serde_json::{Map, Value};

use super::locate::{ConfigFile, Places, walk};
use crate::{
    config::{file, text},
    skill::frontmatter,
};

/// What the files say.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What a fresh engine would load.
    pub disk: Disk,
    /// The plugins and skills for the lists, each as if it could not be asked of the engine.
    pub rows: Vec<Row>,
}

/// Reads everything.
pub fn scan(places: &Places) -> Scan {
    let mut scan = Scan::default();
    scan.disk.plugin_folders = shown(places.plugin_folders());
    scan.disk.skill_folders = shown(places.skill_folders());
    let configs: Vec<_> =
        places.config_files().into_iter().filter_map(|config| Some((read(&config.path)?, config))).collect();
    scan_declared_plugins(places, &configs, &mut scan);
    scan_plugin_files(places, &mut scan);
    scan_skills(places, &mut scan);
    scan_keys(&configs, &mut scan);
    sort(&mut scan.rows);
    scan
}

fn shown(folders: Vec<(PathBuf, Scope)>) -> Vec<(String, Scope)> {
    folders.into_iter().map(|(folder, scope)| (folder.display().to_string(), scope)).collect()
}

fn read(path: &Path) -> Option<Map<String, Value>> {
    match text::value(&file::read(path).ok()??).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// A path as the engine names it in `GET /config`: absolute, `.` and `..` resolved by text.
fn file_spec(folder: &Path, text: &str) -> (String, PathBuf) {
    let path = match text.strip_prefix("file://") {
        Some(path) => PathBuf::from(percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()),
        None => folder.join(text),
    };
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    (format!("file://{}", plain.display()), plain)
}

fn code_of(path: &Path) -> Option<Fingerprint> {
    let small = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= file::LARGEST);
    if small { fs::read(path).ok().map(|bytes| Fingerprint::of_bytes(&bytes)) } else { None }
}

/// The spec of a declared plugin as the engine names it, and its file if it is one.
fn resolve(folder: &Path, text: &str) -> (String, Option<PathBuf>) {
    // The engine takes `~/x` for a package's name.
    if PluginSpec::parse(text).origin != PluginOrigin::File || text.starts_with("~/") {
        return (text.to_owned(), None);
    }
    let (spec, path) = file_spec(folder, text);
    (spec, Some(path))
}

/// The id of a plugin that a configuration file declares by this text.
pub fn declared_id(places: &Places, config: &Path, scope: Scope, text: &str) -> ItemId {
    let (_, path) = resolve(config.parent().unwrap_or(Path::new("/")), text);
    let key = path.map_or_else(|| PluginSpec::parse(text).name, |path| places.short(&path));
    ItemId::new(Kind::Plugin, scope, &key)
}

fn scan_declared_plugins(places: &Places, configs: &[(Map<String, Value>, ConfigFile)], scan: &mut Scan) {
    // Of several entries for one package the last one wins; a path is its own name.
    let mut winners: BTreeMap<String, (Item, String)> = BTreeMap::new();
    for (config, file) in configs {
        let entries = config.get("plugin").and_then(Value::as_array).into_iter().flatten();
        for text in entries.filter_map(|entry| entry.as_str().or_else(|| entry.get(0)?.as_str())) {
            let parsed = PluginSpec::parse(text);
            let folder = file.path.parent().unwrap_or(Path::new("/"));
            let (spec, path) = resolve(folder, text);
            let item = Item {
                id: declared_id(places, &file.path, file.scope, text),
                kind: Kind::Plugin,
                name: parsed.name.clone(),
                scope: file.scope,
                source: file.path.display().to_string(),
                place: file.place,
                value: Some(masked_text(text)),
                declared: Fingerprint::of_parts(&[&spec]),
                code: path.as_deref().and_then(code_of),
            };
            let missing = path.as_ref().is_some_and(|path| !path.exists());
            let row =
                row(places, &item, Some(parsed.origin), parsed.version, if missing { "declared" } else { "installed" });
            scan.rows.push(row);
            let name = if path.is_some() { spec.clone() } else { parsed.name };
            if let Some((loser, _)) = winners.insert(name, (item.clone(), spec)) {
                let by = item.source.clone();
                let beaten = scan.rows.iter_mut().find(|row| row.id == loser.id && row.source == loser.source);
                if let Some(beaten) = beaten.filter(|row| row.source != by) {
                    beaten.state = RowState::Overridden { by };
                }
            }
        }
    }
    for (item, spec) in winners.into_values() {
        scan.disk.plugin_specs.insert(item.id.clone(), spec);
        scan.disk.items.insert(item);
    }
}

fn scan_plugin_files(places: &Places, scan: &mut Scan) {
    for (folder, scope) in places.plugin_folders() {
        for path in walk(&folder, 2) {
            let is_code = path.extension().is_some_and(|ending| ending == "ts" || ending == "js");
            let nested = path.parent() != Some(&folder);
            if !is_code || (nested && path.components().any(|part| part.as_os_str() == "node_modules")) {
                continue;
            }
            let item = Item {
                id: ItemId::new(Kind::Plugin, scope, &places.short(&path)),
                kind: Kind::Plugin,
                name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                scope,
                source: path.display().to_string(),
                place: Place::Folder,
                value: Some(places.short(&path)),
                declared: Fingerprint::of_parts(&[&format!("file://{}", path.display())]),
                code: code_of(&path),
            };
            let mut row = row(places, &item, Some(PluginOrigin::Found), None, "installed");
            if nested {
                let why = "OpenCode looks only at files directly in the plugins folder".to_owned();
                row.state = RowState::NotRead { why };
                scan.rows.push(row);
                continue;
            }
            // A file that a configuration declares as well is one plugin.
            let spec = format!("file://{}", path.display());
            if !scan.disk.plugin_specs.values().any(|declared| *declared == spec) {
                scan.rows.push(row);
                scan.disk.plugin_specs.insert(item.id.clone(), spec);
                scan.disk.items.insert(item);
            }
        }
    }
}

fn scan_skills(places: &Places, scan: &mut Scan) {
    let mut by_name: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (folder, scope) in places.skill_folders() {
        for path in walk(&folder, 16).filter(|path| path.file_name().is_some_and(|name| name == "SKILL.md")) {
            let source = path.display().to_string();
            let parsed = match file::read(&path) {
                Ok(text) => frontmatter::skill(&text.unwrap_or_default()).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let folder_name =
                path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            let (name, description, body, invalid) = match parsed {
                Ok(skill) => (skill.name, skill.description, skill.body, None),
                Err(why) => (folder_name, None, String::new(), Some(why)),
            };
            let item = Item {
                id: ItemId::new(Kind::Skill, scope, &name),
                kind: Kind::Skill,
                declared: SkillAnswer::fingerprint(&name, description.as_deref(), &body),
                name,
                scope,
                source,
                place: Place::Folder,
                value: description.clone(),
                code: None,
            };
            let mut row = row(places, &item, None, description, "installed");
            if let Some(why) = invalid {
                row.state = RowState::NotRead { why };
                scan.rows.push(row);
                continue;
            }
            scan.rows.push(row);
            by_name.entry(item.name.clone()).or_default().push(item);
        }
    }
    for (name, mut items) in by_name {
        if items.len() > 1 {
            scan.disk.contested_skills.insert(name, items.iter().map(|item| item.declared.clone()).collect());
        }
        scan.disk.items.insert(items.remove(0));
    }
}

/// Everything else that configuration files declare, merged as the engine merges it.
fn scan_keys(configs: &[(Map<String, Value>, ConfigFile)], scan: &mut Scan) {
    let mut merged: BTreeMap<(Scope, Kind, String), (Value, &ConfigFile)> = BTreeMap::new();
    for (config, file) in configs {
        for (key, value) in config {
            let kind = match key.as_str() {
                "$schema" | "plugin" => continue,
                "mcp" => Kind::Mcp,
                "agent" => Kind::Agent,
                "command" => Kind::Command,
                "instructions" => Kind::Instructions,
                _ => Kind::Config,
            };
            let named: Vec<(&String, &Value)> = match (kind, value) {
                (Kind::Mcp | Kind::Agent | Kind::Command, Value::Object(map)) => map.iter().collect(),
                _ => vec![(key, value)],
            };
            for (name, value) in named {
                match merged.entry((file.scope, kind, name.clone())) {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert((value.clone(), file));
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry) => {
                        let (before, source) = entry.get_mut();
                        merge(before, value, kind);
                        *source = file;
                    }
                }
            }
        }
    }
    for ((scope, kind, name), (value, file)) in merged {
        let id = ItemId::new(kind, scope, &name);
        scan.disk.items.insert(Item {
            id: id.clone(),
            kind,
            value: Some(masked(&name, &value).to_string()),
            name,
            scope,
            source: file.path.display().to_string(),
            place: file.place,
            declared: Fingerprint::of_json(&value),
            code: None,
        });
        scan.disk.values.insert(id, value);
    }
}

/// Objects are merged key by key, `instructions` are joined, everything else is replaced.
fn merge(before: &mut Value, after: &Value, kind: Kind) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in after {
                match before.get_mut(key) {
                    Some(inner) => merge(inner, value, kind),
                    None => {
                        before.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if kind == Kind::Instructions => {
            let new: Vec<_> = after.iter().filter(|entry| !before.contains(entry)).cloned().collect();
            before.extend(new);
        }
        (before, after) => *before = after.clone(),
    }
}

/// The order of all lists: by kind, project first, by name.
pub(crate) fn sort(rows: &mut [Row]) {
    rows.sort_by(|a, b| (a.kind, a.scope, &a.name, &a.source).cmp(&(b.kind, b.scope, &b.name, &b.source)));
}

/// The row of an item, as long as the engine has not been asked about it.
pub(crate) fn row(
    places: &Places,
    item: &Item,
    origin: Option<PluginOrigin>,
    detail: Option<String>,
    layer: &str,
) -> Row {
    Row {
        id: item.id.clone(),
        kind: item.kind,
        name: item.name.clone(),
        scope: item.scope,
        source: item.source.clone(),
        place: places.short(Path::new(&item.source)),
        origin,
        detail,
        layer: layer.to_owned(),
        state: RowState::Unknown,
        removable: true,
        overrides: Vec::new(),
        warning: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_merged_as_the_engine_merges_them() {
        let check = |mut before: Value, after: Value, kind, expected: Value| {
            merge(&mut before, &after, kind);
            assert_eq!(before, expected);
        };
        check(json!({"a": {"x": 1}}), json!({"a": {"y": 2}}), Kind::Config, json!({"a": {"x": 1, "y": 2}}));
        check(json!([1]), json!([2]), Kind::Config, json!([2]));
        check(json!(["a"]), json!(["b", "a"]), Kind::Instructions, json!(["a", "b"]));
    }

    #[test]
    fn paths_are_named_as_the_engine_names_them() {
        let check = |text, expected: &str| assert_eq!(file_spec(Path::new("/p"), text).0, expected);
        check("./a.ts", "file:///p/a.ts");
        check("../x/./a b.ts", "file:///x/a b.ts");
        check("file:///p/sp%20ace/%F0%9F%98%80.ts", "file:///p/sp ace/😀.ts");
        check("/abs/a.ts", "file:///abs/a.ts");
    }

    /// P1, P2: what is in the folders and files, and why something is not read.
    #[test]
    fn plugins_and_skills_are_found() {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().canonicalize().expect("there");
        let write = |path: &str, text: &str| {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        };
        fs::create_dir(directory.join(".git")).expect("made");
        write("opencode.json", r#"{"plugin": ["pkg@1", "./x.ts"], "mcp": {"m": {"env": {"K": "secret"}}}}"#);
        write("opencode.jsonc", "{\"plugin\": [\"pkg@2\"], /* wins */ }");
        write(".opencode/plugins/a.ts", "export {}");
        write(".opencode/plugins/deep/b.ts", "export {}");
        write(".opencode/plugins/readme.md", "no");
        write(".opencode/skills/s/SKILL.md", "---\nname: s\n---\n");
        write(".opencode/skills/broken/SKILL.md", "no front matter");
        let scan = scan(&Places::of(&directory).expect("places"));
        let project: Vec<_> = scan.rows.iter().filter(|row| row.scope == Scope::Project).collect();
        let states: Vec<_> =
            project.iter().map(|row| (row.name.as_str(), matches!(row.state, RowState::Unknown))).collect();
        assert_eq!(
            states,
            [
                ("a.ts", true),
                ("b.ts", false),
                ("pkg", false),
                ("pkg", true),
                ("x.ts", true),
                ("broken", false),
                ("s", true)
            ]
        );
        let mcp = scan.disk.items.get(&ItemId::new(Kind::Mcp, Scope::Project, "m")).expect("the server");
        assert!(!mcp.value.as_deref().unwrap_or_default().contains("secret"));
    }
}
