//! SHA-256 of one item's meaning.
//!
//! Invariant: two values that mean the same to the engine have the same fingerprint; the order of
//! keys in an object, white space, comments, and how a text ends its lines are not part of the
//! meaning.

use serde::{Deserialize, Serialize};
use serde_json::Value;
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
        write_canonical(value, &|_| false, &mut text);
        Self::of_bytes(text.as_bytes())
    }

    /// The fingerprint of a part of a configuration. The order of keys does not count, but for the
    /// patterns of a permission: there the last one that fits decides.
    pub fn of_config(value: &Value) -> Self {
        let mut text = String::new();
        write_canonical(value, &has_patterns, &mut text);
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

/// Whether an object is the patterns of a permission, each with what is done. The tools themselves are
/// answered in an order of the engine's own. Source: `docs/engine.md`, "What a file becomes".
fn has_patterns(value: &Value) -> bool {
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
    let is_action = |value: &Value| ["allow", "ask", "deny"].iter().any(|action| value == action);
    let is_pattern = |(key, value): (&String, &Value)| is_action(value) && !TOOLS.contains(&key.as_str());
    value.as_object().is_some_and(|map| map.iter().all(is_pattern))
}

/// `is_ordered`: whether the order of an object's keys counts.
fn write_canonical(value: &Value, is_ordered: &dyn Fn(&Value) -> bool, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            if !is_ordered(value) {
                keys.sort_by_key(|(key, _)| key.as_str());
            }
            out.push('{');
            for (key, value) in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, is_ordered, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                write_canonical(value, is_ordered, out);
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

    #[test]
    fn borders_between_parts_count() {
        assert_ne!(Fingerprint::of_parts(&["ab", "c"]), Fingerprint::of_parts(&["a", "bc"]));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Fingerprint::of_bytes(b"").as_str(), empty);
    }
}
