//! What the engine silently ignores of a configuration that it loads.

use std::path::Path;

use rekindle_domain::{ConfigNotice, Problem};
use rekindle_opencode::config::{fault::Fault, schema::Schema, text};
use serde_json::Value;

/// What of a configuration file the engine leaves out without a word, because it is not quite of the shape that it was
/// meant to have. `lowered`: what the file says, as the engine checks it.
pub(super) fn fallen(path: &Path, text: &str, lowered: &Value, schema: &Schema) -> Vec<Problem> {
    let problem = |Fault { path: keys, what }: Fault| {
        let what = ConfigNotice::EntryIgnored { key: keys.join("."), what: Box::new(what.into()) };
        Problem::new(&path.display().to_string(), what).at(text, text::offset_of(text, &keys))
    };
    schema.fallen(lowered).into_iter().map(problem).collect()
}

/// Where files declare by newer spellings, which the engine reads only when all of an entry fits; and the language servers.
const LENIENT: [(&[&str], &str); 4] =
    [(&["agents"], "agent"), (&["commands"], "command"), (&["mcp", "servers"], "mcp"), (&["lsp"], "lsp")];

/// The entries of a file, by their keys, that the engine may leave out without a word.
pub(super) fn lenient_entries(value: &Value) -> Vec<Vec<String>> {
    let names = |(keys, _): &(&[&str], &str)| {
        let group = keys.iter().try_fold(value, |value, key| value.get(key));
        let names = group.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone());
        let path = |name| keys.iter().map(|key| (*key).to_owned()).chain([name]).collect();
        names.map(path).collect::<Vec<_>>()
    };
    LENIENT.iter().flat_map(names).collect()
}

/// Those of the entries that it leaves out. `lowered`: what is left, as the engine checks it.
pub(super) fn left_out(path: &Path, text: &str, entries: &[Vec<String>], lowered: &Value) -> Vec<Problem> {
    let is_left_out = |entry: &&Vec<String>| {
        let Some((name, group)) = entry.split_last() else { return false };
        let older = LENIENT.iter().find(|(keys, _)| group.iter().map(String::as_str).eq(keys.iter().copied()));
        let Some((keys, older)) = older else { return false };
        let all = lowered.get(older);
        // A server may be called “servers”.
        let is_group = keys.len() == 1 || all.is_none_or(|all| all.get("servers").is_none());
        is_group && all.is_none_or(|all| all.get(name).is_none())
    };
    let problem = |entry: &Vec<String>| {
        let what = ConfigNotice::EntryLeftOut { key: entry.join(".") };
        Problem::new(&path.display().to_string(), what).at(text, text::offset_of(text, entry))
    };
    entries.iter().filter(is_left_out).take(50).map(problem).collect()
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Notice;
    use rekindle_opencode::config::shape;

    use super::*;

    /// H4: what the engine leaves out of the newer spellings without a word is told, entry by entry.
    #[test]
    fn what_is_left_out_without_a_word_is_told() {
        let check = |text: &str, expected: &[&str]| {
            let value = text::value(text).expect("a value");
            let entries = lenient_entries(&value);
            let found = left_out(Path::new("/p/opencode.json"), text, &entries, &shape::lowered(value));
            let told: Vec<_> = found.into_iter().map(|one| one.what).collect();
            let left_out = |key: &&str| Notice::from(ConfigNotice::EntryLeftOut { key: (*key).to_owned() });
            assert_eq!(told, expected.iter().map(left_out).collect::<Vec<_>>(), "{text}");
        };
        check(
            r#"{"mcp": {"servers": {"a": {"type": "local", "command": "x"}, "b": {"type": "local", "command": ["x"]}}}}"#,
            &["mcp.servers.a"],
        );
        check(r#"{"mcp": {"servers": {"type": "local", "command": ["x"]}}}"#, &[]);
        check(r#"{"agents": {"a": {"mode": "nonsense"}, "b": {"mode": "primary"}}}"#, &["agents.a"]);
        check(
            r#"{"agent": {"a": {"mode": "nonsense"}}, "commands": {"c": {"description": "no template"}}}"#,
            &["commands.c"],
        );
        check(r#"{"lsp": {"mine": {"command": ["x"]}, "rust": {"command": ["x"]}}}"#, &["lsp.mine"]);
    }
}
