//! Every code there is, with made-up values: `Notice::codes` lists them, so that none can be forgotten.

use std::collections::BTreeMap;

use rekindle_domain::{BadNotice, Notice};
use serde_json::{Map, Value, json};

use super::*;

/// A notice with made-up values, found one by one.
fn made_up(code: &str, names: &[&str]) -> Notice {
    let mut values = Map::new();
    for _ in 0..=names.len() {
        match Notice::of_code(code, &values) {
            Ok(notice) => return notice,
            Err(BadNotice::Value { name, .. }) => {
                let value = candidates().into_iter().find_map(|value| fits(code, &values, name, value));
                values.insert(name.to_owned(), value.unwrap_or_else(|| panic!("{code}: no value for {name}")));
            }
            Err(BadNotice::NoSuchCode) => break,
        }
    }
    panic!("{code} cannot be read with {values:?}")
}

/// The value, or the first of the words that would do in its place, if it can be the one of this name.
fn fits(code: &str, values: &Map<String, Value>, name: &str, value: Value) -> Option<Value> {
    let refused = |value: &Value| {
        let mut values = values.clone();
        values.insert(name.to_owned(), value.clone());
        match Notice::of_code(code, &values) {
            Err(BadNotice::Value { name: other, why }) if other == name => Some(why.to_string()),
            _ => None,
        }
    };
    let Some(error) = refused(&value) else { return Some(value) };
    let word = json!(error.strip_prefix("unknown variant")?.split('`').nth(3)?);
    let word = if value.is_array() { json!([word]) } else { word };
    refused(&word).is_none().then_some(word)
}

fn candidates() -> Vec<Value> {
    vec![
        json!("/x"),
        json!(2),
        json!(true),
        json!(["/x"]),
        json!([2]),
        json!({"because": "cancelled"}),
        json!("/"),
        json!([{"word": "/x"}]),
        json!({"values": 2}),
        json!({}),
        json!([]),
    ]
}

fn all() -> Vec<(String, Notice)> {
    Notice::codes().map(|(code, names)| (code.clone(), made_up(&code, names))).collect()
}

#[test]
fn a_code_has_one_meaning() {
    let mut seen = BTreeMap::new();
    for (code, notice) in all() {
        assert_eq!(seen.insert(code.clone(), notice), None, "{code}");
    }
}

/// What is kept on disk is read again as what it was.
#[test]
fn a_notice_is_what_was_written_down() {
    for (code, notice) in all() {
        let kept = serde_json::to_value(&notice).expect("JSON");
        assert_eq!(serde_json::from_value::<Notice>(kept).expect("a notice"), notice, "{code}");
    }
}

/// Every code has its sentence; what stands behind a colon begins and ends as such.
#[test]
fn every_code_is_said() {
    for (code, notice) in all() {
        for front in [Front::Window, Front::Command] {
            let (said, hint) = (said(&notice, front), hint(&notice, front));
            assert!(!said.trim().is_empty(), "{code}");
            for text in [&said, &hint] {
                assert!(!text.ends_with('.') && !text.contains("  ") && text.trim() == text, "{code}: {text:?}");
                // It is the name of a command.
                let text = &text.replace("rekindle plugin mend", "");
                assert!(!text.contains("mend") && !text.contains("by itself"), "{code}: {text:?}");
            }
        }
    }
}

/// The window never tells a person to type something, and the command line never names what is in the window.
#[test]
fn each_front_speaks_of_its_own() {
    for (code, notice) in all() {
        for text in [said(&notice, Front::Window), hint(&notice, Front::Window)] {
            let typed = ["rekindle ", " --", "chmod ", "opencode mcp", "kill -"];
            // What front matter begins with is no flag.
            let flags = text.replace("---", "");
            assert!(!typed.iter().any(|typed| flags.contains(typed)), "{code}: {text:?}");
        }
        for text in [said(&notice, Front::Command), hint(&notice, Front::Command)] {
            let shown = ["click", "button", "banner", "Settings", "Overview", "Activity"];
            assert!(!shown.iter().any(|shown| text.contains(shown)), "{code}: {text:?}");
        }
    }
}
