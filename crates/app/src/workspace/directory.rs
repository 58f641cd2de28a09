//! What is read: a directory and all that belongs to it, as its engine finds it.
//!
//! Invariant: it knows of the engine no more than the environment in which that looks for files; what is remembered of
//! the files outlives every engine.

use std::sync::{Arc, Mutex, PoisonError};

use rekindle_domain::Problem;
use rekindle_opencode::config::schema::Schema;

use crate::{
    engine::known::Engine,
    fault::Fault,
    files::{
        check,
        locate::Places,
        scan::{Scan, Scanner},
        watch::Hint,
    },
    state::record::{load, write_json},
};

/// A directory with its places, and what reads them.
#[derive(Clone)]
pub struct Directory {
    /// As the engine finds them.
    pub places: Places,
    /// As this process would.
    own: Places,
    /// What it remembers of the files outlives one look.
    scanner: Arc<Mutex<Scanner>>,
}

impl Directory {
    /// A directory that was not read yet. `places`: as this process finds them.
    pub fn new(places: Places) -> Self {
        Self { own: places.clone(), places, scanner: Arc::default() }
    }

    /// The same directory as this engine finds it.
    pub(crate) fn be_found_by(&mut self, engine: &Engine) {
        self.places = self.own.clone();
        if let Some(environment) = &engine.environment {
            self.places.environment = environment.clone();
        }
    }

    /// Reads the files without blocking other tasks. `schema`: what the engine accepts; `changed`: what may have changed.
    pub async fn read(&self, schema: Option<Arc<Schema>>, changed: Hint) -> Result<Scan, Fault> {
        let (places, scanner) = (self.places.clone(), self.scanner.clone());
        let read = move || {
            // Git may have to be asked.
            let places = places.refreshed();
            let changed = match changed {
                Hint::Anything => None,
                Hint::Paths(paths) => Some(paths.into_iter().collect::<Vec<_>>()),
            };
            let mut scanner = scanner.lock().unwrap_or_else(PoisonError::into_inner);
            scanner.rescan(&places, schema.as_deref(), changed.as_deref())
        };
        // It ends early only when the program does.
        let ended = |_| Err(Fault::of_files(&self.places.directory));
        tokio::task::spawn_blocking(read).await.unwrap_or_else(ended)
    }

    /// What an engine that accepts this would not load of the files as they are now.
    pub async fn problems(&self, schema: Option<Arc<Schema>>) -> Vec<Problem> {
        let (places, scanner) = (self.places.clone(), self.scanner.clone());
        let check = move || {
            let mut problems = check::check(&places.refreshed(), schema.as_deref());
            problems.extend_from_slice(scanner.lock().unwrap_or_else(PoisonError::into_inner).endless());
            problems
        };
        let checked = tokio::task::spawn_blocking(check).await;
        // What was not checked must not be loaded.
        checked.unwrap_or_else(|error| {
            tracing::error!(%error, "the files could not be checked");
            vec![Fault::of_files(&self.places.directory).problem()]
        })
    }

    /// Takes note of folders of skills that no file names, but a plugin; true when they are others than before, and the
    /// files have to be read again.
    pub(crate) fn learn(&self, folders: Vec<String>) -> bool {
        // For whoever removes a skill without asking the engine (`edit/extent.rs`).
        let kept = self.places.learned_skills();
        let known: Vec<String> = load(&kept).unwrap_or_default();
        if known != folders
            && let Err(error) = write_json(&kept, &folders)
        {
            tracing::debug!(%error, "keeping the folders of skills");
        }
        self.scanner.lock().unwrap_or_else(PoisonError::into_inner).learn(folders)
    }
}
