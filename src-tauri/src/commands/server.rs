//! MCP servers.

use rekindle_domain::{ChosenServers, ServersPreview, UserError};
use tauri::State;

use crate::shell::Shell;

/// What a text would declare.
#[tauri::command]
pub(crate) async fn preview_servers(
    shell: State<'_, Shell>,
    chosen: ChosenServers,
) -> Result<ServersPreview, UserError> {
    shell.app().preview_servers(chosen).await
}

/// Declares what was previewed; a token for taking it back.
#[tauri::command]
pub(crate) async fn add_servers(
    shell: State<'_, Shell>,
    chosen: ChosenServers,
    name: Option<String>,
    names: Vec<String>,
) -> Result<Option<String>, UserError> {
    shell.app().add_servers(chosen, name, names).await
}

/// Has the engine connect a server anew.
#[tauri::command]
pub(crate) async fn retry_server(shell: State<'_, Shell>, name: String) -> Result<(), UserError> {
    shell.app().retry_server(name).await
}

/// Signs in to a server: an address that the person has to open, or nothing once it is done.
#[tauri::command]
pub(crate) async fn sign_in(shell: State<'_, Shell>, name: String) -> Result<Option<String>, UserError> {
    shell.app().sign_in(name).await
}

/// Waits for what comes after an address.
#[tauri::command]
pub(crate) async fn sign_in_goes_on(shell: State<'_, Shell>) -> Result<Option<String>, UserError> {
    shell.app().sign_in_goes_on().await
}

/// Ends it.
#[tauri::command]
pub(crate) async fn cancel_sign_in(shell: State<'_, Shell>) -> Result<(), UserError> {
    shell.app().cancel_sign_in();
    Ok(())
}

/// Signs out of a server.
#[tauri::command]
pub(crate) async fn sign_out(shell: State<'_, Shell>, name: String) -> Result<(), UserError> {
    shell.app().sign_out(name).await
}
