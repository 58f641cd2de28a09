//! Before and after, and the law that no other byte is touched.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn add(text: &str) -> Result<String, EditError> {
    append(text, "plugin", &json!("new"))
}

fn take(text: &str, name: &str) -> Result<String, EditError> {
    remove(text, "plugin", name, |entry| entry == name)
}

/// B9: the text around an addition stays as it is.
#[test]
fn additions() {
    let check = |before: &str, after: &str| assert_eq!(add(before).as_deref(), Ok(after), "{before:?}");
    check("", "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"plugin\": [\"new\"]\n}\n");
    check("{}", "{\"plugin\": [\"new\"]}");
    check("{ }", "{\"plugin\": [\"new\"] }");
    check("{\n}\n", "{\n  \"plugin\": [\"new\"]\n}\n");
    check("{\n\t\"a\": 1\n}", "{\n\t\"a\": 1,\n\t\"plugin\": [\"new\"]\n}");
    check("{\"a\": 1}", "{\"a\": 1, \"plugin\": [\"new\"]}");
    check("{\"a\": 1,}", "{\"a\": 1, \"plugin\": [\"new\"],}");
    check("{\"plugin\": []}", "{\"plugin\": [\"new\"]}");
    check("{\"plugin\": [\"a\"]}", "{\"plugin\": [\"a\", \"new\"]}");
    check("{\"plugin\": [\"a\",]}", "{\"plugin\": [\"a\", \"new\",]}");
    check(
        "{\r\n  \"plugin\": [\r\n    \"a\"\r\n  ]\r\n}",
        "{\r\n  \"plugin\": [\r\n    \"a\",\r\n    \"new\"\r\n  ]\r\n}",
    );
    check(
        "{\n  \"plugin\": [\n    \"a\", // why\n  ]\n}",
        "{\n  \"plugin\": [\n    \"a\", // why\n    \"new\",\n  ]\n}",
    );
    check("{\n  \"plugin\": [\n    \"a\" // why\n  ]\n}", "{\n  \"plugin\": [\n    \"a\", // why\n    \"new\"\n  ]\n}");
    check("{\n  \"plugin\": [\n    // none\n  ]\n}", "{\n  \"plugin\": [\n    // none\n    \"new\"\n  ]\n}");
    check("{\n  // nothing yet\n}", "{\n  // nothing yet\n  \"plugin\": [\"new\"]\n}");
    check("{ /* none */ }", "{ /* none */ \"plugin\": [\"new\"] }");
    check("\u{feff}{\"plugin\": [\"a\"]}", "\u{feff}{\"plugin\": [\"a\", \"new\"]}");
    // What is behind an item in its line stays behind it.
    check("{ \"a\": 1 // one\n}\n", "{ \"a\": 1, // one\n  \"plugin\": [\"new\"]\n}\n");
    check("{ \"a\": 1, // one\n}\n", "{ \"a\": 1, // one\n  \"plugin\": [\"new\"],\n}\n");
    check("{ \"a\": 1 /* one */ }", "{ \"a\": 1 /* one */, \"plugin\": [\"new\"] }");
    check("{ \"a\": 1, /* one */ }", "{ \"a\": 1, /* one */ \"plugin\": [\"new\"], }");
    check("{\"plugin\": [\"a\" /* a */, \"b\" /* b */]}", "{\"plugin\": [\"a\" /* a */, \"b\" /* b */, \"new\"]}");
    check("{\"plugin\": [\"a\" // a\r\n]}", "{\"plugin\": [\"a\", // a\r\n  \"new\"\r\n]}");
    check("{\n\t\"plugin\": [\"a\" /* a */ // b\n\t]}", "{\n\t\"plugin\": [\"a\", /* a */ // b\n\t\t\"new\"\n\t]}");
    // Of two keys with one name the engine takes the last.
    check("{\"plugin\": [\"a\"], \"plugin\": [\"b\"]}", "{\"plugin\": [\"a\"], \"plugin\": [\"b\", \"new\"]}");
    check("{\"plugin\": [[\"a\", {\"x\": [1]}]]}", "{\"plugin\": [[\"a\", {\"x\": [1]}], \"new\"]}");
}

