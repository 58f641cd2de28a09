//! What a reload is about to do, written down before it does it.
//!
//! Invariants: a step is on disk before it begins, so that whoever comes after a crash knows how far
//! it can have got; lines are only ever added; a torn or foreign line is left out when reading, and no more than a line
//! is held in memory.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use rekindle_domain::{Plan, ReceiptResult, StepName, Wish};
use serde::{Deserialize, Serialize};

use crate::{
    clock,
    error::ours,
    files::{file::adopt, foreign, locate::Places},
    state::lines,
};

/// When it is this long and nothing in it is unfinished, it begins anew. In bytes.
const LONG: u64 = 1024 * 1024;
/// The longest line, in bytes: a step with a plan of very many changes.
const LONGEST: u64 = 64 * 1024 * 1024;
/// The longest plan that is written down, in bytes; of a longer one only that there was one.
const LONGEST_PLAN: usize = 16 * 1024 * 1024;

/// The journal of one directory.
pub struct Journal(PathBuf);

/// A reload that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The reload's id.
    pub id: String,
    /// When it began (RFC 3339, UTC).
    pub at: String,
    /// What was wanted, by all who had joined.
    pub wish: Wish,
    /// The address of someone else's engine; `None`: ours.
    pub client: Option<String>,
    /// The steps that it began, each with how long after the beginning of the reload, in milliseconds.
    pub steps: Vec<(StepName, u64)>,
    /// What it was about to make live, once it was about to touch the engine; `None` also when that was too much to be
    /// written down.
    pub plan: Option<Plan>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
enum Line {
    Planned {
        id: String,
        at: String,
        wish: Wish,
        client: Option<String>,
    },
    Step {
        id: String,
        at: String,
        step: StepName,
        /// Since the reload began, in milliseconds: the clock may be set in between.
        #[serde(default)]
        after_ms: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Plan>,
    },
    Ended {
        id: String,
        at: String,
        result: ReceiptResult,
    },
}

impl Journal {
    /// The journal of the directory.
    pub fn of(places: &Places) -> Self {
        Self(places.state.join("journal.jsonl"))
    }

    /// A reload was asked for, or another wish joins it. Another one that was left unfinished is closed: this one takes its
    /// place. `client`: the address of someone else's engine.
    pub fn plan(&self, id: &str, wish: &Wish, client: Option<&str>) -> io::Result<()> {
        let before = self.unfinished();
        if let Some(other) = before.as_ref().filter(|before| before.id != id) {
            self.end(&other.id, ReceiptResult::Refused)?;
        }
        let is_new = before.is_none_or(|before| before.id != id);
        if is_new && fs::metadata(&self.0).is_ok_and(|file| file.len() > LONG) {
            crate::files::file::write_private(&self.0, "").map_err(|error| ours(io::ErrorKind::Other, error.what))?;
        }
        let (id, wish, client) = (id.to_owned(), wish.clone(), client.map(str::to_owned));
        self.add(&Line::Planned { id, at: clock::now(), wish, client })
    }

    /// A step is about to begin, so many milliseconds after the reload did. `plan`: what is about to become live, with the first step that touches
    /// the engine.
    pub fn step(&self, id: &str, step: StepName, after_ms: u64, plan: Option<&Plan>) -> io::Result<()> {
        let entry = |plan| Line::Step { id: id.to_owned(), at: clock::now(), step, after_ms, plan };
        let line = serde_json::to_string(&entry(plan.cloned()))?;
        if line.len() > LONGEST_PLAN { self.add(&entry(None)) } else { self.add_line(&line) }
    }

    /// A reload came to its end, and its receipt is kept.
    pub fn end(&self, id: &str, result: ReceiptResult) -> io::Result<()> {
        self.add(&Line::Ended { id: id.to_owned(), at: clock::now(), result })
    }

    /// The last reload, if it has no end. Whether it is still going on, the lock of reloads tells.
    pub fn unfinished(&self) -> Option<Unfinished> {
        let mut last: Option<Unfinished> = None;
        lines::each(&self.0, LONGEST, |line| match serde_json::from_slice(line.unwrap_or_default()) {
            Ok(Line::Planned { id, at, wish, client }) => match &mut last {
                Some(last) if last.id == id => last.wish = wish,
                _ => last = Some(Unfinished { id, at, wish, client, steps: Vec::new(), plan: None }),
            },
            Ok(Line::Step { id, step, after_ms, plan, .. }) => {
                if let Some(last) = last.as_mut().filter(|last| last.id == id) {
                    last.steps.push((step, after_ms));
                    last.plan = plan.or(last.plan.take());
                }
            }
            Ok(Line::Ended { id, .. }) => last = last.take().filter(|last| last.id != id),
            // Torn, too long, or not ours.
            Err(_) => {}
        });
        last
    }

    fn add(&self, entry: &Line) -> io::Result<()> {
        self.add_line(&serde_json::to_string(entry)?)
    }

