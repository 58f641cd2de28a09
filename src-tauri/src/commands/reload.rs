//! Reloads.

use rekindle_app::reload::{Resume, Wish};
use rekindle_domain::{Cause, Consent, Fingerprint, Shown, UserError};
use tauri::State;

use crate::shell::Shell;

/// Starts a reload; how it goes comes as states.
#[tauri::command]
pub(crate) async fn reload(
    shell: State<'_, Shell>,
    consent: Consent,
    plan: Option<Fingerprint>,
    named: Option<Vec<String>>,
    resume: Vec<String>,
) -> Result<(), UserError> {
    let resume = Resume::These(resume);
    shell.app().reload(Wish { consent, agreed: plan, named, resume, ..Wish::new(Cause::Window) }).await;
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
