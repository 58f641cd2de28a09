//! Every code there is, with made-up values: they are found by asking serde, so that none can be forgotten.

use std::collections::BTreeMap;

use rekindle_domain::{
    ConfigNotice, DoctorNotice, EditNotice, EngineNotice, FileNotice, HabitNotice, Notice, PluginNotice, ProgramNotice,
    ReloadNotice, SkillNotice, StateNotice,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;

/// One notice of each code of a subject.
fn each<T: DeserializeOwned + Into<Notice>>() -> Vec<(String, Notice)> {
    let asked = serde_json::from_value::<T>(json!({"notice": "?"})).err().expect("no such code").to_string();
    let codes: Vec<_> = asked.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(!codes.is_empty(), "{asked}");
    codes.into_iter().map(|code| (code.clone(), made_up::<T>(&code).into())).collect()
}

/// A notice with made-up values, found one by one.
fn made_up<T: DeserializeOwned>(code: &str) -> T {
    let mut fields = Map::from_iter([("notice".to_owned(), json!(code))]);
    loop {
        let error = match serde_json::from_value::<T>(Value::Object(fields.clone())) {
            Ok(notice) => return notice,
            Err(error) => error.to_string(),
        };
        let missing = error.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let missing = missing.unwrap_or_else(|| panic!("{code}: {error}")).to_owned();
        let value = values().into_iter().find_map(|value| fits::<T>(&fields, &missing, value));
        fields.insert(missing.clone(), value.unwrap_or_else(|| panic!("{code}: no value for {missing}")));
    }
}

/// The value, or the first of the words that would do in its place, if the field can have it.
fn fits<T: DeserializeOwned>(fields: &Map<String, Value>, missing: &str, value: Value) -> Option<Value> {
    let with = |value: &Value| {
        let mut fields = fields.clone();
        fields.insert(missing.to_owned(), value.clone());
        serde_json::from_value::<T>(Value::Object(fields)).err().map(|error| error.to_string())
    };
    match with(&value) {
        None => Some(value),
        Some(error) if error.starts_with("missing field") => Some(value),
        Some(error) if error.starts_with("unknown variant") => {
            let word = json!(error.split('`').nth(3)?);
            let word = if value.is_array() { json!([word]) } else { word };
            with(&word).is_none_or(|error| error.starts_with("missing field")).then_some(word)
        }
        Some(_) => None,
    }
}

fn values() -> Vec<Value> {
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
    [
        each::<ConfigNotice>(),
        each::<DoctorNotice>(),
        each::<EditNotice>(),
        each::<EngineNotice>(),
        each::<FileNotice>(),
        each::<HabitNotice>(),
        each::<PluginNotice>(),
        each::<ProgramNotice>(),
        each::<ReloadNotice>(),
        each::<SkillNotice>(),
        each::<StateNotice>(),
    ]
    .concat()
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
