//! What is done with an item beside adding, switching and removing it.

use rekindle_domain::{DiffLine, Keep, Made, PluginOffer, PluginUpdate, SkillComparison, UserError};
use tauri::State;

use crate::shell::Shell;

/// Declares the version that the engine keeps of a plugin, or none.
#[tauri::command]
pub(crate) async fn pin_plugin(shell: State<'_, Shell>, id: String, is_pinned: bool) -> Result<Made, UserError> {
    shell.app().pin_plugin(id, is_pinned).await
}

/// Has the engine install a plugin again.
#[tauri::command]
pub(crate) async fn reinstall_plugin(shell: State<'_, Shell>, id: String) -> Result<Made, UserError> {
    shell.app().reinstall_plugin(id).await
}

/// What an update of a plugin would bring.
#[tauri::command]
pub(crate) async fn plugin_offer(shell: State<'_, Shell>, id: String, latest: bool) -> Result<PluginOffer, UserError> {
    shell.app().plugin_offer(id, latest).await
}

/// Makes an update that was shown.
#[tauri::command]
pub(crate) async fn update_plugin(
    shell: State<'_, Shell>,
    id: String,
    update: PluginUpdate,
) -> Result<Made, UserError> {
    shell.app().update_plugin(id, update).await
}

/// Compares a skill with its source.
#[tauri::command]
pub(crate) async fn compare_skill(shell: State<'_, Shell>, id: String) -> Result<SkillComparison, UserError> {
    shell.app().compare_skill(id).await
}

/// What differs in a file of a skill that is compared.
#[tauri::command]
pub(crate) async fn compared_lines(
    shell: State<'_, Shell>,
    id: String,
    path: String,
) -> Result<Vec<DiffLine>, UserError> {
    shell.app().compared_lines(id, path).await
}

/// Puts what was compared in place.
#[tauri::command]
pub(crate) async fn update_skill(shell: State<'_, Shell>, id: String, keep: Option<Keep>) -> Result<Made, UserError> {
    shell.app().update_skill(id, keep).await
}

/// Puts away what was compared.
#[tauri::command]
pub(crate) async fn forget_comparison(shell: State<'_, Shell>) -> Result<(), UserError> {
    shell.app().forget_comparison().await
}
