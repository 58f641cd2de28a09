//! One look at everything: the files, the engine, and the difference.
//!
//! Invariants: a look changes nothing in the engine's configuration; while a file would not load,
//! no route is asked that could create an instance from it, so that a look never bricks a directory.

mod observation;

use std::{collections::BTreeMap, path::Path, sync::OnceLock, time::Duration};

use rekindle_domain::{
    Answers, BusyRun, Change, EngineState, EngineView, Evidence, Loaded, Problem, ReloadNotice, chain, drift,
};
use rekindle_opencode::{Memory, Profile, failed_items, hear, loaded, would_be_lost};

use crate::{
    clock,
    edit::last_good::Standing,
    engine::{
        client::{Client, ClientError, SHORT},
        ear::Ear,
        packages,
    },
    fault::{Fault, sheltered_async},
    files::{scan::Scan, watch::Hint},
    state::memory::{MemoryStore, Read},
    workspace::target::Target,
};
pub use observation::Observation;

/// How long a first answer may take: an engine without a network tries for 70 s to install what
/// plugins need (measured, `docs/engine.md`).
pub const LOADING: Duration = Duration::from_secs(120);

/// Says how many seconds that may be instead, where a network is slow or nobody wants to wait.
pub const LOADING_VARIABLE: &str = "REKINDLE_LOADING_SECONDS";

/// The longest that can be chosen, in seconds: a day. What is more counts as that.
const LONGEST: u64 = 24 * 60 * 60;

/// What was chosen for this process.
static CHOSEN: OnceLock<Duration> = OnceLock::new();

/// Chooses for this process how long a first answer may take, once.
pub fn wait_for(seconds: u64) {
    if CHOSEN.set(Duration::from_secs(seconds.clamp(1, LONGEST))).is_err() {
        tracing::debug!("chosen before");
    }
}

/// How long a first answer may take for this person.
pub fn loading() -> Duration {
    if let Some(chosen) = CHOSEN.get() {
        return *chosen;
    }
    std::env::var(LOADING_VARIABLE).ok().and_then(|text| seconds(&text)).map_or(LOADING, Duration::from_secs)
}

