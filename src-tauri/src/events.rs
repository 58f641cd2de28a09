//! The one place where events to the window are named.

use rekindle_app::engine::control::Request;
use tauri::{AppHandle, Emitter, Manager};

use crate::{scope, shell::Shell};

/// Carries a `WindowEvent`.
const STATE: &str = "state";

/// Passes every state on to the window, from whichever core is shown, and brings the window to the
/// front when another process asks.
pub(crate) fn forward(handle: &AppHandle) {
    let states = handle.clone();
    tauri::async_runtime::spawn(async move {
        let mut apps = states.state::<Shell>().watch();
        loop {
            let app = apps.borrow_and_update().clone();
            let mut state = app.watch();
            // A handle would keep a core alive that is no longer shown.
            drop(app);
            loop {
                let now = state.borrow_and_update().clone();
                let event = states.state::<Shell>().told().event(now.clone());
                scope::allow_shown(&states, &now, &event);
                if let Err(error) = states.emit(STATE, event) {
                    tracing::warn!(%error, "a state did not reach the window");
                }
                tokio::select! {
                    changed = state.changed() => if changed.is_err() { break },
                    changed = apps.changed() => if changed.is_err() { return } else { break },
                }
            }
        }
    });
    let requests = handle.clone();
    tauri::async_runtime::spawn(async move {
        let Some(mut shown) = requests.state::<Shell>().shown().await else { return };
        loop {
            match shown.next().await {
                Request::Show => to_front(&requests),
                Request::Stop => {
                    requests.exit(0);
                    return;
                }
                Request::Restart => {}
            }
        }
    });
    end_with_the_system(handle.clone());
}

fn to_front(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window("main") {
        let done = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = done {
            tracing::warn!(%error, "the window did not come to the front");
        }
    }
}

/// A polite end from outside stops the engine as cleanly as closing the window does.
#[cfg(unix)]
fn end_with_the_system(handle: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    tauri::async_runtime::spawn(async move {
        let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        handle.state::<Shell>().close().await;
        handle.exit(0);
    });
}

#[cfg(not(unix))]
fn end_with_the_system(_handle: AppHandle) {}
