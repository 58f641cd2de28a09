//! The directory shown, and paths.

use rekindle_domain::{DiffLine, ErrorCode, List, Page, ProgramNotice, UserError, WindowEvent};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use crate::{scope, shell::Shell};

/// Everything that the window shows, with the beginning of each list.
#[tauri::command]
pub(crate) async fn state(handle: AppHandle, shell: State<'_, Shell>) -> Result<WindowEvent, UserError> {
    let mut told = shell.told();
    Ok(told.whole().unwrap_or_else(|| {
        let state = shell.app().watch().borrow().clone();
        let event = told.event(state.clone());
        scope::allow_shown(&handle, &state, &event);
        event
    }))
}

/// Some rows of a list, from this one on; `None`: nothing was told of it yet.
#[tauri::command]
pub(crate) async fn page(shell: State<'_, Shell>, list: List, from: usize) -> Result<Option<Page>, UserError> {
    Ok(shell.told().page(list, from))
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
    let folder = chosen.await.ok().flatten().and_then(|folder| folder.into_path().ok());
    folder.iter().for_each(|folder| scope::allow(&handle, folder));
    Ok(folder.map(|folder| folder.display().to_string()))
}

/// Shows another directory.
#[tauri::command]
pub(crate) async fn open_workspace(shell: State<'_, Shell>, path: String) -> Result<(), UserError> {
    shell.change(path.as_ref()).await
}

/// Opens a file that the window shows, in the person's editor.
#[tauri::command]
pub(crate) async fn open_path(handle: AppHandle, path: String) -> Result<(), UserError> {
    tauri_plugin_opener::open_path(scope::known(&handle, &path)?, None::<&str>).map_err(not_opened)
}

/// Shows a file that the window shows, in the person's file manager.
#[tauri::command]
pub(crate) async fn reveal(handle: AppHandle, path: String) -> Result<(), UserError> {
    tauri_plugin_opener::reveal_item_in_dir(scope::known(&handle, &path)?).map_err(not_opened)
}

fn not_opened(error: tauri_plugin_opener::Error) -> UserError {
    UserError::new(ErrorCode::NotOpened, ProgramNotice::NotOpened { why: error.to_string() })
}
