//! Configuration keys, MCP servers, agents and commands.
//!
//! The engine tells the configuration as a whole. So what it would tell after a dispose is computed
//! from its own word on the global files and from the project's files as they are; where both agree
//! for a name, all that is declared of that name is loaded.

use std::collections::{BTreeSet, HashMap, HashSet};

use rekindle_domain::{Answers, Evidence, Fingerprint, Item, ItemId, Kind, Loaded, Place, Scope, Snapshot, masked};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Disk, Memory, effective, order::beside, remembered, spent};
use crate::{agent_of_mode, declared_names, merge};

/// The key that the engine fills in when no file has it: the name of the system's user.
const FILLED_IN: &str = "username";

/// What people are shown of a declared value; secrets are masked. `None`: nothing that fits a line.
pub fn shown_value(kind: Kind, name: &str, value: &Value) -> Option<String> {
    match kind {
        Kind::Agent | Kind::Command => value["description"].as_str().map(str::to_owned),
        _ if value.is_null() => None,
        _ => Some(masked(name, value).to_string()),
    }
}

/// The names of which an instance tells otherwise than the files from which it was created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Otherwise {
    /// What plugins, and what else is in no file, made of them; `None`: they took it away. Where the engine
    /// tells something else by now, another instance took its place unseen.
    replaced: BTreeSet<(Kind, String, Option<Fingerprint>)>,
    /// Those of files that were others when the engine read them: what it made of them, only it knows.
    unseen: BTreeSet<(Kind, String)>,
}

impl Otherwise {
    /// Compares what an engine tells with the files from which it should have it.
    ///
    /// `is_certain`: these are what the engine read. If not, only what was told in the same way of the same
    /// files before is not taken for what other files said. `before`: what was remembered then.
    pub fn of(disk: &Disk, answers: &Answers, before: Option<&Memory>, is_certain: bool) -> Self {
        let answers = &*beside(answers, &effective(&disk.global, &disk.layers), &disk.global);
        let after_dispose = effective(&answers.global_config, &disk.layers);
        let here = ByName::of_instance(&disk.items);
        let instance = before.and_then(|before| before.instance.as_ref());
        let was_here = instance.map(ByName::of_instance).unwrap_or_default();
        // Whether the same was told when the files said of it what they say now.
        let was_so = |kind, name: &str, told: Option<&Fingerprint>| {
            let replaced =
                |before: &Memory| before.otherwise.replaced.contains(&(kind, name.to_owned(), told.cloned()));
            let said = |items: &ByName<'_>| -> Vec<_> {
                items.get(kind, name).iter().map(|item| (item.id.clone(), item.declared.clone())).collect()
            };
            instance.is_some() && before.is_some_and(replaced) && said(&was_here) == said(&here)
        };
        let mut otherwise = Self::default();
        for (kind, name) in names(&answers.config).into_iter().chain(names(&after_dispose)).collect::<BTreeSet<_>>() {
            let of = |config| value_of(config, kind, &name).map(Fingerprint::of_config);
            let (told, expected) = (of(&answers.config), of(&after_dispose));
            let is_other = || may_be_told(disk, answers, kind, &name, told.as_ref());
            if told == expected || (name == FILLED_IN && expected.is_none()) || is_other() {
                continue;
            }
            let is_known = is_certain || was_so(kind, &name, told.as_ref());
            // Without plugins the engine tells what is declared as it is declared, unless its environment is
            // another than ours.
            let declared = here.get(kind, &name);
            let may_be = declared.is_empty() || !answers.plugins.is_empty();
            let is_elsewhere = declared.iter().any(|item| disk.from_environment.contains(&item.id));
            if (is_known && may_be) || is_elsewhere {
                otherwise.replaced.insert((kind, name, told));
            } else {
                otherwise.unseen.insert((kind, name));
            }
        }
        otherwise
    }

    fn is_replaced(&self, kind: Kind, name: &str, told: Option<&Value>) -> bool {
        self.replaced.contains(&(kind, name.to_owned(), told.map(Fingerprint::of_config)))
    }

    fn is_unseen(&self, kind: Kind, name: &str) -> bool {
        self.unseen.contains(&(kind, name.to_owned()))
    }
}

/// Items by kind and name, for asking for many names.
#[derive(Default)]
struct ByName<'a>(HashMap<Kind, HashMap<&'a str, Vec<&'a Item>>>);

