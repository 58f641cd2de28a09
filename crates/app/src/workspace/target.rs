//! A directory and its engine, and what only both together can tell.

use rekindle_domain::{Answers, EngineMode};
use serde_json::Value;

use crate::{
    engine::{connect, known::Engine},
    fault::Fault,
    files::{locate::Places, scan::Scan, watch::Hint},
    state::{
        memory::{Hold, MemoryStore},
        record::Records,
    },
    workspace::directory::Directory,
};

/// A directory and its engine.
#[derive(Clone)]
pub struct Target {
    /// What is read.
    pub directory: Directory,
    /// What answers.
    pub engine: Engine,
}

impl Target {
    /// A directory that was not read yet, and its engine. `places`: as this process finds them.
    pub fn new(places: &Places, engine: Engine) -> Self {
        let mut target = Self { directory: Directory::new(places.clone()), engine };
        target.directory.be_found_by(&target.engine);
        target
    }

    /// A directory and the engine that Rekindle runs for it, if it does.
    pub fn by_record(places: &Places) -> Self {
        Self::new(places, connect::by_record(places))
    }

    /// The engine is another one, or is otherwise than before.
    pub(crate) fn meet(&mut self, engine: Engine) {
        self.directory.be_found_by(&engine);
        self.engine = engine;
    }

    /// The places of the directory, as the engine finds them.
    pub fn places(&self) -> &Places {
        &self.directory.places
    }

    /// Opens the memory of this engine process. While a reload runs, it is the reload's to write.
    pub fn memory(&self) -> MemoryStore {
        let reloading = Records(self.places()).is_reloading();
        let hold = if reloading { Hold::Here } else { Hold::Kept };
        MemoryStore::open(self.places(), self.engine.identity.clone(), hold)
    }

    /// The same for the reload itself.
    pub fn memory_of_reload(&self) -> MemoryStore {
        MemoryStore::open(self.places(), self.engine.identity.clone(), Hold::Kept)
    }

    /// Reads the files without blocking other tasks.
    pub async fn read_files(&self) -> Result<Scan, Fault> {
        self.read_changed(Hint::Anything).await
    }

    /// The same, told what changed.
    pub async fn read_changed(&self, changed: Hint) -> Result<Scan, Fault> {
        self.directory.read(self.engine.schema(self.places()).await, changed).await
    }

    /// Takes note of the folders of skills that a plugin named; true when the files have to be read again. Someone else's
    /// engine chooses no folder of this machine.
    pub(crate) fn learn(&self, answers: &Answers) -> bool {
        if self.engine.view.mode == EngineMode::Client {
            return false;
        }
        let paths = answers.config.pointer("/skills/paths").and_then(Value::as_array).into_iter().flatten();
        self.directory.learn(paths.filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{EngineState, EngineView};

    use super::*;
    use crate::files::environment::Environment;

    /// A directory is found as its engine finds it, and as this process would as soon as it has none.
    #[test]
    fn a_directory_is_found_as_its_engine_finds_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let variables = |config: &str| -> Environment {
            let home = folder.path().display().to_string();
            [("HOME".to_owned(), home), ("OPENCODE_CONFIG".to_owned(), config.to_owned())].into_iter().collect()
        };
        let view = EngineView {
            mode: EngineMode::Host,
            url: None,
            version: None,
            pid: None,
            state: EngineState::Stopped,
            message: None,
        };
        let engine = |environment| Engine { environment, ..Engine::nowhere(view.clone()) };
        let own = Places::in_environment(folder.path(), variables("/own.json")).expect("places");
        let mut target = Target::new(&own, engine(Some(variables("/engine.json"))));
        let config = |target: &Target| target.places().environment.get("OPENCODE_CONFIG").map(str::to_owned);
        assert_eq!(config(&target).as_deref(), Some("/engine.json"));
        target.meet(engine(Some(variables("/another.json"))));
        assert_eq!(config(&target).as_deref(), Some("/another.json"));
        target.meet(engine(None));
        assert_eq!((config(&target).as_deref(), target.places()), (Some("/own.json"), &own));
    }
}
