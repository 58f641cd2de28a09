//! Edits of a configuration's text: text in, text out.
//!
//! Invariants: an addition inserts and touches nothing else; a removal deletes one entry with its
//! comma and nothing else; comments, order, line ends and every other byte stay. Nothing here does
//! IO.

pub mod entry;
mod keys;

use jsonc_parser::{ast, common::Ranged};
use serde_json::Value;

pub use self::keys::{depth, set, unset};
use super::text::{self, TextError};

/// Why a text could not be edited. It is unchanged then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The text does not parse.
    Text(TextError),
    /// A key holds something else than a list.
    NotAList {
        /// The key.
        key: String,
        /// Where its value begins, in bytes.
        offset: usize,
    },
    /// A key on the way to another one holds something else than an object.
    NotAnObject {
        /// The keys that lead to it, with dots between them.
        key: String,
        /// Where its value begins, in bytes.
        offset: usize,
    },
    /// There is no such entry.
    NoSuchEntry {
        /// The key of the list, or the keys that lead to it.
        key: String,
        /// What was looked for.
        entry: String,
    },
}

impl From<TextError> for EditError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

/// What a new configuration file begins with.
const SCHEMA: &str = "https://opencode.ai/config.json";

/// The text with an entry at the end of the list under a top-level key. The list and the file come
/// into being when they are not there.
pub fn append(text: &str, key: &str, entry: &Value) -> Result<String, EditError> {
    append_text(text, key, &entry.to_string())
}

/// The same for an entry as it is written.
fn append_text(text: &str, key: &str, entry_text: &str) -> Result<String, EditError> {
    if text.trim_start_matches('\u{feff}').is_empty() {
        return Ok(new_file(&format!(",\n  {}: [{entry_text}]", Value::from(key))));
    }
    // Says what is wrong with a text that is not an object.
    text::value(text)?;
    let whole = text::whole(text);
    let (list, root) = list_under(&whole, key)?;
    let source = Source::of(text);
    let splices = match list {
        Some(list) => source.insert(list.range, &ranges(&list.elements), &|_| entry_text.to_owned()),
        None => {
            let new = format!("{}: [{entry_text}]", Value::from(key));
            source.insert(root.range, &properties(&root), &|_| new.clone())
        }
    };
    Ok(source.apply(splices))
}

/// The text without the entries of the list under a top-level key for which `wanted` holds.
/// `entry` is what the error calls them.
pub fn remove(text: &str, key: &str, entry: &str, wanted: impl Fn(&Value) -> bool) -> Result<String, EditError> {
    let mut text = text.to_owned();
    let mut removed = false;
    loop {
        text::value(&text)?;
        let whole = text::whole(&text).into_owned();
        let (list, _) = list_under(&whole, key)?;
        let elements = list
            .map(|list| (list.range, list.elements))
            .unwrap_or_else(|| (jsonc_parser::common::Range::new(0, 0), vec![]));
        match elements.1.iter().position(|element| wanted(&text::from_tree(element))) {
            Some(index) => {
                let source = Source::of(&text);
                let splices = source.delete(elements.0, &ranges(&elements.1), index);
                text = source.apply(splices);
                removed = true;
            }
            None if removed => return Ok(text),
            None => return Err(EditError::NoSuchEntry { key: key.to_owned(), entry: entry.to_owned() }),
        }
    }
}

/// The text without a top-level list of which nothing is left, so that it hides no list of another file. A comment in
/// it keeps it, and so does another list of the same name, which would count in its place.
pub fn without_empty(text: &str, key: &str) -> Result<String, EditError> {
    let whole = text::whole(text);
    let (Some(list), root) = list_under(&whole, key)? else { return Ok(text.to_owned()) };
    let source = Source::of(text);
    let is_empty = source.body[list.range.start + 1..list.range.end - 1].trim().is_empty();
    let named: Vec<_> = root.properties.iter().map(|prop| prop.name.as_str() == key).collect();
    match named.iter().position(|is_it| *is_it) {
        Some(index) if is_empty && named.iter().filter(|is_it| **is_it).count() == 1 => {
            Ok(source.apply(source.delete(root.range, &properties(&root), index)))
        }
        _ => Ok(text.to_owned()),
    }
}

/// Nothing, if a text is what is left of a file that [`append`] made; else the text.
pub fn without_file(text: String) -> String {
    if text == new_file("") { String::new() } else { text }
}

/// A file with this behind its schema.
fn new_file(more: &str) -> String {
    format!("{{\n  \"$schema\": \"{SCHEMA}\"{more}\n}}\n")
}

