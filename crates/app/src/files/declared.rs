//! What configuration files and Markdown files declare: keys, MCP servers, agents and commands.
//!
//! Invariant: one item a name and scope; what the engine reads once in its life and what it reads
//! with each instance are items of their own. A declaration that adds nothing to the whole is no
//! part of an item; it has a row that says what is used instead.

use std::{collections::BTreeMap, path::Path};

use rekindle_domain::{
    Fingerprint, Item, ItemId, Kind, Notice, Place, PluginNotice, ReloadNotice, Row, RowState, Scope, Stage, masked,
};
use rekindle_opencode::{agent_of_mode, declared_names, joined, keep_own_type, merge, shown_value};
use serde_json::Value;

use super::{
    found::{Scan, row},
    layers::{Layer, Layers},
    locate::Places,
    plugins::not_loaded,
};
use crate::files::foreign::{Budget, LARGEST_ASIDE, lossy};

/// What one layer says of one name: as the engine reads it, and as it stands in the file.
struct Said<'a> {
    layer: &'a Layer,
    value: Value,
    written: Option<Value>,
    shown: Option<Value>,
    /// True when the whole would be another without it.
    adds: bool,
}

impl Said<'_> {
    fn is_cached(&self) -> bool {
        self.layer.place == Place::GlobalConfig
    }

    /// What people are shown of it.
    fn shown(&self) -> &Value {
        self.shown.as_ref().unwrap_or(&self.value)
    }

    fn written(&self) -> &Value {
        self.written.as_ref().unwrap_or(&self.value)
    }
}

/// Finds all items that the layers declare, but for plugins.
pub(super) fn scan_declared(places: &Places, layers: &Layers, budget: &mut Budget, scan: &mut Scan) {
    for ((kind, name), mut said) in by_name(layers) {
        see_what_adds(kind, &mut said);
        let Some(strongest) = said.last() else { continue };
        let mut groups: BTreeMap<(Scope, bool), Vec<&Said<'_>>> = BTreeMap::new();
        for one in &said {
            groups.entry((one.layer.scope, one.is_cached())).or_default().push(one);
        }
        for ((scope, is_cached), group) in &groups {
            let has_twin = *is_cached && groups.contains_key(&(*scope, false));
            let name = Name { kind, name: &name, scope: *scope, has_twin };
            add_item(places, &name, group, &said, strongest, scan);
        }
    }
    add_not_read(places, layers, budget, scan);
}

/// Which of several declarations make a difference; the strongest one always counts.
fn see_what_adds(kind: Kind, said: &mut [Said<'_>]) {
    let whole = fold(kind, said.iter().map(|said| (said.layer, &said.value)));
    let without = |at: usize| {
        let others = said.iter().enumerate().filter(|(other, _)| *other != at);
        fold(kind, others.map(|(_, said)| (said.layer, &said.value)))
    };
    let last = said.len().saturating_sub(1);
    let adds: Vec<_> = (0..said.len()).map(|at| at == last || without(at) != whole).collect();
    said.iter_mut().zip(adds).for_each(|(said, adds)| said.adds = adds);
}

/// A name that is declared.
struct Name<'a> {
    kind: Kind,
    name: &'a str,
    scope: Scope,
    /// True when something of the same name and scope is read with each instance, beside this.
    has_twin: bool,
}

