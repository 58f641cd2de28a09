//! Past reloads, one JSON object a line.
//!
//! Invariants: one process at a time writes to it; a line is written in one piece, and never changed; what is
//! learnt of a reload after its end is another line with its id, which takes the place of the first; a torn or
//! foreign line is left out when reading; what is read, and what is kept, is bounded.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    time::Duration,
};

use rekindle_domain::{Action, Leftover, Receipt, ReceiptResult, StepName, Takes, UserError};
use serde::Deserialize;

use crate::{
    clock,
    error::ours,
    files::{
        file::{adopt, contended},
        foreign,
        locate::Places,
    },
    state::{self, lines, lock::Lock},
};

/// How many reloads are kept.
const KEPT: usize = 200;
/// How long the file may be, in bytes. Receipts are some kilobytes.
const LONG: u64 = 16 * 1024 * 1024;
/// How long a receipt may be, in bytes: of one that is longer, what matters most is kept.
pub(crate) const LONGEST: usize = 1024 * 1024;
/// How long another process may take to add a line, or to cut the file.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many reloads tell how long the next one takes.
const ALIKE: usize = 20;

/// The history of one directory.
pub struct History(PathBuf);

impl History {
    /// The history of the directory.
    pub fn of(places: &Places) -> Self {
        Self(places.state.join("history.jsonl"))
    }

    /// Whether it can be read, where there is any.
    pub fn check(&self) -> Result<(), UserError> {
        state::file(&self.0).map(drop)
    }

    /// The last reloads, newest first.
    pub fn last(&self, most: usize) -> Vec<Receipt> {
        let mut all = receipts(&self.text());
        all.reverse();
        all.truncate(most);
        all
    }

    /// The last reload.
    pub fn newest(&self) -> Option<Receipt> {
        let text = self.text();
        let mut known = BTreeSet::new();
        let mut newest: Option<(Named, &str)> = None;
        for (named, line) in text.lines().filter_map(|line| Some((serde_json::from_str::<Named>(line).ok()?, line))) {
            // What was learnt later stands behind what it is about, and may stand behind newer ones.
            let is_later = newest.as_ref().is_some_and(|(newest, _)| newest.id == named.id);
            if known.insert(named.id.clone()) || is_later {
                newest = Some((named, line));
            }
        }
        serde_json::from_str(newest?.1).ok().map(Receipt::of_any_version)
    }

    /// How long most reloads with this action took that had to install something, or had not: the last ones that
    /// were proved, without the wait for idle. `None`: there was none.
    pub fn takes(&self, action: Action, installs: bool) -> Option<Takes> {
        let is_alike = |receipt: &&Receipt| {
            receipt.action == action
                && receipt.result == ReceiptResult::Proved
                && receipt.installs.is_empty() != installs
        };
        Takes::of(self.last(KEPT).iter().filter(is_alike).take(ALIKE).map(took).collect())
    }

    /// The processes that the last reloads left behind, as far as was seen then.
    pub fn orphans(&self) -> Vec<Leftover> {
        self.last(KEPT).into_iter().flat_map(|receipt| receipt.orphans).collect()
    }

    /// How long it is, in bytes: as long as that is the same, nothing was added. Cutting it off makes it shorter.
    pub fn length(&self) -> u64 {
        fs::metadata(&self.0).map_or(0, |file| file.len())
    }

    /// What was learnt of a reload after its end.
    pub fn settle(&self, receipt: &Receipt) -> io::Result<()> {
        let settled_at = receipt.settled_at.clone().unwrap_or_else(clock::now);
        self.add(&Receipt { settled_at: Some(settled_at), ..receipt.clone() })
    }

    /// Adds a reload.
    pub fn add(&self, receipt: &Receipt) -> io::Result<()> {
        let line = serde_json::to_string(&receipt.clone().within(LONGEST))?;
        // Who has the file open while another process cuts it would write where nobody reads.
        let turn = Lock::wait(&self.0.with_extension("lock"), PATIENCE)?;
        let _turn = turn.ok_or_else(|| ours(io::ErrorKind::WouldBlock, contended(&self.0).what))?;
        let mut file = foreign::open_own(&self.0, fs::OpenOptions::new().append(true).read(true))?;
        adopt(&file, &self.0);
        let length = file.metadata()?.len();
        // A line that a crash tore must not swallow this one.
        let start = if length == 0 || ends_a_line(&mut file)? { "" } else { "\n" };
        file.write_all(format!("{start}{line}\n").as_bytes())?;
        file.sync_data()?;
        let text = self.text();
        if text.lines().count() > 2 * KEPT || length > LONG {
            let all = receipts(&text);
            let kept = all.iter().skip(all.len().saturating_sub(KEPT)).map(serde_json::to_string);
            let text: String = kept.collect::<Result<Vec<_>, _>>()?.iter().map(|line| format!("{line}\n")).collect();
            crate::files::file::write_private(&self.0, &text)
                .map_err(|error| ours(io::ErrorKind::Other, error.what))?;
        }
        Ok(())
    }