/// The list under a key (the last one of that name, which is the one that the engine takes), and
/// the object around it.
fn list_under<'a>(text: &'a str, key: &str) -> Result<(Option<ast::Array<'a>>, ast::Object<'a>), EditError> {
    let Some(ast::Value::Object(root)) = text::tree(text)? else {
        unreachable!("text::value has seen an object in the same text");
    };
    match root.properties.iter().rev().find(|prop| prop.name.as_str() == key).map(|prop| &prop.value) {
        Some(ast::Value::Array(list)) => Ok((Some(list.clone()), root)),
        Some(other) => {
            let offset = text::bom_len(text) + other.range().start;
            Err(EditError::NotAList { key: key.to_owned(), offset })
        }
        None => Ok((None, root)),
    }
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
}

fn range(range: jsonc_parser::common::Range) -> Span {
    Span { start: range.start, end: range.end }
}

fn ranges(values: &[ast::Value<'_>]) -> Vec<Span> {
    values.iter().map(|value| range(value.range())).collect()
}

fn properties(object: &ast::Object<'_>) -> Vec<Span> {
    object.properties.iter().map(|prop| range(prop.range)).collect()
}

/// Says what a new item is: on a line of its own with this indentation, or on the line of another one.
type New<'a> = &'a dyn Fn(Option<&str>) -> String;

/// Replaces the bytes of a span.
struct Splice(Span, String);

/// A text behind its byte order mark, and how it is laid out.
struct Source<'a> {
    mark: &'a str,
    body: &'a str,
    newline: &'static str,
}