/// B9: a removal takes the entry, its comma, and its line when it is alone there.
#[test]
fn removals() {
    let check =
        |before: &str, name: &str, after: &str| assert_eq!(take(before, name).as_deref(), Ok(after), "{before:?}");
    check("{\"plugin\": [\"a\"]}", "a", "{\"plugin\": []}");
    check("{\"plugin\": [\"a\", \"b\"]}", "a", "{\"plugin\": [\"b\"]}");
    check("{\"plugin\": [\"a\", \"b\"]}", "b", "{\"plugin\": [\"a\"]}");
    check("{\"plugin\": [\"a\", \"b\",]}", "b", "{\"plugin\": [\"a\",]}");
    check("{\"plugin\": [\"a\", \"b\", \"a\"]}", "a", "{\"plugin\": [\"b\"]}");
    check("{\"plugin\": [\n  \"a\", // one\n  \"b\" // two\n]}", "a", "{\"plugin\": [\n  \"b\" // two\n]}");
    check("{\"plugin\": [\n  \"a\", // one\n  \"b\" // two\n]}", "b", "{\"plugin\": [\n  \"a\" // one\n]}");
    check("{\"plugin\": [\r\n  \"a\",\r\n  \"b\",\r\n]}", "b", "{\"plugin\": [\r\n  \"a\",\r\n]}");
    check("{\"plugin\": [\r\n  \"a\"\r\n]}", "a", "{\"plugin\": [\r\n]}");
    check("{\"plugin\": [\n  \"a\", \"b\"\n]}", "a", "{\"plugin\": [\n  \"b\"\n]}");
    check("{\"plugin\": [\n  \"a\", \"b\"\n]}", "b", "{\"plugin\": [\n  \"a\"\n]}");
    check("{\"plugin\": [\"a\" /* x */, \"b\"]}", "a", "{\"plugin\": [\"b\"]}");
}

/// B9: what an addition made goes with what was added: the list, and the file; what a person wrote stays.
#[test]
fn what_an_addition_made_goes_with_it() {
    let check = |before: &str, after: &str| {
        let left = take(&add(before).expect("added"), "new").and_then(|text| without_empty(&text, "plugin"));
        assert_eq!(left.map(without_file).as_deref(), Ok(after), "{before:?}");
    };
    check("", "");
    for text in [
        "{}",
        "{\n  \"a\": 1\n}\n",
        "{\n  \"a\": 1 // one\n}\n",
        "{\"a\": 1,}",
        "{\r\n\t\"a\": 1,\r\n}",
        "{ /* none */ }",
        "{\n  // nothing yet\n}",
        "\u{feff}{\"a\": \"\\ud83d\"}",
        "{\"plugin\": [\"a\"]}",
        "{\"plugin\": [\"a\"], \"plugin\": []}",
        "{\"plugin\": [/* none */]}",
    ] {
        check(text, text);
    }
    let check = |text: &str, after: &str| assert_eq!(without_empty(text, "plugin").as_deref(), Ok(after), "{text:?}");
    check("{\"plugin\": []}", "{}");
    check("{\"a\": 1, \"plugin\": [ ], \"b\": 2}", "{\"a\": 1, \"b\": 2}");
    check("{\n  \"plugin\": [\n  ], // mine\n  \"b\": 2\n}", "{\n  \"b\": 2\n}");
    check("{\"plugin\": [1]}", "{\"plugin\": [1]}");
    assert_eq!(without_file("{\"$schema\": \"x\"}".to_owned()), "{\"$schema\": \"x\"}");
}

