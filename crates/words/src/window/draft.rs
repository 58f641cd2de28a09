//! The words of the form in which a skill is written.

use rekindle_domain::Scope;

pub use crate::skeleton::skill as skeleton;

pub const NEW: &str = "New skill…";
pub const NEW_TITLE: &str = "New skill";
pub const EDIT_TITLE: &str = "Edit skill";
pub const NAME: &str = "Name";
pub const DESCRIPTION: &str = "Description";
pub const BODY: &str = "Instructions";
pub const CREATE: &str = "Create";
pub const SAVE: &str = "Save";
pub const READING: &str = "Reading the skill…";

/// For which projects a new skill is.
pub fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Project => "Creates a skill for this project, from a template.",
        Scope::Global => "Creates a skill for every project, from a template.",
    }
}

/// It is there.
pub fn created(name: &str) -> String {
    format!("Created {name}")
}
