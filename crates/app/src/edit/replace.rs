//! Putting a folder in the place of what is there, which goes to the trash; and taking that back.
//!
//! Invariants: whoever reads at the place finds what was there or the new folder, each whole (where the system can exchange
//! two names at once); at every moment what was there is at its place, beside it or in the trash, so that whoever was cut off
//! can be followed. Both ways pass through the same four states: the new folder is not there yet; it is `beside`; what was
//! there is `beside`; what was there is in the trash.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, Fingerprint, UserError};
use serde::{Deserialize, Serialize};

use super::{
    place::Room,
    trash::{self, not_moved},
    undo::{content_of, half_done, is_there},
};
use crate::{
    error::shown,
    files::{
        file::{exchange, finish_exchange, rename_new, sync_folder},
        locate::Places,
    },
};

/// A folder that is to take a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replacement {
    pub(super) path: PathBuf,
    /// Where both are on their ways: on the file system of the place, where the engine does not look.
    beside: PathBuf,
    /// Where what was there goes.
    pub(super) trash: PathBuf,
    /// What is in the new folder.
    content: Fingerprint,
    pub(super) room: Room,
}

impl Replacement {
    /// Of what is at a path by a folder that was staged. `base`: a folder on the same file system.
    pub(super) fn of(places: &Places, path: &Path, staged: &Path, base: &Path) -> Result<Self, UserError> {
        let trash = trash::place_for(places, path).map_err(not_moved(path))?;
        let id = trash.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let beside = base.join(format!(".rekindle-{id}-replaced"));
        Ok(Self { path: path.to_owned(), beside, trash, content: content_of(staged), room: Room::of(path) })
    }

    /// Puts the folder that was staged in its place. When that fails, everything is as it was, or the error says what is not.
    pub(super) fn put_in_place(&self, staged: &Path) -> Result<(), UserError> {
        let failed = not_moved(&self.path);
        rename_new(staged, &self.beside).map_err(&failed)?;
        exchange(&self.beside, &self.path).map_err(|error| {
            self.discard_new();
            trash::forget(&self.trash);
            failed(error)
        })?;
        self.sync();
        trash::put_in(&self.beside, &self.trash).map_err(|error| match exchange(&self.beside, &self.path) {
            Ok(()) => {
                self.discard_new();
                failed(error)
            }
            Err(error) => half_done(self.told(), &error),
        })
    }

    /// What was done.
    pub(super) fn told(&self) -> EditNotice {
        EditNotice::ItemMoved { path: shown(&self.path), to: shown(&self.trash) }
    }

    /// Whether the new folder is in its place, as we left it, and what was there is kept.
    pub(super) fn was_made(&self) -> bool {
        self.is_ours() && self.is_kept()
    }

    /// Whether what was there is in its place. Where it is neither kept nor there, nobody knows what became of it.
    pub(super) fn was_taken_back(&self) -> bool {
        is_there(&self.path) && !self.is_kept() && !self.is_ours()
    }

    /// Whether what was there is kept somewhere else than in its place.
    pub(super) fn is_kept(&self) -> bool {
        is_there(&self.trash) || is_there(&self.beside) && !self.is_new_beside()
    }

    /// Takes it back if the new folder is as we left it; true when it did.
    pub(super) fn take_back(&self, places: &Places) -> Result<bool, UserError> {
        if !self.was_made() {
            return Ok(false);
        }
        let failed = not_moved(&self.path);
        if is_there(&self.trash) {
            trash::bring_back(&self.trash, &self.beside).map_err(&failed)?;
        }
        exchange(&self.beside, &self.path).map_err(&failed)?;
        self.sync();
        self.set_new_aside(places)?;
        Ok(true)
    }

    /// Puts what was there back, whatever is in its place now, which goes to the trash.
    pub(super) fn make_as_before(&self, places: &Places) -> Result<(), UserError> {
        let failed = not_moved(&self.path);
        if is_there(&self.path) {
            trash::move_in(places, &self.path).map_err(&failed)?;
        }
        let kept = if is_there(&self.trash) { &self.trash } else { &self.beside };
        trash::bring_back(kept, &self.path).map_err(failed)
    }

    /// Clears up what was left when it was made and whoever made it was cut off.
    pub(super) fn tidy(&self) {
        self.mend();
        if trash::tidy_in(&self.beside, &self.trash) || !is_there(&self.beside) {
            return;
        }
        let done = match self.is_new_beside() {
            true => {
                self.discard_new();
                Ok(())
            }
            false if self.is_ours() => trash::put_in(&self.beside, &self.trash),
            false => Ok(()),
        };
        done.unwrap_or_else(|error| tracing::warn!(%error, "what was replaced stays beside its place"));
    }

    /// The same for one that was to take it back.
    pub(super) fn tidy_back(&self, places: &Places) {
        self.mend();
        trash::tidy_back(&self.trash, &self.beside);
        if is_there(&self.beside) && self.is_new_beside() {
            self.set_new_aside(places).unwrap_or_else(|error| tracing::warn!(?error, "the new folder stays beside"));
        }
    }

    fn is_ours(&self) -> bool {
        is_there(&self.path) && content_of(&self.path) == self.content
    }

    fn is_new_beside(&self) -> bool {
        content_of(&self.beside) == self.content
    }

    fn mend(&self) {
        let mended: io::Result<()> = finish_exchange(&self.beside, &self.path);
        mended.unwrap_or_else(|error| tracing::warn!(%error, "two folders are not in their places"));
    }

    /// It is a copy that we made.
    fn discard_new(&self) {
        let gone = fs::remove_dir_all(&self.beside);
        gone.unwrap_or_else(|error| tracing::warn!(%error, "what was staged stays"));
    }

    fn set_new_aside(&self, places: &Places) -> Result<(), UserError> {
        let failed = not_moved(&self.path);
        let place = trash::place_for(places, &self.path).map_err(&failed)?;
        trash::put_in(&self.beside, &place).map_err(failed)
    }

    fn sync(&self) {
        [&self.path, &self.beside].into_iter().filter_map(|path| path.parent()).for_each(sync_folder);
    }
}
