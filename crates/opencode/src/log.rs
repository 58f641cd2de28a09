//! The lines of the engine's log that tell of plugins that failed. Source: `docs/engine.md`, "Plugins that fail".
//!
//! Invariant: only lines of a process that created the directory's instance count.

use std::{collections::BTreeSet, path::Path};

use crate::decoded;

/// What a message begins with when the engine does not say which plugin it is about, in the engine's words.
pub const SOME_PLUGIN: &str = "plugin config hook failed: ";

/// What the lines that concern us say.
const MESSAGES: [&str; 3] = [CREATED, FAILED, HOOK_FAILED];
const CREATED: &str = "creating instance";
const FAILED: &str = "failed to load plugin";
const HOOK_FAILED: &str = "plugin config hook failed";

/// True for a line that may say something of plugins.
pub fn may_matter(line: &str) -> bool {
    MESSAGES.iter().any(|message| line.contains(message))
}

/// The failures of plugins that these lines tell of, in the words in which the engine tells others by an event: the plugin as
/// `GET /config` has it, a colon, the reason, if there is one. `file:` URLs are decoded.
pub fn failures(lines: &[String], directory: &Path) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(|line| Line(line)).collect();
    let is_ours = |line: &&Line<'_>| {
        line.of("message").as_deref() == Some(CREATED)
            && line.of("directory").is_some_and(|of| Path::new(&of) == directory)
    };
    let runs: BTreeSet<_> = lines.iter().filter(is_ours).filter_map(|line| line.of("run")).collect();
    let ours = lines.iter().filter(|line| line.of("run").is_some_and(|run| runs.contains(&run)));
    ours.filter_map(failure).collect()
}

fn failure(line: &Line<'_>) -> Option<String> {
    let error = line.of("error");
    let error = error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default();
    match line.of("message")?.as_str() {
        FAILED => Some(format!("Failed to load plugin {}: {error}", decoded(&line.of("path")?))),
        HOOK_FAILED => Some(format!("{SOME_PLUGIN}{error}")),
        _ => None,
    }
}

/// A line of `key=value`; a value with other characters is a text in JSON.
struct Line<'a>(&'a str);

impl Line<'_> {
    fn of(&self, key: &str) -> Option<String> {
        let mut rest = self.0;
        loop {
            let (name, value) = rest.trim_start().split_once('=')?;
            let mut texts = serde_json::Deserializer::from_str(value).into_iter::<String>();
            let (said, end) = match value.starts_with('"').then(|| texts.next()) {
                Some(text) => (text?.ok()?, texts.byte_offset()),
                None => {
                    let word = value.split(' ').next().unwrap_or_default();
                    (word.to_owned(), word.len())
                }
            };
            if name == key {
                return Some(said);
            }
            rest = value.get(end..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str =
        r#"timestamp=2026-01-31T12:00:00.000Z level=INFO run=aaaaaaaa message="creating instance" directory="/p/a b""#;

    /// P14: what the log says of plugins, of this directory's process and no other.
    #[test]
    fn failures_are_told_by_plugin() {
        let check = |lines: &[&str], expected: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
            assert_eq!(failures(&lines, Path::new("/p/a b")), expected, "{lines:?}");
        };
        let failed = |run: &str, rest: &str| format!("timestamp=x level=ERROR run={run} {rest}");
        let init = failed(
            "aaaaaaaa",
            r#"message="failed to load plugin" path=file:///p/%C3%BC%20x.ts error="boom \"at\" init\nin line 2""#,
        );
        let other = failed("bbbbbbbb", r#"message="failed to load plugin" path=file:///p/x.ts error=boom"#);
        let hook = failed("aaaaaaaa", r#"message="plugin config hook failed" error="boom in hook""#);
        check(&[HERE, &init], &["Failed to load plugin file:///p/ü x.ts: boom \"at\" init"]);
        check(&[&init, HERE], &["Failed to load plugin file:///p/ü x.ts: boom \"at\" init"]);
        check(&[&init], &[]);
        check(&[HERE, &other], &[]);
        check(&[HERE, &hook], &["plugin config hook failed: boom in hook"]);
        check(&[HERE, "torn=\"li", "level=ERROR message=\"failed to load plugin\"", "", "no line at all"], &[]);
    }
}
