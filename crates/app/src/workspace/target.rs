//! The engine of a directory, and what is needed for asking it and for reading the files beside it.

use std::sync::{Arc, Mutex, PoisonError};

use rekindle_domain::{Answers, EngineMode, EngineView, Fingerprint, Notice};
use serde_json::Value;

use crate::{
    engine::client::Client,
    fault::Fault,
    files::{
        locate::Places,
        scan::{Scan, Scanner},
        watch::Hint,
    },
    state::{
        memory::{Identity, MemoryStore},
        record::{Records, load, write_json},
    },
};

/// The engine of a directory, as far as it is known.
#[derive(Clone)]
pub struct Target {
    /// The directory and its places.
    pub places: Places,
    /// For people.
    pub view: EngineView,
    /// For talking to it; `None` when there is none.
    pub client: Option<Client>,
    /// Which process it is.
    pub identity: Identity,
    /// The program of an engine of ours, if it is known.
    pub program: Option<Fingerprint>,
    /// What people should know about the way to it.
    pub caveat: Option<Notice>,
    /// For reading the files; what it remembers of them outlives one look.
    pub scanner: Arc<Mutex<Scanner>>,
}

impl Target {
    /// Opens the memory of this engine process. While a reload runs, it is the reload's to write.
    pub fn memory(&self) -> MemoryStore {
        let reloading = Records(&self.places).is_reloading();
        MemoryStore::open(&self.places, self.identity.clone(), !reloading)
    }

    /// The same for the reload itself.
    pub fn memory_of_reload(&self) -> MemoryStore {
        MemoryStore::open(&self.places, self.identity.clone(), true)
    }

    /// Reads the files without blocking other tasks.
    pub async fn read_files(&self) -> Result<Scan, Fault> {
        self.read_changed(Hint::Anything).await
    }

    /// The same, told what changed.
    pub async fn read_changed(&self, changed: Hint) -> Result<Scan, Fault> {
        let schema = self.schema().await;
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

    /// Takes note of folders of skills that no file names, but a plugin; true when they are others than before, and the
    /// files have to be read again. Someone else's engine chooses no folder of this machine.
    pub(crate) fn learn(&self, answers: &Answers) -> bool {
        if self.view.mode == EngineMode::Client {
            return false;
        }
        let paths = answers.config.pointer("/skills/paths").and_then(Value::as_array).into_iter().flatten();
        let paths: Vec<_> = paths.filter_map(Value::as_str).map(str::to_owned).collect();
        // For whoever removes a skill without asking the engine (`change/extent.rs`).
        let kept = self.places.learned_skills();
        let known: Vec<String> = load(&kept).unwrap_or_default();
        if known != paths
            && let Err(error) = write_json(&kept, &paths)
        {
            tracing::debug!(%error, "keeping the folders of skills");
        }
        self.scanner.lock().unwrap_or_else(PoisonError::into_inner).learn(paths)
    }
}
