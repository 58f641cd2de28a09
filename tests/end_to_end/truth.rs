//! The truth table, asked of the real engine.
//!
//! Each case is one change on disk and a fact that the engine tells once it has seen the change.
//! The cases of a world share one engine: the facts are asked for before the changes, after them,
//! after a dispose, and of a new process. What first shows the fact is what makes the change live.

mod case;
mod odd;
mod prompts;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use case::{Case, Edit, Expected, PROMPT, SKILL};
use rekindle_domain::{Action, Habits};
use rekindle_opencode::{Fit, Profile};
use rekindle_tests::{
    listener::Listener,
    raw::{OFFLINE, RawEngine, installed},
    world::{short_list_of_models, write},
};
use reqwest::Method;
use serde_json::Value;
use table::{ELSEWHERE, World};
use tokio::{sync::Semaphore, task::JoinSet};

/// Where the engine finds its list of models.
const MODELS: &str = ".cache/models.json";

/// M3, N2: what the table says of each change is what the engine does.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_says_what_the_engine_does() {
    let root = tempfile::tempdir().expect("a folder");
    let model = Arc::new(Listener::start().await);
    let worlds = table::worlds(&root.path().canonicalize().expect("the folder"), &model.configuration());
    let count: usize = worlds.iter().map(|world| world.cases.len()).sum();
    assert!(count > 700, "a table that lost its cases proves nothing: {count}");
    // An engine is as large as a small machine.
    let two = Arc::new(Semaphore::new(2));
    let mut measured = JoinSet::new();
    for world in worlds {
        let (model, two) = (model.clone(), two.clone());
        measured.spawn(async move {
            let _one = two.acquire().await.expect("a place");
            measure(&world, &model).await
        });
    }
    let wrong = measured.join_all().await.concat();
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with the cases of one world.
async fn measure(World { name, home, cases }: &World, model: &Listener) -> Vec<String> {
    let directories: BTreeMap<&str, PathBuf> =
        cases.iter().map(|case| (case.directory, case::directory(home, case.directory))).collect();
    let environment = environment(home, *name == ELSEWHERE);
    prepare(home, &directories);
    let make = |edits: fn(&Case) -> &[Edit]| {
        for case in cases {
            edits(case).iter().for_each(|edit| edit.make(home, case.directory));
        }
    };
    let ask = async |engine: &RawEngine| Answers::ask(engine, model, cases, &directories).await;
    make(|case| &case.before);
    let engine = RawEngine::start(home, &environment).await;
    let version = engine.version().await;
    let began = ask(&engine).await;
    make(|case| &case.change);
    let live = ask(&engine).await;
    for directory in directories.values() {
        engine.dispose(directory).await;
    }
    let disposed = ask(&engine).await;
    engine.stop().await;
    let engine = RawEngine::start(home, &environment).await;
    let restarted = ask(&engine).await;
    engine.stop().await;

    let profile = Profile::for_version(&version);
    assert_eq!(profile.fit, Fit::Measured, "the table for the pinned engine: {version}");
    let then = [&live, &disposed, &restarted];
    cases
        .iter()
        .filter_map(|case| judge(case, &profile, &began, then).err())
        .map(|what| format!("{name}: {what}"))
        .collect()
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
    async fn ask(engine: &RawEngine, model: &Listener, cases: &[Case], directories: &BTreeMap<&str, PathBuf>) -> Self {
        let questions: BTreeSet<_> = cases
            .iter()
            .flat_map(|case| [&case.was, &case.becomes].map(|fact| (case.directory, fact.route())))
            .collect();
        let mut answers = BTreeMap::new();
        for (directory, route) in questions {
            let answer = if route == PROMPT {
                model.take();
                engine.prompt(&format!("use {SKILL}"), &directories[directory]).await;
                model.take().into()
            } else {
                // A tool that does not load makes the route fail: then nothing holds of it.
                engine.ask(Method::GET, route, &directories[directory]).await.1
            };
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

/// A home, and directories each of its own worktree, `tree/sub` a part of the worktree `tree`. Those
/// below `loose` have none.
fn prepare(home: &Path, directories: &BTreeMap<&str, PathBuf>) {
    for (name, directory) in directories {
        installed(&directory.join(".opencode"));
        let worktree = if name.ends_with("/sub") { directory.parent().expect("a parent") } else { directory };
        installed(&worktree.join(".opencode"));
        if !name.starts_with("loose/") {
            repository(worktree);
        }
    }
    for folder in [".config/opencode", ".opencode", "code/.opencode", table::CONFIG_DIR] {
        installed(&home.join(folder));
    }
    std::fs::create_dir_all(home.join(table::MANAGED)).expect("made");
    short_list_of_models(&home.join(MODELS));
}

/// The least that git takes for a repository; the engine asks git.
fn repository(worktree: &Path) {
    for folder in ["objects", "refs"] {
        std::fs::create_dir_all(worktree.join(".git").join(folder)).expect("made");
    }
    write(&worktree.join(".git/HEAD"), "ref: refs/heads/main\n");
}

fn environment(home: &Path, elsewhere: bool) -> Vec<(&'static str, PathBuf)> {
    let mut environment = vec![
        ("HOME", home.to_owned()),
        ("XDG_CONFIG_HOME", home.join(".config")),
        ("XDG_STATE_HOME", home.join(".local/state")),
        ("XDG_DATA_HOME", home.join(".local/share")),
        ("XDG_CACHE_HOME", home.join(".cache")),
        ("OPENCODE_MODELS_PATH", home.join(MODELS)),
    ];
    environment.extend(OFFLINE.map(|(name, value)| (name, value.into())));
    if elsewhere {
        environment.extend([
            ("OPENCODE_CONFIG", home.join(table::CONFIG_FILE)),
            ("OPENCODE_CONFIG_DIR", home.join(table::CONFIG_DIR)),
            ("OPENCODE_TEST_MANAGED_CONFIG_DIR", home.join(table::MANAGED)),
        ]);
    }
    environment
}