impl<'a> Source<'a> {
    fn of(text: &'a str) -> Self {
        let (mark, body) = text.split_at(text::bom_len(text));
        Self { mark, body, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } }
    }

    fn apply(&self, mut splices: Vec<Splice>) -> String {
        splices.sort_by_key(|splice| splice.0.start);
        let mut out = self.mark.to_owned();
        let mut at = 0;
        for Splice(span, with) in splices {
            out.push_str(&self.body[at..span.start]);
            out.push_str(&with);
            at = span.end;
        }
        out.push_str(&self.body[at..]);
        out
    }

    /// Puts an item at the end of a list or object, in the style of what is there.
    fn insert(&self, container: jsonc_parser::common::Range, items: &[Span], new: New<'_>) -> Vec<Splice> {
        let (open, close) = (container.start + 1, container.end - 1);
        let Some((first, last)) = items.first().zip(items.last()) else {
            return vec![self.insert_first(open, close, new)];
        };
        let comma = self.comma_after(last.end, close);
        // What stands in the line of the last item, behind it, is about that.
        let behind = self.end_of_line_comment(comma.map_or(last.end, |comma| comma + 1), close);
        let is_one_line = !self.body[open..first.start].contains('\n');
        if is_one_line && !self.ends_in_line_comment(last.end, behind) {
            let new = new(None);
            return vec![match comma {
                Some(_) => insertion(behind, format!(" {new},")),
                None => insertion(behind, format!(", {new}")),
            }];
        }
        let step = if is_one_line { self.step(first.start) } else { "" };
        let indent = format!("{}{step}", self.indent_of(first.start));
        let line = format!("{}{indent}{}", self.newline, new(Some(&indent)));
        match comma {
            Some(_) => vec![insertion(behind, format!("{line},"))],
            None if behind == last.end => vec![insertion(behind, format!(",{line}"))],
            None => vec![insertion(last.end, ",".to_owned()), insertion(behind, line)],
        }
    }

    fn insert_first(&self, open: usize, close: usize, new: New<'_>) -> Splice {
        let inside = &self.body[open..close];
        // White space of JSON alone: any other is the end of a comment.
        let at = open + inside.trim_end_matches([' ', '\t', '\r', '\n']).len();
        // What ends a line may end a comment, behind which the new item has to stand.
        if !self.body[at..close].contains(['\n', '\r']) {
            let space = if at == open { "" } else { " " };
            return insertion(at, format!("{space}{}", new(None)));
        }
        let indent = format!("{}{}", self.indent_of(close), self.step(close));
        insertion(at, format!("{}{indent}{}", self.newline, new(Some(&indent))))
    }

    /// What one level of indentation is in the line of an offset.
    fn step(&self, at: usize) -> &'static str {
        if self.indent_of(at).contains('\t') { "\t" } else { "  " }
    }

    /// Takes an item out, with its comma, and with its line when it has one of its own.
    fn delete(&self, container: jsonc_parser::common::Range, items: &[Span], index: usize) -> Vec<Splice> {
        let close = container.end - 1;
        let item = items[index];
        let next = items.get(index + 1).map_or(close, |next| next.start);
        let comma = self.comma_after(item.end, next);
        let mut splices = Vec::new();
        // The last of several, without a comma of its own: the one before it loses its comma.
        if comma.is_none()
            && let Some(before) = index.checked_sub(1).map(|before| items[before])
            && let Some(comma) = self.comma_after(before.end, item.start)
        {
            splices.push(deletion(comma, comma + 1));
        }
        let end = comma.map_or(item.end, |comma| comma + 1);
        let line_start = self.body[..item.start].rfind('\n').map(|at| at + 1);
        let rest = self.end_of_line_comment(end, close);
        let line_end = self.body[rest..].find('\n').map_or(self.body.len(), |at| rest + at);
        let is_alone_behind = self.body[rest..line_end].trim().is_empty();
        // The line break before it, which may be two bytes, if nothing else stands between them.
        let line_break = line_start
            .filter(|start| self.body[*start..item.start].trim().is_empty())
            .map(|start| start - if self.body[..start].ends_with("\r\n") { 2 } else { 1 });
        let before = index.checked_sub(1).map_or(container.start + 1, |before| items[before].end);
        if let Some(from) = line_break.filter(|_| is_alone_behind) {
            splices.push(deletion(from, rest));
        } else if let Some(from) = line_break
            && index + 1 == items.len()
            // What ends the line behind it ends that of the comment, too.
            && (!self.ends_in_line_comment(before, from) || self.body[end..].starts_with(['\r', '\n']))
        {
            splices.push(deletion(from, end));
        } else if index + 1 < items.len() && self.body[end..next].trim().is_empty() {
            splices.push(deletion(item.start, next));
        } else {
            let space = self.body[..item.start].len() - self.body[..item.start].trim_end_matches([' ', '\t']).len();
            let is_first = self.body[container.start + 1..item.start].trim().is_empty();
            let from = if is_first { item.start } else { item.start - space };
            splices.push(deletion(from, end));
        }
        splices
    }

    /// The offset of the comma behind an item, if one stands before `end`.
    fn comma_after(&self, from: usize, end: usize) -> Option<usize> {
        self.skip_blank_and_comments(from, end).filter(|at| self.body.as_bytes()[*at] == b',')
    }

    /// The first offset before `end` that is neither white space nor in a comment.
    fn skip_blank_and_comments(&self, from: usize, end: usize) -> Option<usize> {
        let mut at = from;
        while at < end {
            let rest = &self.body[at..end];
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            at += if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                block_comment(trimmed)
            } else {
                return (at < end).then_some(at);
            };
        }
        None
    }

    /// Whether a comment that ends with its line is still open at `to`. Between the two is no value.
    fn ends_in_line_comment(&self, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to {
            let rest = &self.body[at..to];
            at += if rest.starts_with("//") {
                let Some(end) = rest.find('\n') else { return true };
                end
            } else if rest.starts_with("/*") {
                block_comment(rest)
            } else {
                rest.chars().next().map_or(1, char::len_utf8)
            };
        }
        false
    }

    /// The end of the comments that follow on the same line; `from` when there are none.
    fn end_of_line_comment(&self, from: usize, limit: usize) -> usize {
        let mut end = from;
        let mut at = from;
        loop {
            let rest = &self.body[at..limit];
            let trimmed = rest.trim_start_matches([' ', '\t']);
            at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                let line = trimmed.split(['\r', '\n']).next().unwrap_or(trimmed);
                return at + line.trim_end_matches([' ', '\t']).len();
            }
            match trimmed.strip_prefix("/*").and_then(|rest| rest.find("*/")) {
                Some(close) if !trimmed[..close + 4].contains('\n') => {
                    at += close + 4;
                    end = at;
                }
                _ => return end,
            }
        }
    }

    /// The white space before the first thing on the line of `at`.
    fn indent_of(&self, at: usize) -> &str {
        let start = self.body[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.body[start..at];
        &line[..line.len() - line.trim_start().len()]
    }
}

/// The length of the comment at the beginning of a text.
fn block_comment(text: &str) -> usize {
    text[2..].find("*/").map_or(text.len(), |close| close + 4)
}

fn insertion(at: usize, text: String) -> Splice {
    Splice(Span { start: at, end: at }, text)
}

fn deletion(start: usize, end: usize) -> Splice {
    Splice(Span { start, end }, String::new())
}

#[cfg(test)]
mod tests;
