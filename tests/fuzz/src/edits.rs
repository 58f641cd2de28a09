//! Any text as a configuration: an entry that is added and removed again leaves every byte as it was, and a text that cannot be
//! edited is told why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rekindle_opencode::config::{edit, text};
use serde_json::{Value, json};

const KEY: &str = "plugin";

fuzz_target!(|file: &str| {
    // A key that is set and taken away again leaves every byte as it was.
    let path = ["mcp", "rekindle-fuzz"];
    let kept = edit::depth(file, &path);
    if kept < path.len()
        && !file.trim_start_matches('\u{feff}').is_empty()
        && let Ok(set) = edit::set(file, &path, &json!({"enabled": false}))
    {
        assert_eq!(edit::unset(&set, &path, kept).as_deref(), Ok(file), "{file:?}\n{set:?}");
    }
    let entry = json!("rekindle-fuzz");
    let list = |text: &str| -> Vec<Value> {
        let config = text::value(text).unwrap_or_default();
        config.get(KEY).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    if list(file).contains(&entry) {
        return;
    }
    let Ok(added) = edit::append(file, KEY, &entry) else { return };
    let before = list(file);
    let after = list(&added);
    assert_eq!(after.split_last(), Some((&entry, before.as_slice())), "{file:?}\n{added:?}");
    let removed = edit::remove(&added, KEY, "it", |other| *other == entry).expect("it is there");
    assert_eq!(list(&removed), before, "{file:?}\n{added:?}\n{removed:?}");
});
