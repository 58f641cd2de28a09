//! Edits of a configuration by the keys that lead to a value: `mcp`, `github`.
//!
//! Invariants: what is set is the value, and the objects on the way to it that were not there; what is taken away is the
//! value, and those of them that nothing is left of. Of several keys of one name the last counts, as for the engine.

use jsonc_parser::{ast, common::Ranged};
use serde_json::Value;

use super::{EditError, Source, Splice, new_file, properties, range, text};

/// The text with a value at the end of a path of keys, at least one. What it held before is replaced as a whole; the
/// objects on the way, and the file, come into being when they are not there.
pub fn set(text: &str, path: &[&str], value: &Value) -> Result<String, EditError> {
    if text.trim_start_matches('\u{feff}').is_empty() {
        let Some((first, rest)) = path.split_first() else { return Ok(text.to_owned()) };
        let style = Style { step: "  ", newline: "\n" };
        let member = style.member(first, &nested(rest, value), Some(style.step));
        return Ok(new_file(&format!(",\n  {member}")));
    }
    // Says what is wrong with a text that is not an object.
    text::value(text)?;
    let whole = text::whole(text);
    let root = root_of(&whole)?;
    let source = Source::of(text);
    let style = Style { step: step_of(&source, &root), newline: source.newline };
    let mut object = root;
    for (index, key) in path.iter().enumerate() {
        let rest = &path[index + 1..];
        let Some(found) = last_of(&object, key) else {
            let value = nested(rest, value);
            let new = |indent: Option<&str>| style.member(key, &value, indent);
            return Ok(source.apply(source.insert(object.range, &properties(&object), &new)));
        };
        if rest.is_empty() {
            let (name, held) = (found.range.start, range(found.value.range()));
            let indent = source.begins_line(name) || source.body[held.start..held.end].contains('\n');
            let written = style.value(value, indent.then(|| source.indent_of(name)));
            return Ok(source.apply(vec![Splice(held, written)]));
        }
        object = object_in(&whole, found, &path[..=index])?;
    }
    Ok(text.to_owned())
}

/// The text without what is at the end of a path of keys. Of the objects on the way, those with which nothing is left go
/// too, but not the first `kept`, nor one with a comment, nor one that hides another of its name.
pub fn unset(text: &str, path: &[&str], kept: usize) -> Result<String, EditError> {
    let Some((last, parents)) = path.split_last() else { return Ok(text.to_owned()) };
    text::value(text)?;
    let mut left = without(text, parents, last, |_, _| true)?
        .ok_or_else(|| EditError::NoSuchEntry { key: parents.join("."), entry: (*last).to_owned() })?;
    // One that comes into effect behind the one that counted goes with it.
    while let Some(less) = without(&left, parents, last, |_, _| true)? {
        left = less;
    }
    for length in (kept + 1..path.len()).rev() {
        let Some((last, parents)) = path[..length].split_last() else { break };
        match without(&left, parents, last, is_nothing)? {
            Some(less) => left = less,
            None => break,
        }
    }
    Ok(left)
}

/// How many keys of a path are there, from its beginning.
pub fn depth(text: &str, path: &[&str]) -> usize {
    let config = text::value(text).unwrap_or_default();
    let mut at = Some(&config);
    path.iter()
        .take_while(|key| {
            at = at.and_then(|value| value.get(**key));
            at.is_some()
        })
        .count()
}

/// The text without a key of the object that a path leads to, if it is there and `may_go`.
fn without(
    text: &str,
    parents: &[&str],
    key: &str,
    may_go: impl Fn(&Source<'_>, (&ast::Object<'_>, &ast::ObjectProp<'_>)) -> bool,
) -> Result<Option<String>, EditError> {
    let whole = text::whole(text);
    let mut object = root_of(&whole)?;
    for (index, parent) in parents.iter().enumerate() {
        let Some(found) = last_of(&object, parent) else { return Ok(None) };
        object = object_in(&whole, found, &parents[..=index])?;
    }
    let source = Source::of(text);
    let found = object.properties.iter().rposition(|prop| prop.name.as_str() == key);
    Ok(found
        .filter(|index| may_go(&source, (&object, &object.properties[*index])))
        .map(|index| source.apply(source.delete(object.range, &properties(&object), index))))
}

/// Whether a key holds an empty object, and is the only one of its name.
fn is_nothing(source: &Source<'_>, (object, prop): (&ast::Object<'_>, &ast::ObjectProp<'_>)) -> bool {
    let ast::Value::Object(held) = &prop.value else { return false };
    let name = prop.name.as_str();
    source.body[held.range.start + 1..held.range.end - 1].trim().is_empty()
        && object.properties.iter().filter(|other| other.name.as_str() == name).count() == 1
}

fn root_of(text: &str) -> Result<ast::Object<'_>, EditError> {
    match text::tree(text)? {
        Some(ast::Value::Object(root)) => Ok(root),
        _ => unreachable!("text::value has seen an object in the same text"),
    }
}