/// B9: what can't be edited is left alone, and the error says why.
#[test]
fn refusals() {
    assert!(matches!(add("{\"plugin\": [}"), Err(EditError::Text(_))));
    assert!(matches!(add("   "), Err(EditError::Text(_))));
    assert!(matches!(add("[]"), Err(EditError::Text(_))));
    assert!(matches!(add("{\"plugin\": \"a\"}"), Err(EditError::NotAList { offset: 11, .. })));
    assert!(matches!(take("{\"plugin\": [\"a\"]}", "b"), Err(EditError::NoSuchEntry { .. })));
    assert!(matches!(take("{}", "b"), Err(EditError::NoSuchEntry { .. })));
}

/// White space, comments and line ends as people write them.
fn any_gap() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "\n", "\n  ", "\r\n\t", " // note, \"x\"] }\n ", "/* , ] */", " /* a\n b */ "])
        .prop_map(str::to_owned)
}

fn any_scalar() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "1",
        "true",
        "null",
        "\"a\"",
        "\"ü😀\"",
        "\"// no, \\\" comment\"",
        "[\"p\", {\"k\": [1, 2]}]",
        "{}",
    ])
    .prop_map(str::to_owned)
}

fn list_of(items: Vec<(String, String, String)>, end: String, trailing: bool, marks: (char, char)) -> String {
    let count = items.len();
    let inside: String = items
        .into_iter()
        .enumerate()
        .map(|(index, (before, item, after))| {
            let comma = if index + 1 < count || trailing { "," } else { "" };
            format!("{before}{item}{after}{comma}")
        })
        .collect();
    format!("{}{inside}{end}{}", marks.0, marks.1)
}

fn any_list() -> impl Strategy<Value = String> {
    (prop::collection::vec((any_gap(), any_scalar(), any_gap()), 0..4), any_gap(), any::<bool>())
        .prop_map(|(items, end, trailing)| list_of(items, end, trailing, ('[', ']')))
}

pub(super) fn any_text() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["a", "b", "mcp", "plugin"]);
    let property = (any_gap(), key, any_gap(), any_list(), any_scalar(), any_gap()).prop_map(
        |(before, key, gap, list, scalar, after)| {
            let value = if key == "plugin" { list } else { scalar };
            (before, format!("\"{key}\"{gap}:{value}"), after)
        },
    );
    (prop::collection::vec(property, 0..4), any_gap(), any::<bool>(), any_gap(), any::<bool>()).prop_map(
        |(properties, end, trailing, tail, mark)| {
            let body = list_of(properties, end, trailing, ('{', '}'));
            format!("{}{body}{tail}", if mark { "\u{feff}" } else { "" })
        },
    )
}

pub(super) fn is_subsequence(part: &str, whole: &str) -> bool {
    let mut whole = whole.bytes();
    part.bytes().all(|byte| whole.any(|other| other == byte))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// B9: an addition only inserts, and means what it should and nothing else.
    #[test]
    fn an_addition_touches_no_other_byte(text in any_text()) {
        let after = add(&text).expect("a valid text can be added to");
        prop_assert!(is_subsequence(&text, &after), "{after}");
        let mut expected = text::value(&text).expect("valid");
        let list = expected.as_object_mut().expect("object").entry("plugin").or_insert_with(|| json!([]));
        list.as_array_mut().expect("list").push(json!("new"));
        prop_assert_eq!(text::value(&after).expect("still valid"), expected);
    }

    /// B9: a removal only deletes, and what was added before it is all that it takes.
    #[test]
    fn a_removal_touches_no_other_entry(text in any_text()) {
        let added = add(&text).expect("a valid text can be added to");
        let removed = take(&added, "new").expect("what was added can be removed");
        prop_assert!(is_subsequence(&removed, &added), "{removed}");
        let mut expected = text::value(&text).expect("valid");
        expected.as_object_mut().expect("object").entry("plugin").or_insert_with(|| json!([]));
        prop_assert_eq!(text::value(&removed).expect("still valid"), expected);
    }
}
