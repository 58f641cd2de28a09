//! What the engine accepts at one place of its configuration, for whoever sets a single key.
//!
//! Invariant: what is told here is only a help; whether a value is accepted decides the whole schema.

use rekindle_domain::{Expected, ValueKind};
use serde_json::Value;

use super::{NAMED, Schema};

/// What may stand at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accepts {
    /// The kinds of values, and the words; empty: anything.
    pub values: Vec<Expected>,
    /// What the engine says of it.
    pub description: Option<String>,
}

impl Schema {
    /// What may stand at the end of a path of keys. `None`: the engine knows no such key.
    pub fn accepts_at(&self, path: &[String]) -> Option<Accepts> {
        let root = serde_json::json!({"$ref": format!("{NAMED}Config")});
        let mut found = vec![&root];
        for key in path {
            found = found
                .into_iter()
                .flat_map(|schema| self.shapes(schema))
                .filter_map(|schema| below(schema, key))
                .collect();
        }
        if found.is_empty() {
            return None;
        }
        let mut accepts = Accepts::default();
        for schema in found {
            self.add(schema, &mut accepts);
        }
        Some(accepts)
    }

    /// The keys that may stand beside or in the place of the last of a path, as far as they have fixed names.
    pub fn keys_beside(&self, path: &[String]) -> Vec<String> {
        let root = serde_json::json!({"$ref": format!("{NAMED}Config")});
        let mut found = vec![&root];
        for key in path.iter().take(path.len().saturating_sub(1)) {
            found = found
                .into_iter()
                .flat_map(|schema| self.shapes(schema))
                .filter_map(|schema| below(schema, key))
                .collect();
        }
        let shapes = found.into_iter().flat_map(|schema| self.shapes(schema));
        shapes.filter_map(|schema| schema["properties"].as_object()).flat_map(|keys| keys.keys().cloned()).collect()
    }

    /// The shapes between which a schema leaves the choice.
    fn shapes<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        match schema["anyOf"].as_array() {
            Some(choices) => choices.iter().flat_map(|choice| self.shapes(choice)).collect(),
            None => vec![schema],
        }
    }

    fn add(&self, schema: &Value, accepts: &mut Accepts) {
        let said = [schema, self.resolved(schema)].into_iter().find_map(|schema| schema["description"].as_str());
        if accepts.description.is_none() {
            accepts.description = said.map(str::to_owned);
        }
        for shape in self.shapes(schema) {
            let words = shape["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let mut values: Vec<_> = words.map(|word| Expected::Word(word.to_owned())).collect();
            if values.is_empty() {
                values.extend(kind_of(shape).map(Expected::Kind));
            }
            for value in values {
                if !accepts.values.contains(&value) {
                    accepts.values.push(value);
                }
            }
        }
    }
}

/// The schema of a key in an object of this shape.
fn below<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let others = schema.get("additionalProperties");
    match (schema["properties"].get(key), others) {
        (Some(own), _) => Some(own),
        (None, Some(others)) if others.is_object() => Some(others),
        // An object of which nothing more is said.
        (None, None) if schema["type"] == "object" => Some(&Value::Bool(true)),
        (None, _) if *schema == Value::Bool(true) || schema.as_object().is_some_and(serde_json::Map::is_empty) => {
            Some(&Value::Bool(true))
        }
        _ => None,
    }
}

fn kind_of(schema: &Value) -> Option<ValueKind> {
    Some(match schema["type"].as_str()? {
        "null" => ValueKind::Null,
        "boolean" => ValueKind::Boolean,
        "integer" => ValueKind::WholeNumber,
        "number" => ValueKind::Number,
        "string" => ValueKind::String,
        "array" => ValueKind::List,
        "object" => ValueKind::Object,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V5: what may stand at a key is told, and a key that nobody knows is known as such.
    #[test]
    fn what_is_accepted_is_told() {
        let schema = Schema::measured().expect("the schema");
        let word = |word: &str| Expected::Word(word.to_owned());
        let kind = Expected::Kind;
        let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let check = |at: &str, expected: Option<&[Expected]>| {
            let accepts = schema.accepts_at(&path(at)).map(|accepts| accepts.values);
            assert_eq!(accepts.as_deref(), expected, "{at}");
        };
        check("model", Some(&[kind(ValueKind::String)]));
        check("share", Some(&[word("manual"), word("auto"), word("disabled")]));
        check("autoupdate", Some(&[kind(ValueKind::Boolean), word("notify")]));
        check("subagent_depth", Some(&[kind(ValueKind::WholeNumber)]));
        check("agent.mine.temperature", Some(&[kind(ValueKind::Number)]));
        check("agent.mine.anything.else", Some(&[]));
        check("mcp.m.enabled", Some(&[kind(ValueKind::Boolean)]));
        check("watcher.ignore", Some(&[kind(ValueKind::List)]));
        check("modle", None);
        check("model.x", None);
        check("compaction.autos", None);
        assert!(schema.keys_beside(&path("compaction.autos")).contains(&"auto".to_owned()));
        assert!(schema.keys_beside(&path("modle")).contains(&"model".to_owned()));
    }
}
