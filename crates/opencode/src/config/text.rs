//! JSONC as the engine reads it: comments and trailing commas, and nothing looser.
//!
//! Invariant: ranges are byte offsets into the text as given, a byte order mark included.

use std::borrow::Cow;

use jsonc_parser::{CollectOptions, ParseOptions, ast, common::Ranged};
use rekindle_domain::{ConfigNotice, ValueKind};
use serde_json::Value;

use super::grammar::{self, Wrong};

const BOM: char = '\u{feff}';

/// Why a text is not a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What is wrong.
    pub what: ConfigNotice,
    /// The byte offset in the text.
    pub offset: usize,
}

fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// How many bytes of a byte order mark the text begins with.
pub fn bom_len(text: &str) -> usize {
    if text.starts_with(BOM) { BOM.len_utf8() } else { 0 }
}

/// The text as a tree with ranges that count from behind a byte order mark. `None`: nothing is in
/// it but white space and comments.
pub fn tree(text: &str) -> Result<Option<ast::Value<'_>>, TextError> {
    let bom = bom_len(text);
    let body = text.strip_prefix(BOM).unwrap_or(text);
    match grammar::check(body) {
        Ok(()) => {}
        Err(Wrong { why: ConfigNotice::HoldsNothing, .. }) => return Ok(None),
        Err(Wrong { why, offset }) => return Err(TextError { what: why, offset: bom + offset }),
    }
    let parsed = jsonc_parser::parse_to_ast(body, &CollectOptions::default(), &options());
    parsed.map(|parsed| parsed.value).map_err(|error| TextError {
        what: ConfigNotice::ReaderRefuses { why: error.kind().to_string() },
        offset: bom + error.range().start,
    })
}

/// The text with U+FFFD in the place of each half of a surrogate pair that is written as an escape. The engine reads it
/// as it is, and no text of ours can hold it. Nothing changes its place.
pub fn whole(text: &str) -> Cow<'_, str> {
    let mut found: Option<String> = None;
    for half in halves(text) {
        found.get_or_insert_with(|| text.to_owned()).replace_range(half..half + LENGTH, "\\ufffd");
    }
    found.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A text without what the engine's language takes for space at its ends, which is not quite what Unicode does.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

/// The length of `\u` and its digits.
const LENGTH: usize = 6;

/// Where an escape stands that is half of a pair and not followed, or preceded, by the other half.
fn halves(text: &str) -> Vec<usize> {
    let code = |at: usize| {
        let digits = text.get(at..at + LENGTH)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut halves = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')).map(|next| at + next) {
        at = match (code(next), code(next + LENGTH)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => next + 2 * LENGTH,
            (Some(0xd800..0xe000), _) => {
                halves.push(next);
                next + LENGTH
            }
            // What follows is part of the escape, whatever it is.
            _ => next + 1 + text.get(next + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
        };
    }
    halves
}

/// How deep values may stand in each other. The engine takes more, but answers that are much deeper cannot be
/// read, and no person writes such a file.
const DEEPEST: usize = 100;

/// True when values stand in each other deeper than this.
fn is_deeper(value: &Value, than: usize) -> bool {
    let Some(left) = than.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(list) => list.iter().any(|value| is_deeper(value, left)),
        Value::Object(map) => map.values().any(|value| is_deeper(value, left)),
        _ => false,
    }
}

/// The value that the engine reads from the text. An empty file is an empty configuration; one of
/// white space only is an error, as it is for the engine (measured, `docs/engine.md`).
pub fn value(text: &str) -> Result<Value, TextError> {
    let text = &*whole(text);
    let Some(tree) = tree(text)? else {
        let error = TextError { what: ConfigNotice::HoldsNothing, offset: 0 };
        return if text.is_empty() { Ok(Value::Object(serde_json::Map::new())) } else { Err(error) };
    };
    match from_tree(&tree) {
        value if is_deeper(&value, DEEPEST) => Err(TextError {
            what: ConfigNotice::NestedTooDeep { most: DEEPEST },
            offset: bom_len(text) + tree.range().start,
        }),
        value @ Value::Object(_) => Ok(value),
        other => Err(TextError {
            what: ConfigNotice::NotAnObject { found: kind_of(&other) },
            offset: bom_len(text) + tree.range().start,
        }),
    }
}

/// The tree as a plain value; of two keys with the same name the last one wins.
pub fn from_tree(tree: &ast::Value<'_>) -> Value {
    match tree {
        ast::Value::StringLit(text) => Value::from(text.value.as_ref()),
        ast::Value::NumberLit(number) => number_of(number.value),
        ast::Value::BooleanLit(truth) => Value::from(truth.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => array.elements.iter().map(from_tree).collect(),
        ast::Value::Object(object) => {
            object.properties.iter().map(|prop| (prop.name.as_str().to_owned(), from_tree(&prop.value))).collect()
        }
    }
}

/// A number as the engine has it: whole ones have no fraction, and all are doubles.
fn number_of(text: &str) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: f64 = text.parse().unwrap_or(f64::NAN);
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        return Value::from(number as i64);
    }
    Value::from(number)
}

