//! The question to the real engine, and what is compared with its answer.
//!
//! Invariant: what is left out of the comparison is named here, with its reason, and nothing else is.
//!
//! - The order of keys: JSON gives it no meaning.
//! - The order of plugin files of one folder: the engine takes that of the file system.
//! - Which of several files of one folder gives its name to an agent or a command, and which of
//!   several skills of one name is taken: chance decides. The name has to be there all the same, and
//!   a skill has to be one of those that we found.
//! - The user's name, where no file sets it: it comes from the system.
//! - What is built in.

mod compare;
mod engine;

use std::{collections::BTreeSet, fmt, path::Path};

pub use compare::{Difference, differences};
pub use engine::{BuiltIn, Engine};
use serde_json::{Map, Value, json};

use crate::layout::{Home, Layout};

/// What the engine answers about one directory.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `GET /config`, with permissions in the order that `GET /agent` shows.
    pub config: Value,
    /// The agents (`None`: the whole configuration) of whose permission it shows none.
    pub unordered: BTreeSet<Option<String>>,
    /// `GET /skill`.
    pub skills: Vec<Value>,
    /// `GET /agent`.
    pub agents: Vec<Value>,
    /// `GET /command`.
    pub commands: Vec<Value>,
    /// `GET /experimental/tool/ids`. `None`: it could not load them.
    pub tools: Option<BTreeSet<String>>,
    /// What it said instead, if it refused the configuration.
    pub refused: Option<String>,
}

/// What we say that it answers.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// `GET /config`.
    pub config: Value,
    /// `GET /global/config`.
    pub global: Value,
    /// `GET /skill`.
    pub skills: Vec<Value>,
    /// Whether every candidate of a contested name is among the skills. An engine has only one to
    /// offer; then only the names are compared.
    pub has_all_candidates: bool,
    /// The tools that the files of the tool folders give. `None`: nothing is claimed about them.
    pub tools: Option<BTreeSet<String>>,
    /// Why it will refuse, if it will.
    pub refused: Option<String>,
}

/// What an answer depends on.
pub struct Inputs<'a> {
    /// The directory that is asked.
    pub directory: &'a Path,
    /// The whole environment of the engine, `HOME` and the XDG folders included.
    pub environment: &'a [(String, String)],
}

/// A layout for which two answers differ.
pub struct Disagreement {
    /// Where: the home, the layout.
    pub listing: String,
    /// The layout's name.
    pub name: String,
    /// In what.
    pub differences: Vec<Difference>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.listing.trim_end())?;
        self.differences.iter().try_for_each(|difference| writeln!(out, "  * {difference}"))
    }
}

/// What came of a group of layouts in one home.
#[derive(Default)]
pub struct Outcome {
    /// How many layouts were asked about.
    pub asked: usize,
    /// How many of them the engine refused.
    pub refused: usize,
    /// What the engine said about each.
    pub seen: Vec<Value>,
    /// Where we and the engine differ.
    pub disagreements: Vec<Disagreement>,
}

impl Outcome {
    /// Both.
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.refused += other.refused;
        self.seen.extend(other.seen);
        self.disagreements.extend(other.disagreements);
    }

    /// Fails with a report if there is a disagreement.
    pub fn assert_none(&self, told: &str) {
        let some: Vec<_> = self.disagreements.iter().take(8).map(ToString::to_string).collect();
        let names: Vec<_> = self.disagreements.iter().map(|one| one.name.as_str()).collect();
        let (wrong, asked) = (names.len(), self.asked);
        assert!(names.is_empty(), "{told}: {wrong} of {asked} disagree\n\n{}\nall: {names:?}", some.join("\n"));
    }
}

impl Asked {
    /// The answers as one value, in which lists are maps by name and the layout's folder is
    /// [`crate::layout::HERE`].
    fn value(&self, here: &Path) -> Value {
        let by_name = |list: &[Value]| -> Map<String, Value> {
            list.iter().filter_map(|one| Some((one["name"].as_str()?.to_owned(), one.clone()))).collect()
        };
        let value = json!({
            "config": self.config,
            "skill": by_name(&self.skills),
            "agent": by_name(&self.agents),
            "command": by_name(&self.commands),
            "tool": self.tools,
            "refused": self.refused.is_some(),
        });
        let text = value.to_string().replace(&here.display().to_string(), crate::layout::HERE);
        serde_json::from_str(&text).expect("JSON")
    }
}

/// Asks one engine, in one home, about each of several layouts, and compares.
pub async fn compare(
    home: &Home,
    layouts: &[Layout],
    built_in: &BuiltIn,
    ours: impl AsyncFn(&Inputs<'_>) -> Ours,
) -> Outcome {
    let root = tempfile::tempdir().expect("a folder");
    let base = root.path().canonicalize().expect("the folder").join(&home.folder);
    home.write(&base);
    let engine = Engine::start(&base, home).await;
    let mut outcome = Outcome::default();
    for (at, layout) in layouts.iter().enumerate() {
        let here = place(&base, at);
        layout.write(&here, &base.join("home"));
        let directory = here.join(&layout.asked).canonicalize().expect("the folder");
        let inputs = Inputs { directory: &directory, environment: engine.environment() };
        // The engine writes into the files that it reads. That must change nothing.
        let before = ours(&inputs).await;
        let asked = engine.ask(&directory).await;
        let after = ours(&inputs).await;
        let mut found = differences(home, layout, built_in, &before, &asked);
        if before.config != after.config || before.refused.is_some() != after.refused.is_some() {
            found.push(Difference::new("after the engine has read it", &after.config, &before.config));
        }
        if asked.refused.is_none() {
            found.extend(compare::global(&before, engine.global()));
        }
        outcome.asked += 1;
        outcome.refused += usize::from(asked.refused.is_some());
        outcome.seen.push(asked.value(&here));
        if !found.is_empty() {
            let listing = format!("{home}{layout}").replace(crate::layout::HERE, "<<here>>");
            outcome.disagreements.push(Disagreement { listing, name: layout.name.clone(), differences: found });
        }
    }
    outcome
}

/// Where the layout of this number lies: every other one below the home folder.
fn place(base: &Path, at: usize) -> std::path::PathBuf {
    let folder = if at.is_multiple_of(2) { "p" } else { "home/code" };
    base.join(folder).join(at.to_string())
}
