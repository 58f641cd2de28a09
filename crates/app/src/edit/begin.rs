//! Beginning a new skill.
//!
//! Invariant: what is written is a skill that the engine would load, and of which `skill check` has nothing to say.

use std::fs;

use rekindle_domain::{ErrorCode, Scope, UserError};

use super::{
    Installed,
    install::{Landing, stage},
    record::Records,
    steps,
};
use crate::{
    files::{
        file::{self, Content},
        locate::Places,
    },
    install::{
        candidate::{SKILL, check},
        findings, scratch,
    },
};

/// Writes a skill with this text into a folder of its name.
///
/// # Errors
///
/// There is something of that name, or the text is not that of a skill without a finding.
pub fn new_skill(
    places: &Places,
    name: &str,
    text: &str,
    scope: Scope,
    landing: &Landing,
) -> Result<Installed, UserError> {
    let scratch = scratch(places)?;
    // What a name could not be is found out before it becomes a path.
    let folder = scratch.path().join("new");
    fs::create_dir(&folder).map_err(file::not_written(&folder))?;
    file::put(&folder.join(SKILL), None, Some(Content { bytes: text.as_bytes(), mode: None }))?;
    let candidate = check(&folder)?;
    if let Some(finding) = findings(&candidate, name).into_iter().next() {
        return Err(UserError::new(ErrorCode::NotInstalled, finding.what));
    }
    let records = Records::open(places)?;
    let landing = Landing { name: Some(name), ..*landing };
    let staged = stage(places, &[candidate], &places.skills_to_edit(scope, landing.to), &landing)?;
    let steps = staged.steps(places)?;
    let token = steps::carry_out(&records, places, steps)?;
    Ok(Installed { places: staged.landed(), token, remark: None })
}
