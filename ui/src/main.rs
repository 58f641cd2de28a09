//! The window of Rekindle: shows the state that the core publishes, and passes on what a person does.
//!
//! Invariant: the window decides nothing about reloading; it draws `WindowState` and calls commands.
//! Deliberately absent: timers that poll (those that are there only tell how time goes by), files, network, and any knowledge of Tauri outside
//! `backend`.

mod backend;
mod clipboard;
mod clock;
mod components;
mod focus;
mod pages;
mod state;
mod wish;

use rekindle_words::window as copy;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(components::shell::Root);
}
