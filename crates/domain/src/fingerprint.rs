//! SHA-256 of one item's meaning.
//!
//! Invariant: two values that mean the same to the engine have the same fingerprint; the order of
//! keys in an object, white space, comments, and how a text ends its lines are not part of the
//! meaning.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// SHA-256 of one item's meaning, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of bytes as they are (the code of a plugin).
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::hex(Sha256::digest(bytes).as_slice())
    }

    /// The fingerprint of several texts; the border between two texts is part of the meaning.
    pub fn of_parts(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self::hex(hash.finalize().as_slice())
    }

    /// The fingerprint of a JSON value; the order of an object's keys does not count, nor do the line
    /// ends in texts, which git and editors change without anyone's wish.
    pub fn of_json(value: &Value) -> Self {
        let mut text = String::new();
        write_canonical(value, &|_| Order::None, &mut text);
        Self::of_bytes(text.as_bytes())
    }

    /// The fingerprint of a part of a configuration. The order of keys does not count, but in permissions, their
    /// patterns and `tools`: there the last one that fits decides.
    pub fn of_config(value: &Value) -> Self {
        let mut text = String::new();
        write_canonical(value, &order, &mut text);
        Self::of_bytes(text.as_bytes())
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 16 digits, for names of files.
    pub fn short(&self) -> &str {
        self.0.get(..16).unwrap_or(&self.0)
    }

    fn hex(bytes: &[u8]) -> Self {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect())
    }
}

/// Which order of an object's keys counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// None.
    None,
    /// That of names that stand for many, and which others are before and behind each of them.
    Wide,
    /// That of all.
    Whole,
}

/// Which order counts in an object of a configuration, by its shape: that of permissions and tools where their names
/// stand for many, as `*` does, and that of patterns. Source: `docs/engine.md`, "Where order counts".
fn order(value: &Value) -> Order {
    let Some(map) = value.as_object() else { return Order::None };
    let is_action = |value: &Value| ["allow", "ask", "deny"].iter().any(|action| value == action);
    let is_patterns = |map: &Map<String, Value>| map.values().all(is_action);
    if !map.is_empty() && is_patterns(map) && !map.keys().any(|key| TOOLS.contains(&key.as_str())) {
        return Order::Whole;
    }
    let is_permission = |value: &Value| is_action(value) || value.as_object().is_some_and(is_patterns);
    let is_wide_or_one = map.values().all(is_permission) || map.values().all(Value::is_boolean);
    if is_wide_or_one { Order::Wide } else { Order::None }
}

/// The names of permissions that the engine has for its own tools.
const TOOLS: [&str; 15] = [
    "read",
    "edit",
    "glob",
    "grep",
    "list",
    "bash",
    "task",
    "external_directory",
    "todowrite",
    "question",
    "webfetch",
    "websearch",
    "lsp",
    "doom_loop",
    "skill",
];

