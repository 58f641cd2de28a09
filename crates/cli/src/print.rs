//! What is printed, and where: results to standard output, all else to standard error.
//!
//! Invariant: a text for people is a list of lines, so that no value in it can make another one.

use std::{
    process::ExitCode,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use rekindle_app::terminal;
use rekindle_domain::UserError;
use serde::Serialize;
use serde_json::json;

use crate::{arguments::Arguments, words};

/// How often it is told how far something is.
const SELDOM: Duration = Duration::from_secs(2);
/// Exit code: something is wrong.
pub(crate) const ERROR: u8 = 2;

/// Prints the result: JSON if that is wanted, else lines of text.
pub(crate) fn result(arguments: &Arguments, value: &impl Serialize, lines: impl FnOnce() -> Vec<String>) {
    if arguments.json {
        terminal::print_json(&serde_json::to_string_pretty(&words::json(value)).unwrap_or_default());
    } else {
        terminal::print(&lines());
    }
}

/// Prints a value as one line of JSON; false when nobody reads it.
pub(crate) fn line(value: &impl Serialize) -> bool {
    terminal::print_json(&serde_json::to_string(&words::json(value)).unwrap_or_default())
}

/// Tells an error: one line to standard error, or an object to standard output.
pub(crate) fn failure(arguments: &Arguments, error: &UserError) -> ExitCode {
    if arguments.json {
        result(arguments, &json!({ "error": error }), Vec::new);
    } else {
        terminal::tell(&words::failures::line(error));
    }
    ExitCode::from(ERROR)
}

/// Tells what is wrong with the arguments, or what they ask to be told of the program.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        error.render().to_string().trim_end().lines().for_each(terminal::tell);
    } else {
        terminal::print_own(&error.render().to_string());
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(ERROR))
}

/// Tells something that is not the result, to whoever did not ask for quiet.
pub(crate) fn note(arguments: &Arguments, lines: &[String]) {
    if !arguments.quiet && !arguments.json {
        lines.iter().for_each(|line| terminal::tell(line));
    }
}

/// Warns of something that cannot wait for the result, or is no part of it; to whoever did not ask for quiet.
pub(crate) fn warn(arguments: &Arguments, text: &str) {
    if !arguments.quiet {
        terminal::tell(&words::warning(&one_line(text)));
    }
}

/// Tells what is under way, on a terminal only.
pub(crate) fn progress(arguments: &Arguments, text: &str) {
    if tells_progress(arguments) {
        terminal::tell(text);
    }
}

/// Whether somebody sees what is under way.
pub(crate) fn tells_progress(arguments: &Arguments) -> bool {
    !arguments.quiet && !arguments.json && terminal::is_read_by_person()
}

/// Does what may take long; on a terminal, it is told every few seconds how far it is.
pub(crate) fn while_working<T>(
    arguments: &Arguments,
    far: impl Fn() -> Option<String> + Sync,
    work: impl FnOnce() -> T,
) -> T {
    if !tells_progress(arguments) {
        return work();
    }
    thread::scope(|scope| {
        let (at_work, over) = mpsc::channel::<()>();
        let far = &far;
        scope.spawn(move || {
            while over.recv_timeout(SELDOM) == Err(RecvTimeoutError::Timeout) {
                far().iter().for_each(|far| terminal::tell(far));
            }
        });
        let done = work();
        drop(at_work);
        done
    })
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
