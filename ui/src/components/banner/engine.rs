//! The engine does not run, cannot be reached, or is stuck.
//!
//! Invariant: a button is there exactly when the engine is ours to start.

use leptos::prelude::*;
use rekindle_domain::{Banner, EngineMode, EngineState, WindowState};

use super::{Now, RestoreNow, pending::AskTheHost};
use crate::{backend, copy, state::App};

/// It refuses this directory although the files are fine.
#[component]
pub(super) fn Stuck() -> impl IntoView {
    let app = App::here();
    let curable = app.part(|state| matches!(state.banner, Banner::Stuck { curable: true }));
    let actions = move || {
        view! {
            <Show when=move || curable.get() fallback=|| view! { <AskTheHost /> }>
                // A reload of what is stuck is a restart, and proves that it helped.
                <button class="button primary" data-testid="restart-engine" on:click=move |_| app.reload()>
                    {copy::RESTART_ENGINE}
                </button>
            </Show>
            <RestoreNow />
        }
    };
    view! { <Now actions /> }
}

/// It does not run, or cannot be reached.
#[component]
pub(super) fn EngineDown() -> impl IntoView {
    let app = App::here();
    let start = app.part(way_to_start);
    let host = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let actions = move || {
        view! {
            {move || {
                start.get().map(|label| {
                    view! {
                        <button
                            class="button primary"
                            data-testid="start-engine"
                            on:click=move |_| app.run(backend::restart_engine())
                        >
                            {label}
                        </button>
                    }
                })
            }}
            // Why someone else's engine is gone, these files do not say.
            <Show when=move || host.get()>
                <RestoreNow />
            </Show>
        }
    };
    view! { <Now actions /> }
}

/// What starts the engine is called, if it is ours to start.
fn way_to_start(state: &WindowState) -> Option<&'static str> {
    let engine = &state.status.engine;
    match engine.state {
        _ if engine.mode == EngineMode::Client => None,
        EngineState::Stopped | EngineState::Unreachable => Some(copy::START_ENGINE),
        // It was asked, and did not get on with loading.
        EngineState::Starting if engine.message.is_some() => Some(copy::RESTART_ENGINE),
        EngineState::Starting | EngineState::Running | EngineState::Unauthorized | EngineState::Stuck => None,
    }
}
