//! The trash: what is removed goes there, never away.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, ErrorCode, UserError};

use super::relocate::{self, relocate};
use crate::{
    clock,
    error::{cause, shown},
    files::{
        file::{adopt_folder, create_dirs, create_private_dir, make_private, not_written, write_private_bytes},
        locate::Places,
    },
};

/// Something could not be moved to the trash, or back.
pub(super) fn not_moved(path: &Path) -> impl Fn(io::Error) -> UserError {
    let path = shown(path);
    move |error| UserError::new(ErrorCode::CannotMove, EditNotice::NotMoved { path: path.clone(), why: cause(&error) })
}

/// Moves a file or folder into the trash; where it is now.
pub(crate) fn move_in(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let place = place_for(places, path)?;
    put_in(path, &place)?;
    Ok(place)
}

/// Keeps there what a file held.
pub(crate) fn keep(places: &Places, path: &Path, bytes: &[u8]) -> Result<(), UserError> {
    let place = place_for(places, path).map_err(not_written(path))?;
    write_private_bytes(&place, bytes).inspect_err(|_| forget(&place))
}

/// A place in the trash where nothing is, in a folder of its own.
pub(crate) fn place_for(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let trash = places.common_state.join("trash");
    create_private_dir(&trash)?;
    let folder = tempfile::Builder::new().prefix(&format!("{}-", clock::new_id())).tempdir_in(trash)?.keep();
    make_private(&folder)?;
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

/// Clears up what was left by a move into the trash that was cut off; true when what is in the trash is all there is of
/// it now.
pub(crate) fn tidy_in(path: &Path, place: &Path) -> bool {
    relocate::tidy(path, place, id(place))
}

/// The same for a move from the trash; true when it is out of it.
pub(crate) fn tidy_back(place: &Path, path: &Path) -> bool {
    relocate::tidy(place, path, id(place))
}

/// Puts something back that could be neither moved to this place in the trash nor left where it was; true when there
/// was something. Its copy stays in the trash.
pub(crate) fn put_back(path: &Path, place: &Path) -> io::Result<bool> {
    relocate::put_back(path, place, id(place))
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
