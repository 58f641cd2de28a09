//! Agents and commands.

use rekindle_domain::{AgentMode, Kind, Made, Scope, UserError};
use rekindle_words::templates;
use tauri::State;

use crate::shell::Shell;

/// Creates one from its template.
#[tauri::command]
pub(crate) async fn new_entry(
    shell: State<'_, Shell>,
    kind: Kind,
    name: String,
    description: Option<String>,
    mode: AgentMode,
    scope: Scope,
) -> Result<Made, UserError> {
    let description = description.as_deref();
    let (kind, text) = match kind {
        Kind::Agent => (kind, templates::agent(description, mode)),
        _ => (Kind::Command, templates::command(description)),
    };
    shell.app().new_entry(kind, name, text, scope).await
}
