//! Whether a schema can be used without harm, whoever wrote it.
//!
//! Invariant: of a schema that passes, every check ends: with all references written out it is finite and small,
//! and it refers to nothing outside of itself. The engine's own has 1,742 parts, 14 deep (1.18.33).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::NAMED;

/// The most parts, with all references written out.
const PARTS: usize = 20_000;
/// How deep they may be.
const DEPTH: usize = 100;

/// Keys whose value is a schema, or a list of them.
const INNER: [&str; 16] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keys whose value has schemas by name.
const BY_NAME: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
/// Keys that make a schema refer to what is not named, or mean something else.
const REFUSED: [&str; 9] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$schema",
    "$vocabulary",
    "id",
];
/// Keys that say something to people.
const REMARKS: [&str; 6] = ["$comment", "default", "deprecated", "description", "examples", "title"];

/// Why a schema is not used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// A schema is part of itself.
    Circle(String),
    /// It is deeper than any.
    Deep,
    /// It is larger than any.
    Large,
    /// It refers to something outside, or to something that is not there.
    Reference(String),
}

/// Whether the schema `Config` among these is one that can be used.
pub(super) fn check(named: &Map<String, Value>) -> Result<(), Unusable> {
    let mut sizes = BTreeMap::new();
    Measure { named, sizes: &mut sizes }.reference(&format!("{NAMED}Config"), 0).map(drop)
}

/// How many parts a schema has, and how deep they are.
#[derive(Clone, Copy)]
struct Size {
    parts: usize,
    depth: usize,
}

struct Measure<'a> {
    named: &'a Map<String, Value>,
    /// What is known; `None`: it is being found out.
    sizes: &'a mut BTreeMap<String, Option<Size>>,
}

impl Measure<'_> {
    fn schema(&mut self, schema: &Value, at: usize) -> Result<Size, Unusable> {
        let mut size = Size { parts: 1, depth: 1 };
        let Value::Object(keys) = schema else { return Ok(size) };
        for (key, value) in keys {
            match (key.as_str(), value) {
                (key, _) if REFUSED.contains(&key) => return Err(Unusable::Reference(key.to_owned())),
                ("$ref", Value::String(name)) => size.add(self.reference(name, at + 1)?, at)?,
                ("$ref", _) => return Err(Unusable::Reference("$ref".to_owned())),
                (key, Value::Array(list)) if INNER.contains(&key) => self.all(list, at, &mut size)?,
                (key, Value::Object(map)) if BY_NAME.contains(&key) => {
                    size.add(Size { parts: map.keys().map(|name| name.len() / 32).sum(), depth: 0 }, at)?;
                    self.all(map.values(), at, &mut size)?;
                }
                (key, value) if INNER.contains(&key) => size.add(self.schema(value, at + 1)?, at)?,
                (key, _) if REMARKS.contains(&key) => {}
                (_, value) => size.add(Size { parts: weight(value), depth: 0 }, at)?,
            }
        }
        Ok(size)
    }

    fn all<'a>(
        &mut self,
        schemas: impl IntoIterator<Item = &'a Value>,
        at: usize,
        size: &mut Size,
    ) -> Result<(), Unusable> {
        schemas.into_iter().try_for_each(|schema| size.add(self.schema(schema, at + 1)?, at))
    }

    fn reference(&mut self, reference: &str, at: usize) -> Result<Size, Unusable> {
        let outside = || Unusable::Reference(reference.chars().take(200).collect());
        let name = reference.strip_prefix(NAMED).ok_or_else(outside)?;
        match self.sizes.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Unusable::Circle(name.to_owned())),
            None if at > DEPTH => return Err(Unusable::Deep),
            None => {}
        }
        let schema = self.named.get(name).ok_or_else(outside)?;
        self.sizes.insert(name.to_owned(), None);
        let size = self.schema(schema, at)?;
        self.sizes.insert(name.to_owned(), Some(size));
        Ok(size)
    }
}

