//! The engine's own schema of its configuration.
//!
//! Invariants: what is accepted here is accepted by the engine; a check of anything ends, whoever wrote the schema.
//! Source: `GET /doc`, which publishes a schema that forbids unknown keys; the engine leaves them out instead.

mod accepts;
mod bounds;

use std::sync::LazyLock;

use jsonschema::PatternOptions;
use serde_json::{Map, Value, json};

pub use self::accepts::Accepts;
use super::fault::Fault;

/// Where the schemas that have a name are, in the engine's words for them.
const NAMED: &str = "#/components/schemas/";

/// How much that is wrong is told of one configuration.
const TOLD: usize = 50;
/// How many of the places at which a value falls through are told of one configuration.
const FALLEN: usize = 10;
/// How often a pattern may be tried anew on one text.
const PATIENCE: usize = 10_000;
/// How large a pattern may become, in bytes.
const PATTERN: usize = 1024 * 1024;

/// What the newest measured series of engines accepts, without a word of explanation: the answer of the pinned engine, which
/// `check::the_schema_is_the_pinned_engines` (`tests/end_to_end`) compares with it.
const MEASURED: &str = include_str!("schema/opencode_1_18.json");

/// The part of the engine's `GET /doc` that is about its configuration; all of it is thirty times as
/// much. `None`: there is no such part.
pub fn part_of_doc(doc: &Value) -> Option<Value> {
    let published = doc.pointer("/components/schemas")?;
    let mut part = Map::new();
    let mut missing = vec!["Config"];
    while let Some(name) = missing.pop() {
        if !part.contains_key(name) {
            let schema = published.get(name)?;
            part.insert(name.to_owned(), schema.clone());
            add_names(schema, &mut missing);
        }
    }
    Some(json!({"components": {"schemas": part}}))
}

/// The names of the schemas to which this one refers.
fn add_names<'a>(schema: &'a Value, names: &mut Vec<&'a str>) {
    match schema {
        Value::Object(map) => {
            let reference = map.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|reference| reference.strip_prefix(NAMED)));
            map.values().for_each(|inner| add_names(inner, names));
        }
        Value::Array(list) => list.iter().for_each(|inner| add_names(inner, names)),
        _ => {}
    }
}

/// The engine's schema of its configuration, ready to check with.
pub struct Schema {
    validator: jsonschema::Validator,
    /// All schemas by name, as the engine publishes them.
    schemas: Value,
}

impl Schema {
    /// From the engine's `GET /doc`, or from the part of it. `None`: it holds no schema that can be used.
    pub fn from_doc(doc: &Value) -> Option<Self> {
        let published = part_of_doc(doc)?.pointer_mut("/components/schemas")?.take();
        if let Err(error) = bounds::check(published.as_object()?) {
            tracing::warn!(?error, "the engine's schema is not used");
            return None;
        }
        let mut schemas = published.clone();
        // The engine ignores keys that it does not know; its published schema forbids them.
        allow_unknown_keys(&mut schemas);
        let root = json!({"$ref": "#/components/schemas/Config", "components": {"schemas": schemas}});
        match validator(&root) {
            Ok(validator) => Some(Self { validator, schemas: published }),
            Err(error) => {
                tracing::warn!(%error, "the engine's schema cannot be used");
                None
            }
        }
    }

