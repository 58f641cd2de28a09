//! Which plugins the engine's messages are about.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use aho_corasick::AhoCorasick;
use rekindle_domain::{ItemId, Notice, ReloadNotice, masked_text};

use crate::{Disk, log::SOME_PLUGIN};

/// The items that the engine's messages are about.
pub fn failed_items(disk: &Disk, messages: &[String]) -> BTreeMap<ItemId, Notice> {
    let mut failed = BTreeMap::new();
    let nameless = messages.iter().find_map(|message| message.strip_prefix(SOME_PLUGIN));
    if let (Some(reason), 1) = (nameless, disk.plugin_specs.len()) {
        let notice = ReloadNotice::ConfigHookFailed { why: masked_text(reason) };
        failed.extend(disk.plugin_specs.keys().map(|id| (id.clone(), notice.clone().into())));
    }
    let specs: Vec<_> = disk.plugin_specs.iter().filter(|(_, spec)| !spec.is_empty()).collect();
    // All at once: there may be as many messages as plugins. Too many to be looked for, none is named.
    let Ok(mentions) = AhoCorasick::new(specs.iter().map(|(_, spec)| spec)) else { return failed };
    let mut told = HashSet::new();
    for message in messages {
        let meant = mentions.find_overlapping_iter(message).filter(|mention| stands_alone(message, mention.range()));
        // Of two names that begin at one place the longer one is meant.
        let meant: BTreeMap<_, _> =
            meant.map(|mention| ((mention.start(), mention.end()), mention.pattern())).collect();
        let longest: BTreeMap<_, _> = meant.into_iter().map(|((start, _), pattern)| (start, pattern)).collect();
        for (id, spec) in longest.into_values().filter_map(|pattern| specs.get(pattern.as_usize())) {
            // The first message about it says why.
            if told.insert(*id) {
                failed.insert((*id).clone(), reason(message, spec));
            }
        }
    }
    failed
}

/// Whether a name in a message is one, and not a part of another: it is followed by a version, a colon or the end.
fn stands_alone(message: &str, name: Range<usize>) -> bool {
    let before = message.get(..name.start).and_then(|before| before.chars().next_back());
    let behind = message.get(name.end..).and_then(|behind| behind.chars().next());
    before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '('))
        && behind.is_none_or(|c| matches!(c, '@' | ':' | ' '))
}

/// What is behind the plugin's name in the engine's message: the row says already which one it is.
fn reason(message: &str, spec: &str) -> Notice {
    let behind = message.split_once(spec).and_then(|(_, rest)| rest.split_once(": ")).map(|(_, reason)| reason.trim());
    match behind {
        Some("") => ReloadNotice::PluginFailed.into(),
        Some(reason) => masked_text(reason).into(),
        None => masked_text(message).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P14: the first message about each plugin, and none about another whose name goes on.
    #[test]
    fn messages_are_about_plugins() {
        let specs = ["a", "a-b", "file:///p/a b.ts", "file:///p/a", "", "é"];
        let ids = specs.map(|spec| ItemId::new(rekindle_domain::Kind::Plugin, rekindle_domain::Scope::Project, spec));
        let plugin_specs = ids.iter().cloned().zip(specs.map(str::to_owned)).collect();
        let disk = Disk { plugin_specs, ..Disk::default() };
        let check = |messages: &[&str], expected: &[(&str, &str)]| {
            let messages: Vec<_> = messages.iter().map(|message| (*message).to_owned()).collect();
            let found = failed_items(&disk, &messages);
            let expected: Vec<_> =
                expected.iter().map(|(id, why)| (format!("plugin:project:{id}"), Notice::from(*why))).collect();
            let found: Vec<_> = found.into_iter().map(|(id, reason)| (id.as_str().to_owned(), reason)).collect();
            assert_eq!(found, expected, "{messages:?}");
        };
        check(&["Failed to install plugin a-b@1: none", "Failed to install plugin a-b@2: late"], &[("a-b", "none")]);
        check(&["Failed to load plugin file:///p/a b.ts: boom"], &[("file:///p/a b.ts", "boom")]);
        check(&["Failed to load plugin file:///p/a: boom"], &[("file:///p/a", "boom")]);
        check(&["Failed to load plugin file:///p/b/a: boom", "x-a: b", "aa: b"], &[]);
        check(&["plugin é: x", "plugin éa: y", "plugin a"], &[("a", "plugin a"), ("é", "x")]);
        check(&["nothing of ours", "é"], &[("é", "é")]);
    }

    #[test]
    fn failures_are_told_in_the_engines_words() {
        let check = |message, spec, expected: &str| assert_eq!(reason(message, spec), Notice::from(expected));
        check("Failed to load plugin file:///p/a b.ts: boom: at load", "file:///p/a b.ts", "boom: at load");
        check("Failed to install plugin x@latest: 404 Not Found", "x", "404 Not Found");
        check("something else", "x", "something else");
        assert_eq!(reason("Failed to load plugin x: ", "x"), ReloadNotice::PluginFailed);
    }

    /// P14: a hook without a name is the one of the only plugin.
    #[test]
    fn a_hook_is_told_of_the_only_plugin() {
        let check = |plugins: &[&str], message: &str, expected: Option<ReloadNotice>| {
            let id = |name: &&str| ItemId::new(rekindle_domain::Kind::Plugin, rekindle_domain::Scope::Project, name);
            let plugin_specs = plugins.iter().map(|name| (id(name), (*name).to_owned())).collect();
            let disk = Disk { plugin_specs, ..Disk::default() };
            let found = failed_items(&disk, &[message.to_owned()]);
            assert_eq!(found.into_values().next(), expected.map(Notice::from), "{plugins:?} {message}");
        };
        let failed = |why: &str| Some(ReloadNotice::ConfigHookFailed { why: why.to_owned() });
        check(&["a"], "plugin config hook failed: boom", failed("boom"));
        check(&["a"], "plugin config hook failed: ", failed(""));
        check(&["a", "b"], "plugin config hook failed: boom", None);
    }
}
