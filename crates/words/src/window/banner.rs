//! What each banner says.
//!
//! Invariant: every banner has a title that stands for itself and a sentence that says what still
//! works or what happens next.

use rekindle_domain::{
    Action, Banner, BannerStep, BusyRun, BusyState, EngineMode, EngineState, Notice, Problem, Progress, ReloadStatus,
    StepState, WindowState,
};

use super::changes;
pub use crate::steps::installing;
use crate::{
    notice::{self, Front, said},
    runs, steps,
    text::{be, closed, counted, file_name, listed, sentence},
};

const RESTART_NOTE: &str = "The engine will restart; your sessions are kept.";
const SESSIONS_KEPT: &str = "Your sessions are kept.";

pub const CONFIRM_TITLE: &str = "Reload anyway?";
pub const CONFIRM_BODY: &str = "This interrupts what is running. Sessions and their messages are kept.";
pub const CONFIRM_AGAIN: &str = "Not reloaded yet: another run started since you confirmed.";
pub const CONFIRM_IDLE: &str = "Nothing is running now.";
pub const GOES_ON: &str = "Resume afterwards";
pub const ONE_MORE: &str = "Another reload follows.";

/// A banner's two lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub body: String,
}

/// The banner's word, as in JSON.
pub fn word(banner: &Banner) -> &'static str {
    match banner {
        Banner::None => "none",
        Banner::Pending => "pending",
        Banner::Busy { .. } => "busy",
        Banner::Waiting { .. } => "waiting",
        Banner::Reloading { .. } => "reloading",
        Banner::Blocked { .. } => "blocked",
        Banner::Client { .. } => "client",
        Banner::Stuck { .. } => "stuck",
        Banner::EngineDown { .. } => "engine-down",
    }
}

/// The same for the banner as a whole: that of now, or that a reload ended.
pub fn state_word(state: &WindowState) -> &'static str {
    match &state.banner {
        Banner::None if state.past.is_some() => "ended",
        banner => word(banner),
    }
}

/// What the banner says of now.
pub fn words(banner: &Banner, status: &ReloadStatus) -> Words {
    let words = |title: &str, body: String| Words { title: title.to_owned(), body };
    match banner {
        Banner::None => words("", String::new()),
        Banner::Pending => words("Reload required", pending(status)),
        Banner::Busy { runs } => words("Reload required", busy(runs)),
        Banner::Waiting { runs } => words("Waiting until nothing is running", waiting(runs)),
        Banner::Reloading { action: Action::Restart, progress, .. } => words("Restarting engine", under_way(progress)),
        Banner::Reloading { progress, .. } => words("Reloading engine", under_way(progress)),
        Banner::Blocked { problem, more } if problem.is_fault => {
            words("Reload blocked by an error in Rekindle", blocked(problem, *more))
        }
        Banner::Blocked { problem, more } => {
            words(&format!("Reload blocked: {} has an error", file_name(&problem.path)), blocked(problem, *more))
        }
        Banner::Client { host } => words(
            "Changes will apply after the host reloads",
            format!("You are connected to {host}. Reloading it may affect other clients."),
        ),
        Banner::Stuck { curable: true } => words(
            "The engine is stuck",
            format!("It refuses to load this directory although the files are fine. A restart fixes that. {SESSIONS_KEPT}"),
        ),
        Banner::Stuck { curable: false } => words(
            "The engine is stuck",
            "It refuses to load this directory although the files are fine, and reloading does not help. Whoever runs it \
             has to end the opencode process and start it again. Sessions are kept."
                .to_owned(),
        ),
        Banner::EngineDown { state, message } => down(*state, message.as_ref(), status.engine.mode),
    }
}

fn under_way(progress: &Progress) -> String {
    match progress.takes {
        Some(takes) => format!("Sessions are kept. This usually takes {}.", takes.words()),
        None => "Sessions are kept.".to_owned(),
    }
}

