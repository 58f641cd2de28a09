//! What takes changes back, written down before they are made.
//!
//! Invariants: nothing is changed that was not written down, and synced, before; one change at a time in a
//! directory, also between processes; the order is a counter's, whatever the clock says; what was written
//! down for one folder is nothing of another that came to be at its path. A change that was cut off is judged
//! by what is on disk, by whoever comes next. It and `undo` are halves of one thing: a record holds an undo, and an undo is
//! carried out through its record.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rekindle_domain::{EditNotice, ErrorCode, UndoChoice, UserError, chain};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{
    place::FolderId,
    undo::{Undo, half_done},
};
use crate::{
    error::shown,
    files::{
        file::{not_written, read, sync_folder, write_private},
        foreign,
        locate::Places,
    },
    state::{self, lock::Lock, record::write_json},
};

/// How long another process may take for its change.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far a record got: the ending of its file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
enum Reached {
    /// The change is about to be made.
    Intended,
    /// It was made.
    #[strum(serialize = "json")]
    Made,
    /// It is about to be taken back.
    Undoing,
    /// It cannot be taken back any more, or is not to be.
    Stale,
}

impl Reached {
    fn ending(self) -> &'static str {
        self.into()
    }
}

/// What the file of a record holds.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// The folder in whose name the change was made; records from before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<FolderId>,
    #[serde(flatten)]
    undo: Undo,
}

/// What is written down for a directory, while nobody else changes anything.
pub(crate) struct Records {
    folder: PathBuf,
    directory: Option<FolderId>,
    _turn: Lock,
}

impl Records {
    /// Waits for the turn, and judges what was cut off.
    pub(crate) fn open(places: &Places) -> Result<Self, UserError> {
        let folder = places.state.join("undo");
        let turn = Lock::wait(&folder.join("lock"), PATIENCE).map_err(|cause| not_begun(&folder, cause))?;
        let turn = turn.ok_or_else(|| UserError::new(ErrorCode::Contended, EditNotice::ChangeUnderWay))?;
        let records = Self { folder, directory: FolderId::at(&places.directory), _turn: turn };
        records.judge_what_was_cut_off(places);
        Ok(records)
    }

    /// The same, if anything was ever written down.
    pub(super) fn open_if_any(places: &Places) -> Result<Option<Self>, UserError> {
        if state::folder(&places.state.join("undo"))? { Self::open(places).map(Some) } else { Ok(None) }
    }

    /// Makes a change that is written down; its token, with what came of it. When it fails nothing is noted, unless it
    /// is half made; when it cannot be noted it is taken back.
    pub(crate) fn carry_out<T, E: From<UserError>>(
        &self,
        places: &Places,
        undo: &Undo,
        change: impl FnOnce() -> Result<T, E>,
    ) -> Result<(T, String), E> {
        let token = self.write(undo)?;
        match change() {
            Ok(made) => {
                self.note(places, undo, &token)?;
                Ok((made, token))
            }
            Err(error) => {
                match undo.is_half_made(places) {
                    true => self.settle(&token, Reached::Intended, Reached::Made),
                    false => self.remove(&token, Reached::Intended),
                }
                Err(error)
            }
        }
    }

    fn write(&self, undo: &Undo) -> Result<String, UserError> {
        let number = self.last_number().saturating_add(1);
        write_private(&self.folder.join("sequence"), &format!("{number}\n")).map_err(not_recorded)?;
        let token = format!("s{number:012}");
        let record = Record { directory: self.directory.clone(), undo: undo.clone() };
        write_json(&self.path(&token, Reached::Intended), &record).map_err(not_recorded)?;
        sync_folder(&self.folder);
        Ok(token)
    }

    fn note(&self, places: &Places, undo: &Undo, token: &str) -> Result<(), UserError> {
        let Err(cause) = self.go_on(token, Reached::Intended, Reached::Made) else { return Ok(()) };
        match undo.take_back(places) {
            Ok(true) => {
                self.remove(token, Reached::Intended);
                Err(not_begun(&self.folder, cause))
            }
            Ok(false) | Err(_) => Err(half_done(undo.told(), &cause)),
        }
    }

    /// The last change that was made for this folder, or may have been: one that cannot be read is not passed over.
    pub(super) fn last(&self) -> Option<String> {
        let made = self.names().into_iter().filter(|(_, reached)| *reached == Reached::Made);
        let mut tokens: Vec<_> = made.map(|(token, _)| token).collect();
        tokens.sort_by_key(|token| order(token));
        tokens.into_iter().rev().find(|token| !matches!(self.load(token), Ok(None)))
    }

