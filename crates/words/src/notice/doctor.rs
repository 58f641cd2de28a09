//! What the doctor looks at, and what it finds.
//!
//! Invariant: what is found is one line, whatever is named in it; but for what an engine said.

use rekindle_domain::{DoctorNotice, EngineNotice, EngineState, Examined, Notice};

use super::Front;
use crate::text::counted;

pub(super) fn said(notice: &DoctorNotice, front: Front) -> String {
    let told = |why: &Notice| super::said(why, front);
    let text = match notice {
        DoctorNotice::EngineSaid { text } => return text.clone(),
        DoctorNotice::Examined { subject } => title(*subject).to_owned(),
        DoctorNotice::ProgramFails { path } => format!("{path} does not run"),
        DoctorNotice::ProgramRuns { version, path, caveat } => {
            let runs = format!("OpenCode {version} ({path})");
            match caveat {
                Some(caveat) => {
                    format!("{runs}: {}, so it may differ in what needs only a reload and what a restart", told(caveat))
                }
                None => runs,
            }
        }
        DoctorNotice::EngineIs { state, url, why, .. } => {
            let is = engine(*state, url);
            match why.as_deref() {
                None | Some(Notice::Engine(EngineNotice::EngineUnauthorized)) => is,
                // It says itself where the engine cannot be reached.
                Some(Notice::Engine(EngineNotice::EngineUnreachable { why, .. })) => format!("{is}: {why}"),
                Some(why) => format!("{is}: {}", told(why)),
            }
        }
        DoctorNotice::ProcessLeft { pid, command } => format!("process {pid} is left behind: {command}"),
        DoctorNotice::StateWritable { path } => path.clone(),
        DoctorNotice::StateNotWritable { path, why } => format!("{path} cannot be written: {}", told(why)),
        DoctorNotice::DirectoryGone { path } => format!("{path} does not exist"),
        DoctorNotice::UndoNotRead { path } => format!("the undo record of a change cannot be read: {path}"),
        DoctorNotice::TrashUnused { count, paths } => {
            let things = if *count == 1 { "one thing is".to_owned() } else { format!("{count} things are") };
            let more = match count.saturating_sub(paths.len()) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            format!("{things} there that no undo refers to: {}{more}", paths.join(", "))
        }
        DoctorNotice::ConfigurationFine { files } => {
            let load = if *files == 1 { "it would load" } else { "all would load" };
            format!("{}, and {load}", counted(*files, "file"))
        }
        DoctorNotice::RowNotRead { place, why } => format!("{place} is not read: {}", told(why)),
        DoctorNotice::SkillContested { name, places } => {
            format!("there is more than one skill “{name}”, and OpenCode picks one at random: {}", places.join(", "))
        }
        DoctorNotice::ItemFailed { item, why } => format!("{item}: {}", told(why)),
    };
    one_line(&text)
}

pub(super) fn hint(notice: &DoctorNotice, front: Front) -> String {
    let or = |why: Option<&Notice>, fixed: &str| {
        let own = why.map(|why| super::hint(why, front)).filter(|hint| !hint.is_empty());
        one_line(&own.unwrap_or_else(|| fixed.to_owned()))
    };
    let fixed = match (notice, front) {
        (DoctorNotice::ProgramFails { .. }, Front::Window) => {
            "reinstall OpenCode, or choose another one on the Settings page"
        }
        (DoctorNotice::ProgramFails { .. }, Front::Command) => {
            "reinstall OpenCode, or name another engine in Rekindle's settings.json"
        }
        (DoctorNotice::ProgramRuns { caveat: Some(_), .. }, Front::Window) => {
            "if a reload does not make a change live, restart the engine on the Overview page"
        }
        (DoctorNotice::ProgramRuns { caveat: Some(_), .. }, Front::Command) => {
            "if a reload does not make a change live, restart with: rekindle reload --restart"
        }
        (DoctorNotice::EngineIs { state: EngineState::Stuck, has_problems, .. }, _) => {
            engine_hint(EngineState::Stuck, *has_problems, front)
        }
        (DoctorNotice::EngineIs { state, has_problems, why, .. }, _) => {
            return or(why.as_deref(), engine_hint(*state, *has_problems, front));
        }
        (DoctorNotice::EngineSaid { .. }, _) => "fix what it complains about, if anything",
        (DoctorNotice::ProcessLeft { .. }, Front::Window) => {
            "end it from the reload that left it, on the Activity page"
        }
        (DoctorNotice::ProcessLeft { .. }, Front::Command) => "end it with: rekindle doctor --end-leftovers",
        (DoctorNotice::StateNotWritable { why, .. }, _) => {
            return or(Some(why), "check its permissions and the free disk space");
        }
        (DoctorNotice::DirectoryGone { .. }, Front::Window) => {
            "bring it back (undo the change if Rekindle moved it), or open another folder"
        }
        (DoctorNotice::DirectoryGone { .. }, Front::Command) => {
            "bring it back (with: rekindle undo, if Rekindle moved it), or stop its engine with: rekindle engine stop"
        }
        (DoctorNotice::UndoNotRead { .. }, Front::Window) => "what it removed is in the trash folder",
        (DoctorNotice::UndoNotRead { .. }, Front::Command) => {
            "what it removed is in the trash folder; if it is the last change, skip it with: rekindle undo --leave"
        }
        (DoctorNotice::TrashUnused { .. }, _) => {
            "take out what you need and delete the rest; Rekindle never empties the trash"
        }
        (DoctorNotice::RowNotRead { why, .. }, _) => return or(Some(why), "fix or move the file"),
        (DoctorNotice::SkillContested { .. }, _) => "keep one and remove the others",
        (DoctorNotice::ItemFailed { why, .. }, Front::Window) => {
            return or(Some(why), "fix or remove the plugin, then restart the engine on the Overview page");
        }
        (DoctorNotice::ItemFailed { why, .. }, Front::Command) => {
            return or(Some(why), "fix or remove the plugin, then restart with: rekindle reload --restart");
        }
        (
            DoctorNotice::Examined { .. }
            | DoctorNotice::ProgramRuns { caveat: None, .. }
            | DoctorNotice::StateWritable { .. }
            | DoctorNotice::ConfigurationFine { .. },
            _,
        ) => "",
    };
    fixed.to_owned()
}

