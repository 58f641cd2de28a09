//! Standard output and standard error: the only place that writes to them.
#![allow(clippy::print_stdout, reason = "a command line's output is its purpose")]

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use rekindle_domain::UserError;
use serde::Serialize;
use serde_json::json;

use crate::arguments::Arguments;

/// Exit code: something is wrong.
pub(crate) const ERROR: u8 = 2;

/// Prints the result: JSON if that is wanted, else text.
pub(crate) fn result(arguments: &Arguments, value: &impl Serialize, text: impl FnOnce() -> String) {
    let output = if arguments.json { serde_json::to_string_pretty(value).unwrap_or_default() } else { text() };
    let output = output.trim_end();
    if !output.is_empty() {
        // A closed pipe (`| head`) is the reader's wish, not an error.
        writeln!(std::io::stdout(), "{output}").ok();
    }
}

/// Prints a value as one line of JSON; false when nobody reads it.
pub(crate) fn line(value: &impl Serialize) -> bool {
    let line = serde_json::to_string(value).unwrap_or_default();
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

/// Prints text as it is.
pub(crate) fn raw(text: &[u8]) {
    std::io::stdout().write_all(text).ok();
}

/// Tells an error: one line to standard error, or an object to standard output.
pub(crate) fn failure(arguments: &Arguments, error: &UserError) -> ExitCode {
    if arguments.json {
        result(arguments, &json!({ "error": error }), String::new);
    } else {
        eprintln!("rekindle: {}: {}", one_line(&error.message), one_line(&error.hint));
    }
    ExitCode::from(ERROR)
}

/// Tells something that is not the result, to whoever did not ask for quiet.
pub(crate) fn note(arguments: &Arguments, text: &str) {
    if !arguments.quiet && !arguments.json {
        eprintln!("{text}");
    }
}

/// Tells what should be mended, also beside JSON; to whoever did not ask for quiet.
pub(crate) fn warning(arguments: &Arguments, text: &str) {
    if !arguments.quiet {
        eprintln!("rekindle: {}", one_line(text));
    }
}

/// Tells what is under way, on a terminal only.
pub(crate) fn progress(arguments: &Arguments, text: &str) {
    if !arguments.quiet && !arguments.json && std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