/// Adds what a group of declarations comes to. `all`: of this name, in all groups; `strongest`: of all.
fn add_item(
    places: &Places,
    Name { kind, name, scope, has_twin }: &Name<'_>,
    group: &[&Said<'_>],
    all: &[Said<'_>],
    strongest: &Said<'_>,
    scan: &mut Scan,
) {
    // Of a name that the engine reads in both ways in one scope, the part read once has a key of its
    // own.
    let key = if *has_twin { format!("{name} ({})", places.short(&places.global)) } else { (*name).to_owned() };
    let id = ItemId::new(*kind, *scope, &key);
    let item = |said: &Said<'_>, declared, value: &Value| Item {
        id: id.clone(),
        kind: *kind,
        name: (*name).to_owned(),
        scope: *scope,
        source: said.layer.path.display().to_string(),
        place: said.layer.place,
        value: shown_value(*kind, name, value),
        runs_before: None,
        declared,
        code: None,
    };
    for said in group.iter().filter(|said| !said.adds) {
        let unread = item(said, Fingerprint::of_config(said.shown()), said.shown());
        let state = RowState::Overridden { by: strongest.layer.path.display().to_string() };
        // Where another part of the item is used, its row stands for all of it.
        let removable = is_removable(*kind, said.layer) && group.iter().all(|said| !said.adds);
        scan.push_row(Row {
            state,
            removable,
            ..row(places, &unread, None, unread.value.clone().map(Notice::Verbatim), Stage::Declared)
        });
    }
    let used: Vec<_> = group.iter().copied().filter(|said| said.adds).collect();
    let Some(last) = used.last() else { return };
    let value = fold(*kind, used.iter().map(|said| (said.layer, &said.value)));
    let declared = Fingerprint::of_config(&fold(*kind, used.iter().map(|said| (said.layer, said.written()))));
    if used.iter().any(|said| said.written.is_some()) {
        scan.disk.from_environment.insert(id.clone());
    }
    let shown = fold(*kind, used.iter().map(|said| (said.layer, said.shown())));
    if used.iter().any(|said| said.shown.is_some()) {
        scan.disk.written.insert(id.clone(), shown.clone());
    }
    let mended = used.iter().find_map(|said| said.layer.mended.as_ref());
    let item = Item { code: mended.map(|(text, _)| text.clone()), ..item(last, declared, &shown) };
    let is_strongest = std::ptr::eq(*last, strongest);
    let beaten = all.iter().filter(|said| is_strongest && !said.adds).map(|said| places.short(&said.layer.path));
    let removable = is_removable(*kind, last.layer);
    let detail = match is_turned_off(*kind, all) {
        true => Some(ReloadNotice::TurnedOff.into()),
        false => detail(*kind, &shown, &item),
    };
    let mut row = Row { removable, ..row(places, &item, None, detail, Stage::Declared) };
    row.overrides = beaten.collect();
    row.warning = mended.map(|(_, warning)| warning.what.clone());
    scan.push_row(row);
    scan.disk.values.insert(id, value);
    scan.disk.items.insert(item);
}

/// Whether an agent is turned off, wherever that is said.
fn is_turned_off(kind: Kind, all: &[Said<'_>]) -> bool {
    let last = all.iter().rev().find_map(|said| said.value.get("disable")?.as_bool());
    kind == Kind::Agent && last == Some(true)
}

/// What a list says of an item beside its name: for an MCP server what is started or asked.
fn detail(kind: Kind, value: &Value, item: &Item) -> Option<Notice> {
    if kind != Kind::Mcp {
        return item.value.clone().map(Notice::Verbatim);
    }
    let value = masked(&item.name, value);
    let words = value.get("command").and_then(Value::as_array);
    let command = words.map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
    let target = command.or_else(|| value.get("url")?.as_str().map(str::to_owned));
    let is_off = value.get("enabled").is_some_and(|enabled| enabled == false);
    match target {
        Some(target) if is_off => Some(PluginNotice::ServerTurnedOff { target }.into()),
        Some(target) => Some(Notice::Verbatim(target)),
        None => is_off.then(|| ReloadNotice::TurnedOff.into()),
    }
}

/// Everything that is said of each name, the strongest last.
fn by_name(layers: &Layers) -> BTreeMap<(Kind, String), Vec<Said<'_>>> {
    let mut names: BTreeMap<(Kind, String), Vec<Said<'_>>> = BTreeMap::new();
    // A mode is an agent, and stronger than all others of its name.
    for modes in [false, true] {
        for layer in layers.iter() {
            for (kind, name, pointer) in names_in(&layer.value, modes) {
                let of = |value: &Value| {
                    let value = at(value, &pointer).clone();
                    if modes { agent_of_mode(value) } else { Some(value) }
                };
                // A mode that is no object is no agent.
                let Some(value) = of(&layer.value) else { continue };
                let written = layer.written.as_ref().and_then(of).filter(|written| *written != value);
                let shown = layer.shown.as_ref().and_then(of).filter(|shown| *shown != value);
                let said = Said { layer, value, written, shown, adds: true };
                names.entry((kind, name.to_owned())).or_default().push(said);
            }
        }
    }
    names
}

/// The names that a layer declares as modes, or all others.
fn names_in(value: &Value, modes: bool) -> Vec<(Kind, &str, Vec<&str>)> {
    let mut names = declared_names(value);
    names.retain(|(_, _, keys)| (keys.first() == Some(&"mode")) == modes);
    names
}

/// The value that a path of keys leads to; null where there is none.
fn at<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// What several layers say of one name, as the engine puts it together.
fn fold<'a>(kind: Kind, said: impl Iterator<Item = (&'a Layer, &'a Value)>) -> Value {
    let mut whole: Option<Value> = None;
    let mut was_cached = false;
    for (layer, value) in said {
        let is_cached = layer.place == Place::GlobalConfig;
        whole = Some(match whole {
            None => value.clone(),
            // The lists of the global files replace each other.
            Some(before) if kind == Kind::Instructions && !(is_cached && was_cached) => {
                joined(&before, value).unwrap_or_else(|| value.clone())
            }
            Some(mut before) => {
                merge(&mut before, value);
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
fn add_not_read(places: &Places, layers: &Layers, budget: &mut Budget, scan: &mut Scan) {
    for (layer, by) in &layers.replaced {
        for (kind, name, pointer) in names_in(&layer.value, false) {
            let value = at(&layer.value, &pointer);
            let state = RowState::Overridden { by: by.display().to_string() };
            push(places, layer, kind, name, value, state, scan);
        }
    }
    for layer in &layers.unloaded {
        for (kind, name, pointer) in names_in(&layer.value, false) {
            push(places, layer, kind, name, at(&layer.value, &pointer), not_loaded(), scan);
        }
    }
    for layer in layers.iter() {
        for key in &layer.unknown {
            let why = PluginNotice::UnknownKey.into();
            push(places, layer, Kind::Config, key, &Value::Null, RowState::NotRead { why }, scan);
        }
    }
    let other = places.directory.join("config.json");
    let is_project = places.global != places.directory && !other.starts_with(&places.global);
    if is_project && other.is_file() && looks_like_ours(&other, budget) {
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
        let why = PluginNotice::OtherConfigName.into();
        push(places, &layer, Kind::Config, "config.json", &Value::Null, RowState::NotRead { why }, scan);
    }
}

/// Many programs have a `config.json`; one of the engine names its schema.
fn looks_like_ours(path: &Path, budget: &mut Budget) -> bool {
    let text = budget.bytes_up_to(path, LARGEST_ASIDE).ok().flatten().unwrap_or_default();
    lossy(text).contains("opencode.ai/config.json")
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
        runs_before: None,
        declared: Fingerprint::of_config(value),
        code: None,
    };
    // Of several files of one name in a folder, each has the same id.
    let removable = is_removable(kind, layer) && !matches!(state, RowState::Overridden { .. });
    scan.push_row(Row { state, removable, ..row(places, &item, None, None, Stage::Declared) });
}

/// Whether Rekindle can take a declaration away: only that of a server, an agent or a command, and only if there is a file.
fn is_removable(kind: Kind, layer: &Layer) -> bool {
    matches!(kind, Kind::Mcp | Kind::Agent | Kind::Command) && layer.path.is_absolute()
}
