//! Single keys of the configuration.

use std::path::Path;

use rekindle_domain::{KeyHelp, KeyList, Made, Scope, UserError};
use tauri::{AppHandle, State};

use crate::{scope, shell::Shell};

/// What is configured, and by which file.
#[tauri::command]
pub(crate) async fn config_keys(handle: AppHandle, shell: State<'_, Shell>) -> Result<KeyList, UserError> {
    let list = shell.app().config_keys().await?;
    list.keys.iter().for_each(|line| scope::allow(&handle, Path::new(&line.source.source)));
    Ok(list)
}

/// What may be written at a key.
#[tauri::command]
pub(crate) async fn key_help(shell: State<'_, Shell>, key: String) -> Result<KeyHelp, UserError> {
    shell.app().key_help(&key).await
}

/// Sets a key to what a person typed.
#[tauri::command]
pub(crate) async fn set_config_key(
    shell: State<'_, Shell>,
    key: String,
    text: String,
    scope: Scope,
) -> Result<Made, UserError> {
    shell.app().set_config_key(key, text, scope).await
}

/// Takes a key out of the file that sets it.
#[tauri::command]
pub(crate) async fn unset_config_key(shell: State<'_, Shell>, key: String, scope: Scope) -> Result<Made, UserError> {
    shell.app().unset_config_key(key, scope).await
}