    fn add_line(&self, line: &str) -> io::Result<()> {
        let mut file = foreign::open_own(&self.0, fs::OpenOptions::new().append(true).read(true))?;
        adopt(&file, &self.0);
        // Begun with an end of line, it stays whole behind a line that a crash tore.
        file.write_all(format!("\n{line}\n").as_bytes())?;
        file.sync_data()
    }
}

impl Unfinished {
    /// True when the engine may have been touched.
    pub fn touched(&self) -> bool {
        self.steps.iter().any(|(step, _)| step.touches())
    }

    /// The step in which it stopped.
    pub fn last_step(&self) -> Option<StepName> {
        self.steps.last().map(|(step, _)| *step)
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Cause, Consent, Resume};

    use super::*;

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal(folder.path().join("journal.jsonl"));
        (folder, journal)
    }

    fn wish() -> Wish {
        let resume = Resume::These(vec!["ses_1".to_owned()]);
        Wish { consent: Consent::WhenIdle, patience: Some(60), resume, ..Wish::new(Cause::Command) }
    }

    /// N5: whoever comes after a crash knows how far it can have got, wherever the line was torn.
    #[test]
    fn what_was_begun_is_known() {
        let (_folder, journal) = journal();
        assert_eq!(journal.unfinished(), None);
        journal.plan("1", &wish(), None).expect("written");
        journal.step("1", StepName::Check, 5, None).expect("written");
        let unfinished = journal.unfinished().expect("it has no end");
        assert_eq!((unfinished.touched(), unfinished.last_step()), (false, Some(StepName::Check)));
        assert_eq!(unfinished.wish, wish());
        let plan = Plan::new(vec![], vec![]);
        journal.step("1", StepName::Dispose, 6, Some(&plan)).expect("written");
        journal.step("1", StepName::Answer, 7, None).expect("written");
        let unfinished = journal.unfinished().expect("it has no end");
        assert_eq!((unfinished.touched(), unfinished.plan), (true, Some(plan)));
        assert_eq!(unfinished.steps, [(StepName::Check, 5), (StepName::Dispose, 6), (StepName::Answer, 7)]);
        journal.end("1", ReceiptResult::Proved).expect("written");
        assert_eq!(journal.unfinished(), None);
    }

    /// N5: a line that a crash tore swallows neither what was before it nor what comes after.
    #[test]
    fn a_torn_line_loses_only_itself() {
        let (_folder, journal) = journal();
        journal.plan("1", &wish(), None).expect("written");
        journal.step("1", StepName::Dispose, 5, None).expect("written");
        let whole = fs::read(&journal.0).expect("read");
        for cut in 0..whole.len() {
            fs::write(&journal.0, &whole[..cut]).expect("cut");
            let is_known = journal.unfinished().is_some();
            journal.plan("2", &wish(), None).expect("written");
            assert_eq!(journal.unfinished().map(|last| last.id).as_deref(), Some("2"), "cut at {cut}, {is_known}");
        }
    }

    /// N16: a plan of more than anybody has is not written down, and that it was carried out is.
    #[test]
    fn a_plan_without_end_is_not_written_down() {
        let (_folder, journal) = journal();
        let run = rekindle_domain::BusyRun {
            session: "s".repeat(1000),
            title: String::new(),
            state: rekindle_domain::BusyState::Busy,
            directory: None,
        };
        journal.plan("1", &wish(), None).expect("written");
        journal.step("1", StepName::Dispose, 6, Some(&Plan::new(vec![], vec![run; 20_000]))).expect("written");
        let unfinished = journal.unfinished().expect("it has no end");
        assert_eq!((unfinished.touched(), unfinished.plan), (true, None));
        assert!(fs::metadata(&journal.0).expect("there").len() < 2000);
    }

    /// P9: what joins is written down before it counts, and what was done by then stays known.
    #[test]
    fn what_joins_is_known() {
        let (_folder, journal) = journal();
        journal.plan("1", &wish(), Some("http://127.0.0.1:1")).expect("written");
        journal.step("1", StepName::Dispose, 6, None).expect("written");
        let both = wish().joined(Wish { consent: Consent::Force, ..Wish::new(Cause::Window) });
        journal.plan("1", &both, Some("http://127.0.0.1:1")).expect("written");
        let unfinished = journal.unfinished().expect("it has no end");
        assert_eq!((unfinished.wish, unfinished.steps.len()), (both, 1));
        assert_eq!(unfinished.client.as_deref(), Some("http://127.0.0.1:1"));
    }

    #[test]
    fn a_new_one_takes_the_place_of_an_unfinished_one() {
        let (_folder, journal) = journal();
        journal.plan("1", &wish(), None).expect("written");
        journal.plan("2", &wish(), None).expect("written");
        journal.end("2", ReceiptResult::Proved).expect("written");
        assert_eq!(journal.unfinished(), None);
        fs::write(&journal.0, vec![b'x'; usize::try_from(LONG).expect("a size") + 1]).expect("made long");
        journal.plan("3", &wish(), None).expect("written");
        assert!(fs::metadata(&journal.0).expect("there").len() < 1000);
    }
}
