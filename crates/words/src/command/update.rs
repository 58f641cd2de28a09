//! What an update of skills found, and did.

use rekindle_domain::{ChangeKind, ChangedBy, SkillUpdate, UpdateClass, UpdateState, UpdatedFile};

use super::edits::NEXT;
use crate::notice::{Front, sentences};

/// While the sources are fetched.
pub const LOOKING: &str = "Comparing skills with their sources…";

/// Each skill, with what differs.
pub fn updated(skills: &[SkillUpdate], is_check: bool) -> Vec<String> {
    if skills.is_empty() {
        return vec!["No skill here has a known source.".to_owned()];
    }
    let mut lines: Vec<_> = skills.iter().flat_map(skill).collect();
    let is = |wanted: &UpdateState| skills.iter().any(|skill| skill.state == *wanted);
    if is(&UpdateState::Updated) || is(&UpdateState::Kept) && !is_check {
        lines.push(NEXT.to_owned());
    }
    if is_check && is(&UpdateState::Available) {
        lines.push("Update with: rekindle skill update".to_owned());
    }
    if is(&UpdateState::Conflict) {
        lines.push(
            "Nothing of yours was touched. Keep your files with --keep mine, or take the source's with --keep theirs \
             (yours go to the trash)."
                .to_owned(),
        );
    }
    lines
}

fn skill(one: &SkillUpdate) -> Vec<String> {
    let state = match &one.state {
        UpdateState::UpToDate => "up to date".to_owned(),
        UpdateState::Yours => "up to date, with your changes".to_owned(),
        UpdateState::Available => format!("update available{}", live(one.class)),
        UpdateState::Conflict => "changed by you and in its source".to_owned(),
        UpdateState::Kept => "kept as it is".to_owned(),
        UpdateState::Updated => format!("updated{}", live(one.class)),
        UpdateState::Failed { why } => format!("not compared: {}", sentences(why, Front::Command)),
    };
    let versions = match (&one.resolved, &one.newest) {
        (Some(from), Some(to)) if from != to => format!(" ({} → {})", short(from), short(to)),
        (_, Some(to)) | (Some(to), None) => format!(" ({})", short(to)),
        (None, None) => String::new(),
    };
    let first = format!("{}{versions}: {state}", one.name);
    [first].into_iter().chain(one.files.iter().map(file)).collect()
}

/// What makes it live.
fn live(class: UpdateClass) -> &'static str {
    match class {
        UpdateClass::None | UpdateClass::Support => ", live without a reload",
        UpdateClass::Content | UpdateClass::Cold => "",
    }
}

fn file(file: &UpdatedFile) -> String {
    let sign = match file.change {
        ChangeKind::Added => '+',
        ChangeKind::Changed => '~',
        ChangeKind::Removed => '-',
    };
    let by = match file.by {
        ChangedBy::Source => "",
        ChangedBy::You => " (by you)",
        ChangedBy::Both => " (by you and in the source)",
    };
    format!("  {sign} {}{by}", file.path)
}

/// A commit by its beginning; anything else as it is.
fn short(resolved: &str) -> &str {
    let is_commit = resolved.len() >= 40 && resolved.chars().all(|letter| letter.is_ascii_hexdigit());
    if is_commit { resolved.get(..10).unwrap_or(resolved) } else { resolved }
}
