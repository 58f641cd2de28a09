//! What configuration files and Markdown files declare: keys, MCP servers, agents and commands.
//!
//! Invariant: one item a name and scope; what the engine reads once in its life and what it reads
//! with each instance are items of their own. A declaration that adds nothing to the whole is no
//! part of an item; it has a row that says what is used instead.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use rekindle_domain::{
    Fingerprint, Item, ItemId, Kind, Place, Row, RowState, Scope, declared_names, joined, keep_own_type, masked, merge,
    shown_value,
};
use serde_json::{Value, json};

use super::{
    layers::{Layer, Layers},
    locate::Places,
    scan::{Scan, row},
};

/// What one layer says of one name: as the engine reads it, and as it stands in the file.
struct Said<'a> {
    layer: &'a Layer,
    value: Value,
    written: Option<Value>,
    shown: Option<Value>,
}

/// Finds all items that the layers declare, but for plugins.
pub(super) fn scan_declared(places: &Places, layers: &Layers, scan: &mut Scan) {
    for ((kind, name), said) in by_name(layers) {
        let whole = fold(kind, said.iter().map(|said| (said.layer, Cow::Borrowed(&said.value))));
        let adds: Vec<bool> = (0..said.len())
            .map(|at| {
                let others = said.iter().enumerate().filter(|(other, _)| *other != at);
                at + 1 == said.len()
                    || fold(kind, others.map(|(_, said)| (said.layer, Cow::Borrowed(&said.value)))) != whole
            })
            .collect();
        let mut groups: BTreeMap<(Scope, bool), Vec<usize>> = BTreeMap::new();
        for (at, said) in said.iter().enumerate() {
            groups.entry((said.layer.scope, said.layer.place == Place::GlobalConfig)).or_default().push(at);
        }
        for ((scope, is_cached), group) in groups {
            let twice =
                is_cached && said.iter().any(|s| s.layer.scope == scope && s.layer.place != Place::GlobalConfig);
            add_item(places, (kind, &name, scope, twice), &group, &said, &adds, scan);
        }
    }
    add_not_read(places, layers, scan);
}

fn add_item(
    places: &Places,
    (kind, name, scope, has_twin): (Kind, &str, Scope, bool),
    group: &[usize],
    said: &[Said<'_>],
    adds: &[bool],
    scan: &mut Scan,
) {
    // Of a name that the engine reads in both ways in one scope, the part read once has a key of its
    // own.
    let key = if has_twin { format!("{name} ({})", places.short(&places.global)) } else { name.to_owned() };
    let id = ItemId::new(kind, scope, &key);
    let last = &said[said.len() - 1].layer.path;
    let item = |at: usize, declared, value: &Value| {
        let layer = said[at].layer;
        Item {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            scope,
            source: layer.path.display().to_string(),
            place: layer.place,
            value: shown_value(kind, name, value),
            declared,
            code: None,
        }
    };
    for at in group.iter().copied().filter(|at| !adds[*at]) {
        let shown = said[at].shown.as_ref().unwrap_or(&said[at].value);
        let unread = item(at, Fingerprint::of_config(shown), shown);
        let by = last.display().to_string();
        let state = RowState::Overridden { by };
        scan.push_row(Row { state, removable: false, ..row(places, &unread, None, unread.value.clone(), "declared") });
    }
    let used: Vec<_> = group.iter().copied().filter(|at| adds[*at]).collect();
    let Some(strongest) = used.last().copied() else { return };
    let of = |at: &usize| (said[*at].layer, Cow::Borrowed(&said[*at].value));
    let as_written =
        |at: &usize| (said[*at].layer, Cow::Borrowed(said[*at].written.as_ref().unwrap_or(&said[*at].value)));
    let as_shown = |at: &usize| (said[*at].layer, Cow::Borrowed(said[*at].shown.as_ref().unwrap_or(&said[*at].value)));
    let value = fold(kind, used.iter().map(of));
    let declared = Fingerprint::of_config(&fold(kind, used.iter().map(as_written)));
    if used.iter().any(|at| said[*at].written.is_some()) {
        scan.disk.from_environment.insert(id.clone());
    }
    let shown = fold(kind, used.iter().map(as_shown));
    if used.iter().any(|at| said[*at].shown.is_some()) {
        scan.disk.written.insert(id.clone(), shown.clone());
    }
    let mended = used.iter().find_map(|at| said[*at].layer.mended.as_ref());
    let item = Item { code: mended.map(|(text, _)| text.clone()), ..item(strongest, declared, &shown) };
    let is_last = strongest + 1 == said.len();
    let beaten = (0..said.len()).filter(|at| is_last && !adds[*at]).map(|at| places.short(&said[at].layer.path));
    let mut row = Row { removable: false, ..row(places, &item, None, detail(kind, &shown, &item), "declared") };
    row.overrides = beaten.collect();
    row.warning = mended.map(|(_, warning)| warning.sentences());
    scan.push_row(row);
    scan.disk.values.insert(id, value);
    scan.disk.items.insert(item);
}

/// What a list says of an item beside its name: for an MCP server what is started or asked.
fn detail(kind: Kind, value: &Value, item: &Item) -> Option<String> {
    if kind != Kind::Mcp {
        return item.value.clone();
    }
    let value = masked(&item.name, value);
    let command =
        value["command"].as_array().map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
    let target = command.or_else(|| value["url"].as_str().map(str::to_owned));
    let off = (value["enabled"] == false).then(|| "turned off".to_owned());
    let parts: Vec<_> = off.into_iter().chain(target).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Everything that is said of each name, the strongest last.
fn by_name(layers: &Layers) -> BTreeMap<(Kind, String), Vec<Said<'_>>> {
    let mut names: BTreeMap<(Kind, String), Vec<Said<'_>>> = BTreeMap::new();
    // A mode is an agent, and stronger than all others of its name.
    for modes in [false, true] {
        for layer in layers.iter() {
            for (kind, name, pointer) in names_in(&layer.value, modes) {
                let of = |value: &Value| {
                    let mut value = pointer.iter().fold(value, |value, key| &value[*key]).clone();
                    if modes {
                        value["mode"] = json!("primary");
                    }
                    value
                };
                let value = of(&layer.value);
                let written = layer.written.as_ref().map(of).filter(|written| *written != value);
                let shown = layer.shown.as_ref().map(of).filter(|shown| *shown != value);
                names.entry((kind, name.to_owned())).or_default().push(Said { layer, value, written, shown });
            }
        }
    }
    names
}

/// The names that a layer declares as modes, or all others.
fn names_in(value: &Value, modes: bool) -> Vec<(Kind, &str, Vec<&str>)> {
    let mut names = declared_names(value);
    names.retain(|(_, _, keys)| (keys[0] == "mode") == modes);
    names
}

/// What several layers say of one name, as the engine puts it together.
fn fold<'a>(kind: Kind, said: impl Iterator<Item = (&'a Layer, Cow<'a, Value>)>) -> Value {
    let mut whole: Option<Value> = None;
    let mut was_cached = false;
    for (layer, value) in said {
        let is_cached = layer.place == Place::GlobalConfig;
        whole = Some(match whole {
            None => value.into_owned(),
            // The lists of the global files replace each other.
            Some(before) if kind == Kind::Instructions && !(is_cached && was_cached) => {
                joined(&before, &value).unwrap_or_else(|| value.into_owned())
            }
            Some(mut before) => {
                merge(&mut before, &value);
                before
            }
        });
        was_cached = is_cached;
    }
    let mut whole = whole.unwrap_or_default();
    if kind == Kind::Mcp {
        keep_own_type(&mut whole);
    }
    whole
}

