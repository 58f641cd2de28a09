//! The one door to a terminal, for all programs of ours.
//!
//! Invariant: what is written are whole lines, and in each of them everything can be seen: whatever a name, a path or
//! an engine's message holds, it moves no cursor, hides no line and makes none of its own. Layout is in how many
//! lines there are, never in a text. The lints of the workspace keep every other way shut.
#![allow(clippy::disallowed_methods, reason = "this is the place")]

use std::io::{self, IsTerminal, Write};

use rekindle_domain::{visible, visible_json};

/// Writes lines to standard output; false when nobody reads them.
pub fn print(lines: &[impl AsRef<str>]) -> bool {
    let text: String = lines.iter().map(|line| format!("{}\n", visible(line.as_ref()))).collect();
    write(&text)
}

/// Writes JSON to standard output, with its own layout; false when nobody reads it.
pub fn print_json(json: &str) -> bool {
    write(&format!("{}\n", visible_json(json)))
}

/// Writes text of our own that has a layout of its own, such as the script of a shell; false when nobody reads it.
pub fn print_own(text: &str) -> bool {
    write(text)
}

fn write(text: &str) -> bool {
    let mut out = io::stdout().lock();
    // A closed pipe (`| head`) is the reader's wish, not an error.
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// Writes one line to standard error.
pub fn tell(line: &str) {
    // Without a reader there is nobody to be told.
    writeln!(io::stderr().lock(), "{}", visible(line)).ok();
}

/// True when a person reads standard error as it is written.
pub fn is_read_by_person() -> bool {
    io::stderr().is_terminal()
}

/// Has a fault of our own told by one line, as everything else is. `line`: what is said of it.
pub fn tell_panics(line: fn(&str) -> String) {
    std::panic::set_hook(Box::new(move |panic| tell(&line(&panic.to_string()))));
}

/// Writes what is logged to standard error: each piece that is written is one line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        tell(String::from_utf8_lossy(event).trim_end_matches('\n'));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
