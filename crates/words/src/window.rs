//! Every word that people read.
//!
//! Invariant: components hold no text of their own; what depends on data is a pure function from a
//! domain type to text, so that it can be tested without a window.

pub mod agents;
pub mod banner;
pub mod changes;
pub mod config;
pub mod deeds;
pub mod difference;
pub mod draft;
pub mod engine;
pub mod last_good;
mod pages;
pub mod plan;
pub mod preview;
pub mod receipt;
pub mod rows;
pub mod servers;
pub mod settings;
pub mod undo;
pub mod update;

pub use self::pages::Page;
pub use crate::{
    live::ALL_LIVE,
    receipts::NO_RELOADS as NO_RECEIPTS,
    text::{duration, file_name, fine_duration},
};
use rekindle_domain::{
    Counts, ErrorCode, Notice, ProgramNotice, Receipt, ReceiptResult, RowState, Scope, UserError, WindowState,
    Workspace,
};

use crate::{
    live::{NOTHING_PENDING, failed_to_load},
    notice::{Front, hint, said, sentences},
    receipts::unproved,
    text::counted,
};

pub const APP: &str = "Rekindle";
pub const CONNECTING: &str = "Connecting…";
pub const NAVIGATION: &str = "Pages";
pub const PENDING_DOT: &str = "has pending changes";
pub const NOTIFICATIONS: &str = "Notifications";

pub const DISMISS: &str = "Dismiss";
pub const CANCEL: &str = "Cancel";
pub const DETAILS: &str = "Details";
pub const HIDE_DETAILS: &str = "Hide details";
pub const UNDO: &str = "Undo";
pub const REMOVE: &str = "Remove";
pub const TURN_OFF: &str = "Turn off";
pub const TURN_ON: &str = "Turn on";
pub const RETRY: &str = "Retry";
pub const SIGN_IN: &str = "Sign in…";
pub const SIGN_OUT: &str = "Sign out";
pub const OPEN: &str = "Open";
pub const REVEAL: &str = "Reveal";
pub const CHOOSE: &str = "Choose…";
pub const OPEN_FILE: &str = "Open file";
pub const RELOAD: &str = "Reload engine";
pub const RELOAD_WHEN_IDLE: &str = "Reload when idle";
pub const RELOAD_ANYWAY: &str = "Reload anyway…";
pub const CONFIRM_RELOAD: &str = "Reload and interrupt";
pub const RELOAD_ONCE_MORE: &str = "Reload again afterwards";
pub const COPY_JSON: &str = "Copy as JSON";
pub const END: &str = "End";
pub const TRY_AGAIN: &str = "Try again";
pub const START_ENGINE: &str = "Start engine";
pub const RESTART_ENGINE: &str = "Restart engine";
pub const COPY_REQUEST: &str = "Copy request for host";
pub const COPIED: &str = "Copied. Send it to whoever runs the host.";
pub const COPIED_JSON: &str = "Copied as JSON.";

pub const RECENT: &str = "Recent workspaces";
pub const OPEN_ANOTHER: &str = "Open another folder…";

pub const SCOPE: &str = "Scope";
pub const PLUGIN_FIELD: &str = "npm package, file path or git URL";
pub const ADD_PLUGIN: &str = "Add plugin";
pub const SKILL_FIELD: &str = "Folder, repository or URL";
pub const INSTALL_SKILL: &str = "Install skill";

pub const ENGINE: &str = "Engine";
pub const LOADED_NOW: &str = "Loaded in the engine";
pub const PENDING: &str = "Pending changes";
pub const NOT_KNOWN: &str = "Shown once the engine responds and every file loads.";
pub const COUNTS_UNKNOWN: &str = "The engine is unavailable.";
/// In place of a number that the engine has not reported, and what it means.
pub const UNHEARD: &str = "–";
pub const NOT_HEARD_YET: &str = "Not reported yet. Rekindle will ask again.";

