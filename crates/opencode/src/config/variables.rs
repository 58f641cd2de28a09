//! `{env:NAME}` and `{file:path}` in the text of a configuration.
//!
//! Invariant: text in, text out, as the engine replaces them: before the text is parsed, variables
//! of the environment first, and files not in a line that begins with `//`. Source:
//! `docs/engine.md`, "Places and precedence".

use std::{
    collections::HashSet,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{ConfigNotice, ReferenceFault};

use super::{shape::plain, text::trim};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableError {
    /// The file of a `{file:}` cannot be read: the engine refuses the whole configuration.
    BadReference {
        /// The path as written.
        target: String,
        /// What is wrong with it.
        fault: ReferenceFault,
        /// The file that was meant, absolute.
        path: PathBuf,
        /// The byte offset of the reference in the text that was given.
        offset: usize,
    },
    /// Rekindle reads no more; the engine does.
    TooLong,
}

impl VariableError {
    /// What a person should know of it.
    pub fn notice(&self) -> ConfigNotice {
        match self {
            Self::BadReference { target, fault, .. } => {
                ConfigNotice::ReferenceBroken { target: target.clone(), fault: *fault }
            }
            Self::TooLong => ConfigNotice::VariablesTooLong,
        }
    }
}

/// Where the files are read that are referred to.
pub trait Files {
    /// What stands in place of a reference to this file: its text, [`quoted`].
    fn content(&mut self, path: &Path) -> Result<Arc<str>, Unread>;
}

/// Why nothing can stand in place of a reference.
#[derive(Clone, Copy, Debug)]
pub enum Unread {
    /// The engine cannot read it either, because of this.
    Bad(ReferenceFault),
    /// It is larger than what is read.
    TooLong,
}

/// A file's text as it stands inside of quotes.
pub fn quoted(text: &str) -> Arc<str> {
    let quoted = serde_json::Value::from(trim(text)).to_string();
    Arc::from(&quoted[1..quoted.len() - 1])
}

/// Replaces variables. `folder`: what relative paths start from. `environment`: the value of a
/// variable of the environment, empty when there is none.
pub fn replace(
    text: &str,
    folder: &Path,
    home: &Path,
    environment: impl Fn(&str) -> String,
    files: &mut impl Files,
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
        let content = files.content(&path);
        if named.insert(path.clone()) {
            out.files.push(path.clone());
        }
        content.map(Some).map_err(|unread| match unread {
            Unread::TooLong => VariableError::TooLong,
            Unread::Bad(fault) => VariableError::BadReference {
                path,
                target: target.to_owned(),
                fault,
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
