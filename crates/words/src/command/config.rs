//! What the commands say of single keys of the configuration.

use rekindle_domain::Settled;
use serde_json::Value;

use super::{edits::NEXT, problem};
use crate::keys::place;

/// How much of a value is shown in a line, in characters.
const LONGEST: usize = 160;

/// Every key, who says it, and who says it in vain.
pub fn settled(settled: &Settled) -> Vec<String> {
    let mut lines: Vec<_> = settled.problems.iter().flat_map(|found| problem("Error", found)).collect();
    for row in &settled.keys {
        lines.push(format!("{} = {}  ({})", row.key, short(&row.value), place(&row.source)));
        let overridden = row.overrides.iter();
        lines.extend(
            overridden.map(|other| format!("    overrides {}  ({})", short(&other.value), place(&other.source))),
        );
    }
    if settled.keys.is_empty() && settled.problems.is_empty() {
        lines.push("Nothing is configured.".to_owned());
    }
    lines
}

/// A value as a program in a shell wants it: a string as it is, all else as JSON.
pub fn value(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        Value::Object(_) | Value::Array(_) => {
            serde_json::to_string_pretty(value).unwrap_or_default().lines().map(str::to_owned).collect()
        }
        plain => vec![plain.to_string()],
    }
}

/// A key is set, or gone; `is_new`: it was not so before.
pub fn set(key: &str, value: Option<&Value>, place: &str, is_new: bool) -> String {
    match value {
        Some(value) if is_new => format!("Set {key} to {} ({place}). {NEXT}", short(value)),
        Some(_) => format!("Nothing changed: {place} already sets {key} to exactly this."),
        None => format!("Removed {key} ({place}). {NEXT}"),
    }
}

/// A value in one line, or its beginning.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{KeyOrigin, KeyRow, KeySource, Overridden, Scope};
    use serde_json::json;

    use super::*;

    /// V5, H4: the winner is named, and what it overrides.
    #[test]
    fn a_key_names_its_files() {
        let source = |origin, place: &str, line| KeySource {
            origin,
            scope: Scope::Project,
            source: format!("/p/{place}"),
            place: place.to_owned(),
            line,
        };
        let overrides = [
            (json!("b"), source(KeyOrigin::Managed, "/etc/opencode/opencode.json", Some(2))),
            (json!("c".repeat(200)), source(KeyOrigin::Environment, "OPENCODE_CONFIG_CONTENT", None)),
        ];
        let overrides = overrides.map(|(value, source)| Overridden { value, source }).to_vec();
        let row = KeyRow {
            key: "model".to_owned(),
            path: vec!["model".to_owned()],
            value: json!("a"),
            source: source(KeyOrigin::File, "opencode.json", Some(3)),
            overrides,
        };
        let told = settled(&Settled { keys: vec![row], problems: Vec::new() });
        let long = format!("    overrides \"{}…  ($OPENCODE_CONFIG_CONTENT)", "c".repeat(159));
        let expected = [
            "model = \"a\"  (opencode.json:3)",
            "    overrides \"b\"  (/etc/opencode/opencode.json:2, the administrator's)",
            long.as_str(),
        ];
        assert_eq!(told, expected);
        assert_eq!(value(&json!("a\nb")), ["a", "b"]);
        assert_eq!(value(&json!(5)), ["5"]);
        assert_eq!(
            set("a", Some(&json!(true)), "x.json", false),
            "Nothing changed: x.json already sets a to exactly this."
        );
    }
}
