//! Plugins and settings.

use rekindle_domain::{Choice, Made, Restored, Scope, UndoChoice, UserError};
use tauri::State;

use crate::shell::Shell;

/// Declares a plugin.
#[tauri::command]
pub(crate) async fn add_plugin(shell: State<'_, Shell>, spec: String, scope: Scope) -> Result<(), UserError> {
    shell.app().add_plugin(spec, scope).await.map(drop)
}

/// Removes an item.
#[tauri::command]
pub(crate) async fn remove_item(shell: State<'_, Shell>, id: String) -> Result<Made, UserError> {
    shell.app().remove(id).await
}

/// Turns a plugin, a skill or a server on or off.
#[tauri::command]
pub(crate) async fn switch_item(shell: State<'_, Shell>, id: String, is_on: bool) -> Result<Made, UserError> {
    shell.app().switch(id, is_on).await
}

/// Takes a change back; how, if somebody else changed the same file since.
#[tauri::command]
pub(crate) async fn undo(shell: State<'_, Shell>, token: String, choice: Option<UndoChoice>) -> Result<(), UserError> {
    shell.app().undo(token, choice).await
}

/// Restores configuration files that the engine is known to have loaded.
#[tauri::command]
pub(crate) async fn restore_last_good(shell: State<'_, Shell>, id: String) -> Result<Restored, UserError> {
    shell.app().restore_last_good(id).await
}

/// Keeps what a person chose.
#[tauri::command]
pub(crate) async fn choose(shell: State<'_, Shell>, choice: Choice) -> Result<(), UserError> {
    shell.app().choose(choice).await
}
