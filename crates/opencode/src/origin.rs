//! Which layer each value of the merged configuration comes from.
//!
//! Invariant: the leaves, put together again, are what [`crate::effective`] makes of the same layers, but for empty objects and
//! lists that the engine fills in; each leaf names the layer without which it would be another, and where that has it.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::{effective, merge, permissions, plugin_key, plugin_spec};

/// A value that is no object with keys in it, or one entry of a list that layers add to.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// Which entry of the list at the end of the path it is.
    pub entry: Option<usize>,
    /// The value.
    pub value: Value,
    /// Who says it. `None`: the engine fills it in.
    pub said: Option<Said>,
    /// Who says something of it that does not count, the strongest first.
    pub overridden: Vec<Said>,
}

/// A layer that says something, and the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which of the layers.
    pub layer: usize,
    /// The keys and entries that lead to it there.
    pub at: Vec<String>,
}

/// All values of the merged configuration. `layers`: the strongest last; so many of them are `global`, which the engine puts
/// together once in its life.
pub fn leaves(layers: &[&Value], global: usize) -> Vec<Leaf> {
    let (first, rest) = layers.split_at(global.min(layers.len()));
    let mut merged = Value::Object(Map::new());
    first.iter().for_each(|layer| merge(&mut merged, layer));
    let rest: Vec<_> = rest.iter().map(|layer| (*layer).clone()).collect();
    let whole = effective(&merged, &rest);
    let origins = Origins { layers, global, whole: &whole, by_key: by_key(layers) };
    let mut found = Vec::new();
    origins.collect(&whole, &mut Vec::new(), &mut found);
    found
}

/// Which layers say something below the first two keys; all that say something of the first that is no object.
type ByKey<'a> = HashMap<(&'a str, Option<&'a str>), Vec<usize>>;

fn by_key<'a>(layers: &[&'a Value]) -> ByKey<'a> {
    let mut by_key = ByKey::new();
    for (number, layer) in layers.iter().enumerate() {
        for (key, value) in layer.as_object().into_iter().flatten() {
            match value {
                Value::Object(map) => {
                    map.keys().for_each(|second| by_key.entry((key, Some(second))).or_default().push(number));
                }
                _ => by_key.entry((key, None)).or_default().push(number),
            }
        }
    }
    by_key
}

struct Origins<'a> {
    layers: &'a [&'a Value],
    global: usize,
    whole: &'a Value,
    by_key: ByKey<'a>,
}

