//! Plugins and settings.

use rekindle_domain::{Scope, Settings, UserError};
use tauri::State;

use crate::shell::Shell;

/// Declares a plugin.
#[tauri::command]
pub(crate) async fn add_plugin(shell: State<'_, Shell>, spec: String, scope: Scope) -> Result<(), UserError> {
    shell.app().add_plugin(spec, scope).await.map(drop)
}

/// Removes a plugin or skill; a token for taking it back.
#[tauri::command]
pub(crate) async fn remove_item(shell: State<'_, Shell>, id: String) -> Result<String, UserError> {
    shell.app().remove(id).await
}

/// Takes a change back.
#[tauri::command]
pub(crate) async fn undo(shell: State<'_, Shell>, token: String) -> Result<(), UserError> {
    shell.app().undo(token).await
}

/// Keeps what a person chose.
#[tauri::command]
pub(crate) async fn save_settings(shell: State<'_, Shell>, settings: Settings) -> Result<(), UserError> {
    shell.app().save_settings(settings).await
}