    /// What the newest measured engine accepts, for where there is none to ask.
    pub fn measured() -> Option<&'static Self> {
        static SCHEMA: LazyLock<Option<Schema>> =
            LazyLock::new(|| Schema::from_doc(&serde_json::from_str(MEASURED).ok()?));
        SCHEMA.as_ref()
    }

    /// The schemas as they were published, by their names.
    pub fn published(&self) -> &Value {
        &self.schemas
    }

    /// Whether the engine would load a configuration.
    pub fn accepts(&self, config: &Value) -> bool {
        self.validator.is_valid(config)
    }

    /// What is wrong with a configuration, the first at each place.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for fault in self.validator.iter_errors(value).map(|error| Fault::of(&error)) {
            if faults.len() < TOLD && faults.iter().all(|other| other.path != fault.path) {
                faults.push(fault);
            }
        }
        faults
    }

    /// What the engine keeps of a configuration: keys that it does not know are left out, at every
    /// level that has a fixed set of keys.
    pub fn known(&self, config: &Value) -> Value {
        self.keep(&json!({"$ref": "#/components/schemas/Config"}), config)
    }

    /// Where the engine takes a value for something less, without a word: it fits only the weakest of several shapes, so
    /// that the rest of it is left out. What is wrong with it is what is wrong with the shape that it was meant to have.
    pub fn fallen(&self, config: &Value) -> Vec<Fault> {
        let mut found = Vec::new();
        self.fall(&json!({"$ref": format!("{NAMED}Config")}), config, &mut Vec::new(), &mut found);
        found
    }

    fn fall(&self, schema: &Value, value: &Value, path: &mut Vec<String>, found: &mut Vec<Fault>) {
        let schema = self.resolved(schema);
        if found.len() >= FALLEN {
            return;
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let Some(chosen) = choices.iter().find(|choice| self.fits(choice, value)) else { return };
            match self.meant(choices, chosen, value) {
                Some(fault) => found.push(Fault { path: path.iter().cloned().chain(fault.path).collect(), ..fault }),
                None => self.fall(chosen, value, path, found),
            }
            return;
        }
        let inner: Vec<(String, &Value, &Value)> = match value {
            Value::Object(map) => map
                .iter()
                .filter_map(|(key, value)| {
                    let inner = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"))?;
                    Some((key.clone(), inner, value))
                })
                .collect(),
            Value::Array(list) => {
                let items = &schema["items"];
                list.iter().enumerate().map(|(at, value)| (at.to_string(), items, value)).collect()
            }
            _ => Vec::new(),
        };
        for (key, inner, value) in inner.into_iter().filter(|(_, inner, _)| inner.is_object()) {
            path.push(key);
            self.fall(inner, value, path, found);
            path.pop();
        }
    }

    /// What is wrong with a value by the shapes that know what the chosen one leaves out.
    fn meant(&self, choices: &[Value], chosen: &Value, value: &Value) -> Option<Fault> {
        let map = value.as_object()?;
        let knows = |schema: &Value, key: &String| self.resolved(schema)["properties"].get(key).is_some();
        let left_out: Vec<_> = map.keys().filter(|key| !knows(chosen, key)).collect();
        let others = choices.iter().filter(|other| left_out.iter().any(|key| knows(other, key)));
        let mut others: Vec<_> = others.cloned().collect();
        if others.is_empty() || self.resolved(chosen).get("additionalProperties") != Some(&Value::Bool(false)) {
            return None;
        }
        let mut schemas = self.schemas.clone();
        others.iter_mut().for_each(allow_unknown_keys);
        allow_unknown_keys(&mut schemas);
        let root = json!({"anyOf": others, "components": {"schemas": schemas}});
        validator(&root).ok()?.iter_errors(value).next().map(|error| Fault::of(&error))
    }

    fn keep(&self, schema: &Value, value: &Value) -> Value {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            let choice = choices.iter().find(|choice| self.fits(choice, value));
            return choice.map_or_else(|| value.clone(), |choice| self.keep(choice, value));
        }
        match value {
            Value::Object(map) => {
                let kept = map.iter().filter_map(|(key, value)| {
                    let inner = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
                    match inner {
                        Some(Value::Bool(false)) => None,
                        Some(inner @ Value::Object(_)) => Some((key.clone(), self.keep(inner, value))),
                        _ => Some((key.clone(), value.clone())),
                    }
                });
                Value::Object(kept.collect())
            }
            Value::Array(list) => match &schema["items"] {
                items @ Value::Object(_) => list.iter().map(|value| self.keep(items, value)).collect(),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// Whether a value is of the shape, as far as it takes to choose between shapes.
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            return choices.iter().any(|choice| self.fits(choice, value));
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.contains(value);
        }
        match (schema["type"].as_str(), value) {
            (Some("object"), Value::Object(map)) => {
                let required = schema["required"].as_array().into_iter().flatten();
                let mut required = required.filter_map(Value::as_str);
                required.all(|key| map.contains_key(key))
                    && map.iter().all(|(key, value)| {
                        let inner = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
                        inner.filter(|inner| inner.is_object()).is_none_or(|inner| self.fits(inner, value))
                    })
            }
            (Some("array"), Value::Array(list)) => {
                let items = &schema["items"];
                !items.is_object() || list.iter().all(|value| self.fits(items, value))
            }
            (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => true,
            (Some(kind @ ("number" | "integer")), Value::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let bound = |key: &str| schema[key].as_f64();
                (kind == "number" || number.fract() == 0.0)
                    && bound("exclusiveMinimum").is_none_or(|bound| number > bound)
                    && bound("minimum").is_none_or(|bound| number >= bound)
                    && bound("maximum").is_none_or(|bound| number <= bound)
            }
            (Some("null"), Value::Null) | (None, _) => true,
            _ => false,
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(NAMED));
        name.map_or(schema, |name| &self.schemas[name])
    }
}

