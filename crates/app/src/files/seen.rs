//! What tells whether anything was written to a file or folder while somebody else read it.

use std::path::Path;

use rekindle_domain::Fingerprint;
use serde_json::{Value, json};

use super::stamp::Stamp;

/// A file or folder as it was before it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// `None`: there was none.
    stamp: Option<Stamp>,
    /// What a configuration file said beside its schema; `None`: it is none, or cannot be read.
    said: Option<Fingerprint>,
    names_schema: bool,
}

impl Seen {
    /// It as it is now.
    pub(super) fn now(path: &Path) -> Self {
        Self { stamp: Stamp::at(path), ..Self::default() }
    }

    /// Takes note of what a configuration file said.
    pub(super) fn read(&mut self, value: &Value) {
        let mut rest = value.clone();
        self.names_schema = rest.as_object_mut().is_some_and(|keys| keys.remove("$schema").is_some());
        self.said = Some(Fingerprint::of_json(&rest));
    }

    /// True when nobody wrote to it until it was as `later`. The engine itself writes its schema into files
    /// that name none, and makes a global file of nothing else.
    pub(super) fn holds(&self, later: &Self) -> bool {
        let said = |seen: &Self| match (&seen.stamp, &seen.said) {
            (None, _) => Some(Fingerprint::of_json(&json!({}))),
            (Some(_), said) => said.clone(),
        };
        let only_named = !self.names_schema && later.names_schema && said(self) == said(later);
        self.stamp == later.stamp || only_named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K1: what the engine adds by itself is nobody's change; all else is, also when it is taken back.
    #[test]
    fn only_the_engines_own_words_make_no_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        let seen = |text: Option<&str>| {
            match text {
                Some(text) => std::fs::write(&path, text).expect("written"),
                None => drop(std::fs::remove_file(&path)),
            }
            let mut seen = Seen::now(&path);
            if let Some(value) = text.and_then(|text| serde_json::from_str(text).ok()) {
                seen.read(&value);
            }
            seen
        };
        let check = |before, later, expected| {
            let (before, later) = (seen(before), seen(later));
            assert_eq!(before.holds(&later), expected, "{before:?} {later:?}");
        };
        const NAMED: &str = r#"{"$schema": "s", "username": "a"}"#;
        check(None, None, true);
        check(Some(r#"{"username": "a"}"#), Some(NAMED), true);
        check(None, Some(r#"{"$schema": "s"}"#), true);
        check(Some(r#"{"username": "b"}"#), Some(NAMED), false);
        check(Some(NAMED), Some(r#"{"username": "a"}"#), false);
        check(Some("{ broken"), Some(NAMED), false);
        check(Some(NAMED), Some("{ broken, and longer than before"), false);
        check(Some(NAMED), None, false);
        check(None, Some(NAMED), false);
    }
}