pub const NO_RECEIPTS_HINT: &str =
    "When files change, a banner offers to reload the engine. Each reload is listed here with what it proved.";

/// A page's name, in the navigation and as its title.
pub fn page(page: Page) -> &'static str {
    match page {
        Page::Overview => "Overview",
        Page::Plugins => "Plugins",
        Page::Skills => "Skills",
        Page::Mcp => "MCP servers",
        Page::Agents => "Agents & commands",
        Page::Configuration => "Configuration",
        Page::Activity => "Activity",
        Page::Settings => "Settings",
    }
}

/// The line under a page's title.
pub fn page_sub(page: Page) -> &'static str {
    match page {
        Page::Overview => "What the engine has loaded, and what is still only on disk.",
        Page::Plugins => "Plugins that OpenCode loads in this workspace.",
        Page::Skills => "Instructions that agents can load in this workspace.",
        Page::Mcp => "Servers that provide tools in this workspace.",
        Page::Agents => "Agents, slash commands and custom tools in this workspace.",
        Page::Configuration => "What every key comes to in this workspace, and which file sets it.",
        Page::Activity => "Past reloads, and what each one proved.",
        Page::Settings => "Appearance, automatic reloads, and which engine to start.",
    }
}

/// A scope, as a choice.
pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Project => "Project",
        Scope::Global => "Global",
    }
}

/// Each count with its short name and its label. What was not heard is no number.
pub fn counts(counts: Option<&Counts>) -> [(&'static str, &'static str, String); 6] {
    let number = |of: fn(&Counts) -> Option<usize>| {
        counts.and_then(of).map_or_else(|| UNHEARD.to_owned(), |number| number.to_string())
    };
    [
        ("plugins", "Plugins", number(|counts| counts.plugins)),
        ("skills", "Skills", number(|counts| counts.skills)),
        ("agents", "Agents", number(|counts| counts.agents)),
        ("commands", "Commands", number(|counts| counts.commands)),
        ("mcp", "MCP servers", number(|counts| counts.mcp)),
        ("providers", "Providers", number(|counts| counts.providers)),
    ]
}

/// What is not as it should be although nothing waits for a reload; `None`: all is.
pub fn not_live(state: &WindowState) -> Option<String> {
    let rows = [&state.plugins, &state.skills, &state.mcp, &state.agents].into_iter().flat_map(|rows| rows.iter());
    let failed = rows.filter(|row| matches!(row.state, RowState::Failed { .. })).count();
    let failed = (failed > 0).then(|| format!("{}.", failed_to_load(failed)));
    // By the count that the banner tells, as long as it tells of it.
    let told = state.past.as_ref().filter(|past| past.result == ReceiptResult::Partial).map(Receipt::tally);
    let past = match told {
        Some(tally) => Some(left(tally.open(), tally.all)),
        None => state.status.past.as_ref().map(|past| left(past.unproved.len(), past.changes)),
    };
    let all: Vec<_> = [failed, past].into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("{NOTHING_PENDING} {}", all.join(" ")))
}

/// What the last reload left, in a sentence.
fn left(open: usize, all: usize) -> String {
    match open {
        0 => "Something still needs attention after the last reload.".to_owned(),
        open => format!("{} after the last reload.", unproved(open, all)),
    }
}

/// What the button with the directory's name does.
pub fn switch_workspace(name: &str) -> String {
    format!("Switch workspace: {name}")
}

/// The toast after a removal.
pub fn removed(name: &str) -> String {
    format!("Removed {name}")
}

/// An item is turned on or off.
pub fn switched(name: &str, is_on: bool) -> String {
    format!("Turned {name} {}", if is_on { "on" } else { "off" })
}

/// An error that no command foresaw.
pub fn unexpected(why: String) -> UserError {
    UserError::new(ErrorCode::Unexpected, ProgramNotice::Unforeseen { why })
}

/// There is nothing behind the window.
pub fn no_core() -> UserError {
    UserError::new(ErrorCode::NoCore, ProgramNotice::NoCore)
}

