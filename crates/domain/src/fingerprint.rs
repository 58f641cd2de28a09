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
        write_canonical(value, &mut text);
        Self::of_bytes(text.as_bytes())
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hex(bytes: &[u8]) -> Self {
        use std::fmt::Write as _;
        Self(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
            text
        }))
    }
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (key, value) in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                write_canonical(value, out);
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
    fn borders_between_parts_count() {
        assert_ne!(Fingerprint::of_parts(&["ab", "c"]), Fingerprint::of_parts(&["a", "bc"]));
        assert_eq!(Fingerprint::of_bytes(b"").as_str().len(), 64);
    }
}