impl<'a> ByName<'a> {
    fn of(items: impl Iterator<Item = &'a Item>) -> Self {
        let mut names = HashMap::<_, HashMap<_, Vec<_>>>::new();
        for item in items {
            names.entry(item.kind).or_default().entry(item.name.as_str()).or_default().push(item);
        }
        Self(names)
    }

    /// All that is read with each instance.
    fn of_instance(items: &'a Snapshot) -> Self {
        Self::of(items.iter().filter(|item| item.place != Place::GlobalConfig))
    }

    /// All that the engine reads once in its life.
    fn of_global(items: impl Iterator<Item = &'a Item>) -> Self {
        Self::of(items.filter(|item| item.place == Place::GlobalConfig))
    }

    /// All of one name, in the order in which they came.
    fn get(&self, kind: Kind, name: &str) -> &[&'a Item] {
        self.0.get(&kind).and_then(|names| names.get(name)).map(Vec::as_slice).unwrap_or_default()
    }
}

pub(super) fn add(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let after_restart = effective(&disk.global, &disk.layers);
    let answers = &*beside(answers, &after_restart, &disk.global);
    let after_dispose = effective(&answers.global_config, &disk.layers);
    // What the project's files say anyway makes no difference, whatever the global ones say.
    let makes_a_difference = |kind, name: &str| {
        let of = |config| value_of(config, kind, name).map(Fingerprint::of_config);
        of(&after_dispose) != of(&after_restart)
    };
    for item in disk.items.iter().filter(|item| is_declared(item.kind)) {
        let Some(value) = disk.values.get(&item.id) else { continue };
        if item.place == Place::GlobalConfig && !makes_a_difference(item.kind, &item.name) {
            loaded.add(item.clone(), Evidence::Told);
        } else if item.place == Place::GlobalConfig {
            add_global(disk, item, value, answers, memory, loaded);
        } else {
            add_of_instance(disk, item, value, &after_dispose, answers, memory, loaded);
        }
    }
    add_gone(disk, &after_dispose, answers, memory, loaded);
    add_gone_globally(disk, &makes_a_difference, answers, memory, loaded);
}

/// Whether an engine tells the values of this kind of item in its configuration.
pub fn is_declared(kind: Kind) -> bool {
    matches!(kind, Kind::Mcp | Kind::Agent | Kind::Command | Kind::Config | Kind::Instructions)
}

/// The engine tells the global configuration as it read it.
fn add_global(disk: &Disk, item: &Item, value: &Value, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let Some(told) = global_value(&answers.global_config, item.kind, &item.name) else { return };
    if is_same(&told, value) {
        loaded.add(item.clone(), Evidence::Told);
    } else if disk.from_environment.contains(&item.id) {
        // The engine's environment may be another than ours: only what was written can be compared.
        let before = remembered(memory, &item.id).unwrap_or(item);
        loaded.add(before.clone(), Evidence::Remembered);
    } else {
        loaded.add(as_told(disk, memory, item, &told), Evidence::Told);
    }
}

fn add_of_instance(
    disk: &Disk,
    item: &Item,
    value: &Value,
    after_dispose: &Value,
    answers: &Answers,
    memory: &Memory,
    loaded: &mut Loaded,
) {
    let told = value_of(&answers.config, item.kind, &item.name);
    let expected = value_of(after_dispose, item.kind, &item.name);
    let told_print = told.map(Fingerprint::of_config);
    let is_other = || may_be_told(disk, answers, item.kind, &item.name, told_print.as_ref());
    if told.is_some() && (told_print == expected.map(Fingerprint::of_config) || is_other()) {
        loaded.add(item.clone(), Evidence::Told);
        return;
    }
    if let Some(spent) = spent(item, memory) {
        loaded.add(spent, Evidence::Remembered);
        return;
    }
    if memory.otherwise.is_unseen(item.kind, &item.name) && !disk.from_environment.contains(&item.id) {
        if let Some(told) = told {
            loaded.add(as_told(disk, memory, item, told), Evidence::Told);
        }
        return;
    }
    match (remembered(memory, &item.id), told) {
        // A plugin replaced it when it was loaded, and nothing was loaded since: what the file said then.
        (Some(before), told) if memory.otherwise.is_replaced(item.kind, &item.name, told) => {
            loaded.add(Item { code: None, ..before.clone() }, Evidence::Remembered);
        }
        (Some(_), Some(told)) => loaded.add(as_told(disk, memory, item, told), Evidence::Told),
        (None, _) if memory.instance.is_some() => {}
        (_, None) => {}
        (None, Some(_)) if disk.from_environment.contains(&item.id) => {
            loaded.add(item.clone(), Evidence::Remembered);
        }
        // Nobody watched. Plugins add to what files say; they hardly take from it.
        (None, Some(told)) if !answers.plugins.is_empty() && covers(told, value) => {
            loaded.add(item.clone(), Evidence::Told);
        }
        (None, Some(told)) => loaded.add(as_told(disk, memory, item, told), Evidence::Told),
    }
}