    /// How many lines are not shown, because they are too long to be read.
    pub fn passed_over(&self) -> usize {
        self.read().1
    }

    fn text(&self) -> String {
        self.read().0
    }

    /// The last lines, and how many were passed over.
    fn read(&self) -> (String, usize) {
        let (mut kept, mut bytes, mut passed_over) = (VecDeque::new(), 0, 0);
        lines::each(&self.0, LONG, |line| {
            let Some(line) = line else { return passed_over += 1 };
            bytes += line.len() as u64 + 1;
            kept.push_back(foreign::lossy(line.to_owned()));
            while bytes > LONG {
                bytes -= kept.pop_front().map_or(bytes, |line| line.len() as u64 + 1);
            }
        });
        (kept.iter().flat_map(|line| [line.as_str(), "\n"]).collect(), passed_over)
    }
}

fn ends_a_line(file: &mut fs::File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// What makes two lines be about one reload.
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The reloads of a history, oldest first, each as it is known by now.
fn receipts(text: &str) -> Vec<Receipt> {
    let mut all: Vec<Receipt> = Vec::new();
    let mut places = BTreeMap::new();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Receipt>(line).ok());
    for receipt in lines.map(Receipt::of_any_version) {
        match places.get(&receipt.id).and_then(|at| all.get_mut(*at)) {
            Some(known) => *known = receipt,
            None => {
                places.insert(receipt.id.clone(), all.len());
                all.push(receipt);
            }
        }
    }
    all
}

