//! Worlds that are handed on, with the engine that runs in them.
//!
//! An engine takes two seconds of a core to start, and most tests need any engine and not one of their own. A world of
//! [`World::lent`] goes to the next test with its engine, once everything that the test before it left is gone: its
//! files, what Rekindle wrote down, and the engine's instance.
//!
//! Invariants: who borrows a world finds in it what is in a new one, but that the engine runs already; a world of a test
//! that failed, or whose engine could tell it from a new one, is not handed on. What stays is the engine's process, and
//! with it the code that it has loaded: so no two tests write different code at one path of lent worlds, which is
//! checked. Tests that are about the start or the end of an engine, about what it reads once, or about several
//! directories have a world of their own.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

use rekindle_opencode::Memory;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    wait,
    world::{World, is_alive},
};

/// After so many tests an engine has become large, and a new one takes its place.
const MOST: usize = 15;

/// Those that nobody has, each with its engine.
static IDLE: Mutex<Vec<World>> = Mutex::new(Vec::new());

/// What was written as code in lent worlds: by which test, and what.
static CODE: Mutex<BTreeMap<String, (String, String)>> = Mutex::new(BTreeMap::new());

impl World {
    /// An empty project in a world that may have been another test's; see [`crate::lent`].
    pub async fn lent() -> Self {
        loop {
            let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(world) = idle else {
                let world = Self::new().handed_on(1);
                clean_up_afterwards(&world);
                return world;
            };
            if as_new(&world).await.is_some() {
                return world;
            }
            world.keep();
        }
    }
}

/// Keeps a world for the next test, if it may have it.
pub(crate) fn give_back(world: World) {
    let is_fine = !thread::panicking() && world.try_engine().is_some();
    match world.tests() {
        Some(tests) if tests < MOST && is_fine => {
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(world.handed_on(tests + 1));
        }
        _ => world.keep(),
    }
}

/// Sees to it that no two tests write different code at one path.
pub(crate) fn note_code(relative: &str, text: &str) {
    let is_code = ["ts", "js", "mjs"].iter().any(|ending| Path::new(relative).extension() == Some(OsStr::new(ending)));
    if !is_code {
        return;
    }
    let test = thread::current().name().unwrap_or_default().to_owned();
    let mut all = CODE.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, known) = all.entry(relative.to_owned()).or_insert_with(|| (test.clone(), text.to_owned()));
    let is_same = *first == test || *known == text;
    let told =
        format!("{first} and {test} write different code at {relative}; an engine that they share keeps the first");
    drop(all);
    assert!(is_same, "{told}");
}

/// Makes a world as a new one is. `None`: it cannot be.
async fn as_new(world: &World) -> Option<()> {
    let engine = world.try_engine()?;
    if !is_alive(engine.pid) || !is_alive(world.owner()) {
        return None;
    }
    let schema = json!({"$schema": "https://opencode.ai/config.json"});
    let global = engine.ask(Method::GET, "/global/config", None).await.1;
    let others = fs::read_to_string(world.state("directories.json")?).ok()?;
    let others: Value = serde_json::from_str(&others).ok()?;
    let has_others = others["loaded"].as_object()?.keys().any(|loaded| Path::new(loaded) != world.project());
    if (global != schema && global != json!({})) || has_others {
        return None;
    }
    let project = world.project();
    let own: [&str; 5] = ["node_modules", "package-lock.json", "package.json", ".gitignore", "opencode.jsonc"];
    let state = world.state("engine.json")?.parent()?.to_owned();
    only(project, |name| [".git", ".opencode"].contains(&name))?;
    only(&project.join(".opencode"), |name| own[..4].contains(&name))?;
    only(project.parent()?, |name| project.file_name().is_some_and(|own| own == name))?;
    only(&world.home(""), |name| [".config", ".local", ".cache", "code"].contains(&name))?;
    only(&world.home(".config"), |name| name == "opencode")?;
    only(&world.home(".config/opencode"), |name| own.contains(&name))?;
    only(&world.outside(""), |name| ["home", "models.json"].contains(&name))?;
    only(&world.home(".local/state/rekindle"), |name| ["engines", "schemas"].contains(&name))?;
    let is_owners = |name: &str| {
        let files =
            ["control.json", "control.sock", "directories.json", "engine.json", "environment.json", "memory.json"];
        files.contains(&name) || name.starts_with("password-") || name.ends_with(".lock") || name.ends_with(".log")
    };
    only(&state, is_owners)?;
    // A directory that someone bricked stays so.
    if engine.ask(Method::GET, "/config", None).await.0 != 200 {
        return None;
    }
    let disposes = engine.count_disposes().await;
    engine.ask(Method::POST, "/instance/dispose", None).await;
    wait::until("the end of another test's instance", async || (disposes.so_far() > 0).then_some(())).await;
    forget(&world.state("memory.json")?)
}

/// Has Rekindle know of the engine what it would of one that has just loaded this code.
fn forget(path: &Path) -> Option<()> {
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let memory: Memory = serde_json::from_value(kept["memory"].take()).ok()?;
    let only_code = Memory { modules: memory.modules, ..Memory::default() };
    kept["memory"] = serde_json::to_value(only_code).ok()?;
    kept["before"] = Value::Null;
    kept["detected_at"] = Value::Null;
    fs::write(path, kept.to_string()).ok()
}

/// Removes everything in a folder but what is to stay.
fn only(folder: &Path, stays: impl Fn(&str) -> bool) -> Option<()> {
    for entry in fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        if path.file_name().and_then(OsStr::to_str).is_some_and(&stays) {
            continue;
        }
        let is_folder = path.symlink_metadata().ok()?.is_dir();
        if is_folder { fs::remove_dir_all(&path).ok()? } else { fs::remove_file(&path).ok()? }
    }
    Some(())
}

/// Ends the engines of the worlds that nobody took, when the tests are over: what is kept for all tests is never
/// dropped. Whoever does it waits for the end of this process.
fn clean_up_afterwards(world: &World) {
    const SCRIPT: &str = r#"
        roots=
        while read -r root; do roots="$roots $root"; done
        for root in $roots; do
            [ -d "$root/home/code" ] || continue
            export HOME="$root/home" XDG_CONFIG_HOME="$root/home/.config" XDG_STATE_HOME="$root/home/.local/state"
            for project in "$root"/home/code/*; do "$1" --directory "$project" engine stop --quiet; done
            rm -rf "$root"
        done"#;
    static CLEANER: OnceLock<Mutex<Child>> = OnceLock::new();
    let cleaner = CLEANER.get_or_init(|| {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(World::program("rekindle")).stdin(Stdio::piped());
        // Apart, so that an interrupt of the tests does not end it, too.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Mutex::new(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh runs"))
    });
    let root: PathBuf = world.outside("");
    let line = format!("{}\n", root.display());
    let mut cleaner = cleaner.lock().unwrap_or_else(PoisonError::into_inner);
    cleaner.stdin.as_mut().expect("its input").write_all(line.as_bytes()).expect("it listens");
}
