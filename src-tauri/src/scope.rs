//! What the window may name: the files and folders that the core has shown it, and those that came from the dialog.
//!
//! Invariant: nothing else gets into the scope of the plugin for files, and the window has none of the plugin's own commands.

use std::path::{Path, PathBuf};

use rekindle_domain::{ErrorCode, List, ProgramNotice, UserError, WindowEvent, WindowState};
use tauri::{AppHandle, Manager};
use tauri_plugin_fs::FsExt;

use crate::shell::Shell;

/// Allows what is shown now and was not before.
pub(crate) fn allow_shown(handle: &AppHandle, state: &WindowState, event: &WindowEvent) {
    allow(handle, Path::new(&state.workspace.directory));
    state.status.problems.iter().for_each(|problem| allow(handle, Path::new(&problem.path)));
    for head in event.lists.iter().filter(|head| head.first.is_some()) {
        let rows = match head.list {
            List::Plugins => &state.plugins[..],
            List::Skills => &state.skills[..],
            List::Mcp => &state.mcp[..],
            List::Agents => &state.agents[..],
            List::Changes | List::Warnings | List::History => &[],
        };
        rows.iter().for_each(|row| allow(handle, Path::new(&row.source)));
        match head.list {
            List::Changes => state.status.changes.iter().for_each(|change| allow(handle, Path::new(&change.source))),
            List::Warnings => state.status.warnings.iter().for_each(|warning| allow(handle, Path::new(&warning.path))),
            _ => {}
        }
    }
}

/// Allows one file or folder, and nothing in it.
pub(crate) fn allow(handle: &AppHandle, path: &Path) {
    if path.is_absolute()
        && let Err(error) = handle.fs_scope().allow_file(path)
    {
        tracing::debug!(%error, path = %path.display(), "not in the window's scope");
    }
}

/// A path that the window may name. Someone else's engine may name any file of this machine as what it has loaded, so that the
/// core is asked, too, whether it found it on disk.
pub(crate) fn known(handle: &AppHandle, path: &str) -> Result<PathBuf, UserError> {
    if !Path::new(path).exists() {
        return Err(UserError::new(ErrorCode::NotFound, ProgramNotice::NoLongerThere { path: path.to_owned() }));
    }
    if handle.fs_scope().is_allowed(path) && handle.state::<Shell>().app().may_open(path) {
        return Ok(PathBuf::from(path));
    }
    Err(UserError::new(ErrorCode::UnknownPath, ProgramNotice::NotShownHere { path: path.to_owned() }))
}
