//! The engine of a directory, and what is needed for asking it and for reading the files beside it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rekindle_domain::{Answers, EngineView};
use serde_json::Value;

use crate::{
    config::schema::Schema,
    disk::{
        locate::Places,
        scan::{Scan, Scanner},
        watch::Hint,
    },
    engine::{
        client::Client,
        record::{Records, load, write_json},
    },
    fault::Fault,
    memory::{Identity, MemoryStore},
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
        let (places, scanner) = (self.places.refreshed(), self.scanner.clone());
        let read = move || {
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

    /// Takes note of folders of skills that no file names, but a plugin; true when there are new ones.
    pub(crate) fn learn(&self, answers: &Answers) -> bool {
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

    /// The engine's schema, from the engine or from an earlier answer of the same version.
    pub async fn schema(&self) -> Option<Arc<Schema>> {
        static READY: Mutex<BTreeMap<String, Arc<Schema>>> = Mutex::new(BTreeMap::new());
        let version = self.view.version.as_deref().unwrap_or("unknown").replace(['/', '\\'], "_");
        let ready = || READY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = ready().get(&version) {
            return Some(schema.clone());
        }
        let schema = Arc::new(self.make_schema(&version).await?);
        ready().insert(version, schema.clone());
        Some(schema)
    }

    async fn make_schema(&self, version: &str) -> Option<Schema> {
        let kept = self.places.common_state.join("schemas").join(format!("{version}.json"));
        if let Some(schema) = load::<Value>(&kept).as_ref().and_then(Schema::from_doc) {
            return Some(schema);
        }
        let doc = self.client.as_ref()?.doc().await.inspect_err(|error| tracing::warn!(%error, "the schema")).ok()?;
        let schema = Schema::from_doc(&doc)?;
        if let Err(error) = write_json(&kept, &doc) {
            tracing::debug!(%error, "keeping the schema");
        }
        Some(schema)
    }
}
