//! Hiding what may be a secret wherever a value is shown.
//!
//! Invariant: nothing that leaves the core for a screen, a log or a receipt shows the value of a
//! key that may hold a secret, whatever its type.

use serde_json::Value;

const MASK: &str = "••••";

/// The value with everything masked that may be a secret: what stands under a key that speaks of
/// keys, tokens, passwords or secrets, and all values below `env`, `environment` and `headers`.
/// `key` is the name under which the value itself stands.
pub fn masked(key: &str, value: &Value) -> Value {
    let lower = key.to_lowercase();
    let holds_secrets = ["env", "environment", "headers"].contains(&lower.as_str());
    let is_secret = ["key", "token", "password", "passwd", "secret", "authorization", "credential"]
        .iter()
        .any(|word| lower.contains(word));
    match value {
        Value::Object(map) if holds_secrets || is_secret => {
            map.keys().map(|key| (key.clone(), Value::from(MASK))).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(key, value))).collect(),
        Value::Array(list) if !is_secret => list.iter().map(|value| masked("", value)).collect(),
        Value::Null | Value::Bool(_) => value.clone(),
        _ if is_secret || holds_secrets => Value::from(MASK),
        _ => value.clone(),
    }
}

/// True when some text in the value refers to the environment or to another file (`{env:X}`,
/// `{file:x}`), so that the value in the file is not the value in the engine.
pub fn mentions_outside(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{env:") || text.contains("{file:"),
        Value::Array(list) => list.iter().any(mentions_outside),
        Value::Object(map) => map.values().any(mentions_outside),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let check = |key, value: Value, expected: Value| assert_eq!(masked(key, &value), expected);
        check("model", json!("a/b"), json!("a/b"));
        check("apiKey", json!("sk-1"), json!(MASK));
        check("token", json!(["a", "b"]), json!(MASK));
        check(
            "mcp",
            json!({"x": {"environment": {"A": "1"}, "url": "u"}}),
            json!({"x": {"environment": {"A": MASK}, "url": "u"}}),
        );
        check(
            "provider",
            json!({"o": {"options": {"headers": {"Authorization": "b"}}}}),
            json!({"o": {"options": {"headers": {"Authorization": MASK}}}}),
        );
        check("list", json!([{"password": "p"}]), json!([{"password": MASK}]));
    }

    #[test]
    fn references_to_the_outside_are_seen() {
        assert!(mentions_outside(&json!({"a": ["{env:HOME}"]})));
        assert!(!mentions_outside(&json!({"a": "env:HOME"})));
    }
}