    /// How many changes were made for another folder that was here.
    pub(super) fn of_the_folder_before(&self) -> usize {
        let made = self.names().into_iter().filter(|(_, reached)| *reached == Reached::Made);
        made.filter(|(token, _)| matches!(self.load(token), Ok(None))).count()
    }

    /// What takes a change back; `None`: nothing, or it was made for another folder that was here.
    pub(super) fn load(&self, token: &str) -> Result<Option<Undo>, UserError> {
        let Some(record) = self.record(token, Reached::Made)? else { return Ok(None) };
        let is_of_here = match (&self.directory, &record.directory) {
            (Some(here), Some(there)) => here.is(there),
            // The folder is gone, or nobody noted then which it was.
            _ => true,
        };
        Ok(is_of_here.then_some(record.undo))
    }

    /// The path of the record that undoes a change.
    pub(super) fn made(&self, token: &str) -> PathBuf {
        self.path(token, Reached::Made)
    }

    fn record(&self, token: &str, reached: Reached) -> Result<Option<Record>, UserError> {
        let path = self.path(token, reached);
        let unreadable = || unreadable(&path);
        let Some(text) = read(&path).map_err(|_| unreadable())? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| unreadable())
    }

    /// Takes a change back that is noted. When it fails, it stays one that can be taken back. A folder that comes back
    /// by it is the one for which it was made, so what else was made for that one goes on to be of it.
    pub(super) fn take_back<T>(
        &self,
        places: &Places,
        token: &str,
        take_back: impl FnOnce() -> Result<T, UserError>,
    ) -> Result<T, UserError> {
        self.go_on(token, Reached::Made, Reached::Undoing).map_err(|cause| not_begun(&self.folder, cause))?;
        let taken = take_back();
        match &taken {
            Ok(_) => {
                if self.directory.is_none() {
                    self.follow(token, places);
                }
                self.remove(token, Reached::Undoing);
            }
            Err(_) => self.settle(token, Reached::Undoing, Reached::Made),
        }
        taken
    }

    fn follow(&self, token: &str, places: &Places) {
        let before = self.record(token, Reached::Undoing).ok().flatten().and_then(|record| record.directory);
        let (Some(before), Some(now)) = (before, FolderId::at(&places.directory)) else { return };
        for (token, reached) in self.names() {
            let Ok(Some(record)) = self.record(&token, reached) else { continue };
            if record.directory.as_ref().is_some_and(|directory| directory.is(&before)) {
                let record = Record { directory: Some(now.clone()), ..record };
                if let Err(error) = write_json(&self.path(&token, reached), &record) {
                    tracing::warn!(error = chain(&error), "the record of a change stays one of the folder before");
                }
            }
        }
    }

    /// What can't be undone must not stand in the way of what was done before it.
    pub(super) fn forget(&self, token: &str) -> Result<(), UserError> {
        self.go_on(token, Reached::Made, Reached::Stale).map_err(|cause| not_begun(&self.folder, cause))
    }

    fn judge_what_was_cut_off(&self, places: &Places) {
        for (token, reached) in self.names() {
            if !matches!(reached, Reached::Intended | Reached::Undoing) {
                continue;
            }
            // One that cannot be read in this moment may well be in the next.
            let Ok(Some(text)) = read(&self.path(&token, reached)) else { continue };
            let Ok(record) = serde_json::from_str::<Record>(&text) else {
                self.settle(&token, reached, Reached::Stale);
                continue;
            };
            let was_done = match reached {
                Reached::Intended => record.undo.tidied_was_made(places),
                _ => record.undo.tidied_was_taken_back(places),
            };
            match reached {
                Reached::Intended if was_done => self.settle(&token, reached, Reached::Made),
                Reached::Undoing if !was_done => self.settle(&token, reached, Reached::Made),
                _ => {
                    if reached == Reached::Undoing {
                        self.follow(&token, places);
                    } else if !record.undo.take_part_back(places) {
                        continue;
                    }
                    self.remove(&token, reached);
                }
            }
        }
    }

    fn go_on(&self, token: &str, from: Reached, to: Reached) -> io::Result<()> {
        fs::rename(self.path(token, from), self.path(token, to))?;
        sync_folder(&self.folder);
        Ok(())
    }

    fn settle(&self, token: &str, from: Reached, to: Reached) {
        if let Err(error) = self.go_on(token, from, to) {
            // Whoever comes next judges it by what is on disk.
            tracing::warn!(error = chain(&error), "the record of a change");
        }
    }

    fn remove(&self, token: &str, reached: Reached) {
        if let Err(error) = fs::remove_file(self.path(token, reached)) {
            tracing::warn!(error = chain(&error), "the record of a change stays");
        }
    }

    fn names(&self) -> Vec<(String, Reached)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        let name = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let (token, ending) = name.rsplit_once('.')?;
            Some((token.to_owned(), ending.parse().ok()?))
        };
        entries.filter_map(name).collect()
    }

    fn last_number(&self) -> u64 {
        /// More than anybody makes: a counter beyond it is damaged.
        const MOST: u64 = 999_999_999_999;
        let kept = foreign::text(&self.folder.join("sequence")).ok().and_then(|text| text.trim().parse().ok());
        let used = self.names().into_iter().filter_map(|(token, _)| token.strip_prefix('s')?.parse().ok());
        used.chain(kept).filter(|number| *number < MOST).max().unwrap_or_default()
    }

    fn path(&self, token: &str, reached: Reached) -> PathBuf {
        self.folder.join(format!("{token}.{}", reached.ending()))
    }
}