/// True when the engine tells what another file of the same name says, from which it may take it by chance. Of very many
/// nothing is claimed.
fn may_be_told(disk: &Disk, answers: &Answers, kind: Kind, name: &str, told: Option<&Fingerprint>) -> bool {
    const MANY: usize = 16;
    let Some(others) = disk.contested.get(&(kind, name.to_owned())) else { return false };
    if others.len() > MANY {
        return true;
    }
    let global = only(&answers.global_config, kind, name);
    let mut layers: Vec<_> = disk.layers.iter().map(|layer| only(layer, kind, name)).collect();
    others.iter().any(|(at, value)| {
        let Some(layer) = layers.get_mut(*at) else { return false };
        let before = std::mem::replace(layer, only(value, kind, name));
        let other = effective(&global, &layers);
        if let Some(layer) = layers.get_mut(*at) {
            *layer = before;
        }
        value_of(&other, kind, name).map(Fingerprint::of_config).as_ref() == told
    })
}

/// What a configuration says of one name.
fn only(config: &Value, kind: Kind, name: &str) -> Value {
    let groups: &[&str] = match kind {
        Kind::Agent => &["agent", "mode"],
        Kind::Command => &["command"],
        _ => &[],
    };
    let of = |group: &&str| {
        let value = config.get(*group)?.get(name)?.clone();
        Some(((*group).to_owned(), Value::Object([(name.to_owned(), value)].into_iter().collect())))
    };
    Value::Object(groups.iter().filter_map(of).collect())
}

/// What the instance has and no file declares any more.
fn add_gone(disk: &Disk, after_dispose: &Value, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let is_left = |kind, name: &str| {
        let (told, expected) = (value_of(&answers.config, kind, name), value_of(after_dispose, kind, name));
        told.is_some() && told.map(Fingerprint::of_config) != expected.map(Fingerprint::of_config)
    };
    let nothing = (Snapshot::default(), Otherwise::default());
    let (instance, otherwise) =
        memory.instance.as_ref().map_or((&nothing.0, &nothing.1), |instance| (instance, &memory.otherwise));
    let [here, was_here] = [&disk.items, instance].map(ByName::of_instance);
    // A plugin may add what no file declares; without plugins only a file can have.
    let told = if answers.plugins.is_empty() { names(&answers.config) } else { BTreeSet::new() };
    for (kind, name) in otherwise.unseen.union(&told).filter(|(kind, name)| is_left(*kind, name)) {
        let is_known = [&here, &was_here].iter().any(|items| !items.get(*kind, name).is_empty());
        let Some(told) = value_of(&answers.config, *kind, name) else { continue };
        if !is_known && name != FILLED_IN && !otherwise.is_replaced(*kind, name, Some(told)) {
            loaded.add(gone(*kind, name, told, Scope::Project, Place::InstanceConfig), Evidence::Told);
        }
    }
    for item in instance.iter().filter(|item| is_declared(item.kind) && item.place != Place::GlobalConfig) {
        let is_gone = disk.items.get(&item.id).is_none() && !disk.broken.contains(&item.source);
        let told = value_of(&answers.config, item.kind, &item.name).map(Fingerprint::of_config);
        let is_filled_in = item.name == FILLED_IN && told.as_ref() != Some(&item.declared);
        if is_gone && !is_filled_in && is_left(item.kind, &item.name) {
            loaded.add(item.clone(), Evidence::Remembered);
        }
    }
}