/// Neither way to the clipboard works.
pub fn no_clipboard() -> UserError {
    UserError::new(ErrorCode::NoClipboard, ProgramNotice::NoClipboard)
}

/// What a notice says.
pub fn told(notice: &Notice) -> String {
    said(notice, Front::Window)
}

/// What to do about it; `None` when nothing.
pub fn advice(notice: &Notice) -> Option<String> {
    Some(hint(notice, Front::Window)).filter(|hint| !hint.is_empty())
}

/// Both, in whole sentences.
pub fn remark(notice: &Notice) -> String {
    sentences(notice, Front::Window)
}

/// An error's message, and its hint where there is one.
pub fn full_error(error: &UserError) -> String {
    sentences(&error.what, Front::Window)
}

/// A path as short as it stays clear: relative to the directory that is shown, else with `~`.
pub fn short_path(path: &str, workspace: &Workspace) -> String {
    let below = |folder: &str| path.strip_prefix(folder).filter(|rest| rest.starts_with(['/', '\\']));
    let inside = below(&workspace.directory).map(|rest| rest[1..].to_owned());
    let home = workspace.short.strip_prefix('~').and_then(|rest| workspace.directory.strip_suffix(rest));
    let at_home = || home.filter(|home| !home.is_empty()).and_then(below).map(|rest| format!("~{rest}"));
    inside.or_else(at_home).unwrap_or_else(|| path.to_owned())
}

/// How long ago; `None` when the date itself says more.
pub fn ago(seconds: f64) -> Option<String> {
    // Negative when the clock was set back.
    let minutes = (seconds.max(0.0) / 60.0) as usize;
    match minutes {
        0 => Some("just now".to_owned()),
        1..60 => Some(format!("{} ago", counted(minutes, "minute"))),
        60..1440 => Some(format!("{} ago", counted(minutes / 60, "hour"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{banner::fixture, *};
    use crate::text::sentence;

    #[test]
    fn durations_are_short() {
        let check = |ms, expected| assert_eq!(duration(ms), expected);
        check(0, "0 ms");
        check(99, "99 ms");
        check(940, "0.9 s");
        check(12_345, "12.3 s");
        check(125_000, "2 min 5 s");
    }

    #[test]
    fn times_are_told_in_the_largest_unit() {
        let check = |seconds, expected: Option<&str>| assert_eq!(ago(seconds).as_deref(), expected);
        check(-5.0, Some("just now"));
        check(59.0, Some("just now"));
        check(60.0, Some("1 minute ago"));
        check(3_599.0, Some("59 minutes ago"));
        check(7_200.0, Some("2 hours ago"));
        check(86_400.0, None);
    }

    #[test]
    fn sentences_have_both_ends() {
        let check = |text, expected| assert_eq!(sentence(text), expected);
        check("", "");
        check("expected a comma ", "Expected a comma.");
        check("Really?", "Really?");
        check("opencode.jsonc is broken", "opencode.jsonc is broken.");
        check("no, it is not", "No, it is not.");
        check("élan", "Élan.");
    }

    #[test]
    fn paths_are_short_inside_the_directory_and_at_home() {
        let check = |short, path, expected| assert_eq!(short_path(path, &fixture::workspace("/h/p", short)), expected);
        check("~/p", "/h/p/.opencode/plugins/a.ts", ".opencode/plugins/a.ts");
        check("~/p", "/h/pa/a.ts", "~/pa/a.ts");
        check("~/p", "/hi/a.ts", "/hi/a.ts");
        check("/h/p", "/h/a.ts", "/h/a.ts");
    }

    #[test]
    fn file_names_are_the_last_part() {
        let check = |path, expected| assert_eq!(file_name(path), expected);
        check("/p/opencode.jsonc", "opencode.jsonc");
        check("C:\\p\\a b.ts", "a b.ts");
        check("/p/skill/", "skill");
        check("plain", "plain");
    }
}
