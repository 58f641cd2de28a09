//! The files that configurations refer to with `{file:…}`.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::ReferenceFault;
use rekindle_opencode::config::variables::{Files, Unread, quoted};

use crate::files::foreign::{self, Budget, ReadError};

/// The files that are referred to in one look: each is read once, however often it is named.
pub struct References<'a> {
    budget: &'a mut Budget,
    /// How much of each stands in the text; `None`: all.
    beginning: Option<usize>,
    read: HashMap<PathBuf, Result<Arc<str>, Unread>>,
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
}

impl Files for References<'_> {
    fn content(&mut self, path: &Path) -> Result<Arc<str>, Unread> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        let text = match self.beginning {
            Some(length) => foreign::beginning(path, length as u64),
            None => self.budget.text(path),
        };
        let read = match text {
            Ok(Some(text)) => Ok(quoted(&text)),
            Ok(None) => Err(Unread::Bad(ReferenceFault::Missing)),
            Err(ReadError::NotAFile { .. }) => Err(Unread::Bad(ReferenceFault::NotAFile)),
            Err(ReadError::Refused { .. }) => Err(Unread::Bad(ReferenceFault::Unreadable)),
            Err(ReadError::TooLarge { .. } | ReadError::Spent { .. }) => Err(Unread::TooLong),
        };
        self.read.insert(path.to_owned(), read.clone());
        read
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rekindle_opencode::config::variables::{VariableError, replace};

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
