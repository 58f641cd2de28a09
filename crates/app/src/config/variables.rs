//! `{env:NAME}` and `{file:path}` in the text of a configuration.
//!
//! Invariant: text in, text out, as the engine replaces them: before the text is parsed, variables
//! of the environment first, and files not in a line that begins with `//`. Source:
//! `docs/engine.md`, "Places and precedence".

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{shape::plain, text::trim};
use crate::foreign::{self, Budget, ReadError};

/// The longest text that variables may make, in bytes. The engine takes longer ones (measured,
/// `docs/engine.md`).
pub const LONGEST: usize = 32 * 1024 * 1024;

/// A text with its variables replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// The text.
    pub text: String,
    /// The files that it refers to, absolute, each once.
    pub files: Vec<PathBuf>,
    /// True when a variable of the environment stands in it.
    pub has_environment: bool,
    /// What was replaced first, in the text as given, and what in the result of that; each in order.
    pieces: [Vec<Piece>; 2],
}

/// Something that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Where it stood.
    before: Range<usize>,
    /// Where that stands which took its place.
    after: Range<usize>,
}

impl Replaced {
    /// Where in the text as given that is which stands at an offset of the result, in bytes; and what stood there, if
    /// that is what was replaced.
    pub fn origin<'a>(&self, given: &'a str, offset: usize) -> (usize, Option<&'a str>) {
        let [environment, files] = &self.pieces;
        let (offset, file) = origin_in(files, offset);
        let (at, variable) = origin_in(environment, offset);
        let found = variable.cloned().or_else(|| {
            let length = file?.len();
            Some(at..at.saturating_add(length))
        });
        (at, found.and_then(|range| given.get(range)))
    }
}

/// Where something stood before, and the range there of what it took the place of.
fn origin_in(pieces: &[Piece], offset: usize) -> (usize, Option<&Range<usize>>) {
    match pieces.iter().rev().find(|piece| piece.after.start <= offset) {
        Some(piece) if offset < piece.after.end => (piece.before.start, Some(&piece.before)),
        Some(piece) => (piece.before.end + offset - piece.after.end, None),
        None => (offset, None),
    }
}

/// Why variables cannot be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// The file of a `{file:}` cannot be read: the engine refuses the whole configuration.
    #[error("the file “{target}” {why}")]
    BadReference {
        /// The path as written.
        target: String,
        /// What is wrong with it.
        why: &'static str,
        /// The file that was meant, absolute.
        path: PathBuf,
        /// The byte offset of the reference in the text that was given.
        offset: usize,
    },
    /// Rekindle reads no more; the engine does.
    #[error("with what its variables stand for it is larger than Rekindle reads")]
    TooLong,
}

/// The files that are referred to in one look: each is read once, however often it is named.
pub struct References<'a> {
    budget: &'a mut Budget,
    /// How much of each stands in the text; `None`: all.
    beginning: Option<usize>,
    read: HashMap<PathBuf, Result<Arc<str>, Unread>>,
}

/// Why nothing can stand in place of a reference.
#[derive(Clone, Copy, Debug)]
enum Unread {
    /// The engine cannot read it either, because of this.
    Bad(&'static str),
    /// It is larger than what is read.
    TooLong,
}

impl<'a> References<'a> {
    /// None yet. `budget`: what they may come to.
    pub fn new(budget: &'a mut Budget) -> Self {
        Self { budget, beginning: None, read: HashMap::new() }
    }

    /// The same, with no more than the beginning of each file: enough to tell whether a text can be loaded,
    /// because a text stays a text.
    pub fn beginnings(budget: &'a mut Budget) -> Self {
        const LENGTH: usize = 4096;
        Self { beginning: Some(LENGTH), ..Self::new(budget) }
    }

    /// What else is read in the look.
    pub fn budget(&mut self) -> &mut Budget {
        self.budget
    }

    /// What stands in place of the reference: the file's text as it stands inside of quotes.
    fn content(&mut self, path: &Path) -> Result<Arc<str>, Unread> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        let text = match self.beginning {
            Some(length) => foreign::beginning(path, length as u64),
            None => self.budget.text(path),
        };
        let read = match text {
            Ok(Some(text)) => {
                let quoted = serde_json::Value::from(trim(&text)).to_string();
                Ok(Arc::from(&quoted[1..quoted.len() - 1]))
            }
            Ok(None) => Err(Unread::Bad("is not there")),
            Err(ReadError::NotAFile { .. }) => Err(Unread::Bad("is not a file")),
            Err(ReadError::Refused { .. }) => Err(Unread::Bad("cannot be read")),
            Err(ReadError::TooLarge { .. } | ReadError::Spent { .. }) => Err(Unread::TooLong),
        };
        self.read.insert(path.to_owned(), read.clone());
        read
    }
}

