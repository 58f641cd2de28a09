//! Whether a value may be set: judged on the text that would come of it.
//!
//! Invariant: what is allowed is accepted by the engine's schema, is read by the engine, and changes nothing else.

use serde_json::Value;

use super::{fault::Fault, schema::Schema, shape::lowered, text};

/// Why an edit of a key is not made.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The engine would not load the file, or would take the entry for less.
    Fault(Fault),
    /// The engine does not read the key.
    NotRead,
    /// Something else would change: the keys that lead to it.
    Others(Vec<String>),
}

/// Judges the text that an edit of a key would leave. `value`: what the key would hold; `None`: it would be gone.
pub fn judge(
    before: &str,
    after: &str,
    path: &[String],
    value: Option<&Value>,
    schema: Option<&Schema>,
) -> Result<(), Refused> {
    let read = |text: &str| lowered(text::value(text).unwrap_or_default());
    let (old, new) = (read(before), read(after));
    if let Some(schema) = schema {
        let old_faults = [schema.faults(&old), schema.fallen(&old)].concat();
        let is_new = |fault: &Fault| (value.is_some() && fault.path.starts_with(path)) || !old_faults.contains(fault);
        // What stands for something else is judged when it is known.
        let is_open = |fault: &Fault| {
            let wrong = fault.path.iter().try_fold(&new, |value, key| value.get(key));
            wrong.is_some_and(|value| value.is_string() && rekindle_domain::mentions_outside(value))
        };
        let faults = [schema.faults(&new), schema.fallen(&new)].concat();
        if let Some(fault) = faults.into_iter().find(|fault| is_new(fault) && !is_open(fault)) {
            return Err(Refused::Fault(fault));
        }
    }
    let known = |value: &Value| schema.map_or_else(|| value.clone(), |schema| schema.known(value));
    let mut changed = Vec::new();
    differences(Some(&known(&old)), Some(&known(&new)), &mut Vec::new(), &mut changed);
    let (kept, left) = (known(&old), known(&new));
    differences(Some(&kept), Some(&left), &mut Vec::new(), &mut changed);
    let at = |value: &Value, path: &[String]| path.iter().try_fold(value, |value, key| value.get(key)).cloned();
    let is_as_it_was = text::value(before).ok() == text::value(after).ok();
    let says_something = |path: &Vec<String>| !at(&left, path).as_ref().is_some_and(is_hollow);
    if value.is_some_and(|value| !is_hollow(value)) && !is_as_it_was && !changed.iter().any(says_something) {
        return Err(Refused::NotRead);
    }
    // A newer spelling changes what the older one says.
    let is_own = at(if value.is_some() { &left } else { &kept }, path).is_some();
    let top = older_top(path);
    let is_meant = |other: &Vec<String>| match is_own {
        // A new file begins with it.
        _ if before.is_empty() && other.first().is_some_and(|key| key == "$schema") => true,
        true => other.starts_with(path) || path.starts_with(other),
        false => other.first().map(String::as_str) == top,
    };
    changed.into_iter().find(|other| !is_meant(other)).map_or(Ok(()), |other| Err(Refused::Others(other)))
}

/// Whether nothing is in an object, nor in those in it.
fn is_hollow(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(is_hollow))
}

/// The first key, in the engine's own spelling.
fn older_top(path: &[String]) -> Option<&str> {
    Some(match path.first()?.as_str() {
        "agents" => "agent",
        "commands" => "command",
        "snapshots" => "snapshot",
        "media" => "attachment",
        other => other,
    })
}

/// The shortest paths below which two values differ.
fn differences(old: Option<&Value>, new: Option<&Value>, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (old, new) else {
        if old != new {
            found.push(path.clone());
        }
        return;
    };
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        path.push(key.clone());
        differences(before.get(key), after.get(key), path, found);
        path.pop();
    }
}

/// The other ways in which a key may be written in a file, all of which hold the same value.
pub fn spellings(path: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![path.to_vec()];
    let renamed = |keys: &[&str], rest: &[String]| {
        keys.iter().map(|key| (*key).to_owned()).chain(rest.iter().cloned()).collect::<Vec<_>>()
    };
    match path {
        [first, rest @ ..] if first == "snapshot" => all.push(renamed(&["snapshots"], rest)),
        [first, rest @ ..] if first == "attachment" => all.push(renamed(&["media"], rest)),
        [first, rest @ ..] if first == "mcp" && !rest.is_empty() => all.push(renamed(&["mcp", "servers"], rest)),
        _ => {}
    }
    all
}