/// Rows for what is in the files and never read.
fn add_not_read(places: &Places, layers: &Layers, scan: &mut Scan) {
    for (layer, by) in &layers.replaced {
        for (kind, name, pointer) in names_in(&layer.value, false) {
            let value = pointer.iter().fold(&layer.value, |value, key| &value[*key]);
            let state = RowState::Overridden { by: by.display().to_string() };
            push(places, layer, kind, name, value, state, scan);
        }
    }
    for layer in layers.iter() {
        for key in &layer.unknown {
            let why = "OpenCode does not know this key".to_owned();
            push(places, layer, Kind::Config, key, &Value::Null, RowState::NotRead { why }, scan);
        }
    }
    let other = places.directory.join("config.json");
    let is_project = places.global != places.directory && !other.starts_with(&places.global);
    if is_project && other.is_file() && looks_like_ours(&other) {
        let layer = Layer {
            path: other,
            scope: Scope::Project,
            place: Place::InstanceConfig,
            value: Value::Null,
            written: None,
            shown: None,
            unknown: Vec::new(),
            mended: None,
        };
        let why = "OpenCode reads opencode.json and opencode.jsonc in a project, not config.json".to_owned();
        push(places, &layer, Kind::Config, "config.json", &Value::Null, RowState::NotRead { why }, scan);
    }
}

/// Many programs have a `config.json`; one of the engine names its schema.
fn looks_like_ours(path: &Path) -> bool {
    let text = crate::config::file::read_lossy(path).ok().flatten().unwrap_or_default();
    text.contains("opencode.ai/config.json")
}

fn push(places: &Places, layer: &Layer, kind: Kind, name: &str, value: &Value, state: RowState, scan: &mut Scan) {
    let item = Item {
        id: ItemId::new(kind, layer.scope, name),
        kind,
        name: name.to_owned(),
        scope: layer.scope,
        source: layer.path.display().to_string(),
        place: layer.place,
        value: shown_value(kind, name, value),
        declared: Fingerprint::of_config(value),
        code: None,
    };
    scan.push_row(Row { state, removable: false, ..row(places, &item, None, None, "declared") });
}
