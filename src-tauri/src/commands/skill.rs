//! Skills.

use rekindle_domain::{Scope, UserError};
use tauri::State;

use crate::shell::Shell;

/// Imports a folder as a skill.
#[tauri::command]
pub(crate) async fn import_skill(shell: State<'_, Shell>, path: String, scope: Scope) -> Result<(), UserError> {
    shell.app().import_skill(path, scope).await.map(drop)
}