/// Replaces variables. `folder`: what relative paths start from. `environment`: the value of a
/// variable of the environment, empty when there is none.
pub fn replace(
    text: &str,
    folder: &Path,
    home: &Path,
    environment: impl Fn(&str) -> String,
    references: &mut References<'_>,
) -> Result<Replaced, VariableError> {
    let mut out = Replaced::default();
    let (with_environment, pieces) = each(text, "{env:", |name, _| {
        out.has_environment = true;
        Ok(Some(environment(name).into()))
    })?;
    out.pieces[0] = pieces;
    let source = if out.has_environment { &with_environment } else { text };
    let mut named = HashSet::new();
    // References come in order, so that each line is looked at once, however many are in it.
    let (mut seen, mut is_comment) = (0, is_comment_from(source));
    (out.text, out.pieces[1]) = each(source, "{file:", |target, at| {
        if let Some(end) = source[seen..at].rfind('\n').map(|end| seen + end + 1) {
            is_comment = is_comment_from(&source[end..]);
        }
        seen = at;
        if is_comment {
            return Ok(None);
        }
        let path = match target.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => folder.join(target),
        };
        let path = plain(&path);
        let content = references.content(&path);
        if named.insert(path.clone()) {
            out.files.push(path.clone());
        }
        content.map(Some).map_err(|unread| match unread {
            Unread::TooLong => VariableError::TooLong,
            Unread::Bad(why) => VariableError::BadReference {
                path,
                target: target.to_owned(),
                why,
                // Where it stands in the text as given, or at least near it.
                offset: text.find(&format!("{{file:{target}}}")).unwrap_or(0),
            },
        })
    })?;
    Ok(out)
}

/// True when a text begins with a line that begins with `//`.
fn is_comment_from(text: &str) -> bool {
    // What the engine takes for white space; the line ends before the next one.
    text.trim_start_matches(|c: char| c != '\n' && c.is_whitespace()).starts_with("//")
}

/// Replaces every `{start…}` that holds something; `None` leaves it as it is.
fn each(
    text: &str,
    start: &str,
    mut replace: impl FnMut(&str, usize) -> Result<Option<Arc<str>>, VariableError>,
) -> Result<(String, Vec<Piece>), VariableError> {
    let mut out = String::with_capacity(text.len());
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(start).map(|at| from + at) {
        let inner = at + start.len();
        let Some(end) = text[inner..].find('}').map(|end| inner + end) else { break };
        out.push_str(&text[from..at]);
        match if end == inner { None } else { replace(&text[inner..end], at)? } {
            Some(new) if out.len() + new.len() > LONGEST => return Err(VariableError::TooLong),
            Some(new) => {
                pieces.push(Piece { before: at..end + 1, after: out.len()..out.len() + new.len() });
                out.push_str(&new);
            }
            None => out.push_str(&text[at..=end]),
        }
        from = end + 1;
    }
    out.push_str(&text[from..]);
    Ok((out, pieces))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn variables_are_replaced_as_the_engine_does() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.txt"), " line \"one\"\nline two\n").expect("written");
        let check = |text: &str, expected: Result<&str, &str>| {
            let environment = |name: &str| if name == "X" { "value".to_owned() } else { String::new() };
            let mut budget = Budget::of_configuration();
            let found = replace(text, folder.path(), folder.path(), environment, &mut References::new(&mut budget));
            let target = |error: &VariableError| match error {
                VariableError::BadReference { target, .. } => target.clone(),
                VariableError::TooLong => String::new(),
            };
            let found = found.as_ref().map(|found| found.text.as_str()).map_err(target);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        };
        check(r#"{"a": "{env:X} {env:NONE}."}"#, Ok(r#"{"a": "value ."}"#));
        check(r#"{"a": "{file:a.txt}"}"#, Ok(r#"{"a": "line \"one\"\nline two"}"#));
        check(r#"{"a": "{file:~/a.txt}"}"#, Ok(r#"{"a": "line \"one\"\nline two"}"#));
        check("  // {file:none.txt}\n{}", Ok("  // {file:none.txt}\n{}"));
        check(r#"{"a": "{file:none.txt}"}"#, Err("none.txt"));
        check("{env:} {file:} {env:X", Ok("{env:} {file:} {env:X"));
        check(
            "{\n // {file:none.txt} {file:none.txt}\n\"{file:a.txt}\"}",
            Ok("{\n // {file:none.txt} {file:none.txt}\n\"line \\\"one\\\"\\nline two\"}"),
        );
        check("\"{file:.}\"", Err("."));
    }

    /// N16: a file is read once, however often it is named, and what becomes of a text has a bound; one long
    /// line of references takes no longer than many short ones.
    #[test]
    fn what_is_replaced_has_a_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("large"), "x".repeat(1024 * 1024)).expect("written");
        fs::write(folder.path().join("a"), "").expect("written");
        let with = |text: &str, budget: &mut Budget| {
            let environment = |_: &str| "y".repeat(100_000);
            replace(text, folder.path(), folder.path(), environment, &mut References::new(budget))
        };
        let mut budget = Budget::new(1024 * 1024, 0);
        let replaced = with(&"{file:large}".repeat(10), &mut budget).expect("it is read once");
        assert_eq!((replaced.text.len(), replaced.files.len()), (10 * 1024 * 1024, 1));
        let mut budget = Budget::of_configuration();
        assert_eq!(with(&"{file:large}".repeat(100), &mut budget), Err(VariableError::TooLong));
        assert_eq!(with(&"{env:X}".repeat(1000), &mut budget), Err(VariableError::TooLong));
        assert_eq!(with(&"{file:a}".repeat(500_000), &mut budget).expect("replaced").text, "");
        let text = "{file:large}".repeat(100);
        let short = |_: &str| String::new();
        let found = replace(&text, folder.path(), folder.path(), short, &mut References::beginnings(&mut budget));
        assert_eq!(found.expect("replaced").text.len(), 100 * 4096);
    }
}
