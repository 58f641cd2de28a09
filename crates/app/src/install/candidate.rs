//! Whether the engine would load a folder as a skill.

use std::path::{Path, PathBuf};

use rekindle_domain::{EditNotice, UserError};
use rekindle_opencode::skill::frontmatter::{self, NotASkill, SkillText};

use super::rules::refused;
use crate::{error::shown, files::file};

/// The file that makes a folder a skill.
pub const SKILL: &str = "SKILL.md";

/// A folder that would be a skill.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The folder.
    pub folder: PathBuf,
    /// What its `SKILL.md` says.
    pub skill: SkillText,
}

/// Looks at a folder, or at a `SKILL.md` in it.
pub fn check(source: &Path) -> Result<Candidate, UserError> {
    let folder = match source.file_name() {
        Some(name) if name == SKILL => source.parent().unwrap_or(Path::new(".")),
        _ => source,
    };
    let missing = || refused(EditNotice::NoSkillFolder { path: shown(source) });
    let folder = folder.canonicalize().map_err(|_| missing())?;
    let path = folder.join(SKILL);
    let read = file::read(&path);
    let text = read.map_err(|error| refused(EditNotice::SkillNotRead { why: Box::new(error.what) }))?;
    let text = text.ok_or_else(missing)?;
    let skill = frontmatter::skill(&text).map_err(|error| {
        let why = Box::new(error.notice().into());
        refused(match error {
            NotASkill::NotRead(_) => EditNotice::SkillNotKnown { why },
            _ => EditNotice::SkillWouldNotLoad { why },
        })
    })?;
    Ok(Candidate { folder, skill })
}
