//! The environment of an engine, as far as it decides what it reads.
//!
//! Invariant: what is kept on disk of an environment are the variables that say where to read, never
//! all of them: others may be secrets. Of one that is itself a configuration only its fingerprint is kept.

use std::{collections::BTreeMap, env};

use rekindle_domain::Fingerprint;

use crate::files::foreign::{self, LARGEST};

/// A whole configuration, with what is secret in it.
const CONTENT: &str = "OPENCODE_CONFIG_CONTENT";

/// The variables of the engine's environment that say what it reads. Source: `docs/engine.md`,
/// "Places and precedence".
const THAT_MATTER: [&str; 11] = [
    "OPENCODE_CONFIG",
    CONTENT,
    "OPENCODE_CONFIG_DIR",
    "OPENCODE_DISABLE_AUTOCOMPACT",
    "OPENCODE_DISABLE_CLAUDE_CODE",
    "OPENCODE_DISABLE_CLAUDE_CODE_SKILLS",
    "OPENCODE_DISABLE_EXTERNAL_SKILLS",
    "OPENCODE_DISABLE_PROJECT_CONFIG",
    "OPENCODE_DISABLE_PRUNE",
    "OPENCODE_PERMISSION",
    "OPENCODE_TEST_MANAGED_CONFIG_DIR",
];

/// All variables of an engine's environment, as far as they are known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

/// Values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// That of this process, which is also that of an engine started by it.
    pub fn of_process() -> Self {
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// That of another process of this user, where the system tells.
    pub fn of(pid: u32) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let text = foreign::bytes(format!("/proc/{pid}/environ").as_ref(), LARGEST).ok()??;
        let pairs = text.split(|byte| *byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='));
        let all: Self = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (!all.0.is_empty()).then_some(all)
    }

    /// The same with the variables that matter from another one, as they were kept; those that it has not, are
    /// not set. A configuration of which only the fingerprint is known is ours if it is the same, else none.
    #[must_use]
    pub fn with_places_of(mut self, kept: &BTreeMap<String, String>) -> Self {
        let content = self.0.remove(CONTENT).filter(|content| kept.get(CONTENT) == Some(&fingerprint(content)));
        self.0.retain(|name, _| !THAT_MATTER.contains(&name.as_str()));
        self.0.extend(
            kept.iter().filter(|(name, _)| *name != CONTENT).map(|(name, value)| (name.clone(), value.clone())),
        );
        self.0.extend(content.map(|content| (CONTENT.to_owned(), content)));
        self
    }

    /// The same with another value of one variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same without what says where to read.
    #[must_use]
    pub fn without_places(self) -> Self {
        self.with_places_of(&BTreeMap::new())
    }

    /// The variables that matter, as they are kept.
    pub fn places(&self) -> BTreeMap<String, String> {
        let matters = |name: &String| THAT_MATTER.contains(&name.as_str());
        let kept = |name: &str, value: &str| if name == CONTENT { fingerprint(value) } else { value.to_owned() };
        self.0.iter().filter(|(name, _)| matters(name)).map(|(name, value)| (name.clone(), kept(name, value))).collect()
    }

    /// The value of a variable; an empty one counts as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All of them, for what is run in it.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// True when a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

fn fingerprint(content: &str) -> String {
    format!("sha256:{}", Fingerprint::of_bytes(content.as_bytes()).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// N16: what is kept of an environment holds no secret of it, and says as much as it has to.
    #[test]
    fn a_configuration_in_a_variable_is_not_kept() {
        let content = r#"{"provider": {"a": {"options": {"apiKey": "sk-1"}}}}"#;
        let engine = environment(&[(CONTENT, content), ("OPENCODE_CONFIG", "/c.json"), ("GITHUB_TOKEN", "ghp")]);
        let kept = engine.places();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["OPENCODE_CONFIG", CONTENT]);
        assert!(!format!("{kept:?}").contains("sk-1"), "{kept:?}");
        let check = |ours: &[(&str, &str)], expected: Option<&str>| {
            let known = environment(ours).with_places_of(&kept);
            assert_eq!((known.get(CONTENT), known.get("OPENCODE_CONFIG")), (expected, Some("/c.json")), "{ours:?}");
            assert_eq!(known.get("OPENCODE_CONFIG_DIR"), None);
        };
        check(&[(CONTENT, content), ("OPENCODE_CONFIG_DIR", "/d")], Some(content));
        check(&[(CONTENT, "{}")], None);
        check(&[], None);
        let none = environment(&[(CONTENT, content)]).with_places_of(&BTreeMap::new());
        assert_eq!(none.get(CONTENT), None);
    }
}
