//! The desktop shell: a window around the core.
//!
//! Invariants: a command is one line that calls the core; every state reaches the window as one
//! event with all of it; the window is given no access to files or processes, only the commands
//! here. Deliberately absent: decisions.

mod commands;
mod events;
mod scope;
mod shell;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use rekindle_app::terminal;
use rekindle_domain::{ErrorCode, ProgramNotice, UserError};
use rekindle_words::command::failures;
use tauri::{Manager, RunEvent};

use crate::shell::Shell;

/// Shows what is on disk but not in the running OpenCode engine, and reloads it safely.
#[derive(Parser)]
#[command(name = "rekindle-desktop", version)]
struct Arguments {
    /// The project directory to open [default: the current one]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Use someone else's engine; its password is read from REKINDLE_ENGINE_PASSWORD
    #[arg(long, value_name = "URL")]
    engine: Option<String>,
}

/// Opens the window and stays until it is closed.
pub fn run() -> ExitCode {
    terminal::tell_panics(rekindle_words::command::failures::fault);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                text.trim_end().lines().for_each(terminal::tell);
            } else {
                terminal::print_own(&text);
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let log = tracing_subscriber::fmt().with_env_filter("rekindle_app=warn").with_ansi(false).without_time();
    log.with_writer(|| terminal::Log).init();
    let opened = tauri::async_runtime::block_on(async {
        rekindle_app::outlive_limits();
        Shell::open(arguments.directory, arguments.engine).await
    });
    let shell = match opened {
        Ok(Some(shell)) => shell,
        // Another window shows this directory; it has come to the front.
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&failures::line(&error));
            return ExitCode::from(2);
        }
    };
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_fs::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(shell)
        .setup(|app| {
            events::forward(app.handle());
            Ok(())
        })
        .invoke_handler(commands::all())
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            let error = UserError::new(ErrorCode::Internal, ProgramNotice::NoWindow { why: error.to_string() });
            terminal::tell(&failures::line(&error));
            return ExitCode::from(2);
        }
    };
    app.run(|handle, event| {
        // The engine is stopped cleanly before the program ends.
        if let RunEvent::ExitRequested { api, code: None, .. } = event {
            api.prevent_exit();
            let handle = handle.clone();
            tauri::async_runtime::spawn(async move {
                handle.state::<Shell>().close().await;
                handle.exit(0);
            });
        }
    });
    ExitCode::SUCCESS
}
