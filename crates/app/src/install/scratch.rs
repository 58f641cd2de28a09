//! Folders that last no longer than what is done in them.
//!
//! Invariant: one that a process left behind which was killed goes with the next that is made in the same place, and no other
//! folder does: each has a lock under the state folder, from before it is made until it is gone.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::{
    files::{file::adopt_folder, locate::Places},
    state::lock::Lock,
};

/// A folder that goes when this does.
pub(crate) struct Scratch {
    folder: PathBuf,
    lock: PathBuf,
    _lock: Lock,
}

impl Scratch {
    /// A new folder in another one, which is there; its name begins with this.
    pub(crate) fn new(places: &Places, inside: &Path, prefix: &str) -> io::Result<Self> {
        clear(places, inside, prefix);
        let id = crate::engine::secret();
        let lock = lock_of(places, &id);
        let held = Lock::take(&lock)?.ok_or(io::ErrorKind::ResourceBusy)?;
        let scratch = Self { folder: inside.join(format!("{prefix}{id}")), lock, _lock: held };
        fs::create_dir(&scratch.folder)?;
        adopt_folder(&scratch.folder);
        Ok(scratch)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scratch({})", self.folder.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.folder, &self.lock);
    }
}

/// Removes what processes left behind that are gone.
fn clear(places: &Places, inside: &Path, prefix: &str) {
    for entry in fs::read_dir(inside).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.strip_prefix(prefix)) else { continue };
        let lock = lock_of(places, id);
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        // Without a lock it is none of ours.
        if is_id && lock.exists() && !Lock::is_held(&lock) && matches!(Lock::take(&lock), Ok(Some(_))) {
            remove(&entry.path(), &lock);
        }
    }
}

fn remove(folder: &Path, lock: &Path) {
    match fs::remove_dir_all(folder) {
        // The lock goes last: with it, the next one tries again.
        Err(error) if error.kind() != io::ErrorKind::NotFound => tracing::debug!(%error, "what was staged"),
        _ => fs::remove_file(lock).unwrap_or_default(),
    }
}

fn lock_of(places: &Places, id: &str) -> PathBuf {
    places.common_state.join("staged").join(format!("{id}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_nothing_else() {
        let root = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(root.path()).expect("places");
        places.common_state = root.path().join("state");
        let inside = root.path().join("skills");
        fs::create_dir(&inside).expect("made");
        let scratch = || Scratch::new(&places, &inside, ".new-").expect("made");
        let kept = scratch();
        fs::write(kept.path().join("x"), "").expect("written");
        let left = scratch();
        let (folder, lock) = (left.path().to_owned(), left.lock.clone());
        drop(left);
        // As a process leaves it that is killed.
        fs::create_dir(&folder).expect("made");
        fs::write(&lock, "").expect("written");
        let others = ["not-ours", ".new-0a1b", ".new-..", ".new-"].map(|name| inside.join(name));
        others.iter().for_each(|other| fs::create_dir_all(other).expect("made"));
        drop(scratch());
        assert!(!folder.exists() && !lock.exists());
        assert!(kept.path().join("x").exists() && others.iter().all(|other| other.exists()));
    }
}
