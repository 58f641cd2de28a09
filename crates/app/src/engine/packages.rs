//! What the engine has to install for plugins before it can load them, and what it is installing now.
//!
//! Invariant: told from the folders in which it installs, because it says nothing of it anywhere; nothing
//! is read but names and sizes, and no more than [`MOST`] of them. Source: `docs/engine.md`, "What it
//! installs".

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::{Installing, PluginOrigin};
use rekindle_opencode::{Disk, PluginSpec};
use walkdir::WalkDir;

use crate::files::locate::Places;

/// The engine's own library for plugins, which it installs into each configuration folder.
const LIBRARY: &str = "@opencode-ai/plugin";
/// The last that is written of an installation.
const LOCK: &str = "package-lock.json";
/// How many entries of an installation are counted at the most.
const MOST: usize = 20_000;
/// How often to look.
const TICK: Duration = Duration::from_secs(1);

/// What a fresh engine would have to install for these plugins.
pub fn wanted(places: &Places, disk: &Disk) -> Vec<String> {
    let packages = disk.plugin_specs.iter().filter_map(|(id, spec)| {
        let parsed = PluginSpec::parse(spec);
        let is_package = parsed.origin == PluginOrigin::Npm && parsed.objection().is_none();
        let is_missing = disk.items.get(id).is_some_and(|item| item.code.is_none());
        (is_package && is_missing).then(|| folder_name(&parsed))
    });
    let mut wanted: Vec<_> = packages.collect();
    if !disk.plugin_specs.is_empty() && libraries(places).any(|folder| !folder.join(LOCK).exists()) {
        wanted.push(LIBRARY.to_owned());
    }
    wanted.sort();
    wanted.dedup();
    wanted
}

/// The folder of a package among the engine's packages.
fn folder_name(spec: &PluginSpec) -> String {
    format!("{}@{}", spec.name, spec.version.as_deref().unwrap_or("latest"))
}

fn libraries(places: &Places) -> impl Iterator<Item = PathBuf> + use<> {
    places.config_folders().into_iter().map(|folder| folder.path).filter(|path| path.is_dir())
}

/// A look every second at what is being installed of what was wanted.
pub struct Installs {
    places: Places,
    wanted: Vec<String>,
    before: Option<Installing>,
}

impl Installs {
    /// Nothing is being installed yet.
    pub fn new(places: Places, wanted: Vec<String>) -> Self {
        Self { places, wanted, before: None }
    }

    /// What is being installed as soon as that is another thing; for ever, where nothing was wanted.
    pub async fn next(&mut self) -> Option<Installing> {
        if self.wanted.is_empty() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(TICK).await;
            let (places, wanted) = (self.places.clone(), self.wanted.clone());
            let now = tokio::task::spawn_blocking(move || under_way(&places, &wanted)).await.ok().flatten();
            if now != self.before {
                self.before.clone_from(&now);
                return now;
            }
        }
    }
}

/// What is being installed at this moment.
fn under_way(places: &Places, wanted: &[String]) -> Option<Installing> {
    let is_begun = |folder: &Path| folder.is_dir() && !folder.join(LOCK).exists();
    let package = wanted.iter().find(|name| *name != LIBRARY && is_begun(&places.packages.join(name)));
    if let Some(name) = package {
        return Some(Installing { package: Some(name.clone()), bytes: size(&places.packages.join(name)) });
    }
    // Its own comes first.
    let is_wanted = wanted.iter().any(|name| name == LIBRARY);
    let mut libraries = libraries(places).filter(|folder| is_wanted && !folder.join(LOCK).exists());
    let modules = libraries.find_map(|folder| Some(folder.join("node_modules")).filter(|modules| modules.is_dir()))?;
    Some(Installing { package: None, bytes: size(&modules) })
}

/// How much is in a folder, in bytes; links are not followed.
fn size(folder: &Path) -> u64 {
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok).take(MOST);
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    files.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rekindle_domain::{Fingerprint, Item, ItemId, Kind, Place, Scope};

    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn disk(plugins: &[(&str, bool)]) -> Disk {
        let mut disk = Disk::default();
        for (spec, is_installed) in plugins {
            let id = ItemId::new(Kind::Plugin, Scope::Project, spec);
            disk.plugin_specs.insert(id.clone(), (*spec).to_owned());
            disk.items.insert(Item {
                id,
                kind: Kind::Plugin,
                name: (*spec).to_owned(),
                scope: Scope::Project,
                source: String::new(),
                place: Place::InstanceConfig,
                value: None,
                runs_before: None,
                declared: Fingerprint::of_bytes(b""),
                code: is_installed.then(|| Fingerprint::of_bytes(b"code")),
            });
        }
        disk
    }

    fn places(root: &Path) -> Places {
        let project = root.join("project");
        fs::create_dir_all(&project).expect("made");
        let environment = [("HOME".to_owned(), root.display().to_string())].into_iter().collect();
        Places::in_environment(&project, environment).expect("places")
    }

    /// N16: what is not there yet has to be installed, and nothing else; no name leads out of the folder.
    #[test]
    fn what_is_missing_is_wanted() {
        let root = tempfile::tempdir().expect("a folder");
        let places = places(root.path());
        let check = |plugins: &[(&str, bool)], expected: &[&str]| {
            assert_eq!(wanted(&places, &disk(plugins)), expected, "{plugins:?}");
        };
        check(&[("acme", false), ("acme-two@1.2.0", false), ("@acme/three", true)], &["acme-two@1.2.0", "acme@latest"]);
        check(&[("file:///p/a.ts", false), ("../../etc", false), ("a/../../b", false)], &[]);
        fs::create_dir_all(&places.global).expect("made");
        check(&[("@acme/three", true)], &[LIBRARY]);
        check(&[], &[]);
        write(&places.global.join(LOCK), "{}");
        check(&[("@acme/three", true)], &[]);
    }

    /// N16: an installation is told with its name and its size while it goes on, its own library first.
    #[test]
    fn what_goes_on_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        let places = places(root.path());
        let both = ["acme@latest".to_owned(), LIBRARY.to_owned()];
        let check = |expected: Option<(Option<&str>, u64)>| {
            let now = under_way(&places, &both);
            let now = now.as_ref().map(|now| (now.package.as_deref(), now.bytes));
            assert_eq!(now, expected);
        };
        check(None);
        write(&places.global.join("node_modules/one/a.js"), "12345");
        check(Some((None, 5)));
        write(&places.global.join(LOCK), "{}");
        check(None);
        write(&places.packages.join("acme@latest/node_modules/acme/index.js"), "123");
        check(Some((Some("acme@latest"), 3)));
        write(&places.packages.join("acme@latest").join(LOCK), "{}");
        check(None);
        fs::remove_file(places.packages.join("acme@latest").join(LOCK)).expect("removed");
        assert_eq!(under_way(&places, &[]), None, "what nobody waits for is not told");
    }
}
