//! What is wrong here and may be right where the engine runs: a variable that is not set, a file outside of the project.
//!
//! Invariant: that is a warning, and nothing else that is wrong becomes one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rekindle_domain::{CheckFinding, ConfigNotice, FindingLevel, Notice, Problem};
use rekindle_opencode::config::schema::Schema;

use crate::files::{check::check_config, foreign, locate::Places};

/// What keeps the engine from loading the directory, each with how bad it is.
pub(super) fn told(places: &Places, schema: Option<&Schema>, problems: Vec<Problem>) -> Vec<CheckFinding> {
    let configs: BTreeSet<_> = places.config_files().into_iter().map(|file| file.path).collect();
    let mut seen = BTreeMap::new();
    let mut level = |problem: &Problem| {
        let path = Path::new(&problem.path);
        if !configs.contains(path) {
            return FindingLevel::Error;
        }
        let unset = seen.entry(problem.path.clone()).or_insert_with(|| Unset::of(places, schema, path));
        let is_of_here = unset.as_ref().is_some_and(|unset| unset.explains(problem)) || is_outside(places, problem);
        if is_of_here { FindingLevel::Warning } else { FindingLevel::Error }
    };
    let level_of = |problem: Problem| CheckFinding::new(level(&problem), problem);
    problems.into_iter().map(level_of).collect()
}

/// A file of the person's own, such as one with a key, which is where the engine runs. Who checks all that an engine reads
/// here wants to know of it.
fn is_outside(places: &Places, problem: &Problem) -> bool {
    let Notice::Config(ConfigNotice::ReferenceBroken { target, .. }) = &problem.what else { return false };
    let is_absolute = Path::new(target).is_absolute() && !Path::new(target).starts_with(places.project_root());
    places.is_alone() && (target.starts_with("~/") || is_absolute)
}

/// A configuration with variables that are not set.
struct Unset {
    text: String,
    /// The variables as written.
    references: Vec<String>,
    /// What would be wrong if they were set.
    otherwise: Vec<Problem>,
}

impl Unset {
    /// `None`: there is none in the file.
    fn of(places: &Places, schema: Option<&Schema>, path: &Path) -> Option<Self> {
        let text = foreign::text(path).ok()?;
        let names: BTreeSet<_> = names(&text).filter(|name| places.environment.get(name).is_none()).collect();
        if names.is_empty() {
            return None;
        }
        let mut set = places.clone();
        for name in &names {
            // It fits with quotes around it and without.
            set.environment = set.environment.with(name, "0");
        }
        let references = names.iter().map(|name| format!("{{env:{name}}}")).collect();
        let otherwise = check_config(path, &set, schema);
        Some(Self { references, otherwise, text })
    }

    /// Whether it is a variable that is not set, because of which something is wrong.
    fn explains(&self, problem: &Problem) -> bool {
        let line = problem.line.and_then(|line| self.text.lines().nth(line.saturating_sub(1))).unwrap_or_default();
        let is_beside = self.references.iter().any(|reference| line.contains(reference.as_str()));
        is_beside || self.otherwise.iter().all(|other| other.what != problem.what || other.line != problem.line)
    }
}

/// The variables of a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("{env:").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;

    /// N13: where a variable is not set, or a key is not, as in most checks of a repository, nothing fails.
    #[test]
    fn what_is_only_missing_here_is_a_warning() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("opencode.json");
        let check = |text: &str, expected: &[FindingLevel]| {
            std::fs::write(&path, text).expect("written");
            let places = Places::of_project(root.path()).expect("places");
            let report = check(&places).expect("no fault");
            let levels: Vec<_> = report.findings.iter().map(|finding| finding.level).collect();
            assert_eq!(levels, expected, "{text} {report:?}");
        };
        use FindingLevel::{Error, Warning};
        check("{\"model\": \"a/{env:REKINDLE_NOT_SET}\"}", &[]);
        check("{\"share\": \"{env:REKINDLE_NOT_SET}\"}", &[Warning]);
        check("{\"server\": {\"port\": {env:REKINDLE_NOT_SET}\n}}", &[Warning]);
        check("{\"share\": \"{env:REKINDLE_NOT_SET}\",\n\"model\": 5}", &[Warning, Error]);
        check("{\"share\": \"{env:REKINDLE_NOT_SET}\"\n\"model\": \"a\"}", &[Error]);
        check("{\"model\": \"{file:~/rekindle-not-there}\"}", &[Warning]);
        check("{\"model\": \"{file:/rekindle/not/there}\"}", &[Warning]);
        check("{\"model\": \"{file:not-there}\"}", &[Error]);
    }
}
