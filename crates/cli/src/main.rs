//! `rekindle`: the core without a window, for scripts, remote hosts and terminals.
//!
//! Invariant: its words, JSON and exit codes are a contract (`docs/cli.md`). Everything that it does
//! is in `rekindle-app`; here are arguments, words and exit codes. Deliberately absent: tauri.

use std::process::ExitCode;

use clap::Parser;
use rekindle_domain::visible;

mod arguments;
mod check;
mod commands;
mod context;
mod engine;
mod print;

use rekindle_words::command as words;

fn main() -> ExitCode {
    if let Some(code) = rekindle_app::run_if_asked() {
        return code;
    }
    rekindle_app::terminal::tell_panics(words::failures::fault);
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments.settled(),
        Err(error) => {
            // Told of arguments as they are shown: what is wrong with them may be a line in itself.
            let shown = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()).into_owned());
            return print::usage(&arguments::Arguments::try_parse_from(shown).err().unwrap_or(error));
        }
    };
    let level = match (arguments.quiet, arguments.verbose) {
        (true, _) => "error",
        (_, 0) => "rekindle_app=error",
        (_, 1) => "info",
        _ => "debug",
    };
    // Without colours: what is logged goes through the same door as all else.
    let log = tracing_subscriber::fmt().with_env_filter(level).with_ansi(false).without_time();
    log.with_writer(|| rekindle_app::terminal::Log).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return print::failure(&arguments, &words::failures::cannot_begin(error.to_string()));
        }
    };
    let code = runtime.block_on(async {
        rekindle_app::outlive_limits();
        arguments.wait.into_iter().for_each(rekindle_app::workspace::look::wait_for);
        commands::run(&arguments).await
    });
    // A question that nobody waits for any more must not keep the program.
    runtime.shutdown_background();
    code
}
