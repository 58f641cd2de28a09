//! The engine's process.

use rekindle_domain::{Finding, Leftover, UserError};
use tauri::State;

use crate::shell::Shell;

/// Starts the engine, or replaces its process.
#[tauri::command]
pub(crate) async fn restart_engine(shell: State<'_, Shell>) -> Result<(), UserError> {
    shell.app().restart_engine().await
}

/// Ends processes that an engine left behind.
#[tauri::command]
pub(crate) async fn end_leftovers(shell: State<'_, Shell>, leftovers: Vec<Leftover>) -> Result<(), UserError> {
    shell.app().end_leftovers(&leftovers).await
}

/// What is wrong, and how to fix it.
#[tauri::command]
pub(crate) async fn doctor(shell: State<'_, Shell>) -> Result<Vec<Finding>, UserError> {
    Ok(shell.app().doctor().await)
}

/// What the engine printed last.
#[tauri::command]
pub(crate) async fn engine_output(shell: State<'_, Shell>) -> Result<Vec<String>, UserError> {
    Ok(shell.app().engine_output())
}