/// The object that a property holds; `path`: the keys that lead to it.
fn object_in<'a>(text: &str, prop: &ast::ObjectProp<'a>, path: &[&str]) -> Result<ast::Object<'a>, EditError> {
    match &prop.value {
        ast::Value::Object(object) => Ok(object.clone()),
        other => {
            let offset = text::bom_len(text) + other.range().start;
            Err(EditError::NotAnObject { key: path.join("."), offset })
        }
    }
}

fn last_of<'a, 'b>(object: &'b ast::Object<'a>, key: &str) -> Option<&'b ast::ObjectProp<'a>> {
    object.properties.iter().rev().find(|prop| prop.name.as_str() == key)
}

/// A value within an object for each of these keys.
fn nested(keys: &[&str], value: &Value) -> Value {
    let within = |value, key: &&str| Value::Object([((*key).to_owned(), value)].into_iter().collect());
    keys.iter().rev().fold(value.clone(), within)
}

/// One level of indentation: that of the first key, if that has a line of its own.
fn step_of<'a>(source: &'a Source<'a>, root: &ast::Object<'_>) -> &'a str {
    let first = root.properties.first().map(|prop| prop.range.start).filter(|at| source.begins_line(*at));
    let (outer, inner) = (source.indent_of(root.range.start), first.map_or("", |at| source.indent_of(at)));
    let step = inner.strip_prefix(outer).unwrap_or_default();
    if step.is_empty() { source.step(root.range.end - 1) } else { step }
}

/// How values are written.
struct Style<'a> {
    step: &'a str,
    newline: &'a str,
}

impl Style<'_> {
    fn member(&self, key: &str, value: &Value, indent: Option<&str>) -> String {
        format!("{}: {}", Value::from(key), self.value(value, indent))
    }

    /// A value, on lines of its own behind this indentation, or on one line. A list of plain values is always on one.
    fn value(&self, value: &Value, indent: Option<&str>) -> String {
        let (marks, items): (_, Vec<_>) = match value {
            Value::Object(map) => (('{', '}'), map.iter().map(|(key, value)| (Some(key.as_str()), value)).collect()),
            Value::Array(list) => (('[', ']'), list.iter().map(|value| (None, value)).collect()),
            plain => return plain.to_string(),
        };
        let is_plain = value.is_array() && !items.iter().any(|(_, item)| item.is_object() || item.is_array());
        let indent = indent.filter(|_| !is_plain && !items.is_empty());
        let inner = indent.map(|indent| format!("{indent}{}", self.step));
        let written = items.into_iter().map(|(key, value)| match key {
            Some(key) => self.member(key, value, inner.as_deref()),
            None => self.value(value, inner.as_deref()),
        });
        let written: Vec<_> = written.collect();
        let (open, close) = marks;
        match (indent, inner) {
            (Some(indent), Some(inner)) => {
                let line = format!("{}{inner}", self.newline);
                format!("{open}{line}{}{}{indent}{close}", written.join(&format!(",{line}")), self.newline)
            }
            _ => format!("{open}{}{close}", written.join(", ")),
        }
    }
}

impl Source<'_> {
    /// Whether nothing but white space stands before an offset in its line, and a line before that.
    fn begins_line(&self, at: usize) -> bool {
        self.body[..at].rfind('\n').is_some_and(|start| self.body[start..at].trim().is_empty())
    }
}

#[cfg(test)]
mod tests;
