//! All that precedes a reload, told of files alone.
//!
//! Invariants: no engine is asked and none is needed; nothing is written, wherever that may be. An error is what keeps the
//! engine from loading the directory, an item that it drops without a word, and what could not be looked at; all else is
//! a warning.

pub mod columns;
mod elsewhere;
mod skills;
mod unset;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use rekindle_domain::{
    CheckFinding, CheckReport, FileNotice, FindingLevel, Kind, Notice, Problem, RowState, SkillNotice, UserError,
};
use rekindle_opencode::config::schema::Schema;

use crate::{
    fault::{Fault, sheltered},
    files::{
        check,
        foreign::Budget,
        locate::Places,
        scan::{Scan, Scanner},
    },
};

/// What is wrong with the files that a fresh engine would load, and with the skills of the directory that are where no
/// engine looks: those of a collection that others install.
///
/// # Errors
///
/// A bug of Rekindle's own kept it from looking.
pub fn check(places: &Places) -> Result<CheckReport, UserError> {
    let checked = sheltered(Fault::of_files(&places.directory), || report(places));
    Ok(checked.and_then(|report| report)?)
}

fn report(places: &Places) -> Result<CheckReport, Fault> {
    let schema = Schema::measured();
    let mut scanner = Scanner::default();
    let scan = scanner.scan(places, schema)?;
    let mut problems = check::check(places, schema);
    problems.extend_from_slice(scanner.endless());
    let mut findings = unset::told(places, schema, problems);
    findings.extend(scan.warnings.iter().map(|warning| CheckFinding::new(level(&warning.what), warning.clone())));

    let mut budget = Budget::of_files();
    let elsewhere = elsewhere::find(places, &scan.skill_roots, &mut budget);
    findings.extend(elsewhere.unread.into_iter().map(warning));
    let loaded = loaded_skills(&scan);
    let looked = skills::look(&loaded, &elsewhere.files, &mut budget);
    findings.extend(looked.dropped.into_iter().map(|problem| CheckFinding::new(level(&problem.what), problem)));
    findings.extend(looked.remarks.into_iter().map(warning));

    let mut files = files_of(places, &scan);
    files.extend(loaded);
    files.extend(looked.files);
    let items = items(&scan);
    for finding in &mut findings {
        finding.item = items.get(finding.path.as_str()).cloned();
    }
    Ok(CheckReport::new(places.directory.display().to_string(), findings, files.len()))
}

fn warning(problem: Problem) -> CheckFinding {
    CheckFinding::new(FindingLevel::Warning, problem)
}

/// How bad it is, what does not keep the engine from loading the rest.
fn level(what: &Notice) -> FindingLevel {
    let is_error = match what {
        Notice::Skill(what) => matches!(
            what,
            SkillNotice::SkillIgnored { .. }
                | SkillNotice::SkillLinkDangling
                | SkillNotice::SkillsNotRead { .. }
                | SkillNotice::MarkdownIgnored { .. }
                | SkillNotice::ModeIgnored
        ),
        Notice::File(what) => matches!(
            what,
            FileNotice::FileRefused { .. }
                | FileNotice::NotARegularFile { .. }
                | FileNotice::FileTooLarge { .. }
                | FileNotice::LookSpent { .. }
                | FileNotice::FolderTooFull { .. }
        ),
        _ => false,
    };
    if is_error { FindingLevel::Error } else { FindingLevel::Warning }
}

/// The files of the skills that the engine would load.
fn loaded_skills(scan: &Scan) -> BTreeSet<PathBuf> {
    let is_read = |row: &&std::sync::Arc<rekindle_domain::Row>| !matches!(row.state, RowState::NotRead { .. });
    let rows = scan.rows.iter().filter(|row| row.kind == Kind::Skill).filter(is_read);
    rows.map(|row| PathBuf::from(&row.source)).collect()
}

/// The files that take part, as far as they are there.
fn files_of(places: &Places, scan: &Scan) -> BTreeSet<PathBuf> {
    let configs = places.config_files().into_iter().map(|file| file.path);
    let rows = scan.rows.iter().filter(|row| row.kind == Kind::Skill).map(|row| PathBuf::from(&row.source));
    let all = configs.chain(scan.found.iter().cloned()).chain(scan.code_files.iter().cloned()).chain(rows);
    all.filter(|path| path.is_file()).collect()
}

/// The ids of the items that are a file of their own, by its path.
fn items(scan: &Scan) -> BTreeMap<&str, String> {
    let mut items = BTreeMap::<&str, Option<String>>::new();
    // What a configuration declares is one of many things in it.
    let is_own =
        |path: &str| Path::new(path).extension().is_some_and(|extension| extension != "json" && extension != "jsonc");
    for row in scan.rows.iter().filter(|row| is_own(&row.source)) {
        let id = row.id.as_str().to_owned();
        items
            .entry(&row.source)
            .and_modify(|other| *other = other.take().filter(|other| *other == id))
            .or_insert(Some(id));
    }
    items.into_iter().filter_map(|(path, id)| Some((path, id?))).collect()
}
