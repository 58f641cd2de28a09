//! The text of a skill, while a person writes it.

use serde::{Deserialize, Serialize};

/// What a skill says, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillDraft {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its body.
    pub body: String,
    /// Which text of its file it was taken from.
    pub base: String,
}
