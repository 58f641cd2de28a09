//! Edits of an entry where it stands: named otherwise, taken out, put back at its place.
//!
//! Invariants: as those of all edits; of an entry with options nothing but its spec changes; an entry that is put back is
//! written as it was.

use jsonc_parser::{ast, common::Ranged};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EditError, Source, Span, Splice, append_text, insertion, list_under, range};
use crate::config::text;

/// An entry as it stood in a list, for whoever puts it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// How it is written.
    pub written: String,
    /// How many entries are before it.
    pub index: usize,
    /// The entry right before it.
    pub behind: Option<Value>,
}

/// The text with another spec in the place of the one of an entry; the last entry for which `wanted` holds, which is the one
/// that counts.
pub fn respec(
    text: &str,
    key: &str,
    entry: &str,
    wanted: impl Fn(&Value) -> bool,
    spec: &str,
) -> Result<String, EditError> {
    text::value(text)?;
    let whole = text::whole(text);
    let (elements, index) = found(&whole, key, entry, wanted)?;
    let named = match elements.get(index) {
        Some(ast::Value::Array(tuple)) => tuple.elements.first(),
        element => element,
    };
    let named = named.ok_or_else(|| missing(key, entry))?.range();
    Ok(Source::of(text).apply(vec![Splice(range(named), Value::from(spec).to_string())]))
}

/// How an entry stands in a list; the last one for which `wanted` holds.
pub fn stood(text: &str, key: &str, entry: &str, wanted: impl Fn(&Value) -> bool) -> Result<Stood, EditError> {
    text::value(text)?;
    let whole = text::whole(text);
    let (elements, index) = found(&whole, key, entry, wanted)?;
    let Span { start, end } = range(elements.get(index).ok_or_else(|| missing(key, entry))?.range());
    let before = index.checked_sub(1).and_then(|before| elements.get(before));
    // Of the text itself: in the other one some escapes are not as they were written.
    let written = Source::of(text).body.get(start..end).unwrap_or_default().to_owned();
    Ok(Stood { written, index, behind: before.map(text::from_tree) })
}

/// The text with an entry at its place: behind the one that was before it, else where as many are before it, else at the end.
pub fn put_back(text: &str, key: &str, stood: &Stood) -> Result<String, EditError> {
    if text.trim_start_matches('\u{feff}').is_empty() {
        return append_text(text, key, &stood.written);
    }
    text::value(text)?;
    let whole = text::whole(text);
    let (list, _) = list_under(&whole, key)?;
    let elements = list.map(|list| list.elements).unwrap_or_default();
    let values: Vec<_> = elements.iter().map(text::from_tree).collect();
    let behind = stood.behind.as_ref().and_then(|behind| values.iter().rposition(|value| value == behind));
    let index = behind.map_or(stood.index, |at| at + 1);
    let Some(next) = elements.get(index) else { return append_text(text, key, &stood.written) };
    let source = Source::of(text);
    let at = next.range().start;
    let line = source.body.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let is_first_in_line = line.trim().is_empty() && source.body.get(..at).is_some_and(|before| before.contains('\n'));
    let gap = if is_first_in_line { format!("{}{}", source.newline, source.indent_of(at)) } else { " ".to_owned() };
    Ok(source.apply(vec![insertion(at, format!("{},{gap}", stood.written))]))
}

/// The entries of a list, and which of them is wanted.
fn found<'a>(
    whole: &'a str,
    key: &str,
    entry: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Result<(Vec<ast::Value<'a>>, usize), EditError> {
    let (list, _) = list_under(whole, key)?;
    let elements = list.map(|list| list.elements).unwrap_or_default();
    let index = elements.iter().rposition(|element| wanted(&text::from_tree(element)));
    index.map(|index| (elements, index)).ok_or_else(|| missing(key, entry))
}

