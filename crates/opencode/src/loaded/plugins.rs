//! Plugins and tools: the engine tells which ones, memory tells with which code.

use std::collections::{BTreeSet, HashMap, HashSet};

use rekindle_domain::{Answers, Evidence, Fingerprint, Item, ItemId, Kind, Loaded, Place, Scope, Snapshot};
use serde_json::Value;

use super::{Disk, Memory, remembered};

/// What a plugin's declaration says: the spec, and the options behind it.
pub fn plugin_fingerprint(spec: &str, options: Option<&Value>) -> Fingerprint {
    match options {
        Some(options) => Fingerprint::of_parts(&[spec, Fingerprint::of_json(options).as_str()]),
        None => Fingerprint::of_parts(&[spec]),
    }
}

fn module(memory: &Memory, spec: &str) -> Option<Fingerprint> {
    memory.modules.get(spec.strip_prefix("file://").unwrap_or(spec)).cloned()
}

pub(super) fn add(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let mut told: BTreeSet<&str> = answers.plugins.iter().map(String::as_str).collect();
    let declared = |spec: &str| plugin_fingerprint(spec, answers.plugin_options.get(spec));
    for (id, spec) in &disk.plugin_specs {
        let Some(item) = disk.items.get(id) else { continue };
        if told.remove(spec.as_str()) {
            // The engine lists a plugin whose file was not there; a dispose loads it now that it is.
            let is_new = spec.starts_with("file://") && item.code.is_some() && module(memory, spec).is_none();
            if is_new && remembered(memory, id).is_some_and(|before| before.code.is_none()) {
                let missing = Fingerprint::of_parts(&["missing", spec]);
                loaded.add(Item { code: None, declared: missing, ..item.clone() }, Evidence::Remembered);
                continue;
            }
            let code = item.code.as_ref().map(|now| module(memory, spec).unwrap_or_else(|| now.clone()));
            loaded.add(Item { code, declared: declared(spec), ..item.clone() }, Evidence::Told);
        }
    }
    add_order(disk, answers, loaded);
    // What is left is loaded and no longer on disk, or there under another version.
    let known = memory.instance.iter().flat_map(Snapshot::iter).filter(|item| item.kind == Kind::Plugin);
    // Of several the first one counts.
    let known: Vec<_> = known.collect();
    let known: HashMap<_, _> = known.into_iter().rev().map(|item| (&item.declared, item)).collect();
    let global = answers.global_config.get("plugin").and_then(Value::as_array).into_iter().flatten();
    let global: HashSet<_> = global.map(crate::plugin_spec).collect();
    for spec in told {
        let declared = declared(spec);
        let item = match known.get(&declared) {
            Some(item) if disk.broken.contains(&item.source) => continue,
            Some(item) => (*item).clone(),
            None => unremembered(disk, global.contains(spec), spec, declared),
        };
        loaded.add(Item { code: module(memory, spec).or(item.code), ..item }, Evidence::Told);
    }
    // A module stays in the engine's memory when its file is removed: a file that comes back with
    // other code needs more than its declaration.
    for (id, spec) in &disk.plugin_specs {
        if let (None, Some(item), Some(code)) = (loaded.items.get(id), disk.items.get(id), module(memory, spec)) {
            add_left_module(item, code, loaded);
        }
    }
}

/// Plugins run one after the other, and the last has the last word: one that runs before another that it is to follow is
/// loaded otherwise.
fn add_order(disk: &Disk, answers: &Answers, loaded: &mut Loaded) {
    let places: HashMap<&str, usize> =
        answers.plugins.iter().enumerate().map(|(at, spec)| (spec.as_str(), at)).collect();
    let mut before: Option<(usize, &ItemId)> = None;
    for id in &disk.plugin_order {
        let place = disk.plugin_specs.get(id).and_then(|spec| places.get(spec.as_str()));
        let Some(place) = place.copied() else { continue };
        match before {
            Some((last, other)) if place < last => {
                let runs_before = disk.items.get(other).map(|item| item.name.clone());
                if let Some(item) = loaded
                    .items
                    .get(id)
                    .filter(|item| Some(&item.declared) == disk.items.get(id).map(|item| &item.declared))
                {
                    let declared = Fingerprint::of_parts(&["before", item.declared.as_str(), other.as_str()]);
                    loaded.add(Item { runs_before, declared, ..item.clone() }, Evidence::Told);
                }
            }
            _ => before = Some((place, id)),
        }
    }
}

fn add_left_module(item: &Item, code: Fingerprint, loaded: &mut Loaded) {
    if item.code.as_ref().is_some_and(|now| *now != code) {
        let gone = Fingerprint::of_parts(&["removed", &item.source]);
        loaded.add(Item { code: Some(code), declared: gone, ..item.clone() }, Evidence::Remembered);
    }
}

/// `globally`: whether the global configuration declares it.
fn unremembered(disk: &Disk, globally: bool, spec: &str, declared: Fingerprint) -> Item {
    let path = spec.strip_prefix("file://");
    let folder = path.and_then(|path| disk.plugin_folders.iter().find(|(folder, _)| is_directly_in(path, folder)));
    let (scope, place) = match folder {
        Some((_, scope)) => (*scope, Place::Folder),
        None if globally => (Scope::Global, Place::GlobalConfig),
        None => (Scope::Project, Place::InstanceConfig),
    };
    let name = crate::PluginSpec::parse(spec).name;
    Item {
        id: ItemId::new(Kind::Plugin, scope, &name),
        kind: Kind::Plugin,
        name,
        scope,
        source: path.unwrap_or_default().to_owned(),
        place,
        value: Some(rekindle_domain::masked_text(spec)),
        runs_before: None,
        declared,
        code: None,
    }
}

/// The engine tells the tools by id; a file without a tool it reads and never mentions.
pub(super) fn add_tools(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let told = answers.tool_names();
    for item in disk.items.iter().filter(|item| item.kind == Kind::Tool) {
        let code = memory.modules.get(&item.source).cloned();
        let was_there = remembered(memory, &item.id).is_some();
        let evidence = match &answers.tools {
            // A tool of the engine's own may have the name of one that is new.
            Some(_) if told.has(&item.name) && (was_there || memory.instance.is_none()) => Some(Evidence::Told),
            _ if was_there => Some(Evidence::Remembered),
            Some(_) => None,
            None => memory.instance.is_none().then_some(Evidence::Remembered),
        };
        match (evidence, code) {
            (Some(evidence), code) => {
                let code = item.code.as_ref().map(|now| code.unwrap_or_else(|| now.clone()));
                loaded.add(Item { code, ..item.clone() }, evidence);
            }
            (None, Some(code)) => add_left_module(item, code, loaded),
            (None, None) => {}
        }
    }
    let before = memory.instance.iter().flat_map(Snapshot::iter).filter(|item| item.kind == Kind::Tool);
    // Of tools one of which is broken the engine lists none, and has them.
    let has = |item: &Item| told.has(&item.name) || answers.has_broken_tools();
    for item in before.filter(|item| disk.items.get(&item.id).is_none() && has(item)) {
        loaded.add(item.clone(), Evidence::Told);
    }
}

fn is_directly_in(path: &str, folder: &str) -> bool {
    let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix(['/', '\\']));
    below.is_some_and(|name| !name.contains(['/', '\\']))
}
