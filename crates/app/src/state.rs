//! What Rekindle keeps between its runs, as something that can be there and not be readable.
//!
//! Invariant: only what is not there is nothing; what cannot be read is an error.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::UserError;

use crate::{
    error::{Tell, chain, user_error},
    foreign,
};

/// Something that Rekindle keeps is there, or may be, and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("what Rekindle keeps in {path} cannot be read, so what is there is not known")]
pub struct UnreadableState {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

impl Tell for UnreadableState {
    fn tell(&self) -> UserError {
        let hint = match self.cause.kind() {
            io::ErrorKind::NotADirectory => "nothing was changed; move away the file that is in the folder's place",
            io::ErrorKind::PermissionDenied => {
                "nothing was changed; let yourself read it again (chmod -R u+rwX), or ask whom it belongs to"
            }
            _ => "nothing was changed; check what it is, and the disk that it is on",
        };
        UserError { path: Some(self.path.display().to_string()), ..user_error("unreadable-state", chain(self), hint) }
    }
}

/// True when a folder is there, and its entries can be read.
pub(crate) fn folder(path: &Path) -> Result<bool, UnreadableState> {
    is_there(path, fs::read_dir(path).map(drop))
}

/// True when a file is there, and can be read.
pub(crate) fn file(path: &Path) -> Result<bool, UnreadableState> {
    is_there(path, foreign::open_with(path, fs::OpenOptions::new().read(true)).map(drop))
}

fn is_there(path: &Path, opened: io::Result<()>) -> Result<bool, UnreadableState> {
    match opened {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(UnreadableState { path: path.to_owned(), cause }),
    }
}