/// How long something has been under way; nothing before it has been a second.
pub fn elapsed(ms: u64) -> String {
    match ms / 1000 {
        0 => String::new(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn pending(status: &ReloadStatus) -> String {
    let waiting: Vec<_> = status.changes.iter().filter(|change| change.action.needs_reload()).cloned().collect();
    let number = changes::number(&waiting);
    let mut whys: Vec<_> = waiting.iter().map(|change| said(&change.why, Front::Window)).collect();
    whys.dedup();
    let body = match whys.as_slice() {
        [why] => format!("{why}; {number} {} waiting.", be(waiting.len())),
        _ => format!("The engine is still running without {number}."),
    };
    if status.action == Action::Restart { format!("{body} {RESTART_NOTE}") } else { body }
}

fn busy(runs: &[BusyRun]) -> String {
    match runs {
        [run] => {
            let loss = match run.state {
                BusyState::Busy => "interrupt its tool call",
                BusyState::Retry => "cancel its retry",
                BusyState::Permission | BusyState::Question => "discard its request",
                BusyState::Terminal => "end its process",
            };
            format!("{}. Reloading now would {loss}.", doing(run))
        }
        runs => format!("{} would be interrupted: {}.", counted(runs.len(), "run"), doings(runs)),
    }
}

fn waiting(runs: &[BusyRun]) -> String {
    match runs {
        [] => "Nothing is running now. The reload is about to start.".to_owned(),
        [run] => format!("{}. The reload starts as soon as it is done.", doing(run)),
        // They are listed below.
        runs => format!("{} are still going. The reload starts as soon as they are done.", counted(runs.len(), "run")),
    }
}

/// `“Fix login” is running`, and where, if that is in another directory.
pub fn doing(run: &BusyRun) -> String {
    runs::doing(run, file_name)
}

fn doings(runs: &[BusyRun]) -> String {
    listed(&runs.iter().map(doing).collect::<Vec<_>>(), 3)
}

/// What a forced reload takes from a run.
pub fn loses(state: BusyState) -> &'static str {
    match state {
        BusyState::Busy => "It loses its tool call or the answer it is writing.",
        BusyState::Retry => "It stops retrying.",
        BusyState::Permission => "It loses its permission request and the tool call that needs it.",
        BusyState::Question => "It loses its unanswered question.",
        BusyState::Terminal => "It closes, and whatever runs in it ends.",
    }
}

/// True for what can be told to resume.
pub fn can_go_on(run: &BusyRun) -> bool {
    run.state != BusyState::Terminal && !run.session.is_empty()
}

fn blocked(problem: &Problem, more: usize) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("Line {line}, column {column}: "),
        (Some(line), None) => format!("Line {line}: "),
        (None, _) => String::new(),
    };
    let message = said(&problem.what, Front::Window);
    let message = if place.is_empty() { sentence(&message) } else { closed(&message) };
    let more = match more {
        0 => "",
        1 => " Another file has an error too.",
        _ => " More files have errors too.",
    };
    format!("{place}{message}{more} The engine keeps running with what it has loaded.")
}

fn down(state: EngineState, message: Option<&Notice>, mode: EngineMode) -> Words {
    let (title, advice) = match (state, mode) {
        (EngineState::Starting, _) => ("The engine is starting…", "This workspace appears as soon as it responds."),
        (EngineState::Stopped, EngineMode::Host) => {
            ("The engine is stopped", "Start it to work in this directory. Your sessions are kept.")
        }
        (EngineState::Unauthorized, _) => {
            ("The engine needs a valid password", "Set REKINDLE_ENGINE_PASSWORD and reopen Rekindle.")
        }
        (_, EngineMode::Host) => {
            ("The engine is not responding", "Start it again to work in this directory. Your sessions are kept.")
        }
        (_, EngineMode::Client) => {
            ("The engine is not responding", "Rekindle keeps trying. You can keep editing files; nothing is lost.")
        }
    };
    let body = match message {
        Some(message) => format!("{} {advice}", sentence(&said(message, Front::Window))),
        None => advice.to_owned(),
    };
    Words { title: title.to_owned(), body }
}

/// A step of a running reload; its tense follows its state.
pub fn step(step: BannerStep) -> &'static str {
    if step.state == StepState::Done { steps::over(step.name) } else { steps::under_way(step.name) }
}

/// What to do about a broken file.
pub fn hint(problem: &Problem) -> String {
    sentence(&notice::hint(&problem.what, Front::Window))
}

/// The excerpt of a broken file with line numbers, and a caret under the column.
pub fn excerpt(problem: &Problem) -> String {
    let width = problem.excerpt.last().map_or(1, |(number, _)| number.to_string().len());
    let mut lines = Vec::new();
    for (number, text) in &problem.excerpt {
        lines.push(format!("{number:>width$} │ {text}"));
        if let (true, Some(column)) = (problem.line == Some(*number), problem.column) {
            // Tabs stay tabs, so that the caret stands where the text does.
            let indent: String = text
                .chars()
                .take(column.saturating_sub(1))
                .map(|letter| if letter == '\t' { '\t' } else { ' ' })
                .collect();
            lines.push(format!("{:width$} │ {indent}^", ""));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
pub mod fixture;
#[cfg(test)]
mod tests;