/// The key that was probably meant by one that is not known.
pub fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    let key = key.to_lowercase();
    let distance = |other: &str| match (sorted(&key), sorted(&other.to_lowercase())) {
        // Two letters that changed places are one slip.
        (one, other) if one == other => 1,
        _ => edits_between(&key, &other.to_lowercase()),
    };
    let nearest = known.iter().min_by_key(|other| (distance(other), other.len().abs_diff(key.len())))?;
    (distance(nearest) <= 1 + key.chars().count() / 4).then_some(nearest.as_str())
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many letters have to change for one word to become another.
fn edits_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for (column, (another, above)) in other.iter().zip(row.windows(2)).enumerate() {
            let (Some(diagonal), Some(up), Some(left)) = (above.first(), above.get(1), next.get(column)) else { break };
            let change = diagonal + usize::from(letter != *another);
            let least = change.min(up + 1).min(left + 1);
            next.push(least);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::edit;

    fn path(path: &str) -> Vec<String> {
        path.split('.').map(str::to_owned).collect()
    }

    /// V5, H2: what the engine would not load, would not read, or would read otherwise than is meant is not set.
    #[test]
    fn an_edit_is_judged_by_what_comes_of_it() {
        let check = |before: &str, at: &str, value: Value, expected: &str| {
            let at = path(at);
            let keys: Vec<_> = at.iter().map(String::as_str).collect();
            let after = edit::set(before, &keys, &value).expect("edited");
            let told = match judge(before, &after, &at, Some(&value), Schema::measured()) {
                Ok(()) => "fine".to_owned(),
                Err(Refused::Fault(fault)) => format!("fault {}", fault.path.join(".")),
                Err(Refused::NotRead) => "not read".to_owned(),
                Err(Refused::Others(path)) => format!("others {}", path.join(".")),
            };
            assert_eq!(told, expected, "{before} {at:?} {value}");
        };
        check("{}", "share", json!("auto"), "fine");
        check("{}", "share", json!("outo"), "fault share");
        check("{}", "share", json!("{env:SHARE}"), "fine");
        check("{}", "subagent_depth", json!(-1), "fault subagent_depth");
        check("{}", "modle", json!("x"), "not read");
        check("{}", "compaction.autos", json!(true), "not read");
        check("{}", "theme", json!("x"), "not read");
        check("{}", "agent.a.whatever", json!("x"), "fine");
        check(r#"{"share": "x"}"#, "model", json!("a/b"), "fine");
        check(r#"{"share": "x"}"#, "share", json!("y"), "fault share");
        check(r#"{"share": "x"}"#, "share", json!("manual"), "fine");
        check("{}", "mcp.m.timeout", json!(5), "fault mcp.m");
        let server = r#"{"mcp": {"m": {"type": "local", "command": ["x"]}}}"#;
        check(server, "mcp.m.timeout", json!(5), "fine");
        check(server, "mcp.m.timeout", json!("x"), "fault mcp.m.timeout");
        check(server, "mcp.m.enabled", json!(true), "fine");
        check(r#"{"agents": {"a": {"system": "s"}}}"#, "agent.a.model", json!("a/b"), "others agent.a.prompt");
        check(
            r#"{"mcp": {"servers": {"m": {"type": "local", "command": ["x"]}}}}"#,
            "mcp.m.enabled",
            json!(false),
            "others mcp.m.type",
        );
        check("{}", "agents.a.system", json!("s"), "fine");
        check("{}", "snapshots", json!(true), "fine");
        check(r#"{"snapshot": true}"#, "snapshots", json!(false), "not read");
    }

    /// V5: a slip of the fingers has a suggestion, another word has none.
    #[test]
    fn what_was_meant_is_found() {
        let known = ["model", "small_model", "mode", "mcp", "permission"].map(str::to_owned);
        let check = |key: &str, expected: Option<&str>| assert_eq!(nearest(key, &known), expected, "{key}");
        check("modle", Some("model"));
        check("Permissions", Some("permission"));
        check("xyz", None);
        check("wallpaper", None);
    }
}
