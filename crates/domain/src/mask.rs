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
    let is_secret = sounds_secret(&lower);
    match value {
        Value::Object(map) if holds_secrets || is_secret => {
            map.keys().map(|key| (key.clone(), Value::from(MASK))).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(key, value))).collect(),
        Value::Array(list) if !is_secret => masked_list(list),
        Value::Null | Value::Bool(_) => value.clone(),
        _ if is_secret || holds_secrets => Value::from(MASK),
        Value::String(text) => Value::from(masked_text(text)),
        _ => value.clone(),
    }
}

fn sounds_secret(lower: &str) -> bool {
    ["key", "token", "password", "passwd", "secret", "authorization", "credential"]
        .iter()
        .any(|word| lower.contains(word))
}

/// A list in which what follows a flag such as `--token` is masked, too.
fn masked_list(list: &[Value]) -> Value {
    let mut hide = false;
    list.iter()
        .map(|value| {
            let hidden = std::mem::take(&mut hide);
            if let Some(text) = value.as_str().filter(|text| text.starts_with('-')) {
                let lower = text.to_lowercase();
                if let (true, Some((flag, _))) = (sounds_secret(&lower), text.split_once('=')) {
                    return Value::from(format!("{flag}={MASK}"));
                }
                hide = sounds_secret(&lower);
                return value.clone();
            }
            if hidden { Value::from(MASK) } else { masked("", value) }
        })
        .collect()
}

/// The text with what may be a secret in it masked: the user name and password of an address, and the
/// value in `name=value`, `?name=value` and `Name: value` where the name speaks of a secret.
pub fn masked_text(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| !scheme.contains(['=', '?'])) else {
        return masked_pair(text);
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let rest = match rest[..authority].rfind('@') {
        Some(at) => format!("{MASK}{}", &rest[at..]),
        None => rest.to_owned(),
    };
    let rest = match rest.split_once('?') {
        Some((path, query)) => format!("{path}?{}", query.split('&').map(masked_pair).collect::<Vec<_>>().join("&")),
        None => rest,
    };
    format!("{scheme}://{rest}")
}

fn masked_pair(text: &str) -> String {
    for border in ["=", ": "] {
        if let Some((name, value)) = text.split_once(border)
            && !value.is_empty()
            && !name.contains(char::is_whitespace)
            && sounds_secret(&name.to_lowercase())
        {
            return format!("{name}{border}{MASK}");
        }
    }
    text.to_owned()
}

/// A line of a configuration, of front matter or of code, with its texts masked where its key may hold a
/// secret, or is the name of a variable, as in `env`.
pub fn masked_line(line: &str) -> String {
    let border = |(_, c): &(usize, char)| *c == ':' || *c == '=';
    let Some((at, _)) = line.char_indices().find(border) else { return masked_text(line) };
    let (before, border, after) = (&line[..at], &line[at..=at], &line[at + 1..]);
    let key = before.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '{' | ','));
    let is_variable = !key.is_empty() && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !is_variable && !sounds_secret(&line.to_lowercase()) {
        return masked_text(line);
    }
    let mut parts = after.split('"');
    let mut head = parts.next().unwrap_or_default().to_owned();
    // Without double quotes it is a text all the same, as in YAML or code.
    let is_text = !after.contains('"') && head.contains(char::is_alphanumeric);
    if is_text || head.contains(['\'', '`']) {
        head = format!(" {MASK}");
    }
    let rest: String = parts
        .enumerate()
        .map(|(index, part)| if index % 2 == 0 { format!("\"{MASK}") } else { format!("\"{part}") })
        .collect();
    format!("{before}{border}{head}{rest}")
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
        check(
            "command",
            json!(["x", "--token", "sk", "y", "--api-key=sk"]),
            json!(["x", "--token", MASK, "y", "--api-key=••••"]),
        );
        check("url", json!("https://user:pw@host/x"), json!("https://••••@host/x"));
        check("url", json!("https://host/x?a=1&api_key=sk"), json!("https://host/x?a=1&api_key=••••"));
        check("command", json!(["-e", "GITHUB_TOKEN=ghp"]), json!(["-e", "GITHUB_TOKEN=••••"]));
        check("command", json!(["--header", "Authorization: Bearer x"]), json!(["--header", "Authorization: ••••"]));
        check("command", json!(["a=b", "note: this"]), json!(["a=b", "note: this"]));
        check("list", json!([{"password": "p"}]), json!([{"password": MASK}]));
    }

    #[test]
    fn lines_are_masked_where_they_may_hold_secrets() {
        let check = |line, expected: &str| assert_eq!(masked_line(line), expected);
        check("  \"apiKey\": \"sk-1\"", "  \"apiKey\": \"••••\"");
        check("  \"GITHUB_PAT\": \"ghp\",", "  \"GITHUB_PAT\": \"••••\",");
        check("  { \"a\": { \"token\": \"t\" } }", "  { \"a\": { \"••••\": \"••••\" } }");
        check("  \"model\": \"a/b\"", "  \"model\": \"a/b\"");
        check("  \"git+https://me:pw@host/x\"", "  \"git+https://••••@host/x\"");
    }

    #[test]
    fn references_to_the_outside_are_seen() {
        assert!(mentions_outside(&json!({"a": ["{env:HOME}"]})));
        assert!(!mentions_outside(&json!({"a": "env:HOME"})));
    }
}