impl Origins<'_> {
    fn collect(&self, value: &Value, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
        match value {
            Value::Object(map) if path.is_empty() || !map.is_empty() => {
                for (key, inner) in map {
                    path.push(key.clone());
                    self.collect(inner, path, found);
                    path.pop();
                }
            }
            Value::Array(list) if self.is_added_to(path, list) => {
                found.extend((0..list.len()).filter_map(|index| self.entry(path, list, index)));
            }
            value => found.push(self.leaf(path, value)),
        }
    }

    /// Whether a list is one to which layers add, and not that of a single one.
    fn is_added_to(&self, path: &[String], list: &[Value]) -> bool {
        matches!(path, [key] if key == "plugin" || key == "instructions") && !list.is_empty()
    }

    /// The lists of a key that count, with their layers, the strongest last.
    fn lists(&self, key: &str) -> Vec<(usize, &[Value])> {
        let all = self.layers.iter().enumerate().filter_map(|(number, layer)| Some((number, layer.get(key)?)));
        let all: Vec<(usize, &Value)> = all.collect();
        // Of the global files the last replaces the others.
        let last_global = all.iter().rev().find(|(number, _)| *number < self.global).map(|(number, _)| *number);
        let mut lists: Vec<(usize, &[Value])> = Vec::new();
        for (number, value) in all {
            if number < self.global && Some(number) != last_global {
                continue;
            }
            match value.as_array() {
                Some(list) => lists.push((number, list)),
                None if key == "instructions" => lists.clear(),
                None => {}
            }
        }
        lists
    }

    fn entry(&self, path: &[String], list: &[Value], index: usize) -> Option<Leaf> {
        let key = path.first()?;
        let value = list.get(index)?;
        let is_same = |other: &Value| match key.as_str() {
            "plugin" => plugin_key(plugin_spec(other)) == plugin_key(plugin_spec(value)),
            _ => other == value,
        };
        let mut said: Vec<Said> = Vec::new();
        for (layer, list) in self.lists(key) {
            let found = list.iter().enumerate().filter(|(_, other)| is_same(other));
            said.extend(found.map(|(at, _)| Said { layer, at: vec![key.clone(), at.to_string()] }));
        }
        // Of plugins the last counts, of instructions the first.
        if key == "plugin" {
            said.reverse();
        }
        let mut said = said.into_iter();
        let winner = said.next();
        let overridden = said.filter(|other| winner.as_ref().is_none_or(|winner| winner.layer != other.layer));
        let overridden = if key == "plugin" { overridden.collect() } else { Vec::new() };
        Some(Leaf { path: path.to_vec(), entry: Some(index), value: value.clone(), said: winner, overridden })
    }

    fn leaf(&self, path: &[String], value: &Value) -> Leaf {
        let mut winner = None;
        let mut overridden = Vec::new();
        // The strongest way to say it comes last.
        for (at, says) in self.ways(path) {
            let mut counts = None;
            let all = self.said(&at);
            for (number, said) in all.iter().enumerate() {
                counts = if said.is_whole { Some(number) } else { None };
            }
            // What says it in a weaker way does not count.
            if counts.is_some() {
                overridden.extend(winner.take());
            }
            for (number, said) in all.into_iter().enumerate() {
                let said = said.said(&at, says);
                if Some(number) == counts { winner = Some(said) } else { overridden.push(said) }
            }
        }
        overridden.sort_by_key(|said: &Said| std::cmp::Reverse(said.layer));
        let mut seen: BTreeSet<_> = winner.iter().map(|said| said.layer).collect();
        overridden.retain(|said| seen.insert(said.layer));
        Leaf { path: path.to_vec(), entry: None, value: value.clone(), said: winner, overridden }
    }

    /// The ways in which a value may be said, the strongest last: where, and how many of those keys say it.
    fn ways(&self, path: &[String]) -> Vec<(Vec<String>, usize)> {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let plain = (path.to_vec(), path.len());
        match keys.as_slice() {
            ["agent", name, rest @ ..] if !rest.is_empty() => {
                let mode = self.whole.get("mode").and_then(|modes| modes.get(*name)).filter(|mode| mode.is_object());
                let Some(mode) = mode else { return vec![plain] };
                if rest == ["mode"] {
                    return vec![plain, (owned(&["mode", name]), 2)];
                }
                let has_it = rest.iter().try_fold(mode, |value, key| value.get(*key)).is_some();
                let keys = [&["mode", name], rest].concat();
                if has_it { vec![plain, (owned(&keys), keys.len())] } else { vec![plain] }
            }
            ["permission", name] => {
                let tools = self.whole.get("tools").and_then(Value::as_object).into_iter().flatten();
                let is_it = |tool: &&String, allowed: &Value| {
                    let one = Map::from_iter([((*tool).clone(), allowed.clone())]);
                    permissions(&one).contains_key(*name)
                };
                let tool = tools.filter(|(tool, allowed)| is_it(tool, allowed)).map(|(tool, _)| tool).next_back();
                tool.map(|tool| (owned(&["tools", tool]), 2)).into_iter().chain([plain]).collect()
            }
            ["share"] => vec![(owned(&["autoshare"]), 1), plain],
            _ => vec![plain],
        }
    }

    /// The layers that say something of a value, the strongest last.
    fn said(&self, at: &[String]) -> Vec<OneSaid> {
        let Some((first, rest)) = at.split_first() else { return Vec::new() };
        let mut numbers: Vec<usize> = match rest.first() {
            Some(second) => {
                let of = |second| self.by_key.get(&(first.as_str(), second)).cloned().unwrap_or_default();
                [of(None), of(Some(second.as_str()))].concat()
            }
            None => (0..self.layers.len()).collect(),
        };
        numbers.sort_unstable();
        let says = |number: usize| {
            let mut value = self.layers.get(number)?.get(first)?;
            for (length, key) in (1..).zip(rest) {
                match value {
                    Value::Object(map) => value = map.get(key)?,
                    // It takes the place of what others say of the whole.
                    _ => return Some(OneSaid { layer: number, length, is_whole: false }),
                }
            }
            Some(OneSaid { layer: number, length: at.len(), is_whole: true })
        };
        numbers.into_iter().filter_map(says).collect()
    }
}

/// What a layer says of a value: itself, or something in the place of an object on the way to it.
struct OneSaid {
    layer: usize,
    length: usize,
    is_whole: bool,
}

impl OneSaid {
    fn said(&self, at: &[String], says: usize) -> Said {
        Said { layer: self.layer, at: at.iter().take(self.length.min(says)).cloned().collect() }
    }
}

#[cfg(test)]
mod tests;
