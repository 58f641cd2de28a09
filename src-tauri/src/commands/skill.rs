//! Skills.

use rekindle_domain::{Scope, UserError};
use tauri::State;

use crate::shell::Shell;

/// Installs the one skill of a source.
#[tauri::command]
pub(crate) async fn install_skill(shell: State<'_, Shell>, path: String, scope: Scope) -> Result<(), UserError> {
    shell.app().install_skill(path, scope).await.map(drop)
}
