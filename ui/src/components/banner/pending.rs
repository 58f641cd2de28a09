//! Something waits: for a click, for what is running, or for the host.
//!
//! Invariant: nothing that is running is interrupted without a second question that names it.

use leptos::prelude::*;
use rekindle_domain::Banner;

use super::{DismissAlone, Now};
use crate::{
    backend,
    components::{
        changes::Changes,
        plan::{PlanLine, Runs},
    },
    copy,
    state::App,
};

/// Something waits. Nothing is running: a click reloads. Something is: wait for it, or say that it may be
/// interrupted.
#[component]
pub(super) fn Pending() -> impl IntoView {
    let app = App::here();
    let is_busy = app.part(|state| matches!(state.banner, Banner::Busy { .. }));
    let actions = move || {
        view! {
            <DismissAlone />
            <button
                class="button primary"
                data-testid="reload"
                disabled=move || is_busy.get()
                on:click=move |_| app.reload()
            >
                {copy::RELOAD}
            </button>
            <Show when=move || is_busy.get()>
                <button class="button" data-testid="reload-when-idle" on:click=move |_| app.reload_when_idle()>
                    {copy::RELOAD_WHEN_IDLE}
                </button>
                <Anyway />
            </Show>
        }
    };
    view! {
        <Now actions>
            <Changes />
            <PlanLine />
        </Now>
    }
}

/// A reload waits until nothing is running.
#[component]
pub(super) fn Waiting() -> impl IntoView {
    let app = App::here();
    let runs = app.part(|state| match &state.banner {
        Banner::Waiting { runs } => runs.clone(),
        _ => Vec::new(),
    });
    let actions = move || {
        view! {
            <button
                class="button"
                data-testid="cancel-reload"
                on:click=move |_| app.run(backend::cancel_reload())
            >
                {copy::CANCEL}
            </button>
            <Anyway />
        }
    };
    view! {
        <Now actions>
            <Runs runs />
        </Now>
    }
}

/// Asks whether what is running may be interrupted.
#[component]
fn Anyway() -> impl IntoView {
    let app = App::here();
    view! {
        <button class="button ghost" data-testid="reload-anyway" on:click=move |_| app.is_confirming.set(true)>
            {copy::RELOAD_ANYWAY}
        </button>
    }
}

/// The engine belongs to someone else: ask them.
#[component]
pub(super) fn Client() -> impl IntoView {
    let actions = || {
        view! {
            <DismissAlone />
            <AskTheHost />
        }
    };
    view! {
        <Now actions>
            <Changes />
        </Now>
    }
}

/// Copies a message to whoever runs the engine.
#[component]
pub(super) fn AskTheHost() -> impl IntoView {
    let app = App::here();
    let request = move |_| {
        let text = app.state.with_untracked(|state| {
            let host = copy::engine::address(state.status.engine.url.as_deref().unwrap_or_default());
            copy::changes::request(host, &state.status)
        });
        app.copy_text(text, copy::COPIED);
    };
    view! {
        <button class="button" data-testid="copy-request" on:click=request>
            {copy::COPY_REQUEST}
        </button>
    }
}