/// A number of seconds that can be waited; `None`: it is no number.
fn seconds(text: &str) -> Option<u64> {
    use std::num::IntErrorKind;
    match text.trim().parse::<u64>() {
        Ok(seconds) => Some(seconds.clamp(1, LONGEST)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Some(LONGEST),
        Err(_) => {
            tracing::warn!("{LOADING_VARIABLE} is not a number of seconds: {text}");
            None
        }
    }
}

/// The same for someone who waits for the answer: an engine that takes longer to load the directory
/// than `patience` is said to be starting. It goes on loading.
pub async fn observe_within(target: &Target, patience: Duration) -> Observation {
    if let Ok(observation) = tokio::time::timeout(patience, observe(target)).await {
        return observation;
    }
    let look = sheltered_async(Fault::of_look(&target.places().directory), read_beside(target, patience)).await;
    seen_or(&Observation::default(), look)
}

/// The files alone, beside an engine that takes longer than `patience`.
async fn read_beside(target: &Target, patience: Duration) -> Result<Observation, Fault> {
    let (scan, problems) = (target.read_files().await?, problems(target).await);
    let mut view = target.engine.view.clone();
    view.state = EngineState::Starting;
    let installs = packages::wanted(target.places(), &scan.disk);
    view.message = Some(ReloadNotice::StillLoading { seconds: patience.as_secs(), installs }.into());
    let observation = Observation { scan, problems, view: Some(view), ..Observation::default() };
    Ok(finish(observation, &mut target.memory()))
}

/// Looks at the files and asks the engine.
pub async fn observe(target: &Target) -> Observation {
    observe_after(target, &Observation::default()).await
}

/// The same after another look, of which all is kept if this one comes to nothing.
pub async fn observe_after(target: &Target, before: &Observation) -> Observation {
    let look = async { observe_with(target, target.read_files().await?).await };
    seen_or(before, sheltered_async(Fault::of_look(&target.places().directory), look).await)
}

/// The files alone, after a look at everything: the engine is as it was.
pub async fn observe_files(target: &Target, before: &Observation, changed: Hint) -> Observation {
    let look = async {
        let scan = target.read_changed(changed).await?;
        let problems = problems(target).await;
        Ok(with_files(before, scan, problems, &mut target.memory()))
    };
    seen_or(before, sheltered_async(Fault::of_look(&target.places().directory), look).await)
}

/// What was seen; after a fault what was seen before, and that there was one.
fn seen_or(before: &Observation, look: Result<Result<Observation, Fault>, Fault>) -> Observation {
    look.and_then(|seen| seen).unwrap_or_else(|fault| before.after(fault))
}

/// Asks the engine and compares it with files that have been read.
pub async fn observe_with(target: &Target, mut scan: Scan) -> Result<Observation, Fault> {
    let mut view = target.engine.view.clone();
    let problems = problems(target).await;
    let before = target.memory();
    let before = before.memory();
    let mut answers = None;
    let mut busy = Vec::new();
    let mut failures = BTreeMap::new();
    let mut was_heard = false;
    if let Some(client) = &target.engine.client {
        if problems.is_empty() {
            // Plugins report their failures while the instance is created, and never again.
            let mut ear = Ear::default();
            if before.instance.is_none() {
                ear.open(client).await;
                ear.begin(target.places()).await;
            }
            let (answered, running) = ask(target, client).await;
            was_heard = scan.disk.plugin_specs.is_empty();
            if before.instance.is_none() && answered.is_ok() && !was_heard {
                let heard = ear.failures(client, view.mode).await;
                failures = failed_items(&scan.disk, &heard.failures);
                was_heard = heard.is_whole;
            }
            busy = running;
            match answered {
                Ok(answered) => {
                    was_heard &= !answered.has_broken_tools();
                    view.state = EngineState::Running;
                    answers = Some(answered);
                }
                Err(error) => tell(&mut view, &error),
            }
        } else if let Err(error) = client.health(SHORT).await {
            tell(&mut view, &error);
        }
    }
    let mut first = None;
    if let Some(answers) = &answers
        && target.learn(answers)
    {
        first = Some(std::mem::replace(&mut scan, target.read_files().await?));
    }
    let is_new = answers.as_ref().is_some_and(|answers| before.is_of_another(answers));
    // What changed while the engine read it is not known to have been loaded.
    let meanwhile = match is_new {
        true => Some(first.as_ref().unwrap_or(&scan).changed_until(&target.read_files().await?)),
        false => None,
    };
    // Opened only now: what others remembered while the engine was asked is not lost.
    let mut memory = target.memory();
    let noted = match (&answers, &meanwhile) {
        (Some(answers), Some(meanwhile)) => {
            memory.noticed(before, &Read { disk: &scan.disk, answers, failures, was_heard, meanwhile })
        }
        (Some(answers), None) => memory.seen(&scan.disk, answers),
        (None, _) => Ok(()),
    };
    if let Err(error) = noted {
        tracing::warn!(%error, "memory");
    }
    let seen =
        finish(Observation { scan, problems, answers, busy, view: Some(view), ..Observation::default() }, &mut memory);
    if is_new && memory.instance().is_some() && !seen.is_pending() {
        target.keep_loaded(&seen.scan, Standing::of(&seen.failures)).await;
    }
    Ok(seen)
}

/// What the engine would not load of the files as they are now.
pub async fn problems(target: &Target) -> Vec<Problem> {
    target.directory.problems(target.engine.schema(target.places()).await).await
}

/// The same observation with files that have been read again; the engine is as it was.
pub fn with_files(
    observation: &Observation,
    scan: Scan,
    problems: Vec<Problem>,
    memory: &mut MemoryStore,
) -> Observation {
    finish(Observation { scan, problems, fault: None, ..observation.clone() }, memory)
}

/// The same observation with what was heard since of what the engine had not said; the rest is as it was.
pub fn with_heard(observation: &Observation, later: Answers, target: &Target) -> Observation {
    let mut answers = observation.answers.clone();
    let mut memory = target.memory();
    if let Some(answers) = &mut answers {
        hear(answers, later);
        if let Err(error) = memory.seen(&observation.scan.disk, answers) {
            tracing::warn!(%error, "memory");
        }
    }
    finish(Observation { answers, ..observation.clone() }, &mut memory)
}

/// Everything that follows from what was seen.
fn finish(mut observation: Observation, memory: &mut MemoryStore) -> Observation {
    let known = match &observation.answers {
        Some(answers) => Some(compare(&mut observation.scan, answers, memory.memory())),
        None => remembered(memory.memory()),
    };
    let version = observation.view.as_ref().and_then(|view| view.version.clone()).unwrap_or_default();
    let profile = Profile::for_version(&version);
    let drift = known.as_ref().map(|known| difference(&observation.scan, known, &profile));
    observation.drift = drift.unwrap_or_default().into();
    observation.loaded = known;
    observation.would_be_lost = would_be_lost(&observation.scan.disk, memory.memory(), &profile);
    observation.failures = memory.memory().failures.clone();
    observation.hidden = memory.memory().hidden.clone();
    if let Some(servers) = observation.answers.as_ref().and_then(|answers| answers.mcp.as_ref()) {
        observation.since = memory.servers_since(servers, clock::now).unwrap_or_else(|error| {
            tracing::warn!(%error, "memory");
            BTreeMap::new()
        });
    }
    let pending = observation.is_pending();
    observation.detected_at = memory.detected_at(pending, clock::now).unwrap_or_else(|error| {
        tracing::warn!(%error, "memory");
        pending.then(clock::now)
    });
    observation
}

/// What the engine has loaded, told from its answers beside these files.
pub(crate) fn compare(scan: &mut Scan, answers: &Answers, memory: &Memory) -> Loaded {
    let locations = answers.skills.iter().map(|skill| skill.location.as_str());
    // Only below folders of ours: an engine may name any path, and looking at one is not always harmless.
    let folders: Vec<_> = scan.disk.skill_folders.iter().map(|(folder, _)| Path::new(folder)).collect();
    let is_below = |location: &&str| folders.iter().any(|folder| Path::new(location).starts_with(folder));
    let gone = locations.filter(is_below).filter(|location| !Path::new(location).exists());
    scan.disk.gone_files = gone.map(str::to_owned).collect();
    loaded(&scan.disk, answers, memory)
}

/// What is on disk and not in the engine. What is in a file that cannot be read now is neither removed nor changed.
pub(crate) fn difference(scan: &Scan, loaded: &Loaded, profile: &Profile) -> Vec<Change> {
    let is_unread = |change: &Change| {
        let before = loaded.items.get(&change.id);
        before.is_some_and(|item| scan.disk.is_unread(&item.source))
    };
    let mut drift = drift(&scan.disk.items, &loaded.items, profile);
    drift.retain(|change| !is_unread(change));
    drift
}

/// Without an answer, what the instance had loaded when it was created is the best that is known.
fn remembered(memory: &Memory) -> Option<Loaded> {
    let items = memory.instance.clone()?;
    let evidence = items.iter().map(|item| (item.id.clone(), Evidence::Remembered)).collect();
    Some(Loaded { items, evidence })
}

async fn ask(target: &Target, client: &Client) -> (Result<Answers, ClientError>, Vec<BusyRun>) {
    let answers = client.answers(loading()).await;
    if answers.is_err() {
        return (answers, Vec::new());
    }
    (answers, running(target).await)
}

/// What runs in this directory, for people to see; nothing, if the engine does not say.
pub(crate) async fn running(target: &Target) -> Vec<BusyRun> {
    target.busy(false).await.unwrap_or_else(|error| {
        tracing::warn!(error = chain(&error), "what is running");
        Vec::new()
    })
}

fn tell(view: &mut EngineView, error: &ClientError) {
    view.state = match error {
        ClientError::Stuck { .. } => EngineState::Stuck,
        ClientError::Unauthorized => EngineState::Unauthorized,
        // It lives and takes its time; a plugin may be loading.
        ClientError::TimedOut { .. } => EngineState::Starting,
        _ => EngineState::Unreachable,
    };
    view.message = Some(error.what());
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rekindle_domain::{Action, ChangeKind};

    use super::*;
    use crate::{
        files::{file, locate::Places},
        state::record::Records,
    };

    /// A directory with a file, and a target without an engine.
    fn world() -> (tempfile::TempDir, Target) {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = [("HOME".to_owned(), folder.path().join("home").display().to_string())];
        let places = Places::in_environment(folder.path(), environment.into_iter().collect()).expect("places");
        file::write_private(&places.directory.join("opencode.json"), "{\"share\": \"auto\"}").expect("written");
        fs::create_dir_all(&places.state).expect("made");
        (folder, Target::by_record(&places))
    }

    fn is_added(observation: &Observation) -> bool {
        let shared = observation.drift.iter().find(|change| change.name == "share");
        shared.is_some_and(|change| change.change == ChangeKind::Added)
    }

    /// N16: after a fault everything that was known stays, it is told, and nothing would be done.
    #[tokio::test]
    async fn a_fault_keeps_what_was_seen() {
        let (_folder, target) = world();
        let fault = || Fault::of_files(&target.places().directory);
        let scan = target.read_files().await.expect("no fault");
        let answers = Answers { config: serde_json::json!({}), ..Answers::default() };
        let before = Observation { answers: Some(answers), ..Observation::default() };
        let before = with_files(&before, scan, Vec::new(), &mut target.memory());
        assert!(is_added(&before) && before.plan().action == Action::Dispose, "{:?}", before.drift);
        for look in [Err(fault()), Ok(Err(fault()))] {
            let after = seen_or(&before, look);
            assert_eq!((&after.drift, after.scan.disk.items.len()), (&before.drift, before.scan.disk.items.len()));
            assert_eq!((after.fault.as_ref(), &after.problems[..]), (Some(&fault()), &[fault().problem()][..]));
            let status = after.status(&target, after.plan());
            assert_eq!((status.problems.len(), status.changes.len()), (1, before.drift.len()));
        }
        // The first look: nothing is known, and nothing is computed from that.
        let blind = seen_or(&Observation::default(), Err(fault()));
        let status = blind.status(&target, blind.plan());
        assert_eq!((status.changes.len(), status.reload_required, status.problems.len()), (0, false, 1));
        assert!(blind.rows(target.places()).is_empty() && blind.loaded.is_none());
        // The next one that comes to something takes its place.
        let next = observe_files(&target, &before.after(fault()), Hint::Anything).await;
        assert_eq!((next.fault.as_ref(), next.problems.len()), (None, 0));
        assert!(is_added(&next));
        assert!(Records(target.places()).last_record().is_none(), "nothing was started");
    }

    /// N16: what would not load is never kept as files that the engine loaded, also if it came to be there after they were
    /// read.
    #[tokio::test]
    async fn broken_files_are_no_last_good_ones() {
        let (_folder, target) = world();
        let scan = target.read_files().await.expect("no fault");
        let at = |name: &str| target.places().directory.join(name);
        let write = |name: &str, text: &str| file::write_private(&at(name), text).expect("written");
        let offer = async |name: &str, text: &str| {
            write(name, text);
            target.keep_loaded(&scan, Standing::Loaded).await;
            write("opencode.json", "{}");
            drop(fs::remove_file(at(BESIDE)));
            target.last_good(&target.read_files().await.expect("no fault")).await
        };
        const BESIDE: &str = ".opencode/opencode.json";
        for (name, text) in [(BESIDE, "{"), ("opencode.json", "{"), ("opencode.json", "{\"share\": \"manual\"}")] {
            assert_eq!(offer(name, text).await, None, "{name} {text}");
            write("opencode.json", "{\"share\": \"auto\"}");
        }
        assert!(offer("opencode.json", "{\"share\":\"auto\"}").await.is_some());
    }

    /// N16: a look that panics is a fault, and the next one begins anew.
    #[tokio::test]
    async fn a_look_that_panics_is_followed_by_another() {
        let (_folder, target) = world();
        let torn = sheltered_async(Fault::of_look(&target.places().directory), async {
            let read = target.read_files().await?;
            let nothing: [Scan; 0] = [];
            Ok(Observation {
                scan: nothing[std::hint::black_box(0)].clone(),
                ..Observation { scan: read, ..Observation::default() }
            })
        });
        let after = seen_or(&Observation::default(), torn.await);
        assert!(after.fault.is_some());
        assert!(observe(&target).await.fault.is_none());
    }

    /// N16: whatever is chosen can be waited for, and added to any moment.
    #[test]
    fn how_long_to_wait_is_bounded() {
        let check = |text: &str, expected| {
            assert_eq!(seconds(text), expected, "{text:?}");
            let wait = seconds(text).map(Duration::from_secs);
            assert!(wait.is_none_or(|wait| std::time::Instant::now().checked_add(wait).is_some()));
        };
        check("300", Some(300));
        check(" 300\n", Some(300));
        check("0", Some(1));
        check("86401", Some(86400));
        check("18446744073709551615", Some(86400));
        check("99999999999999999999999999", Some(86400));
        check("-1", None);
        check("1.5", None);
        check("", None);
        check("soon", None);
    }
}
