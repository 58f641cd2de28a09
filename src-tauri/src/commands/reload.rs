//! Reloads.

use rekindle_domain::{Shown, UserError, Wish};
use tauri::State;

use crate::shell::Shell;

/// Starts a reload; how it goes comes as states.
#[tauri::command]
pub(crate) async fn reload(shell: State<'_, Shell>, wish: Wish) -> Result<(), UserError> {
    shell.app().reload(wish).await;
    Ok(())
}

/// Cancels it while that is possible.
#[tauri::command]
pub(crate) async fn cancel_reload(shell: State<'_, Shell>) -> Result<(), UserError> {
    shell.app().cancel().await;
    Ok(())
}

/// Puts away what was on the screen.
#[tauri::command]
pub(crate) async fn dismiss(shell: State<'_, Shell>, shown: Shown) -> Result<(), UserError> {
    shell.app().dismiss(shown).await;
    Ok(())
}