/// How long a reload took without the wait for idle, in milliseconds.
fn took(receipt: &Receipt) -> u64 {
    let waits = receipt.steps.iter().filter(|step| step.name == StepName::WaitForIdle.word());
    receipt.duration_ms.saturating_sub(waits.map(|step| step.ms).sum())
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Cause, Counts, LeftOut, StepTime};

    use super::*;

    fn history() -> (tempfile::TempDir, History) {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History(folder.path().join("history.jsonl"));
        (folder, history)
    }

    fn receipt(id: usize, action: Action, result: ReceiptResult, duration_ms: u64) -> Receipt {
        Receipt {
            version: 1,
            id: id.to_string(),
            at: String::new(),
            cause: Cause::Window,
            result,
            action,
            duration_ms,
            steps: vec![],
            items: vec![],
            counts: Counts::default(),
            installs: vec![],
            settled_at: None,
            still_pending: vec![],
            left_out: LeftOut::default(),
            orphans: vec![],
            resumed: vec![],
            restored: false,
            message: None,
        }
    }

    /// B4, N16: how long it takes is told from reloads of the same kind that worked: with an installation or
    /// without, by a dispose or by a restart.
    #[test]
    fn how_long_it_takes_is_told_from_the_same_kind() {
        use ReceiptResult::{Failed, Proved};
        let (_folder, history) = history();
        assert_eq!(history.takes(Action::Dispose, false), None);
        let mut id = 0;
        let mut add = |action, result, duration_ms, waited, installs: &[&str]| {
            id += 1;
            let steps = vec![StepTime { name: "wait-for-idle".to_owned(), ms: waited }];
            let installs = installs.iter().map(|name| (*name).to_owned()).collect();
            let receipt = Receipt { steps, installs, ..receipt(id, action, result, duration_ms) };
            history.add(&receipt).expect("written");
        };
        add(Action::Dispose, Proved, 300, 0, &[]);
        add(Action::Dispose, Proved, 90_200, 90_000, &[]);
        add(Action::Dispose, Proved, 100, 0, &[]);
        add(Action::Dispose, Failed, 30_000, 0, &[]);
        add(Action::Restart, Proved, 1500, 0, &[]);
        add(Action::Dispose, Proved, 26_000, 0, &["acme@latest"]);
        let check = |action, installs, expected: Option<(u64, u64, u64)>| {
            let takes = history.takes(action, installs);
            assert_eq!(takes.map(|takes| (takes.takes_from_ms, takes.takes_ms, takes.takes_to_ms)), expected);
        };
        check(Action::Dispose, false, Some((100, 200, 300)));
        check(Action::Dispose, true, Some((26_000, 26_000, 26_000)));
        check(Action::Restart, false, Some((1500, 1500, 1500)));
        check(Action::Restart, true, None);
        check(Action::None, false, None);
    }

    /// N16: a history that somebody made endless keeps what is added to it, and is cut to that.
    #[test]
    fn an_endless_history_is_cut() {
        let (_folder, history) = history();
        let add = |id| history.add(&receipt(id, Action::Dispose, ReceiptResult::Proved, 5)).expect("written");
        add(1);
        let endless = vec![b'x'; usize::try_from(LONG).expect("a size") + 1];
        fs::OpenOptions::new()
            .append(true)
            .open(&history.0)
            .and_then(|mut file| file.write_all(&endless))
            .expect("made long");
        // What is before it and behind it is there.
        let ids = || history.last(9).into_iter().map(|receipt| receipt.id).collect::<Vec<_>>();
        assert_eq!((ids(), history.passed_over()), (vec!["1".to_owned()], 1));
        add(2);
        add(3);
        assert_eq!((ids(), history.passed_over()), (["3", "2", "1"].map(str::to_owned).to_vec(), 0));
        assert!(history.length() < 10_000);
    }

    /// N16: a reload of whatever an engine made up neither fills the disk nor pushes out those before it.
    #[test]
    fn a_reload_of_very_much_is_kept_in_part() {
        let (_folder, history) = history();
        history.add(&receipt(1, Action::Dispose, ReceiptResult::Proved, 5)).expect("written");
        let item = |at: usize| rekindle_domain::ReceiptItem {
            id: rekindle_domain::ItemId::new(
                rekindle_domain::Kind::Plugin,
                rekindle_domain::Scope::Project,
                &at.to_string(),
            ),
            name: "p".repeat(100),
            change: rekindle_domain::ChangeKind::Removed,
            state: rekindle_domain::ItemState::Removed,
            detail: None,
            unheard: false,
        };
        let large = Receipt {
            items: (0..100_000).map(item).collect(),
            ..receipt(2, Action::Dispose, ReceiptResult::Proved, 5)
        };
        history.add(&large).expect("written");
        history.settle(&large).expect("written");
        assert!(history.length() < 2 * LONGEST as u64 + 10_000, "{}", history.length());
        let all = history.last(9);
        assert_eq!(all.iter().map(|receipt| receipt.tally().all).collect::<Vec<_>>(), [100_000, 0]);
        assert!(all[0].items.len() > 1000 && all[0].result == ReceiptResult::Proved);
    }

    /// N16: what several processes add at a time is all kept, also while one of them cuts the file.
    #[test]
    fn nothing_is_lost_while_it_is_cut() {
        const EACH: usize = 40;
        let (_folder, history) = history();
        let old = |id: usize| receipt(id, Action::Dispose, ReceiptResult::Partial, 5);
        // As long as it may be before it is cut: one of the first lines that are added cuts it.
        let lines: Vec<_> = (0..2 * KEPT).map(|id| serde_json::to_string(&old(id)).expect("JSON")).collect();
        fs::write(&history.0, lines.join("\n")).expect("written");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let history = History(history.0.clone());
                scope.spawn(move || {
                    for at in 0..EACH {
                        let id = 10_000 * (writer + 1) + at;
                        history.add(&receipt(id, Action::Dispose, ReceiptResult::Partial, 5)).expect("added");
                        history.settle(&receipt(id, Action::Dispose, ReceiptResult::Proved, 5)).expect("settled");
                    }
                });
            }
        });
        let all = history.last(4 * EACH);
        let is_new = |receipt: &Receipt| receipt.id.len() == 5 && receipt.result == ReceiptResult::Proved;
        assert_eq!(all.iter().filter(|receipt| is_new(receipt)).count(), 4 * EACH);
        let distinct: BTreeSet<_> = all.iter().map(|receipt| &receipt.id).collect();
        assert_eq!(distinct.len(), 4 * EACH);
    }

    /// N16: what is learnt later takes the place of what was known, wherever that stands, also across a torn line
    /// and when the file is cut.
    #[test]
    fn what_is_learnt_later_takes_its_place() {
        use ReceiptResult::{Partial, Proved};
        let (_folder, history) = history();
        assert_eq!(history.newest(), None);
        history.add(&receipt(1, Action::Dispose, Partial, 5)).expect("written");
        let proved = |id| receipt(id, Action::Dispose, Proved, 5);
        history.settle(&proved(1)).expect("written");
        let told = |receipt: Option<Receipt>| receipt.map(|receipt| (receipt.id, receipt.result));
        assert_eq!(told(history.newest()), Some(("1".to_owned(), Proved)));
        history.add(&receipt(2, Action::Dispose, Partial, 5)).expect("written");
        history.settle(&proved(1)).expect("written");
        assert_eq!(told(history.newest()), Some(("2".to_owned(), Partial)));
        fs::write(&history.0, format!("{}{{\"torn", fs::read_to_string(&history.0).expect("text"))).expect("torn");
        history.settle(&proved(2)).expect("written");
        let all: Vec<_> = history.last(10).into_iter().map(|receipt| (receipt.id, receipt.result)).collect();
        assert_eq!(all, [("2".to_owned(), Proved), ("1".to_owned(), Proved)]);
        assert_eq!(told(history.newest()), Some(("2".to_owned(), Proved)));
        for id in 3..=2 * KEPT {
            history.add(&receipt(id, Action::Dispose, Partial, 5)).expect("written");
        }
        history.settle(&proved(2 * KEPT - 1)).expect("written");
        let all = history.last(2 * KEPT);
        assert_eq!(told(history.newest()), Some(((2 * KEPT).to_string(), Partial)));
        assert_eq!((&all[1].id, all[1].result), (&(2 * KEPT - 1).to_string(), Proved));
        for _ in 0..KEPT {
            history.settle(&proved(2 * KEPT)).expect("written");
        }
        assert_eq!(told(history.newest()), Some(((2 * KEPT).to_string(), Proved)));
        assert!(history.text().lines().count() <= 2 * KEPT, "it does not grow for ever");
    }
}
