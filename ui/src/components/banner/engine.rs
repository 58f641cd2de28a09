//! The engine does not run, cannot be reached, or is stuck.
//!
//! Invariant: a button is there exactly when the engine is ours to start.

use leptos::prelude::*;
use rekindle_domain::{Banner, EngineMode, EngineState};

use super::Frame;
use crate::{backend, copy, state::App};

/// It refuses this directory although the files are fine.
#[component]
pub(super) fn Stuck() -> impl IntoView {
    let app = App::here();
    let curable = app.part(|state| matches!(state.banner, Banner::Stuck { curable: true }));
    let actions = move || {
        view! {
            <Show when=move || curable.get()>
                <button
                    class="button primary"
                    data-testid="restart-engine"
                    on:click=move |_| app.run(backend::restart_engine())
                >
                    {copy::RESTART_ENGINE}
                </button>
            </Show>
        }
    };
    view! { <Frame actions /> }
}

/// It does not run, or cannot be reached.
#[component]
pub(super) fn EngineDown() -> impl IntoView {
    let app = App::here();
    let startable = app.part(|state| {
        state.status.engine.mode == EngineMode::Host
            && matches!(state.status.engine.state, EngineState::Stopped | EngineState::Unreachable)
    });
    let actions = move || {
        view! {
            <Show when=move || startable.get()>
                <button
                    class="button primary"
                    data-testid="start-engine"
                    on:click=move |_| app.run(backend::restart_engine())
                >
                    {copy::START_ENGINE}
                </button>
            </Show>
        }
    };
    view! { <Frame actions /> }
}
