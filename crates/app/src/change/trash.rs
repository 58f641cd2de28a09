//! The trash: what is removed goes there, never away.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::relocate::{beside, discard, relocate};
use crate::{
    clock,
    config::file::{FileError, adopt_folder, create_dirs, create_private_dir, write_private_bytes},
    disk::locate::Places,
};

/// Moves a file or folder into the trash; where it is now.
pub(crate) fn move_in(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let place = place_for(places, path)?;
    put_in(path, &place)?;
    Ok(place)
}

/// Keeps there what a file held.
pub(crate) fn keep(places: &Places, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let place = place_for(places, path).map_err(|cause| FileError::Write { path: path.to_owned(), cause })?;
    write_private_bytes(&place, bytes).inspect_err(|_| forget(&place))
}

/// A place in the trash where nothing is, in a folder of its own.
pub(crate) fn place_for(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let trash = places.common_state.join("trash");
    create_private_dir(&trash)?;
    let folder = tempfile::Builder::new().prefix(&format!("{}-", clock::new_id())).tempdir_in(trash)?.keep();
    adopt_folder(&folder);
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// Moves something to a place in the trash. When that fails, the place is no more.
pub(crate) fn put_in(path: &Path, place: &Path) -> io::Result<()> {
    relocate(path, place, id(place)).inspect_err(|_| forget(place))
}

/// Moves something from the trash to where it was.
pub(crate) fn bring_back(place: &Path, path: &Path) -> io::Result<()> {
    let made = create_dirs(path.parent().unwrap_or(Path::new("/")))?;
    relocate(place, path, id(place)).inspect_err(|_| made.iter().rev().for_each(|folder| remove_empty(folder)))?;
    forget(place);
    Ok(())
}

/// Forgets a place in the trash in which nothing is.
pub(crate) fn forget(place: &Path) {
    place.parent().into_iter().for_each(remove_empty);
}

/// Removes what a move that was cut off left beside either place, where the whole is at the other one.
pub(crate) fn tidy(path: &Path, place: &Path) {
    for (beside_it, whole) in [(path, place), (place, path)] {
        if whole.symlink_metadata().is_ok() {
            discard(&beside(beside_it, id(place)));
        }
    }
}

fn remove_empty(folder: &Path) {
    if let Err(error) = fs::remove_dir(folder) {
        tracing::debug!(%error, path = %folder.display(), "a folder stays");
    }
}

/// The name of a place's own folder.
fn id(place: &Path) -> &str {
    place.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("moving")
}
