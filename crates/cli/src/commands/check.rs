//! `rekindle check`.

use std::{env, path::PathBuf, process::ExitCode};

use rekindle_app::{
    check::{self, columns},
    files::locate::Places,
    terminal,
};
use rekindle_domain::{CheckReport, CheckSummary, UserError};

use super::PENDING;
use crate::{
    arguments::{Arguments, CheckArguments, CheckFormat},
    check::{Base, github, sarif},
    print,
    words::{self, check as said},
};

pub(super) fn run(arguments: &Arguments, options: &CheckArguments) -> Result<ExitCode, UserError> {
    let places = places(arguments, options)?;
    let report = check::check(&places)?;
    let root = || Base::new(&places.directory, [places.project_root().to_owned()]);
    match options.format(arguments.json) {
        CheckFormat::Text => {
            let base = Base::new(&places.directory, folder(env::current_dir().ok()));
            terminal::print(&said::report(&report, &|path| base.shown(path)));
        }
        CheckFormat::Json => {
            terminal::print_json(&serde_json::to_string_pretty(&words::json(&report)).unwrap_or_default());
        }
        CheckFormat::Sarif => {
            let log = sarif(&report, &columns::in_utf16(&report), &root());
            terminal::print_json(&serde_json::to_string_pretty(&log).unwrap_or_default());
        }
        CheckFormat::Github => {
            let workspace = folder(env::var_os("GITHUB_WORKSPACE").map(PathBuf::from));
            let base = Base::new(&places.directory, workspace.into_iter().chain([places.project_root().to_owned()]));
            terminal::print(&github(&report, &base));
            terminal::print(&[said::summary(report.summary)]);
        }
    }
    Ok(ExitCode::from(code(&report, options.strict)))
}

fn places(arguments: &Arguments, options: &CheckArguments) -> Result<Places, UserError> {
    let directory = arguments.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let directory = options.dir.as_ref().map_or_else(|| directory.clone(), |dir| directory.join(dir));
    if options.global { Places::of(&directory) } else { Places::of_project(&directory) }
}

/// A folder as the paths of findings begin with it.
fn folder(path: Option<PathBuf>) -> Option<PathBuf> {
    path?.canonicalize().ok()
}

fn code(report: &CheckReport, is_strict: bool) -> u8 {
    match report.summary {
        CheckSummary { errors: 1.., .. } => print::ERROR,
        CheckSummary { warnings: 1.., .. } if is_strict => PENDING,
        _ => 0,
    }
}
