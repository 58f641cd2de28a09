//! Which directories an engine has loaded, which no route tells: they are learnt from its events.
//!
//! Invariants: a directory is in the list only while the engine has an instance of it, so that asking
//! it creates none and runs nobody's plugins; the list belongs to one engine process. It is kept by the
//! engine's owner, from the engine's first moment on, and read by every process.
//!
//! An instance that only answered questions goes unnoticed: its creation tells the worktree and not the
//! directory. It has nothing that could be interrupted: sessions, requests and terminals all speak up.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::chain;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{client::Client, events::Stream};
use crate::{
    files::locate::Places,
    state::{
        memory::Identity,
        record::{load, write_json},
    },
};

/// How long to wait before a broken stream is opened again.
const PAUSE: Duration = Duration::from_millis(250);
/// How many directories are kept in mind. No person has as many open; an engine that names more is not believed.
const MOST: usize = 1000;
/// The longest path that is one, in bytes.
const LONGEST: usize = 4096;
/// How often the list is written at the most: many events make one change of it.
const SELDOM: Duration = Duration::from_millis(100);
/// The beginnings of the names of events that only an instance sends.
const OF_INSTANCES: [&str; 8] =
    ["session.", "message.", "permission.", "question.", "pty.", "todo.", "command.", "file."];

/// What is known of the directories of one engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Directories {
    identity: Identity,
    /// True while every event of the engine's life has been seen.
    is_whole: bool,
    /// By directory: true when a terminal was opened there.
    loaded: BTreeMap<String, bool>,
}

impl Directories {
    fn new(identity: Identity) -> Self {
        Self { identity, is_whole: true, loaded: BTreeMap::new() }
    }

    /// Those of an engine that Rekindle owns; `None`: nobody listened to it.
    pub fn of(places: &Places, identity: &Identity) -> Option<Self> {
        load::<Self>(&file(places)).filter(|known| known.identity == *identity)
    }

    /// All loaded directories but this one.
    pub fn others(&self, directory: &str) -> Vec<&str> {
        let is_other = |other: &&str| Path::new(other) != Path::new(directory);
        self.loaded.keys().map(String::as_str).filter(is_other).collect()
    }

    /// Whether terminals may be open there. Asking costs the engine two thirds of a second in a new
    /// instance (measured), so it is worth knowing.
    pub fn may_have_terminals(&self, directory: &str) -> bool {
        let known = self.loaded.iter().find(|(loaded, _)| Path::new(loaded) == Path::new(directory));
        !self.is_whole || known.is_some_and(|(_, has_terminals)| *has_terminals)
    }

    /// Takes note of an event; true when something is different now.
    fn note(&mut self, event: &Value) -> bool {
        match (kind_of(event), event.get("directory").and_then(Value::as_str)) {
            ("global.disposed", _) => !std::mem::take(&mut self.loaded).is_empty(),
            ("server.instance.disposed", Some(directory)) => self.loaded.remove(directory).is_some(),
            (kind, Some(directory)) if OF_INSTANCES.iter().any(|start| kind.starts_with(start)) => {
                let has_terminal = kind == "pty.created";
                if let Some(known) = self.loaded.get_mut(directory) {
                    return has_terminal && !std::mem::replace(known, true);
                }
                if self.loaded.len() < MOST && directory.len() <= LONGEST {
                    self.loaded.insert(directory.to_owned(), has_terminal);
                    return true;
                }
                // Others are loaded, too.
                std::mem::replace(&mut self.is_whole, false)
            }
            _ => false,
        }
    }
}

fn kind_of(event: &Value) -> &str {
    event.pointer("/payload/type").and_then(Value::as_str).unwrap_or_default()
}

/// Follows an engine until it is dropped.
pub(super) struct Following {
    task: JoinHandle<()>,
    all_dropped: watch::Receiver<()>,
}

