//! The environment of an engine, as far as it decides what it reads.
//!
//! Invariant: what is kept on disk of an environment are the variables that say where to read, never
//! all of them: others may be secrets.

use std::{collections::BTreeMap, env};

use crate::foreign::{self, LARGEST};

/// The variables of the engine's environment that say what it reads. Source: `docs/engine.md`,
/// "Places and precedence".
const THAT_MATTER: [&str; 11] = [
    "OPENCODE_CONFIG",
    "OPENCODE_CONFIG_CONTENT",
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

    /// The same with the variables that matter from another one; those that it has not, are not set.
    #[must_use]
    pub fn with_places_of(mut self, other: &BTreeMap<String, String>) -> Self {
        self.0.retain(|name, _| !THAT_MATTER.contains(&name.as_str()));
        self.0.extend(other.clone());
        self
    }

    /// The variables that matter.
    pub fn places(&self) -> BTreeMap<String, String> {
        let matters = |name: &String| THAT_MATTER.contains(&name.as_str());
        self.0.iter().filter(|(name, _)| matters(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The value of a variable; an empty one counts as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
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