/// The byte offset at which the value under a path of keys and indices begins, or the deepest value
/// on the way to it.
pub fn offset_of(text: &str, path: &[String]) -> usize {
    let text = &*whole(text);
    let Ok(Some(root)) = tree(text) else { return 0 };
    let mut at = &root;
    for step in path {
        let next = match at {
            ast::Value::Object(object) => {
                object.properties.iter().rev().find(|prop| prop.name.as_str() == step).map(|prop| &prop.value)
            }
            ast::Value::Array(array) => step.parse::<usize>().ok().and_then(|index| array.elements.get(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    bom_len(text) + at.range().start
}

/// The entries of a list under a key, each with the byte offset at which it begins.
pub fn entries_of(text: &str, key: &str) -> Vec<(Value, usize)> {
    let text = &*whole(text);
    let Ok(Some(ast::Value::Object(object))) = tree(text) else { return Vec::new() };
    let list = object.properties.iter().rev().find(|prop| prop.name.as_str() == key).map(|prop| &prop.value);
    let Some(ast::Value::Array(list)) = list else { return Vec::new() };
    list.elements.iter().map(|entry| (from_tree(entry), bom_len(text) + entry.range().start)).collect()
}

/// What kind of value it is.
pub fn kind_of(value: &Value) -> ValueKind {
    match value {
        Value::Null => ValueKind::Null,
        Value::Bool(_) => ValueKind::Boolean,
        Value::Number(_) => ValueKind::Number,
        Value::String(_) => ValueKind::String,
        Value::Array(_) => ValueKind::List,
        Value::Object(_) => ValueKind::Object,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// B1: what the engine accepts and what it does not, as measured.
    #[test]
    fn texts_are_read_as_the_engine_reads_them() {
        let check = |text: &str, expected: Option<Value>| assert_eq!(value(text).ok(), expected, "{text:?}");
        check("", Some(json!({})));
        check("  \n", None);
        check("[]", None);
        check("null", None);
        check("{\"a\": 1,} // end", Some(json!({"a": 1})));
        check("\u{feff}{\"a\": 1}", Some(json!({"a": 1})));
        check("{\"a\": 1, \"a\": 2}", Some(json!({"a": 2})));
        check("{\"a\" 1}", None);
        check("{\"a\": 1", None);
        check("{a: 1}", None);
        check("{'a': 1}", None);
        check("{} {}", None);
        check("{\"a\": \"x\ty\"}", None);
        check("{\t\"a\": \"x\" // \"\t\n}", Some(json!({"a": "x"})));
    }

    /// N16: nesting is bounded, so that nothing that goes through a value can run out of stack.
    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            [format!("{{\"a\": {}1{}}}", "[".repeat(depth), "]".repeat(depth)), {
                format!("{}1{}", "{\"a\": ".repeat(depth + 1), "}".repeat(depth + 1))
            }]
        };
        for text in nested(DEEPEST - 1) {
            assert!(value(&text).is_ok(), "{text}");
        }
        for text in [DEEPEST, 200, 511, 512, 513, 5_000, 100_000].into_iter().flat_map(nested) {
            let error = value(&text).expect_err("too deep");
            let is_told = match &error.what {
                ConfigNotice::NestedTooDeep { .. } => true,
                ConfigNotice::ReaderRefuses { why } => why.to_lowercase().contains("depth"),
                _ => false,
            };
            assert!(is_told, "{error:?}");
            assert!(entries_of(&text, "a").len() < 2);
            assert!(offset_of(&text, &["a".to_owned()]) < text.len());
        }
        assert!(value(&"[".repeat(100_000)).is_err());
    }

    /// What is half of a character is read, and nothing else is taken for it.
    #[test]
    fn half_a_character_is_read() {
        let check = |text: &str, expected: &str| assert_eq!(value(text).expect("read")["a"], expected, "{text:?}");
        check(r#"{"a": "\ud83d"}"#, "\u{fffd}");
        check(r#"{"a": "\uD83D\uDE00"}"#, "😀");
        check(r#"{"a": "\ude00\ud83d"}"#, "\u{fffd}\u{fffd}");
        check(r#"{"a": "\ud83d\ud83d\ude00 é"}"#, "\u{fffd}😀 é");
        check(r#"{"a": "\\ud83d"}"#, r"\ud83d");
        check(r#"{"a": "\\\ud83dx"}"#, "\\\u{fffd}x");
    }

    #[test]
    fn errors_name_the_place() {
        let error = value("{\n  \"a\": 1\n  \"b\": 2\n}").expect_err("a comma is missing");
        assert_eq!(error.offset, "{\n  \"a\": 1".len() + 3, "{error:?}");
        assert_eq!(offset_of("{\"a\": [1, {\"b\": true}]}", &["a".into(), "1".into(), "b".into()]), 16);
    }
}