/// True for a name that stands for many.
pub fn is_wide(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// The keys of an object in the order that stands for all that mean the same.
fn sorted(map: &Map<String, Value>, order: Order) -> Vec<(&String, &Value)> {
    // As the engine's language has it, what is written like an index comes first, wherever it stands.
    let index = |key: &str| key.parse::<u32>().ok().filter(|number| number.to_string() == key && *number < u32::MAX);
    // Three names of one tool, of which the last counts.
    let tool = |key: &'_ str| if matches!(key, "write" | "patch") { "edit".to_owned() } else { key.to_owned() };
    let mut keys: Vec<_> = map.iter().collect();
    match order {
        Order::None => keys.sort_by_key(|(key, _)| key.as_str()),
        Order::Whole => keys.sort_by_key(|(key, _)| index(key).map_or((1, 0), |index| (0, index))),
        Order::Wide => {
            let mut behind = 0;
            let mut placed: Vec<_> = keys
                .into_iter()
                .map(|entry| {
                    let place = match index(entry.0) {
                        Some(index) => (0, index, String::new()),
                        // No pattern, no rule: it stands nowhere.
                        None if entry.1.as_object().is_some_and(Map::is_empty) => (1, 0, entry.0.clone()),
                        None if is_wide(entry.0) => {
                            behind += 2;
                            (behind, 0, String::new())
                        }
                        None => (behind + 1, 0, tool(entry.0)),
                    };
                    (place, entry)
                })
                .collect();
            placed.sort_by(|(one, _), (other, _)| one.cmp(other));
            keys = placed.into_iter().map(|(_, entry)| entry).collect();
        }
    }
    keys
}

/// `order`: which order of an object's keys counts.
fn write_canonical(value: &Value, order: &dyn Fn(&Value) -> Order, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (key, value) in sorted(map, order(value)) {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, order, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                write_canonical(value, order, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) => out.push_str(&number.as_f64().unwrap_or(f64::NAN).to_string()),
        Value::String(text) if text.contains("\r\n") => {
            out.push_str(&Value::from(text.replace("\r\n", "\n")).to_string());
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn meaning_counts_and_order_of_keys_does_not() {
        let check = |a: Value, b: Value, same: bool| {
            assert_eq!(Fingerprint::of_json(&a) == Fingerprint::of_json(&b), same, "{a} and {b}");
        };
        check(json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"d": 3, "c": 2}, "a": 1}), true);
        check(json!([1, 2]), json!([2, 1]), false);
        check(json!("1"), json!(1), false);
        check(json!(1.0), json!(1), true);
        check(json!({"a": null}), json!({}), false);
        check(json!("one\r\ntwo\n"), json!("one\ntwo\r\n"), true);
        check(json!("one\rtwo"), json!("one\ntwo"), false);
    }

    #[test]
    fn the_order_of_patterns_counts() {
        let of = |text: &str| Fingerprint::of_config(&serde_json::from_str(text).expect("JSON"));
        assert_ne!(
            of(r#"{"bash": {"*": "ask", "git *": "allow"}}"#),
            of(r#"{"bash": {"git *": "allow", "*": "ask"}}"#)
        );
        assert_eq!(of(r#"{"edit": "ask", "bash": "allow"}"#), of(r#"{"bash": "allow", "edit": "ask"}"#));
        assert_eq!(of(r#"{"a": {"x": 1, "y": 2}, "b": 1}"#), of(r#"{"b": 1, "a": {"y": 2, "x": 1}}"#));
    }

    /// N1: the order of permissions and tools counts where a name stands for many, or several for one.
    #[test]
    fn the_order_of_what_stands_for_many_counts() {
        let of = |text: &str| Fingerprint::of_config(&serde_json::from_str(text).expect("JSON"));
        let check = |a: &str, b: &str, same: bool| {
            let nested = |text: &str| format!(r#"{{"agent": {{"x": {{"permission": {text}, "model": "a/b"}}}}}}"#);
            assert_eq!(of(a) == of(b), same, "{a} and {b}");
            assert_eq!(of(&nested(a)) == of(&nested(b)), same, "{a} and {b}, nested");
        };
        check(r#"{"*": "deny", "bash": "allow"}"#, r#"{"bash": "allow", "*": "deny"}"#, false);
        check(r#"{"mcp_*": "deny", "edit": "ask"}"#, r#"{"edit": "ask", "mcp_*": "deny"}"#, false);
        check(r#"{"a": "deny", "bash": "ask", "*": "ask"}"#, r#"{"bash": "ask", "a": "deny", "*": "ask"}"#, true);
        check(
            r#"{"bash": {"*": "ask", "x": "deny"}, "*": "ask"}"#,
            r#"{"*": "ask", "bash": {"*": "ask", "x": "deny"}}"#,
            false,
        );
        check(
            r#"{"*": "ask", "bash": {"*": "ask"}, "lsp": "ask"}"#,
            r#"{"*": "ask", "lsp": "ask", "bash": {"*": "ask"}}"#,
            true,
        );
        check(r#"{"*": false, "bash": true}"#, r#"{"bash": true, "*": false}"#, false);
        check(r#"{"write": false, "edit": true}"#, r#"{"edit": true, "write": false}"#, false);
        check(r#"{"write": false, "bash": true}"#, r#"{"bash": true, "write": false}"#, true);
        check(r#"{"*": "ask", "1": "deny"}"#, r#"{"1": "deny", "*": "ask"}"#, true);
        check(r#"{"*": "ask", "bash": {}, "my_*": {}}"#, r#"{"my_*": {}, "bash": {}, "*": "ask"}"#, true);
        check(r#"{"a*": 1, "b": 2}"#, r#"{"b": 2, "a*": 1}"#, true);
    }

    #[test]
    fn borders_between_parts_count() {
        assert_ne!(Fingerprint::of_parts(&["ab", "c"]), Fingerprint::of_parts(&["a", "bc"]));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Fingerprint::of_bytes(b"").as_str(), empty);
    }
}