/// What is kept of changes that are past undoing.
#[derive(Debug, Default)]
pub(crate) struct Strays {
    /// The records of a directory that cannot be read.
    pub(crate) records: Vec<PathBuf>,
    /// What is in the trash, and no record of any directory refers to.
    pub(crate) trash: Vec<PathBuf>,
}

impl Strays {
    /// Looks for them. Nothing is changed, and nobody waited for.
    pub(crate) fn of(places: &Places) -> Result<Self, UserError> {
        let mut strays = Self::default();
        let mut claimed = BTreeSet::new();
        let here = places.state.join("undo");
        let engines = entries(&places.common_state.join("engines"))?;
        let elsewhere = engines.into_iter().map(|state| state.join("undo")).filter(|folder| *folder != here);
        for path in entries(&here)? {
            let Some(reached) = reached_of(&path).filter(|reached| *reached != Reached::Stale) else { continue };
            match read_record(&path) {
                Some(record) => claimed.extend(record.undo.in_trash().into_iter().map(Path::to_owned)),
                // One that was about to be made is judged by whoever comes next.
                None if reached == Reached::Made => strays.records.push(path),
                None => {}
            }
        }
        for path in elsewhere.flat_map(|folder| entries(&folder).unwrap_or_default()) {
            let is_open = reached_of(&path).is_some_and(|reached| reached != Reached::Stale);
            let record = is_open.then(|| read_record(&path)).flatten();
            claimed.extend(record.iter().flat_map(|record| record.undo.in_trash()).map(Path::to_owned));
        }
        for folder in entries(&places.common_state.join("trash"))? {
            let inside = entries(&folder).unwrap_or_default();
            strays.trash.extend(inside.into_iter().filter(|path| !claimed.contains(path)));
        }
        Ok(strays)
    }
}

/// What is in a folder, sorted; nothing, if it is not there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, UserError> {
    state::folder(folder)?;
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn reached_of(path: &Path) -> Option<Reached> {
    path.extension()?.to_str()?.parse().ok()
}

fn read_record(path: &Path) -> Option<Record> {
    serde_json::from_str(&read(path).ok()??).ok()
}

/// The order in which changes were made. Tokens were the time in microseconds, and a process, before there was
/// a counter: all those are older.
fn order(token: &str) -> (bool, u64) {
    let number = |text: &str| text.parse().unwrap_or_default();
    match token.strip_prefix('s') {
        Some(count) => (true, number(count)),
        None => (false, number(token.split('-').next().unwrap_or_default())),
    }
}

/// How to take a change back could not be written down, so it was not made, or was taken back.
fn not_recorded(error: UserError) -> UserError {
    let UserError { what, path, .. } = error;
    UserError { path, ..UserError::new(ErrorCode::NotRecorded, EditNotice::NotRecorded { why: Box::new(what) }) }
}

fn not_begun(folder: &Path, error: io::Error) -> UserError {
    not_recorded(not_written(folder)(error))
}

/// What takes a change back cannot be read, so nothing was taken back, nor what came before it.
fn unreadable(record: &Path) -> UserError {
    let (path, choices) = (shown(record), vec![UndoChoice::Leave]);
    let notice = EditNotice::UndoUnreadable { path: path.clone(), choices: choices.clone() };
    UserError { choices, ..UserError::new(ErrorCode::UnreadableRecord, notice).about(path) }
}