/// Ends whatever a pattern is tried on.
fn validator(root: &Value) -> Result<jsonschema::Validator, jsonschema::ValidationError<'static>> {
    let patterns = PatternOptions::fancy_regex().backtrack_limit(PATIENCE).size_limit(PATTERN);
    jsonschema::options().with_pattern_options(patterns).build(root)
}

fn allow_unknown_keys(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                map.remove("additionalProperties");
            }
            map.values_mut().for_each(allow_unknown_keys);
        }
        Value::Array(list) => list.iter_mut().for_each(allow_unknown_keys),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{ConfigNotice, Expected, ValueKind};

    use super::*;

    #[test]
    fn what_the_engine_does_not_know_is_left_out() {
        let schema = Schema::from_doc(&json!({"components": {"schemas": {
            "Config": {"type": "object", "additionalProperties": false, "properties": {
                "model": {"type": "string"},
                "mcp": {"type": "object", "additionalProperties": {"anyOf": [
                    {"$ref": "#/components/schemas/Local"},
                    {"type": "object", "additionalProperties": false, "required": ["enabled"],
                        "properties": {"enabled": {"type": "boolean"}}},
                ]}},
                "agent": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {}}},
            }},
            "Local": {"type": "object", "additionalProperties": false, "required": ["type", "command"], "properties": {
                "type": {"type": "string", "enum": ["local"]}, "command": {"type": "array", "items": {"type": "string"}},
                "enabled": {"type": "boolean"}, "timeout": {"type": "integer", "exclusiveMinimum": 0},
            }},
            "Session": {"type": "object"},
        }}}))
        .expect("a schema");
        assert_eq!(schema.schemas.as_object().map(Map::len), Some(2), "what it does not refer to is left out");
        let check = |config: Value, expected: Value| assert_eq!(schema.known(&config), expected);
        check(json!({"model": "a", "x": 1}), json!({"model": "a"}));
        check(
            json!({"mcp": {"a": {"type": "local", "command": ["c"], "x": 1}, "b": {"type": "odd", "enabled": true}}}),
            json!({"mcp": {"a": {"type": "local", "command": ["c"]}, "b": {"enabled": true}}}),
        );
        check(json!({"agent": {"a": {"x": 1}}}), json!({"agent": {"a": {"x": 1}}}));
        let number = json!({"type": "local", "command": ["c"], "timeout": 1.5, "enabled": true});
        check(json!({"mcp": {"a": number}}), json!({"mcp": {"a": {"enabled": true}}}));
        // What is taken for less is told with the key that is wrong.
        let fallen = |value: Value| -> Vec<(String, ConfigNotice)> {
            let faults = schema.fallen(&json!({"model": "m", "mcp": {"a": value}}));
            faults.into_iter().map(|fault| (fault.path.join("."), fault.what)).collect()
        };
        let wrong = |key: &str, expected, found| {
            let expected = vec![Expected::Kind(expected)];
            [(key.to_owned(), ConfigNotice::WrongValue { expected, found })]
        };
        assert_eq!(fallen(json!({"enabled": true})), []);
        assert_eq!(fallen(json!({"enabled": true, "x": 1})), [], "nobody knows what it is");
        assert_eq!(fallen(json!({"type": "local", "command": ["c"], "enabled": true})), []);
        let text = json!({"type": "local", "command": "c", "enabled": true});
        assert_eq!(fallen(text), wrong("mcp.a.command", ValueKind::List, ValueKind::String));
        let missing = ConfigNotice::RequiredKeyMissing { key: "type".to_owned() };
        assert_eq!(fallen(json!({"command": ["c"], "enabled": true})), [("mcp.a".to_owned(), missing)]);
        assert_eq!(fallen(number), wrong("mcp.a.timeout", ValueKind::WholeNumber, ValueKind::Number));
    }

    /// N16: a schema that is no good is none, and one with a pattern that never ends ends.
    #[test]
    fn a_schema_of_anyone_does_no_harm() {
        let of = |config: Value| Schema::from_doc(&json!({"components": {"schemas": {"Config": config}}}));
        assert!(of(json!({"$ref": "#/components/schemas/Config"})).is_none());
        assert!(of(json!({"$ref": "http://127.0.0.1:9/schema"})).is_none());
        assert!(of(json!({"type": "nonsense"})).is_none());
        assert!(of(json!({"pattern": "(x{1000}){1000}"})).is_none());
        assert!(of(json!(true)).is_some());
        let schema = of(json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a+)+b$"}}})).expect("a schema");
        assert!(!schema.accepts(&json!({"a": "a".repeat(100_000)})));
        assert!(!schema.faults(&json!({"a": "a".repeat(100_000)})).is_empty());
    }
}
