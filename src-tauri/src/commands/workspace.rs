//! The directory shown, and paths.

use rekindle_app::error::user_error;
use rekindle_domain::{DiffLine, UserError, WindowState};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use crate::shell::Shell;

/// Everything that the window shows.
#[tauri::command]
pub(crate) async fn state(shell: State<'_, Shell>) -> Result<WindowState, UserError> {
    Ok(shell.app().watch().borrow().as_ref().clone())
}

/// What the engine has of a pending item, and what is on disk.
#[tauri::command]
pub(crate) async fn difference(shell: State<'_, Shell>, id: String) -> Result<Vec<DiffLine>, UserError> {
    Ok(shell.app().difference(&id))
}

/// Lets the person choose a folder.
#[tauri::command]
pub(crate) async fn choose_folder(handle: AppHandle) -> Result<Option<String>, UserError> {
    let (send, chosen) = tokio::sync::oneshot::channel();
    handle.dialog().file().pick_folder(move |folder| send.send(folder).unwrap_or_default());
    Ok(chosen.await.ok().flatten().map(|folder| folder.to_string()))
}

/// Shows another directory.
#[tauri::command]
pub(crate) async fn open_workspace(shell: State<'_, Shell>, path: String) -> Result<(), UserError> {
    shell.change(path.as_ref()).await
}

/// Opens a file that the window shows, in the person's editor.
#[tauri::command]
pub(crate) async fn open_path(shell: State<'_, Shell>, path: String) -> Result<(), UserError> {
    tauri_plugin_opener::open_path(shell.known(&path)?, None::<&str>).map_err(not_opened)
}

/// Shows a file that the window shows, in the person's file manager.
#[tauri::command]
pub(crate) async fn reveal(shell: State<'_, Shell>, path: String) -> Result<(), UserError> {
    tauri_plugin_opener::reveal_item_in_dir(shell.known(&path)?).map_err(not_opened)
}

fn not_opened(error: tauri_plugin_opener::Error) -> UserError {
    user_error("not-opened", error.to_string(), "open it from your editor or file manager")
}
