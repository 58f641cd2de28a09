//! Writing the text of a skill: its name, its description and its body.
//!
//! Invariants: every byte outside of what was edited stays; a file that changed since it was read is left alone; one save is
//! one change that can be undone.

use std::path::Path;

use rekindle_domain::{
    EditNotice, ErrorCode, Fingerprint, Notice, Row, SkillDraft, SkillFinding, SkillNotice, UserError,
};
use rekindle_opencode::skill::{
    edit::{Wanted, edited},
    frontmatter,
};

use super::{
    record::Records,
    undo::{Entries, Undo},
};
use crate::{
    error::shown,
    files::{
        file::{self, Edited},
        locate::Places,
    },
    install::preview::{findings_of_text, refused},
};

/// What a skill says now.
///
/// # Errors
///
/// Its file cannot be read, or is no skill.
pub fn draft(row: &Row) -> Result<SkillDraft, UserError> {
    let text = text_of(row)?;
    let skill = frontmatter::skill(&text).map_err(|error| not_edited(row, error.notice().into()))?;
    Ok(SkillDraft {
        name: skill.name,
        description: skill.description.unwrap_or_default(),
        body: skill.body,
        base: base(&text),
    })
}

/// What is to be known of a skill as it would be.
pub fn check_draft(row: &Row, draft: &SkillDraft) -> Result<Vec<SkillFinding>, UserError> {
    let folder = Path::new(&row.source).parent().and_then(Path::file_name).unwrap_or_default();
    Ok(match with(row, &text_of(row)?, draft) {
        Ok(text) => findings_of_text(&text, &folder.to_string_lossy()),
        Err(error) => vec![refused(error)],
    })
}

/// What is to be known of a skill that is not there yet.
pub fn check_skill_text(name: &str, text: &str) -> Vec<SkillFinding> {
    match frontmatter::skill(text) {
        Ok(_) => findings_of_text(text, name),
        Err(error) => vec![refused(UserError::new(ErrorCode::NotInstalled, error.notice()))],
    }
}

/// Writes what a person wants a skill to say; for taking it back, if anything changed.
///
/// # Errors
///
/// The file is not as it was when it was read, or cannot be edited so.
pub fn save_draft(places: &Places, row: &Row, draft: &SkillDraft) -> Result<Option<String>, UserError> {
    let path = Path::new(&row.source);
    let records = Records::open(places)?;
    let before = text_of(row)?;
    let changed = || {
        let notice = EditNotice::SkillWritten { path: shown(path) };
        UserError::new(ErrorCode::Contended, notice).about(shown(path))
    };
    if base(&before) != draft.base {
        return Err(changed());
    }
    let after = with(row, &before, draft)?;
    if after == before {
        return Ok(None);
    }
    let (before, after) = (Some(before), Some(after));
    let undo =
        Undo::of(Edited { path: path.to_owned(), before: before.clone(), after: after.clone() }, Entries::Unknown);
    let write = || match file::replace(path, before.as_deref(), after.as_deref())? {
        true => Ok(()),
        false => Err(changed()),
    };
    records.carry_out(places, &undo, write).map(|((), token)| Some(token))
}

fn text_of(row: &Row) -> Result<String, UserError> {
    let path = Path::new(&row.source);
    let gone =
        || UserError::new(ErrorCode::NotFound, EditNotice::NothingToRemove { kind: row.kind, name: row.name.clone() });
    file::read(path)?.ok_or_else(gone)
}

fn with(row: &Row, text: &str, draft: &SkillDraft) -> Result<String, UserError> {
    let wanted = Wanted { name: &draft.name, description: &draft.description, body: &draft.body };
    edited(text, &wanted).ok_or_else(|| not_edited(row, SkillNotice::LaidOutOtherwise.into()))
}

fn not_edited(row: &Row, why: Notice) -> UserError {
    UserError::new(ErrorCode::NotEdited, why).about(row.source.clone())
}

fn base(text: &str) -> String {
    Fingerprint::of_bytes(text.as_bytes()).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rekindle_domain::{Kind, Scope};

    use super::*;
    use crate::{edit, files::scan::scan};

    const TEXT: &str =
        "---\r\n# ours\r\nname: s\r\ndescription: Does it. # short\r\nlicense: MIT\r\n---\r\n\r\nBody.\r\n";

    /// S7: a save changes what was edited and nothing else, is taken back byte for byte, and leaves what others wrote.
    #[test]
    fn a_skill_is_edited_and_taken_back() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("project/.git")).expect("made");
        let mut places = Places::of(&at("project")).expect("places");
        (places.state, places.common_state, places.global) = (at("state"), at("state"), at("global"));
        let path = places.directory.join(".opencode/skills/s/SKILL.md");
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let read = || fs::read_to_string(&path).expect("read");
        fs::write(&path, TEXT).expect("written");
        let rows = scan(&places, None).expect("no fault").rows;
        let row = edit::find(&rows, Kind::Skill, "s", Scope::Project).expect("listed");
        let seen = draft(row).expect("a skill");
        assert_eq!(save_draft(&places, row, &seen), Ok(None), "nothing to do");

        let body = seen.body.replace("\r\n", "\n").replace("Body.", "New.");
        let wanted = SkillDraft { description: "Does: that".to_owned(), body, ..seen.clone() };
        assert_eq!(check_draft(row, &wanted), Ok(Vec::new()));
        save_draft(&places, row, &wanted).expect("saved").expect("a change");
        assert_eq!(read(), TEXT.replace("Does it.", "\"Does: that\"").replace("Body.", "New."));
        let late = save_draft(&places, row, &wanted).expect_err("it is another text by now");
        assert_eq!(late.code, ErrorCode::Contended);
        edit::undo(&places, None, None).expect("undone");
        assert_eq!(read(), TEXT);

        let findings = check_draft(row, &SkillDraft { name: "Other".to_owned(), ..seen.clone() }).expect("checked");
        assert_eq!((findings[0].line, findings[0].code.as_str()), (Some(3), "name-form"));
        fs::write(&path, "theirs").expect("written");
        assert_eq!(save_draft(&places, row, &seen).expect_err("theirs").code, ErrorCode::Contended);
        assert_eq!(read(), "theirs");
        fs::remove_file(&path).expect("removed");
        assert_eq!(save_draft(&places, row, &seen).expect_err("gone").code, ErrorCode::NotFound);
        assert!(!path.exists());
    }
}
