//! What would be installed, told before anything lands where the engine looks.

use std::{fs, path::Path};

use rekindle_domain::{
    FindingLevel, Notice, Preview, PreviewFile, SkillFinding, SkillNotice, SkillPreview, Tokens, UserError, visible,
};
use rekindle_opencode::skill::{
    frontmatter::SkillText,
    spec::{self, Remark},
};
use walkdir::WalkDir;

use super::{
    Fetched,
    candidate::{Candidate, SKILL, check},
    only_one,
    rules::MOST_ENTRIES,
};
use crate::{
    edit::{Landing, try_skill},
    error::shown,
    files::{file, foreign, locate::Places},
};

/// The longest file that is searched for what is hidden, in bytes.
pub(crate) const LONGEST: u64 = 4 * 1024 * 1024;

/// What a source would install.
///
/// # Errors
///
/// There are several skills, and a name for one.
pub fn preview(places: &Places, fetched: &Fetched, landing: &Landing) -> Result<Preview, UserError> {
    only_one(fetched, landing.name)?;
    let skills = fetched.skills.iter().map(|skill| skill_preview(places, fetched, skill, landing)).collect();
    Ok(Preview { source: fetched.source.clone(), skills })
}

fn skill_preview(places: &Places, fetched: &Fetched, candidate: &Candidate, landing: &Landing) -> SkillPreview {
    let skill = &candidate.skill;
    let name = landing.name.unwrap_or(&skill.name);
    let skills = places.skills_to_edit(fetched.scope, landing.to);
    let place = skills.join(name);
    let files = files(candidate);
    // In whatever folder it is now, it will be in one of its name.
    let mut findings = findings_of(candidate, &files, name);
    // Copied into a folder of ours, as it would be for good: what keeps it from landing is told.
    if let Err(error) = try_skill(places, candidate, &skills, name, landing.there) {
        findings.insert(0, refused(error));
    }
    SkillPreview {
        name: skill.name.clone(),
        description: skill.description.clone(),
        replaces: place.symlink_metadata().is_ok().then(|| shown(&place)),
        place: shown(&place),
        tools: spec::tools(&text(&candidate.folder.join(SKILL)).unwrap_or_default()),
        tokens: Tokens {
            listed: listed(skill) + within(candidate, &files).map(|(_, other)| listed(&other.skill)).sum::<usize>(),
            body: spec::tokens(&skill.body),
        },
        files,
        findings,
    }
}

/// What an author should know of a skill in a folder of this name.
pub fn findings(candidate: &Candidate, folder: &str) -> Vec<SkillFinding> {
    findings_of(candidate, &files(candidate), folder)
}

/// What is wrong with the text of a skill in a folder of this name, or hidden in it.
pub(crate) fn findings_of_text(text: &str, folder: &str) -> Vec<SkillFinding> {
    let remarks = spec::remarks(text, folder).into_iter().chain(spec::hidden(text, true));
    remarks.map(|remark| finding(SKILL, remark)).collect()
}

/// What is wrong with the text of a skill in a folder of this name, or hidden in its files.
fn findings_of(candidate: &Candidate, files: &[PreviewFile], folder: &str) -> Vec<SkillFinding> {
    let manifest = text(&candidate.folder.join(SKILL)).unwrap_or_default();
    let remarks = spec::remarks(&manifest, folder).into_iter().map(|remark| finding(SKILL, remark));
    let hidden = files.iter().flat_map(|file| {
        let hidden = hidden_in(&candidate.folder.join(&file.path)).into_iter();
        hidden.map(|remark| finding(&file.path, remark)).collect::<Vec<_>>()
    });
    let within = within(candidate, files).map(|(path, other)| {
        let what = SkillNotice::SkillWithin { name: other.skill.name };
        finding(path, Remark { line: 1, column: 1, what })
    });
    remarks.chain(within).chain(hidden).collect()
}

/// The skills in folders of a skill, each by the path of its `SKILL.md`: the engine lists them like all others.
fn within<'a>(candidate: &'a Candidate, files: &'a [PreviewFile]) -> impl Iterator<Item = (&'a str, Candidate)> {
    let is_inner =
        |file: &&PreviewFile| Path::new(&file.path).file_name().is_some_and(|name| name == SKILL) && file.path != SKILL;
    let inner = files.iter().filter(is_inner);
    inner.filter_map(|file| Some((file.path.as_str(), check(&candidate.folder.join(&file.path)).ok()?)))
}

/// What the list of skills takes of a session for one, in tokens.
fn listed(skill: &SkillText) -> usize {
    spec::tokens(&skill.name) + spec::tokens(skill.description.as_deref().unwrap_or_default())
}

/// What a reader of a file would not see.
pub(crate) fn hidden_in(file: &Path) -> Vec<Remark> {
    let is_markdown = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    match text(file) {
        Some(text) => spec::hidden(&text, is_markdown),
        None => vec![Remark { line: 1, column: 1, what: SkillNotice::NotSearched }],
    }
}

fn finding(path: &str, Remark { line, column, what }: Remark) -> SkillFinding {
    let what = Notice::from(what);
    let (path, line, column) = (Some(path.to_owned()), Some(line), Some(column));
    SkillFinding { level: FindingLevel::Warning, code: what.code(), path, line, column, what }
}

/// What keeps it from being done.
pub(crate) fn refused(error: UserError) -> SkillFinding {
    let code = error.what.code();
    SkillFinding { level: FindingLevel::Error, code, path: None, line: None, column: None, what: error.what }
}

/// The text of a file, as far as it is one; empty, where it is none. `None`: it is too large, or cannot be read.
pub(crate) fn text(file: &Path) -> Option<String> {
    let bytes = foreign::bytes(file, LONGEST).ok()??;
    let is_text = !bytes.iter().take(8 * 1024).any(|byte| *byte == 0);
    Some(if is_text { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() })
}

/// The text of a file that a preview names, line by line, with everything in it visible. `None`: it names no such file, or
/// that is too large or no text.
pub fn text_of(fetched: &Fetched, skill: &str, path: &str) -> Option<String> {
    let candidate = fetched.skills.iter().find(|candidate| candidate.skill.name == skill)?;
    files(candidate).iter().find(|file| file.path == path)?;
    let text = text(&candidate.folder.join(path)).filter(|text| !text.is_empty())?;
    Some(text.lines().map(visible).collect::<Vec<_>>().join("\n"))
}

/// The files of a skill, by their paths.
fn files(candidate: &Candidate) -> Vec<PreviewFile> {
    let entries = WalkDir::new(&candidate.folder).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| entry.file_name() != ".git").filter_map(Result::ok).take(MOST_ENTRIES);
    let file = |entry: walkdir::DirEntry| {
        let metadata = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file)?;
        let path = entry.path().strip_prefix(&candidate.folder).ok()?.to_str()?.to_owned();
        let begins = || {
            let mut head = [0; 2];
            let read =
                file::open_plain(entry.path()).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
            read.is_ok() && head == *b"#!"
        };
        let executable = is_program(&metadata) || begins();
        Some(PreviewFile { path, bytes: metadata.len(), executable })
    };
    entries.filter(|entry| !entry.file_type().is_dir()).filter_map(file).collect()
}

#[cfg(unix)]
fn is_program(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_program(_metadata: &fs::Metadata) -> bool {
    false
}