fn missing(key: &str, entry: &str) -> EditError {
    EditError::NoSuchEntry { key: key.to_owned(), entry: entry.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{
        super::{
            remove,
            tests::{any_text, is_subsequence},
        },
        *,
    };

    fn is_it(name: &'static str) -> impl Fn(&Value) -> bool {
        move |entry| entry == name || entry.get(0).is_some_and(|first| first == name)
    }

    /// B9, G3: only the spec changes, whatever is around it and behind it.
    #[test]
    fn an_entry_is_named_otherwise() {
        let check = |before: &str, after: &str| {
            let changed = respec(before, "plugin", "a", is_it("a"), "a@1");
            assert_eq!(changed.as_deref(), Ok(after), "{before:?}");
        };
        check(r#"{"plugin": ["a"]}"#, r#"{"plugin": ["a@1"]}"#);
        check(
            r#"{"plugin": ["b", [ "a" , {"o": [1,]} ], /* c */]}"#,
            r#"{"plugin": ["b", [ "a@1" , {"o": [1,]} ], /* c */]}"#,
        );
        check("\u{feff}{\"plugin\": [\n  \"a\", // one\n]}", "\u{feff}{\"plugin\": [\n  \"a@1\", // one\n]}");
        check(r#"{"plugin": ["a", "a"]}"#, r#"{"plugin": ["a", "a@1"]}"#);
        check(r#"{"x": "\ud83d", "plugin": ["\u0061"]}"#, r#"{"x": "\ud83d", "plugin": ["a@1"]}"#);
        assert!(matches!(respec("{}", "plugin", "a", is_it("a"), "b"), Err(EditError::NoSuchEntry { .. })));
        assert!(respec("{\"plugin\": [", "plugin", "a", is_it("a"), "b").is_err());
    }

    /// B9, G3: what was taken out comes back where it was, also when others came and went.
    #[test]
    fn an_entry_comes_back_at_its_place() {
        let check = |written: &str, now: &str, after: &str| {
            let stood = stood(written, "plugin", "a", is_it("a")).expect("there");
            assert_eq!(put_back(now, "plugin", &stood).as_deref(), Ok(after), "{written:?} {now:?}");
        };
        check(r#"{"plugin": ["x", "a", "y"]}"#, r#"{"plugin": ["x", "y"]}"#, r#"{"plugin": ["x", "a", "y"]}"#);
        check(r#"{"plugin": ["a", "y"]}"#, r#"{"plugin": ["y"]}"#, r#"{"plugin": ["a", "y"]}"#);
        check(r#"{"plugin": ["x", "a"]}"#, r#"{"plugin": ["n", "x", "y"]}"#, r#"{"plugin": ["n", "x", "a", "y"]}"#);
        check(r#"{"plugin": ["x", ["a",  {}]]}"#, r#"{"plugin": ["y"]}"#, r#"{"plugin": ["y", ["a",  {}]]}"#);
        check(r#"{"plugin": ["a"]}"#, "{}", r#"{"plugin": ["a"]}"#);
        check(
            "{\"plugin\": [\r\n  \"x\",\r\n  \"a\",\r\n  \"y\"\r\n]}",
            "{\"plugin\": [\r\n  \"x\", // mine\r\n  \"y\"\r\n]}",
            "{\"plugin\": [\r\n  \"x\", // mine\r\n  \"a\",\r\n  \"y\"\r\n]}",
        );
    }

    fn entries(text: &str) -> Vec<Value> {
        text::value(text).expect("valid")["plugin"].as_array().cloned().unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// B9, G3: another spec is all that differs; back again, it is the text that it was.
        #[test]
        fn naming_otherwise_and_back_is_the_identity(text in any_text()) {
            let text = append_text(&text, "plugin", r#"["new", {"o": 1}]"#).expect("added");
            let changed = respec(&text, "plugin", "new", is_it("new"), "new@1").expect("changed");
            let mut expected = entries(&text);
            *expected.last_mut().expect("one") = json!(["new@1", {"o": 1}]);
            prop_assert_eq!(entries(&changed), expected);
            prop_assert_eq!(respec(&changed, "plugin", "new@1", is_it("new@1"), "new").expect("changed"), text);
        }

        /// B9, G3: an entry that is put back only inserts, and the list is what it was.
        #[test]
        fn putting_back_touches_no_other_byte(text in any_text(), index in 0_usize..4) {
            let before = entries(&text);
            let Some(entry) = before.get(index % before.len().max(1)).cloned() else { return Ok(()) };
            // Of several that are equal it is not known which one is meant.
            prop_assume!(before.iter().filter(|other| **other == entry).count() == 1);
            let stood = stood(&text, "plugin", "it", |other| *other == entry).expect("there");
            let left = remove(&text, "plugin", "it", |other| *other == entry).expect("removed");
            let back = put_back(&left, "plugin", &stood).expect("put back");
            prop_assert!(is_subsequence(&left, &back), "{back}");
            let mut sorted = [before.clone(), entries(&back)];
            sorted.iter_mut().for_each(|list| list.sort_by_key(ToString::to_string));
            prop_assert_eq!(&sorted[0], &sorted[1]);
            let is_distinct = (1..before.len()).all(|at| !before[..at].contains(&before[at]));
            prop_assert!(!is_distinct || entries(&back) == before, "{back}");
        }
    }
}
