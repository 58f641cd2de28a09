//! The trash: what is removed goes there, never away.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    clock,
    config::file::{FileError, create_private_dir, write_private_bytes},
    disk::locate::Places,
};

/// Moves a file or folder into the trash; where it is now.
pub(crate) fn move_in(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let place = place_for(places, path)?;
    move_to(path, &place)?;
    Ok(place)
}

/// Keeps there what a file held.
pub(crate) fn keep(places: &Places, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let place = place_for(places, path).map_err(|cause| FileError::Write { path: path.to_owned(), cause })?;
    write_private_bytes(&place, bytes)
}

/// A place in the trash where nothing is.
fn place_for(places: &Places, path: &Path) -> io::Result<PathBuf> {
    let trash = places.common_state.join("trash");
    create_private_dir(&trash)?;
    let folder = tempfile::Builder::new().prefix(&format!("{}-", clock::new_id())).tempdir_in(trash)?.keep();
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// Moves a file or folder, also to another file system.
pub(crate) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_all(from, to)?;
            if from.is_dir() && !from.is_symlink() { fs::remove_dir_all(from) } else { fs::remove_file(from) }
        }
        result => result,
    }
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        #[expect(clippy::disallowed_methods, reason = "a copy of the whole file, with its mode")]
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
