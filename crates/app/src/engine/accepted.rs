//! What each engine accepts, learnt from that engine and used for no other.
//!
//! Invariants: what an engine of ours says counts for its program, told by its file and not by its word, and only
//! while it is known that it was this engine that answered; what someone else's engine says counts for that
//! address, in this process, and is never written down.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rekindle_domain::{EngineMode, EngineNotice, Fingerprint, Notice, Problem};
use rekindle_opencode::config::schema::Schema;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    engine::{connect, known::Engine, program::program},
    files::{check::check_config, locate::Places},
    state::{
        memory::Identity,
        record::{Records, load, write_json},
    },
};

/// How many engines are known at a time.
const MOST: usize = 8;
/// How long someone else's engine that did not say what it accepts is not asked again.
const SELDOM: Duration = Duration::from_secs(60);

/// What is known of what an engine accepts.
#[derive(Clone)]
enum Known {
    Schema(Arc<Schema>),
    /// It says nothing that can be used, and will not say anything else.
    Nothing,
    /// It did not answer then.
    Silent(Instant),
}

/// Those that are known, the last one last.
static KNOWN: Mutex<Vec<(Fingerprint, Known)>> = Mutex::new(Vec::new());

fn known(key: &Fingerprint) -> Option<Known> {
    let all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().find(|(other, _)| other == key).map(|(_, known)| known.clone())
}

fn remember(key: Fingerprint, what: Known) {
    let mut all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|(other, _)| *other != key);
    if all.len() == MOST {
        all.remove(0);
    }
    all.push((key, what));
}

impl Engine {
    /// The engine's schema of its configuration. `None`: it did not say, or nothing that can be used.
    pub async fn schema(&self, places: &Places) -> Option<Arc<Schema>> {
        let key = self.speaker()?;
        match known(&key) {
            Some(Known::Schema(schema)) => return Some(schema),
            Some(Known::Nothing) => return None,
            Some(Known::Silent(since)) if since.elapsed() < SELDOM => return None,
            _ => {}
        }
        if let Some(schema) = self.kept_schema(places, &key).and_then(|path| load::<Value>(&path)) {
            let learnt = checked(schema).await;
            remember(key, learnt.clone().map_or(Known::Nothing, Known::Schema));
            return learnt;
        }
        let doc = match self.client.as_ref()?.doc().await {
            Ok(doc) => doc,
            Err(error) => {
                tracing::warn!(%error, "what the engine accepts");
                if self.view.mode == EngineMode::Client {
                    remember(key, Known::Silent(Instant::now()));
                }
                return None;
            }
        };
        if !self.has_answered(places) {
            tracing::warn!("what answered is not known to be the engine");
            return None;
        }
        let learnt = checked(doc.clone()).await;
        if let (Some(_), Some(path)) = (&learnt, self.kept_schema(places, &key))
            && let Err(error) = write_json(&path, &doc)
        {
            tracing::debug!(%error, "keeping what the engine accepts");
        }
        remember(key, learnt.clone().map_or(Known::Nothing, Known::Schema));
        learnt
    }

    /// What people should know when the engine says nothing of what it accepts.
    pub(crate) fn caveat_of_schema(&self) -> Option<Notice> {
        let is_nothing = matches!(known(&self.speaker()?)?, Known::Nothing | Known::Silent(_));
        is_nothing.then(|| EngineNotice::NoSchema.into())
    }

    /// For which engines what this one says counts. `None`: nothing is known of it.
    fn speaker(&self) -> Option<Fingerprint> {
        let version = self.view.version.as_deref()?;
        Some(match (self.view.mode, &self.program) {
            (EngineMode::Host, Some(program)) => of_program(program, version),
            // Its program is not known: then for this very process.
            (EngineMode::Host, None) => Fingerprint::of_parts(&["process", &format!("{:?}", self.identity), version]),
            (EngineMode::Client, _) => Fingerprint::of_parts(&["address", self.view.url.as_deref()?, version]),
        })
    }

    /// Where it is kept for other processes.
    fn kept_schema(&self, places: &Places, key: &Fingerprint) -> Option<PathBuf> {
        let is_ours = self.view.mode == EngineMode::Host && self.program.is_some();
        is_ours.then(|| file_of(places, key))
    }

    /// True when the engine, if it is ours, lives: then nobody else can have had its port.
    fn has_answered(&self, places: &Places) -> bool {
        let record = Records(places).record().filter(|record| Identity::of(record) == self.identity);
        let can_tell = Path::new("/proc/self/environ").exists();
        self.view.mode == EngineMode::Client || record.is_some_and(|record| !can_tell || record.is_alive())
    }
}

/// Where what engines of a program accept is kept.
pub fn kept(places: &Places, program: &Fingerprint, version: &str) -> PathBuf {
    file_of(places, &of_program(program, version))
}

fn of_program(program: &Fingerprint, version: &str) -> Fingerprint {
    Fingerprint::of_parts(&["program", program.as_str(), version])
}

fn file_of(places: &Places, key: &Fingerprint) -> PathBuf {
    places.common_state.join("schemas").join(format!("{}.json", key.as_str()))
}

/// What of the global files would keep an engine of this program from starting, with what the last engine said that it
/// accepts, if that was of the same program.
pub async fn problems_of_start(places: &Places, binary: &Path) -> Vec<Problem> {
    let program = program(binary);
    let last = Records(places).last_record().filter(|last| last.program.is_some() && last.program == program);
    let schema = match last {
        Some(last) => connect::stopped(&last).schema(places).await,
        None => None,
    };
    let files = places.global_files();
    files.iter().flat_map(|file| check_config(&file.path, places, schema.as_deref())).collect()
}

/// Made in a thread of its own, away from everything else.
async fn checked(doc: Value) -> Option<Arc<Schema>> {
    tokio::task::spawn_blocking(move || Schema::from_doc(&doc)).await.ok().flatten().map(Arc::new)
}
