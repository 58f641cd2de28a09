//! Skills.

use rekindle_domain::{Made, Previewed, Received, Scope, UserError};
use tauri::State;

use crate::shell::Shell;

/// Fetches a source, and tells what it would install.
#[tauri::command]
pub(crate) async fn preview_skills(
    shell: State<'_, Shell>,
    source: String,
    scope: Scope,
) -> Result<Previewed, UserError> {
    shell.app().preview_skills(source, scope).await
}

/// The text of a file that is previewed.
#[tauri::command]
pub(crate) async fn preview_text(
    shell: State<'_, Shell>,
    id: String,
    skill: String,
    path: String,
) -> Result<Option<String>, UserError> {
    shell.app().preview_text(id, skill, path).await
}

/// How much has come of what is fetched.
#[tauri::command]
pub(crate) async fn preview_received(shell: State<'_, Shell>) -> Result<Option<Received>, UserError> {
    Ok(shell.app().preview_received())
}

/// Cancels what is fetched or previewed.
#[tauri::command]
pub(crate) async fn cancel_preview(shell: State<'_, Shell>) -> Result<(), UserError> {
    shell.app().cancel_preview().await
}

/// Installs skills that are previewed.
#[tauri::command]
pub(crate) async fn install_skills(shell: State<'_, Shell>, id: String, names: Vec<String>) -> Result<Made, UserError> {
    shell.app().install_skills(id, names).await
}