/// What the engine keeps of the global files and they no longer say.
fn add_gone_globally(
    disk: &Disk,
    makes_a_difference: &dyn Fn(Kind, &str) -> bool,
    answers: &Answers,
    memory: &Memory,
    loaded: &mut Loaded,
) {
    if !disk.broken.is_empty() {
        return;
    }
    let here = ByName::of_global(disk.items.iter());
    let was_here = ByName::of_global(memory.instance.iter().flat_map(Snapshot::iter));
    for (kind, name) in names(&answers.global_config) {
        if !here.get(kind, &name).is_empty() || !makes_a_difference(kind, &name) {
            continue;
        }
        let Some(told) = global_value(&answers.global_config, kind, &name) else { continue };
        let known = was_here.get(kind, &name).first().map(|item| (*item).clone());
        let item = known.unwrap_or_else(|| gone(kind, &name, &told, Scope::Global, Place::GlobalConfig));
        loaded.add(Item { declared: Fingerprint::of_json(&told), ..item }, Evidence::Told);
    }
}

fn gone(kind: Kind, name: &str, value: &Value, scope: Scope, place: Place) -> Item {
    Item {
        id: ItemId::new(kind, scope, name),
        kind,
        name: name.to_owned(),
        scope,
        source: String::new(),
        place,
        value: shown_value(kind, name, value),
        runs_before: None,
        declared: Fingerprint::of_config(value),
        code: None,
    }
}

/// What an engine tells of all that these items declare for an instance, in one fingerprint. It stays the same as long
/// as the instance does, unless a plugin changes one of these values later; what plugins add under other names does not
/// count.
pub fn told_of(items: &Snapshot, config: &Value) -> Fingerprint {
    let declared = items.iter().filter(|item| is_declared(item.kind) && item.place != Place::GlobalConfig);
    let told = declared.map(|item| value_of(config, item.kind, &item.name).unwrap_or(&Value::Null).clone());
    Fingerprint::of_json(&Value::Array(told.collect()))
}

/// All names that a configuration declares, each once.
fn names(config: &Value) -> BTreeSet<(Kind, String)> {
    declared_names(config).into_iter().map(|(kind, name, _)| (kind, name.to_owned())).collect()
}

/// The value of a name in `GET /config`.
pub fn value_of<'a>(config: &'a Value, kind: Kind, name: &str) -> Option<&'a Value> {
    match kind {
        Kind::Mcp => config.get("mcp")?.get(name),
        Kind::Agent => config.get("agent")?.get(name),
        Kind::Command => config.get("command")?.get(name),
        _ => config.get(name),
    }
}

/// The same in `GET /global/config`, where modes are not agents yet.
fn global_value(config: &Value, kind: Kind, name: &str) -> Option<Value> {
    let value = value_of(config, kind, name).cloned();
    let mode = if kind == Kind::Agent { config.get("mode").and_then(|modes| modes.get(name)).cloned() } else { None };
    let Some(mode) = mode.and_then(agent_of_mode) else { return value };
    let mut whole = value.unwrap_or_else(|| Value::Object(Map::new()));
    merge(&mut whole, &mode);
    Some(whole)
}

fn is_same(a: &Value, b: &Value) -> bool {
    Fingerprint::of_config(a) == Fingerprint::of_config(b)
}

/// Whether what the engine has comes from a variable.
fn may_be_secret(disk: &Disk, memory: &Memory, id: &ItemId) -> bool {
    disk.written.contains_key(id) || memory.hidden.contains(id)
}

/// The item with the value that the engine has.
fn as_told(disk: &Disk, memory: &Memory, item: &Item, told: &Value) -> Item {
    let value = shown_value(item.kind, &item.name, told).filter(|_| !may_be_secret(disk, memory, &item.id));
    Item { value, declared: Fingerprint::of_config(told), ..item.clone() }
}

/// True when the engine has at least what the file says.
fn covers(told: &Value, ours: &Value) -> bool {
    match (told, ours) {
        (Value::Object(told), Value::Object(ours)) => {
            ours.iter().all(|(key, ours)| told.get(key).is_some_and(|told| covers(told, ours)))
        }
        (Value::Array(told), Value::Array(ours)) => covers_all(told, ours),
        _ => is_same(told, ours),
    }
}

/// The same for lists. Plain values may stand anywhere; what holds others is looked for in the order in which
/// it stands, so that no two lists take longer than both of them are long.
fn covers_all(told: &[Value], ours: &[Value]) -> bool {
    let is_plain = |value: &&Value| !value.is_object() && !value.is_array();
    let plain: HashSet<_> = told.iter().filter(is_plain).map(Fingerprint::of_config).collect();
    let mut whole = told.iter().filter(|value| !is_plain(value));
    ours.iter().all(|ours| match is_plain(&ours) {
        true => plain.contains(&Fingerprint::of_config(ours)),
        false => whole.any(|told| covers(told, ours)),
    })
}
