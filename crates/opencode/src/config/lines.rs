//! In which line of a text each key stands.
//!
//! Invariant: of several keys of one name it is the last, which counts; a text is gone through once, however many are asked for.

use std::collections::HashMap;

use jsonc_parser::{ast, common::Ranged};

use super::text;

/// The lines of all keys and entries of a text.
#[derive(Clone, Debug, Default)]
pub struct Lines(HashMap<Vec<String>, usize>);

impl Lines {
    /// Those of a text; of one that does not parse there are none.
    pub fn of(text: &str) -> Self {
        let whole = text::whole(text);
        let mut lines = Self::default();
        let Ok(Some(tree)) = text::tree(&whole) else { return lines };
        let body = whole.get(text::bom_len(&whole)..).unwrap_or_default();
        let starts: Vec<usize> = body.match_indices('\n').map(|(at, _)| at).collect();
        lines.add(&tree, &mut Vec::new(), &|at| starts.partition_point(|start| *start < at) + 1);
        lines
    }

    /// The line of what a path leads to, from 1. `None`: nothing is there.
    pub fn line(&self, path: &[String]) -> Option<usize> {
        self.0.get(path).copied()
    }

    /// The line of the innermost object on the way to it that is there.
    pub fn nearest(&self, path: &[String]) -> Option<usize> {
        (1..=path.len()).rev().find_map(|length| self.line(path.get(..length)?))
    }

    fn add(&mut self, value: &ast::Value<'_>, path: &mut Vec<String>, line: &impl Fn(usize) -> usize) {
        match value {
            ast::Value::Object(object) => {
                for property in &object.properties {
                    path.push(property.name.as_str().to_owned());
                    if self.0.insert(path.clone(), line(property.range.start)).is_some() {
                        // What an earlier one of the same name holds does not count.
                        self.0.retain(|other, _| other == path || !other.starts_with(path));
                    }
                    self.add(&property.value, path, line);
                    path.pop();
                }
            }
            ast::Value::Array(list) => {
                for (index, entry) in list.elements.iter().enumerate() {
                    path.push(index.to_string());
                    self.0.insert(path.clone(), line(entry.range().start));
                    self.add(entry, path, line);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V5: the line of a key is that of its name; of two of one name the last.
    #[test]
    fn keys_have_lines() {
        let lines = Lines::of(
            "\u{feff}{\n  \"a\": {\"b\": 1},\r\n  // c\n  \"l\": [\n    \"x\", \"y\"],\n  \"a\": {\n    \"c\": 2\n}}",
        );
        let check = |path: &str, expected: Option<usize>| {
            let path: Vec<_> = path.split('.').map(str::to_owned).collect();
            assert_eq!(lines.line(&path), expected, "{path:?}");
        };
        check("a", Some(6));
        check("a.b", None);
        check("a.c", Some(7));
        check("l.1", Some(5));
        check("x", None);
        assert_eq!(lines.nearest(&["a".to_owned(), "z".to_owned()]), Some(6));
        assert_eq!(Lines::of("{").line(&[]), None);
    }
}
