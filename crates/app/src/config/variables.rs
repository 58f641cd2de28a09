//! `{env:NAME}` and `{file:path}` in the text of a configuration.
//!
//! Invariant: text in, text out, as the engine replaces them: before the text is parsed, variables
//! of the environment first, and files not in a line that begins with `//`. Source:
//! `docs/engine.md`, "Places and precedence".

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{file, shape::plain};

/// A text with its variables replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// The text.
    pub text: String,
    /// The files that it refers to, absolute.
    pub files: Vec<PathBuf>,
    /// True when a variable of the environment stands in it.
    pub has_environment: bool,
}

/// A `{file:}` whose file cannot be read: the engine refuses the whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file “{target}” {why}")]
pub struct BadReference {
    /// The path as written.
    pub target: String,
    /// What is wrong with it.
    pub why: &'static str,
    /// The file that was meant, absolute.
    pub path: PathBuf,
    /// The byte offset of the reference in the text that was given.
    pub offset: usize,
}

/// Replaces variables. `folder`: what relative paths start from. `environment`: the value of a
/// variable of the environment, empty when there is none.
pub fn replace(
    text: &str,
    folder: &Path,
    home: &Path,
    environment: impl Fn(&str) -> String,
) -> Result<Replaced, BadReference> {
    let mut out = Replaced::default();
    let with_environment = each(text, "{env:", |name, _| {
        out.has_environment = true;
        Ok(Some(environment(name)))
    })?;
    let source = if out.has_environment { &with_environment } else { text };
    out.text = each(source, "{file:", |target, at| {
        let line = source[..at].rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with("//") {
            return Ok(None);
        }
        let path = match target.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => folder.join(target),
        };
        let path = plain(&path);
        let content = content(&path);
        out.files.push(path.clone());
        let bad = |why| BadReference {
            path: path.clone(),
            target: target.to_owned(),
            why,
            // Where it stands in the text as given, or at least near it.
            offset: text.find(&format!("{{file:{target}}}")).unwrap_or(0),
        };
        let quoted = serde_json::Value::from(content.map_err(bad)?.trim()).to_string();
        Ok(Some(quoted[1..quoted.len() - 1].to_owned()))
    })?;
    Ok(out)
}

fn content(path: &Path) -> Result<String, &'static str> {
    let metadata = fs::metadata(path).map_err(|_| "is not there")?;
    if !metadata.is_file() || metadata.len() > file::LARGEST {
        return Err("is not a text file");
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
    fs::read(path).map(text).map_err(|_| "cannot be read")
}

/// Replaces every `{start…}` that holds something; `None` leaves it as it is.
fn each<E>(
    text: &str,
    start: &str,
    mut replace: impl FnMut(&str, usize) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = text[from..].find(start).map(|at| from + at) {
        let inner = at + start.len();
        let Some(end) = text[inner..].find('}').map(|end| inner + end) else { break };
        out.push_str(&text[from..at]);
        match if end == inner { None } else { replace(&text[inner..end], at)? } {
            Some(new) => out.push_str(&new),
            None => out.push_str(&text[at..=end]),
        }
        from = end + 1;
    }
    out.push_str(&text[from..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_the_engine_does() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.txt"), " line \"one\"\nline two\n").expect("written");
        let check = |text: &str, expected: Result<&str, &str>| {
            let environment = |name: &str| if name == "X" { "value".to_owned() } else { String::new() };
            let found = replace(text, folder.path(), folder.path(), environment);
            assert_eq!(
                found.as_ref().map(|found| found.text.as_str()).map_err(|error| error.target.as_str()),
                expected,
                "{text}"
            );
        };
        check(r#"{"a": "{env:X} {env:NONE}."}"#, Ok(r#"{"a": "value ."}"#));
        check(r#"{"a": "{file:a.txt}"}"#, Ok(r#"{"a": "line \"one\"\nline two"}"#));
        check(r#"{"a": "{file:~/a.txt}"}"#, Ok(r#"{"a": "line \"one\"\nline two"}"#));
        check("  // {file:none.txt}\n{}", Ok("  // {file:none.txt}\n{}"));
        check(r#"{"a": "{file:none.txt}"}"#, Err("none.txt"));
        check("{env:} {file:} {env:X", Ok("{env:} {file:} {env:X"));
    }
}
