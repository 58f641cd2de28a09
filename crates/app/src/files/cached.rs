//! What the engine keeps of a plugin's package, and whether it is whole.
//!
//! Invariants: nothing is read but descriptions of packages and names; no spec leads out of the folder of packages. Source:
//! `docs/engine.md`, "What it installs": each spec has a folder of its own, named by its whole text. Once the package's own
//! folder is in it, the engine never looks again whether it is whole, or whether there is a newer one.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use rekindle_domain::PluginOrigin;
use rekindle_opencode::PluginSpec;
use serde_json::Value;

use super::{
    foreign::{self, Budget, LARGEST_ASIDE},
    locate::Places,
};

/// After this long without a sign of life, the engine takes a lock for one that was left behind.
const STALE: Duration = Duration::from_secs(60);

/// What is in the engine's cache for a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    /// Nothing.
    Nothing,
    /// A folder without the package: its installation failed, or has just begun.
    Leftover,
    /// A part of the package.
    Half,
    /// The package.
    Whole {
        /// Its version.
        version: Option<String>,
        /// Which versions of the engine it is for.
        engines: Option<String>,
    },
}

/// The folder in the engine's cache that belongs to a spec alone; `None`: it is a path, or nothing that the engine would
/// install.
pub fn folder(places: &Places, spec: &PluginSpec) -> Option<PathBuf> {
    let key = spec.cache_key();
    let is_plain = Path::new(&key).components().all(|part| matches!(part, Component::Normal(_)));
    (spec.origin != PluginOrigin::File && !key.is_empty() && is_plain).then(|| places.packages.join(key))
}

/// What is in it.
pub fn look(places: &Places, spec: &PluginSpec) -> Cached {
    let Some(folder) = folder(places, spec).filter(|folder| folder.is_dir()) else { return Cached::Nothing };
    let package = package(&folder, spec, &mut Budget::of_files());
    let Some(package) = package.filter(|package| package.is_dir()) else { return Cached::Leftover };
    // What is written last of an installation.
    let is_done =
        ["package-lock.json", "node_modules/.package-lock.json"].iter().any(|lock| folder.join(lock).exists());
    let text = foreign::bytes(&package.join("package.json"), LARGEST_ASIDE).ok().flatten();
    let Some(text) = text.filter(|_| is_done) else { return Cached::Half };
    let description: Value = serde_json::from_slice(&text).unwrap_or_default();
    let told = |pointer: &str| description.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Cached::Whole { version: told("/version"), engines: told("/engines/opencode") }
}

/// The folder of the package itself, whether it is there or not.
pub(super) fn package(folder: &Path, spec: &PluginSpec, budget: &mut Budget) -> Option<PathBuf> {
    let modules = folder.join("node_modules");
    if spec.origin == PluginOrigin::Npm && !spec.name.contains(':') {
        return Some(modules.join(&spec.name));
    }
    // Of an address only the installation says which package it is.
    let text = budget.bytes_up_to(&folder.join("package.json"), LARGEST_ASIDE).ok()??;
    let description: Value = serde_json::from_slice(&text).ok()?;
    let name = description.get("dependencies")?.as_object()?.keys().next()?;
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| modules.join(name))
}

/// Whether the engine is installing something at this moment, as far as can be known. One that was killed leaves a lock,
/// which counts until the engine itself would pass over it.
pub fn is_installing(places: &Places) -> bool {
    let locks = fs::read_dir(&places.engine_locks).into_iter().flatten().filter_map(Result::ok);
    let is_fresh = |lock: &Path| {
        let signs = ["heartbeat", "meta.json", ""];
        let last = signs.iter().find_map(|sign| fs::metadata(lock.join(sign)).ok()?.modified().ok());
        // A clock that was set back makes it seem to come from the future.
        last.is_some_and(|last| SystemTime::now().duration_since(last).is_ok_and(|age| age < STALE))
    };
    locks.map(|lock| lock.path()).any(|lock| lock.extension().is_some_and(|ending| ending == "lock") && is_fresh(&lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// G2: each state is told from the next, in the layout that was measured; no spec leads out of the cache.
    #[test]
    fn what_is_kept_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(root.path()).expect("places");
        places.packages = root.path().join("packages");
        let whole = |version: &str| Cached::Whole { version: Some(version.to_owned()), engines: None };
        let check = |spec: &str, expected: Cached| {
            assert_eq!(look(&places, &PluginSpec::parse(spec)), expected, "{spec}");
        };
        check("acme", Cached::Nothing);
        let folder = places.packages.join("@s/acme@latest");
        fs::create_dir_all(&folder).expect("made");
        check("@s/acme", Cached::Leftover);
        fs::create_dir_all(folder.join("node_modules/@s/acme")).expect("made");
        check("@s/acme", Cached::Half);
        write(&folder.join("node_modules/@s/acme/package.json"), r#"{"version": "1.0.0"}"#);
        check("@s/acme", Cached::Half);
        write(&folder.join("package-lock.json"), "{}");
        check("@s/acme", whole("1.0.0"));
        check("@s/acme@1.0.0", Cached::Nothing);
        let git = places.packages.join("git+file:/repo#v1");
        write(&git.join("package.json"), r#"{"dependencies": {"gitp": "git+file:///repo#v1"}}"#);
        check("git+file:///repo#v1", Cached::Leftover);
        write(&git.join("node_modules/gitp/package.json"), r#"{"version": "2.0.0", "engines": {"opencode": ">=1"}}"#);
        write(&git.join("package-lock.json"), "{}");
        let engines = Some(">=1".to_owned());
        check("git+file:///repo#v1", Cached::Whole { version: Some("2.0.0".to_owned()), engines });
        for spec in ["./a", "/etc", "a/../../b", "..@1", "../x", "file:../x.tgz"] {
            let folder = super::folder(&places, &PluginSpec::parse(spec));
            let is_inside = |folder: &PathBuf| {
                folder.starts_with(&places.packages) && !folder.components().any(|part| part == Component::ParentDir)
            };
            assert!(folder.as_ref().is_none_or(is_inside), "{spec}: {folder:?}");
        }
    }

    /// G2: an installation is known by the engine's lock, and one that was left behind holds up nobody for ever.
    #[test]
    fn an_installation_is_known_by_its_lock() {
        let root = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(root.path()).expect("places");
        places.engine_locks = root.path().join("locks");
        assert!(!is_installing(&places));
        let beat = places.engine_locks.join("2b85.lock/heartbeat");
        write(&beat, "");
        assert!(is_installing(&places));
        let file = fs::File::options().write(true).open(&beat).expect("opened");
        file.set_modified(SystemTime::now() - STALE * 2).expect("set");
        assert!(!is_installing(&places));
    }
}