/// What was looked at, as a heading.
fn title(subject: Examined) -> &'static str {
    match subject {
        Examined::Program => "Engine program",
        Examined::Engine => "Engine",
        Examined::Output => "Engine output",
        Examined::Process => "Process",
        Examined::State => "State folder",
        Examined::Directory => "Directory",
        Examined::Settings => "Settings",
        Examined::Undo => "Undo",
        Examined::Trash => "Trash",
        Examined::Configuration => "Configuration",
        Examined::Unread => "Not read",
        Examined::Skill => "Skill",
        Examined::Plugin => "Plugin",
    }
}

fn engine(state: EngineState, url: &str) -> String {
    match state {
        EngineState::Running => format!("runs at {url}"),
        EngineState::Starting => "is starting, or busy loading plugins".to_owned(),
        EngineState::Stopped => "is not running".to_owned(),
        EngineState::Unreachable => format!("cannot be reached at {url}"),
        EngineState::Unauthorized => "does not accept the password".to_owned(),
        EngineState::Stuck => "is stuck on a configuration that failed to load".to_owned(),
    }
}

fn engine_hint(state: EngineState, has_problems: bool, front: Front) -> &'static str {
    match (state, front, has_problems) {
        (EngineState::Running, ..) => "",
        (EngineState::Starting, ..) => "wait a minute",
        (EngineState::Stopped, Front::Window, _) => "start it on the Overview page",
        (EngineState::Stopped, Front::Command, _) => "start it with: rekindle engine start",
        (EngineState::Unreachable, ..) => "check that it runs and that the address is right",
        (EngineState::Unauthorized, ..) => {
            "set the environment variable REKINDLE_ENGINE_PASSWORD to the password that it was started with"
        }
        (EngineState::Stuck, Front::Window, true) => {
            "fix the files first, then restart the engine on the Overview page"
        }
        (EngineState::Stuck, Front::Window, false) => "the files are fine now; restart the engine on the Overview page",
        (EngineState::Stuck, Front::Command, true) => "fix the files first, then restart it with: rekindle reload",
        (EngineState::Stuck, Front::Command, false) => "the files are fine now; restart it with: rekindle reload",
    }
}

/// What is named may hold ends of lines.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine_is(state: EngineState, has_problems: bool, why: Option<&str>) -> DoctorNotice {
        let why = why.map(|why| Box::new(why.into()));
        DoctorNotice::EngineIs { state, url: "http://127.0.0.1:1".to_owned(), has_problems, why }
    }

    #[test]
    fn each_front_is_told_what_it_can_do() {
        let check = |notice: DoctorNotice, expected: &str, window: &str, command: &str| {
            assert_eq!(said(&notice, Front::Command), expected);
            assert_eq!((&*hint(&notice, Front::Window), &*hint(&notice, Front::Command)), (window, command));
        };
        check(engine_is(EngineState::Running, false, None), "runs at http://127.0.0.1:1", "", "");
        check(
            engine_is(EngineState::Stopped, false, Some("exit code 1")),
            "is not running: exit code 1",
            "start it on the Overview page",
            "start it with: rekindle engine start",
        );
        let [url, why] = ["http://127.0.0.1:1", "connection refused"].map(str::to_owned);
        let refused = EngineNotice::EngineUnreachable { url: url.clone(), why };
        let state = EngineState::Unreachable;
        check(
            DoctorNotice::EngineIs { state, url, has_problems: false, why: Some(Box::new(refused.into())) },
            "cannot be reached at http://127.0.0.1:1: connection refused",
            "check that the engine is running and that its address is right",
            "check that the engine is running and that its address is right",
        );
        check(
            engine_is(EngineState::Stuck, true, None),
            "is stuck on a configuration that failed to load",
            "fix the files first, then restart the engine on the Overview page",
            "fix the files first, then restart it with: rekindle reload",
        );
        check(
            DoctorNotice::ProcessLeft { pid: 7, command: "node\n-e".to_owned() },
            "process 7 is left behind: node -e",
            "end it from the reload that left it, on the Activity page",
            "end it with: rekindle doctor --end-leftovers",
        );
    }

    #[test]
    fn what_is_found_has_its_numbers() {
        let check = |notice: DoctorNotice, expected: &str| assert_eq!(said(&notice, Front::Window), expected);
        check(DoctorNotice::ConfigurationFine { files: 1 }, "1 file, and it would load");
        check(DoctorNotice::ConfigurationFine { files: 2 }, "2 files, and all would load");
        let trash = |count, paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            DoctorNotice::TrashUnused { count, paths }
        };
        check(trash(1, &["/t/a"]), "one thing is there that no undo refers to: /t/a");
        check(trash(12, &["/t/a", "/t/b"]), "12 things are there that no undo refers to: /t/a, /t/b, and 10 more");
        check(DoctorNotice::EngineSaid { text: "one\ntwo".to_owned() }, "one\ntwo");
    }
}