impl Size {
    /// Takes in a part of it, at this depth.
    fn add(&mut self, part: Self, at: usize) -> Result<(), Unusable> {
        self.parts += part.parts;
        self.depth = self.depth.max(part.depth + 1);
        if self.parts > PARTS {
            return Err(Unusable::Large);
        }
        if at + self.depth > DEPTH {
            return Err(Unusable::Deep);
        }
        Ok(())
    }
}

/// What a value that is no schema counts for: a list of words, a pattern.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() / 32,
        Value::Array(list) => list.iter().map(|one| 1 + weight(one)).sum(),
        Value::Object(map) => map.values().map(|one| 1 + weight(one)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// N16: what would never end, or not soon, is not used.
    #[test]
    fn what_does_not_end_is_refused() {
        let check = |schemas: Value, expected: Result<(), Unusable>| {
            assert_eq!(super::check(schemas.as_object().expect("an object")), expected, "{schemas}");
        };
        let to = |name: &str| json!({"$ref": format!("{NAMED}{name}")});
        let circle = |name: &str| Err(Unusable::Circle(name.to_owned()));
        let outside = |name: &str| Err(Unusable::Reference(name.to_owned()));
        check(
            json!({"Config": {"type": "object", "properties": {"$id": {"type": "string"}, "a": to("A")}}, "A": {}}),
            Ok(()),
        );
        check(json!({"Config": to("Config")}), circle("Config"));
        check(json!({"Config": {"anyOf": [to("A")]}, "A": {"allOf": [to("Config")]}}), circle("Config"));
        check(json!({"Config": {"properties": {"a": to("Config")}}}), circle("Config"));
        check(json!({"Config": {"additionalProperties": {"items": to("A")}}, "A": {"not": to("A")}}), circle("A"));
        check(json!({"Config": {"prefixItems": [{}, {"if": to("Config")}]}}), circle("Config"));
        check(json!({"Config": {"$defs": {"x": to("Config")}}}), circle("Config"));
        check(json!({"Config": {"$ref": "#"}}), outside("#"));
        check(json!({"Config": {"$ref": "http://127.0.0.1:1/x"}}), outside("http://127.0.0.1:1/x"));
        check(json!({"Config": {"$ref": "file:///etc/passwd"}}), outside("file:///etc/passwd"));
        check(
            json!({"Config": {"items": {"$ref": "#/components/schemas/Config/items"}}}),
            outside("#/components/schemas/Config/items"),
        );
        check(json!({"Config": {"$dynamicRef": "#x"}}), outside("$dynamicRef"));
        check(json!({"Config": {"properties": {"a": {"$id": "http://x"}}}}), outside("$id"));
        check(json!({"Config": to("None")}), outside("#/components/schemas/None"));
        check(json!({}), outside("#/components/schemas/Config"));
        check(json!({"Config": {"enum": vec![1; PARTS]}}), Err(Unusable::Large));
        check(json!({"Config": {"pattern": "x".repeat(32 * PARTS + 32)}}), Err(Unusable::Large));
    }

    /// N16: two references in each of many schemas are a million parts.
    #[test]
    fn what_grows_is_counted_as_written_out() {
        let chain = |length: usize, width: usize| {
            let one = |at: usize| {
                let next = json!({"$ref": format!("{NAMED}{}", at + 1)});
                let inner = if at == length { json!({}) } else { json!({"anyOf": vec![next; width]}) };
                (if at == 0 { "Config".to_owned() } else { at.to_string() }, inner)
            };
            (0..=length).map(one).collect::<Map<_, _>>()
        };
        assert_eq!(check(&chain(10, 2)), Ok(()));
        assert_eq!(check(&chain(30, 2)), Err(Unusable::Large));
        assert_eq!(check(&chain(20, 1)), Ok(()));
        assert_eq!(check(&chain(60_000, 1)), Err(Unusable::Deep));
        let mut deep = json!({});
        for _ in 0..120 {
            deep = json!({"items": deep});
        }
        assert_eq!(check(&Map::from_iter([("Config".to_owned(), deep)])), Err(Unusable::Deep));
    }
}