impl Following {
    /// Waits until the engine says that it has dropped all instances, from now on.
    pub(super) fn all_dropped(&self) -> impl Future<Output = ()> + use<> {
        let mut heard = self.all_dropped.clone();
        heard.mark_unchanged();
        async move {
            // An error means that nobody follows any more.
            drop(heard.changed().await);
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Follows an engine from now on.
pub(super) async fn follow(places: &Places, client: Client, identity: Identity) -> Following {
    let mut known = Directories::new(identity);
    let path = file(places);
    keep(&path, &known);
    let mut stream = Stream::open(&client).await;
    let (tell, all_dropped) = watch::channel(());
    let task = tokio::spawn(async move {
        loop {
            match &mut stream {
                Ok(events) => listen(events, &mut known, &path, &tell).await,
                Err(error) => tracing::debug!(error = chain(error), "the engine's events"),
            }
            // What happened meanwhile is not known.
            if known.is_whole {
                known.is_whole = false;
                keep(&path, &known);
            }
            sleep(PAUSE).await;
            stream = Stream::open(&client).await;
        }
    });
    Following { task, all_dropped }
}

/// Takes note of events until the stream ends. The list is written at once, unless it has just been written.
async fn listen(events: &mut Stream, known: &mut Directories, path: &Path, tell: &watch::Sender<()>) {
    let mut written_at = None;
    let mut is_late = false;
    loop {
        let wait = written_at.map(|at: Instant| SELDOM.saturating_sub(at.elapsed())).unwrap_or_default();
        if is_late && wait.is_zero() {
            keep(path, known);
            (written_at, is_late) = (Some(Instant::now()), false);
        }
        let event = match is_late {
            true => match timeout(wait, events.next()).await {
                Ok(event) => event,
                Err(_) => continue,
            },
            false => events.next().await,
        };
        let Some(event) = event else { break };
        is_late |= known.note(&event);
        if kind_of(&event) == "global.disposed" {
            tell.send_replace(());
        }
    }
    if is_late {
        keep(path, known);
    }
}

fn file(places: &Places) -> PathBuf {
    places.state.join("directories.json")
}

fn keep(path: &Path, known: &Directories) {
    if let Err(error) = write_json(path, known) {
        tracing::warn!(error = chain(&error), "the directories of the engine");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// P8: what is loaded is what was heard of and not dropped since.
    #[test]
    fn directories_come_with_what_happens_and_go_with_a_dispose() {
        let mut known = Directories::new(Identity::default());
        let mut check = |directory: Option<&str>, kind: &str, changed: bool, loaded: &[(&str, bool)]| {
            let event = json!({"directory": directory, "payload": {"type": kind, "properties": {}}});
            assert_eq!(known.note(&event), changed, "{event}");
            let loaded: BTreeMap<_, _> =
                loaded.iter().map(|(name, terminal)| ((*name).to_owned(), *terminal)).collect();
            assert_eq!(known.loaded, loaded, "{event}");
        };
        check(None, "server.connected", false, &[]);
        check(Some("global"), "project.updated", false, &[]);
        // What the engine's other interface loads is no instance.
        check(Some("/a"), "catalog.updated", false, &[]);
        check(Some("/a"), "plugin.added", false, &[]);
        check(Some("/a"), "session.status", true, &[("/a", false)]);
        check(Some("/a"), "session.status", false, &[("/a", false)]);
        check(Some("/b"), "pty.created", true, &[("/a", false), ("/b", true)]);
        check(Some("/b"), "session.idle", false, &[("/a", false), ("/b", true)]);
        check(Some("/a"), "server.instance.disposed", true, &[("/b", true)]);
        check(Some("/c"), "permission.asked", true, &[("/b", true), ("/c", false)]);
        check(Some("global"), "global.disposed", true, &[]);
    }

    /// N16: an engine that names directories without end fills nothing.
    #[test]
    fn directories_are_few_or_not_believed() {
        let mut known = Directories::new(Identity::default());
        let name = |directory: &str| json!({"directory": directory, "payload": {"type": "session.idle"}});
        assert!(known.note(&name("/kept")));
        assert!(known.note(&name(&"x".repeat(LONGEST + 1))), "the list is not whole any more");
        for number in 0..2 * MOST {
            known.note(&name(&format!("/{number}")));
        }
        assert_eq!((known.loaded.len(), known.is_whole), (MOST, false));
        assert!(!known.note(&name("/another")));
        assert!(known.loaded.contains_key("/kept"));
    }

    #[test]
    fn others_and_terminals_are_told_by_path() {
        let mut known = Directories::new(Identity::default());
        known.loaded = [("/a".to_owned(), true), ("/b".to_owned(), false)].into();
        assert_eq!(known.others("/a/"), ["/b"]);
        assert_eq!(known.others("/c"), ["/a", "/b"]);
        assert_eq!(["/a", "/b", "/c"].map(|directory| known.may_have_terminals(directory)), [true, false, false]);
        known.is_whole = false;
        assert!(known.may_have_terminals("/c"));
    }
}
