//! What is running, and would be interrupted by a reload.

use rekindle_domain::{BusyRun, BusyState};

/// `“Fix login” is running`, and where, if that is in another directory. `place` says how a path is shown.
pub fn doing(run: &BusyRun, place: fn(&str) -> &str) -> String {
    let doing = match run.state {
        BusyState::Busy => "is running",
        BusyState::Retry => "is waiting to retry",
        BusyState::Permission => "is waiting for permission",
        BusyState::Question => "is waiting for an answer",
        BusyState::Terminal => "is an open terminal",
    };
    if let (true, Some(directory)) = (run.session.is_empty(), &run.directory) {
        return format!("{} does not answer, so something may be running there", place(directory));
    }
    let name = name(run);
    match &run.directory {
        Some(directory) => format!("{name} {doing} in {}", place(directory)),
        None => format!("{name} {doing}"),
    }
}

/// A run's title in quotes.
pub fn name(run: &BusyRun) -> String {
    let title = run.title.trim();
    match &run.directory {
        Some(directory) if run.session.is_empty() => format!("Possibly something in {directory}"),
        _ if title.is_empty() => "An untitled session".to_owned(),
        _ => format!("“{title}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_with_its_place() {
        let run = |session: &str, title: &str, directory: Option<&str>| {
            let (session, title, directory) = (session.to_owned(), title.to_owned(), directory.map(str::to_owned));
            BusyRun { session, title, state: BusyState::Busy, directory }
        };
        let check = |title: &str, directory: Option<&str>, expected| {
            assert_eq!(doing(&run("ses_1", title, directory), |place| place), expected);
        };
        check("Fix login", None, "“Fix login” is running");
        check("Fix login", Some("/p"), "“Fix login” is running in /p");
        check(" ", None, "An untitled session is running");
        let unheard = run("", "", Some("/p"));
        assert_eq!(doing(&unheard, |place| place), "/p does not answer, so something may be running there");
    }
}
