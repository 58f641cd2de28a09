//! What a notice says, and what to do about it, for whoever asks.
//!
//! Invariant: every code has its sentence and, where there is something to do, its hint: a new code does not compile without.
//! Sentences begin in lower case and end without a full stop, so that they fit behind a colon; [`crate::text::sentence`]
//! makes whole sentences of them.

mod agent;
mod config;
mod doctor;
mod edit;
mod engine;
mod file;
mod habit;
mod install;
mod key;
mod package;
mod plugin;
mod program;
pub mod reload;
mod server;
mod skill;
mod state;

use rekindle_domain::{Notice, Problem};

pub(crate) use self::config::either;

use crate::text;

/// Who asks: what a person can do about something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Front {
    /// The window. It never tells a person to type a command or a flag.
    Window,
    /// The command line. It never names a button.
    Command,
}

/// What a notice says.
pub fn said(notice: &Notice, front: Front) -> String {
    match notice {
        Notice::Habit(notice) => habit::said(notice),
        Notice::Reload(notice) => reload::said(notice, front),
        Notice::Agent(notice) => agent::said(notice),
        Notice::Config(notice) => config::said(notice, front),
        Notice::Key(notice) => key::said(notice, front),
        Notice::Skill(notice) => skill::said(notice, front),
        Notice::Engine(notice) => engine::said(notice, front),
        Notice::Edit(notice) => edit::said(notice, front),
        Notice::Install(notice) => install::said(notice, front),
        Notice::Server(notice) => server::said(notice, front),
        Notice::State(notice) => state::said(notice, front),
        Notice::Program(notice) => program::said(notice, front),
        Notice::File(notice) => file::said(notice, front),
        Notice::Plugin(notice) => plugin::said(notice, front),
        Notice::Package(notice) => package::said(notice, front),
        Notice::Doctor(notice) => doctor::said(notice, front),
        Notice::Verbatim(text) => text.clone(),
        Notice::Newer { notice, .. } => format!("“{notice}”, which only a newer version of Rekindle can explain"),
    }
}

/// What to do about it; empty when there is nothing.
pub fn hint(notice: &Notice, front: Front) -> String {
    match notice {
        Notice::Habit(_) | Notice::Verbatim(_) => String::new(),
        Notice::Newer { .. } => "update Rekindle".to_owned(),
        Notice::Reload(notice) => reload::hint(notice, front),
        Notice::Agent(notice) => agent::hint(notice, front),
        Notice::Config(notice) => config::hint(notice, front),
        Notice::Key(notice) => key::hint(notice, front),
        Notice::Skill(notice) => skill::hint(notice, front),
        Notice::Engine(notice) => engine::hint(notice, front),
        Notice::Edit(notice) => edit::hint(notice, front),
        Notice::Install(notice) => install::hint(notice, front),
        Notice::Server(notice) => server::hint(notice, front),
        Notice::State(notice) => state::hint(notice, front),
        Notice::Program(notice) => program::hint(notice, front),
        Notice::File(notice) => file::hint(notice, front),
        Notice::Plugin(notice) => plugin::hint(notice, front),
        Notice::Package(notice) => package::hint(notice, front),
        Notice::Doctor(notice) => doctor::hint(notice, front),
    }
}

/// What to do about it, or that.
fn hint_or(notice: &Notice, front: Front, that: &str) -> String {
    Some(hint(notice, front)).filter(|hint| !hint.is_empty()).unwrap_or_else(|| that.to_owned())
}

/// Both in one line: `it needs a client id (set oauth.clientId in its entry)`.
pub fn inline(notice: &Notice, front: Front) -> String {
    match (said(notice, front), hint(notice, front)) {
        (said, hint) if hint.is_empty() => said,
        (said, hint) => format!("{said} ({hint})"),
    }
}

/// Both in whole sentences.
pub fn sentences(notice: &Notice, front: Front) -> String {
    let both = [said(notice, front), hint(notice, front)];
    both.iter().filter(|text| !text.is_empty()).map(|text| text::sentence(text)).collect::<Vec<_>>().join(" ")
}

/// What is wrong with a file, with its place: `/p/opencode.json:3:5: expected a comma`.
pub fn placed(problem: &Problem, front: Front) -> String {
    let place = problem.line.zip(problem.column).map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    format!("{}{place}: {}", problem.path, said(&problem.what, front))
}

#[cfg(test)]
mod tests;
