//! The desktop program.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything of the window: this program is also its engine's keeper, and a parser.
    rekindle_app::run_if_asked().unwrap_or_else(rekindle_desktop::run)
}
