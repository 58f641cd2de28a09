//! The laws of edits by keys: on any text, however it is laid out.

use proptest::prelude::*;
use rekindle_opencode::config::{
    edit::{depth, set, unset},
    text,
};
use serde_json::{Map, Value, json};

/// White space, comments and line ends as people write them.
fn any_gap() -> impl Strategy<Value = String> {
    const GAPS: [&str; 9] =
        ["", " ", "\n", "\n  ", "\r\n\t", " // note, \"x\"] }\n ", "/* , ] */", " /* a\n b */ ", "\n// x\r\n"];
    prop::sample::select(GAPS.to_vec()).prop_map(str::to_owned)
}

/// Objects in objects, with keys that come twice, trailing commas and gaps everywhere.
fn any_value() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec!["1", "null", "\"ü😀\"", "\"// no\"", "[1, {\"a\": 2}]", "\"\\ud83d\"", "{}"]);
    plain.prop_map(str::to_owned).prop_recursive(3, 24, 4, |inner| any_object(inner.boxed()))
}

fn any_object(value: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["a", "b", "c", "\\u0061"]);
    let property = (any_gap(), key, any_gap(), any_gap(), value, any_gap())
        .prop_map(|(before, key, one, two, value, after)| format!("{before}\"{key}\"{one}:{two}{value}{after}"));
    (prop::collection::vec(property, 0..4), any_gap(), any::<bool>()).prop_map(|(properties, end, trailing)| {
        let comma = if trailing && !properties.is_empty() { "," } else { "" };
        format!("{{{}{comma}{end}}}", properties.join(","))
    })
}

fn any_text() -> impl Strategy<Value = String> {
    (any::<bool>(), any_gap(), any_object(any_value().boxed()), any_gap())
        .prop_map(|(mark, before, body, after)| format!("{}{before}{body}{after}", if mark { "\u{feff}" } else { "" }))
}

fn any_path() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "new"]), 1..4)
}

fn any_new() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![json!(1), json!({"x": {"y": ["z"]}}), json!([{"x": 1}]), json!({})])
}

/// The same edit of what was read. `None`: something on the way is no object.
fn edited(value: &mut Value, path: &[&str], new: Option<&Value>) -> Option<()> {
    let (first, rest) = path.split_first()?;
    let map: &mut Map<_, _> = value.as_object_mut()?;
    match (rest, new) {
        ([], Some(new)) => drop(map.insert((*first).to_owned(), new.clone())),
        ([], None) => drop(map.shift_remove(*first)),
        _ => edited(map.entry(*first).or_insert_with(|| json!({})), rest, new)?,
    }
    Some(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    /// B9: what is read afterwards is the edit of what was read before.
    #[test]
    fn an_edit_means_what_it_says(text in any_text(), path in any_path(), new in any_new()) {
        let mut expected = text::value(&text).expect("valid");
        let is_possible = edited(&mut expected, &path, Some(&new)).is_some();
        match set(&text, &path, &new) {
            Ok(after) => {
                prop_assert_eq!(text::value(&after).expect("still valid"), expected.clone(), "{}", after);
                let gone = unset(&after, &path, path.len()).expect("there");
                edited(&mut expected, &path, None);
                prop_assert_eq!(text::value(&gone).expect("still valid"), expected, "{}", gone);
            }
            Err(_) => prop_assert!(!is_possible),
        }
    }

    /// B9: what was not there is set and taken away again without a trace.
    #[test]
    fn set_and_unset_is_nothing(text in any_text(), path in any_path(), new in any_new()) {
        let there = depth(&text, &path);
        if there < path.len() && let Ok(after) = set(&text, &path, &new) {
            prop_assert_eq!(unset(&after, &path, there).expect("there"), text, "{}", after);
        }
    }

    /// B9: a value that is there is replaced, and no byte around it changes.
    #[test]
    fn a_replacement_is_the_value_only(text in any_text(), path in any_path(), new in any_new()) {
        if depth(&text, &path) == path.len() {
            let after = set(&text, &path, &json!("MARK")).expect("there");
            let (start, end) = after.split_once("\"MARK\"").expect("set");
            prop_assert!(text.starts_with(start) && text.ends_with(end) && start.len() + end.len() < text.len());
            let again = set(&after, &path, &new).expect("there");
            prop_assert!(again.starts_with(start) && again.ends_with(end));
        }
    }
}
