//! The truth table, asked of the real engine.
//!
//! Each case is one change on disk and a fact that the engine tells once it has seen the change.
//! All cases share one engine: the facts are asked for before the changes, after them, after a
//! dispose, and of a new process. What first shows the fact is what makes the change live.

mod case;
mod odd;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use case::{Case, Expected};
use rekindle_domain::{Action, Fit, Profile};
use rekindle_tests::raw::{RawEngine, installed};
use reqwest::Method;
use serde_json::Value;

/// M1: the table says what the engine does.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_says_what_the_engine_does() {
    let root = tempfile::tempdir().expect("a folder");
    let home = root.path().canonicalize().expect("the folder").join("home");
    let cases = table::cases(&home);
    let directories: BTreeSet<&str> = cases.iter().map(|case| case.directory).collect();
    let directories: BTreeMap<&str, PathBuf> =
        directories.into_iter().map(|name| (name, case::directory(&home, name))).collect();
    prepare(&home, directories.values());
    for case in &cases {
        case.before.iter().for_each(|edit| edit.make(&home, case.directory));
    }

    let engine = RawEngine::start(&home, &environment(&home)).await;
    let version = engine.version().await;
    let began = Answers::ask(&engine, &cases, &directories).await;
    for case in &cases {
        case.change.iter().for_each(|edit| edit.make(&home, case.directory));
    }
    let live = Answers::ask(&engine, &cases, &directories).await;
    for directory in directories.values() {
        engine.dispose(directory).await;
    }
    let disposed = Answers::ask(&engine, &cases, &directories).await;
    engine.stop().await;
    let engine = RawEngine::start(&home, &environment(&home)).await;
    let restarted = Answers::ask(&engine, &cases, &directories).await;
    engine.stop().await;

    let profile = Profile::for_version(&version);
    assert_eq!(profile.fit, Fit::Measured, "the table for the pinned engine: {version}");
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| judge(case, &profile, &began, [&live, &disposed, &restarted]).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{} cases on OpenCode {version}", cases.len());
}

/// What is wrong with a case, in words.
fn judge(case: &Case, profile: &Profile, began: &Answers, then: [&Answers; 3]) -> Result<(), String> {
    let begins = (case.was.holds(began.to(case)), case.becomes.holds(began.to_fact(case)));
    if begins != (true, false) {
        return Err(format!("{}: does not begin as it says {begins:?}", case.name));
    }
    let measured = match then.map(|answers| case.becomes.holds(answers.to_fact(case))) {
        [true, true, true] => Action::None,
        [false, true, true] => Action::Dispose,
        [false, false, true] => Action::Restart,
        [false, false, false] => Action::NeverRead,
        odd => return Err(format!("{}: comes and goes {odd:?}", case.name)),
    };
    let expected = match case.expected {
        Expected::Row(kind, place, aspect, change) => profile.rule(kind, place, aspect, change).action,
        Expected::Never => Action::NeverRead,
    };
    if measured == expected { Ok(()) } else { Err(format!("{}: {measured:?}, not {expected:?}", case.name)) }
}

/// All that the engine tells at a moment.
struct Answers(BTreeMap<(&'static str, &'static str), Value>);

impl Answers {
    /// Asks each directory for what its cases need, once.
    async fn ask(engine: &RawEngine, cases: &[Case], directories: &BTreeMap<&str, PathBuf>) -> Self {
        let questions: BTreeSet<_> = cases
            .iter()
            .flat_map(|case| [&case.was, &case.becomes].map(|fact| (case.directory, fact.route())))
            .collect();
        let mut answers = BTreeMap::new();
        for (directory, route) in questions {
            // A tool that does not load makes the route fail: then nothing holds of it.
            let (_, answer) = engine.ask(Method::GET, route, &directories[directory]).await;
            answers.insert((directory, route), answer);
        }
        Self(answers)
    }

    fn to(&self, case: &Case) -> &Value {
        &self.0[&(case.directory, case.was.route())]
    }

    fn to_fact(&self, case: &Case) -> &Value {
        &self.0[&(case.directory, case.becomes.route())]
    }
}

/// A home, and directories each of its own worktree.
fn prepare<'a>(home: &Path, directories: impl Iterator<Item = &'a PathBuf>) {
    for directory in directories {
        // `tree/sub` is part of the worktree `tree`.
        let worktree = if directory.ends_with("tree/sub") { directory.parent().expect("a parent") } else { directory };
        std::fs::create_dir_all(worktree.join(".git")).expect("made");
        installed(&worktree.join(".opencode"));
        installed(&directory.join(".opencode"));
    }
    for folder in [".config/opencode", ".opencode", table::CONFIG_DIR] {
        installed(&home.join(folder));
    }
    std::fs::create_dir_all(home.join(table::MANAGED)).expect("made");
}

fn environment(home: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("HOME", home.to_owned()),
        ("XDG_CONFIG_HOME", home.join(".config")),
        ("XDG_STATE_HOME", home.join(".local/state")),
        ("XDG_DATA_HOME", home.join(".local/share")),
        ("XDG_CACHE_HOME", home.join(".cache")),
        ("OPENCODE_CONFIG", home.join(table::CONFIG_FILE)),
        ("OPENCODE_CONFIG_DIR", home.join(table::CONFIG_DIR)),
        ("OPENCODE_TEST_MANAGED_CONFIG_DIR", home.join(table::MANAGED)),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1".into()),
    ]
}
