//! Skills.

use rekindle_app::edit;
use rekindle_domain::{Made, Previewed, Received, Scope, SkillDraft, SkillFinding, UserError};
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

/// What a skill says now.
#[tauri::command]
pub(crate) async fn skill_draft(shell: State<'_, Shell>, id: String) -> Result<SkillDraft, UserError> {
    shell.app().skill_draft(id).await
}

/// What is to be known of a skill as it would be.
#[tauri::command]
pub(crate) async fn check_draft(
    shell: State<'_, Shell>,
    id: String,
    draft: SkillDraft,
) -> Result<Vec<SkillFinding>, UserError> {
    shell.app().check_draft(id, draft).await
}

/// Writes what a skill is to say.
#[tauri::command]
pub(crate) async fn save_skill(shell: State<'_, Shell>, id: String, draft: SkillDraft) -> Result<Made, UserError> {
    shell.app().save_skill(id, draft).await
}

/// What is to be known of a skill that is not there yet.
#[tauri::command]
pub(crate) fn check_new_skill(name: String, text: String) -> Vec<SkillFinding> {
    edit::check_skill_text(&name, &text)
}

/// Begins a skill.
#[tauri::command]
pub(crate) async fn new_skill(
    shell: State<'_, Shell>,
    name: String,
    text: String,
    scope: Scope,
) -> Result<Made, UserError> {
    shell.app().new_skill(name, text, scope).await
}
