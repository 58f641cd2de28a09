//! Hints that something may have changed.
//!
//! Invariant: an event means only "look again"; what is true is decided by a scan. Watched are the
//! nearest existing parents of all places, so that atomic replaces and folders that appear later
//! are seen.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::locate::Places;

/// How long events are gathered before a hint is given.
pub const WINDOW: Duration = Duration::from_millis(60);

/// Watches the places of one directory as long as it lives.
pub struct Watch {
    watcher: RecommendedWatcher,
    watched: BTreeSet<(PathBuf, bool)>,
}

impl Watch {
    /// Starts to watch; `hint` is called from another thread, at most once a [`WINDOW`].
    pub fn start(places: &Places, hint: impl Fn() + Send + 'static) -> Result<Self, notify::Error> {
        let (changed, changes) = mpsc::channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = match &event {
                // Reading is no change; our own looks would keep each other awake.
                Ok(event) => {
                    !matches!(event.kind, EventKind::Access(_)) && !event.paths.iter().all(|path| is_noise(path))
                }
                Err(error) => {
                    tracing::warn!(%error, "watching");
                    true
                }
            };
            if matters && changed.send(()).is_err() {
                tracing::debug!("nobody listens for changes any more");
            }
        })?;
        std::thread::spawn(move || gather(&changes, &hint));
        let mut watch = Self { watcher, watched: BTreeSet::new() };
        watch.follow(places);
        Ok(watch)
    }

    /// Watches what has to be watched now, and nothing else: folders come and go.
    pub fn follow(&mut self, places: &Places) {
        let wanted = wanted(places);
        for (path, _) in self.watched.difference(&wanted) {
            // A folder that is gone is no longer watched anyway.
            if let Err(error) = self.watcher.unwatch(path) {
                tracing::debug!(%error, path = %path.display(), "unwatching");
            }
        }
        let new: Vec<_> = wanted.difference(&self.watched).cloned().collect();
        let mut watched: BTreeSet<_> = self.watched.intersection(&wanted).cloned().collect();
        for (path, deep) in new {
            let mode = if deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            match self.watcher.watch(&path, mode) {
                Ok(()) => {
                    watched.insert((path, deep));
                }
                Err(error) => tracing::warn!(%error, path = %path.display(), "watching"),
            }
        }
        self.watched = watched;
    }
}

/// Gives one hint for all changes of a window, until the watcher is gone.
fn gather(changes: &mpsc::Receiver<()>, hint: &impl Fn()) {
    while changes.recv().is_ok() {
        let end = Instant::now() + WINDOW;
        loop {
            match changes.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        hint();
    }
}

/// The folders to watch, and whether with everything below them.
fn wanted(places: &Places) -> BTreeSet<(PathBuf, bool)> {
    let mut wanted = BTreeSet::new();
    for config in places.config_files() {
        if let Some(folder) = config.path.parent().and_then(nearest_existing) {
            wanted.insert((folder, false));
        }
    }
    for (folder, _) in places.plugin_folders().into_iter().chain(places.skill_folders()) {
        if folder.is_dir() {
            wanted.insert((folder.clone(), true));
        }
        if let Some(parent) = folder.parent().and_then(nearest_existing) {
            wanted.insert((parent, false));
        }
    }
    // A watch with everything below covers the one without.
    let deep: BTreeSet<_> = wanted.iter().filter(|(_, deep)| *deep).map(|(path, _)| path.clone()).collect();
    wanted.retain(|(path, is_deep)| *is_deep || !deep.contains(path));
    wanted
}

fn nearest_existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.is_dir()).map(Path::to_owned)
}

/// What the engine writes by itself, and temporary files of ours.
fn is_noise(path: &Path) -> bool {
    let noise = ["node_modules", ".git", "package.json", "package-lock.json", "bun.lock", ".gitignore"];
    path.components().any(|part| noise.iter().any(|name| part.as_os_str() == *name))
        || path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".rekindle-"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// P12: in place, by rename, and in a folder that appears later; each gives a hint.
    #[test]
    fn every_way_of_saving_gives_a_hint() {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().canonicalize().expect("there");
        std::fs::create_dir(directory.join(".git")).expect("made");
        let places = Places::of(&directory).expect("places");
        let (send, hints) = mpsc::channel();
        let mut watch = Watch::start(&places, move || send.send(()).unwrap_or_default()).expect("watching");
        let mut hinted = |act: &dyn Fn()| {
            act();
            hints.recv_timeout(Duration::from_secs(20)).expect("a hint");
            watch.follow(&places);
            // What is left of the same act.
            while hints.recv_timeout(WINDOW * 4).is_ok() {}
        };
        let config = directory.join("opencode.json");
        hinted(&|| std::fs::write(&config, "{}").expect("written"));
        hinted(&|| {
            std::fs::write(directory.join("x.tmp"), "{ }").expect("written");
            std::fs::rename(directory.join("x.tmp"), &config).expect("renamed");
        });
        hinted(&|| std::fs::create_dir(directory.join(".opencode")).expect("made"));
        hinted(&|| std::fs::create_dir_all(directory.join(".opencode/skills/s")).expect("made"));
        hinted(&|| std::fs::write(directory.join(".opencode/skills/s/SKILL.md"), "x").expect("written"));
        hinted(&|| std::fs::remove_file(&config).expect("removed"));
        // Looking gives none, or a look would be followed by the next for ever.
        super::super::scan::scan(&places);
        assert!(hints.recv_timeout(WINDOW * 5).is_err(), "a look wakes the next one");
    }
}
