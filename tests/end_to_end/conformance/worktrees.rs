//! The worktree as git has it, in the ways in which it is not just the folder around a `.git`.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};

use rekindle_app::files::{locate::Places, scan::scan};
use rekindle_opencode::effective;
use rekindle_tests::{
    raw::{OFFLINE, RawEngine},
    users::is_root_or_passed_as_root,
    world::write,
};
use reqwest::Method;
use serde_json::{Value, json};

fn git(folder: &Path, arguments: &[&str]) {
    fs::create_dir_all(folder).expect("made");
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments).current_dir(folder);
    assert!(command.output().expect("git runs").status.success(), "{arguments:?}");
}

/// Folders below a base, and in which of them is asked.
fn make(base: &Path) -> Vec<PathBuf> {
    let at = |path: &str| base.join(path);
    git(&at("plain"), &["init", "-q"]);
    git(&at("elsewhere"), &["init", "-q"]);
    git(&at("elsewhere"), &["config", "core.worktree", "../tree"]);
    git(&at("inside"), &["init", "-q"]);
    git(&at("inside"), &["config", "core.worktree", "../.."]);
    git(&at("source"), &["init", "-q"]);
    git(&at("source"), &["commit", "-q", "--allow-empty", "-m", "x"]);
    git(&at("source"), &["worktree", "add", "-q", "../linked"]);
    git(base, &["clone", "-q", "--bare", "source", "bare.git"]);
    git(&at("bare.git"), &["worktree", "add", "-q", "../of-bare", "-b", "y"]);
    git(&at("newer"), &["init", "-q"]);
    git(&at("newer"), &["config", "core.repositoryformatversion", "9"]);
    git(&at("extended"), &["init", "-q"]);
    git(&at("extended"), &["config", "core.repositoryformatversion", "1"]);
    git(&at("extended"), &["config", "extensions.unknown", "x"]);
    git(&at("included"), &["init", "-q"]);
    write(&at("included/.git/more"), "[core]\n\tworktree = ../..\n");
    git(&at("included"), &["config", "include.path", "more"]);
    git(&at("foreign"), &["init", "-q"]);
    chown(at("foreign"), Some(65534), Some(65534)).expect("given away");
    fs::create_dir_all(at("empty/.git")).expect("made");
    git(&at("outer"), &["init", "-q"]);
    fs::create_dir_all(at("outer/empty/.git")).expect("made");
    write(&at("outer/opencode.json"), &agent("outer"));
    write(&at("nowhere/.git"), "gitdir: /not/there\n");
    write(&at("beside/.git"), "gitdir: .bare\n");
    git(&at("beside/.bare"), &["init", "-q", "--bare"]);
    write(&at("none/x"), "");
    fs::create_dir(at("tree")).expect("made");
    let names = [
        "plain",
        "elsewhere",
        "inside",
        "linked",
        "of-bare",
        "bare.git",
        "newer",
        "extended",
        "included",
        "foreign",
        "empty",
        "outer/empty",
        "beside",
        "nowhere",
        "none",
        "tree",
    ];
    for name in names {
        write(&at(name).join("opencode.json"), &agent("root"));
        write(&at(name).join("sub/opencode.json"), &agent("sub"));
    }
    names.iter().map(|name| at(name).join("sub")).collect()
}

fn agent(name: &str) -> String {
    json!({ "agent": { name: { "prompt": "x" } } }).to_string()
}

fn names(config: &Value) -> BTreeSet<String> {
    config["agent"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// N8: in each of them the engine reads the files that we read, also where its environment names a repository.
#[tokio::test(flavor = "multi_thread")]
async fn worktrees_are_those_of_the_engine() {
    if !is_root_or_passed_as_root("conformance::worktrees::worktrees_are_those_of_the_engine") {
        return;
    }
    let root = tempfile::tempdir().expect("a folder");
    let base = root.path().canonicalize().expect("there").join("base");
    let home = base.join("home");
    fs::create_dir_all(&home).expect("made");
    write(&base.join("opencode.json"), &agent("base"));
    let directories = make(&base);
    let named = [("GIT_DIR", base.join("plain/.git")), ("GIT_WORK_TREE", base.join("plain"))];
    for more in [&[][..], &named, &named[..1]] {
        let mut environment = vec![("HOME", home.clone()), ("OPENCODE_PURE", "1".into())];
        environment.extend(OFFLINE.map(|(name, value)| (name, value.into())));
        environment.extend(more.iter().cloned());
        let engine = RawEngine::start(&base, &environment).await;
        let ours: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), value.display().to_string())).collect();
        for directory in &directories {
            let (status, config) = engine.ask(Method::GET, "/config", directory).await;
            assert_eq!(status, 200, "{}: {config}", directory.display());
            let places = Places::in_environment(directory, ours.iter().cloned().collect()).expect("places");
            let disk = scan(&places, None).expect("no fault").disk;
            let found = names(&effective(&disk.global, &disk.layers));
            assert_eq!(found, names(&config), "{} {more:?}", directory.display());
        }
    }
}
