//! Which engine binary host mode starts.
//!
//! Invariant: the choice is the person's; where it cannot be had, the next best is taken and shown.

use std::{env, path::PathBuf};

use rekindle_domain::{EngineChoice, EngineNotice, ErrorCode, UserError};

use crate::error::shown;

/// Names the engine's binary for a development checkout.
pub const VARIABLE: &str = "REKINDLE_ENGINE";

fn no_engine(why: EngineNotice) -> UserError {
    UserError::new(ErrorCode::NoEngine, why)
}

/// The binary to start, by its whole path.
pub fn find(choice: &EngineChoice) -> Result<PathBuf, UserError> {
    find_as(choice, named())
}

fn find_as(choice: &EngineChoice, named: Option<PathBuf>) -> Result<PathBuf, UserError> {
    // Whoever names a file means that one, and no other.
    let gone = named.as_ref().filter(|path| *choice == EngineChoice::Bundled && !path.is_file());
    if let Some(gone) = gone {
        return Err(no_engine(EngineNotice::NoEngineNamed { variable: VARIABLE.to_owned(), path: shown(gone) }));
    }
    let bundled = || named.clone().filter(|path| path.is_file()).or_else(beside);
    let found = match choice {
        EngineChoice::Bundled => bundled().or_else(on_path),
        EngineChoice::Path => on_path().or_else(bundled),
        EngineChoice::File(path) => Some(PathBuf::from(path)).filter(|path| path.is_file()),
    };
    // It is started in other folders than this process's.
    let whole = found.map(|path| std::path::absolute(&path).unwrap_or(path));
    whole.ok_or_else(|| {
        no_engine(match choice {
            EngineChoice::File(path) => EngineNotice::NoEngineFile { path: path.clone() },
            _ => EngineNotice::NoEngineFound,
        })
    })
}

/// The one that the environment names.
fn named() -> Option<PathBuf> {
    env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn beside() -> Option<PathBuf> {
    let folder = env::current_exe().ok()?.parent()?.to_owned();
    Some(folder.join(format!("opencode{}", env::consts::EXE_SUFFIX))).filter(|path| path.is_file())
}

fn on_path() -> Option<PathBuf> {
    which::which("opencode").ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_chosen_file_has_to_be_there() {
        let none = find(&EngineChoice::File("/nowhere/opencode".to_owned())).expect_err("not there");
        assert!(none.to_string().contains("/nowhere/opencode"));
    }

    /// N16: a file that the environment names is the one that is meant, or none.
    #[test]
    fn a_file_that_is_named_is_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        let (there, gone) = (folder.path().join("there"), folder.path().join("gone"));
        std::fs::write(&there, "").expect("written");
        let found = |named: &Path| find_as(&EngineChoice::Bundled, Some(named.to_owned()));
        assert_eq!(found(&there).expect("found"), there);
        for none in [&*gone, folder.path()] {
            let error = found(none).expect_err("none").to_string();
            assert!(error.contains(VARIABLE) && error.contains(&none.display().to_string()), "{error}");
        }
        let chosen = EngineChoice::File(there.display().to_string());
        assert_eq!(find_as(&chosen, Some(gone)).expect("the choice is the person's"), there);
    }
}
