//! Something waits: for a click, for what is running, or for the host.
//!
//! Invariant: nothing that is running is interrupted without a second question that names it.

use leptos::prelude::*;
use rekindle_domain::{Banner, BusyRun, Consent};

use super::{Dismiss, Frame};
use crate::{
    backend,
    components::{changes::Changes, dialog::Dialog},
    copy,
    state::App,
};

/// Nothing is running: a click reloads.
#[component]
pub(super) fn Pending() -> impl IntoView {
    let app = App::here();
    let actions = move || {
        view! {
            <Dismiss />
            <button
                class="button primary"
                data-testid="reload"
                on:click=move |_| app.run(backend::reload(Consent::IfIdle))
            >
                {copy::RELOAD}
            </button>
        }
    };
    view! {
        <Frame actions>
            <Changes />
        </Frame>
    }
}

/// Something is running: wait for it, or say that it may be interrupted.
#[component]
pub(super) fn Busy() -> impl IntoView {
    let app = App::here();
    let asking = RwSignal::new(false);
    let actions = move || {
        view! {
            <Dismiss />
            <button class="button ghost" data-testid="reload-anyway" on:click=move |_| asking.set(true)>
                {copy::RELOAD_ANYWAY}
            </button>
            <button
                class="button"
                data-testid="reload-when-idle"
                on:click=move |_| app.run(backend::reload(Consent::WhenIdle))
            >
                {copy::RELOAD_WHEN_IDLE}
            </button>
            <button class="button primary" data-testid="reload" disabled>
                {copy::RELOAD}
            </button>
        }
    };
    view! {
        <Frame actions>
            <Changes />
        </Frame>
        <ConfirmReload asking />
    }
}

#[component]
fn ConfirmReload(asking: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let runs = app.part(|state| match &state.banner {
        Banner::Busy { runs } => runs.clone(),
        _ => Vec::new(),
    });
    let reload = move |_| {
        asking.set(false);
        app.run(backend::reload(Consent::Force));
    };
    view! {
        <Dialog open=asking title=copy::banner::CONFIRM_TITLE>
            <p>{copy::banner::CONFIRM_BODY}</p>
            <ul class="dialog-list">
                {move || runs.with(|runs| runs.iter().map(losing).collect_view())}
            </ul>
            <div class="dialog-actions">
                <button class="button" autofocus data-testid="cancel-confirm" on:click=move |_| asking.set(false)>
                    {copy::CANCEL}
                </button>
                <button class="button danger" data-testid="confirm-reload" on:click=reload>
                    {copy::CONFIRM_RELOAD}
                </button>
            </div>
        </Dialog>
    }
}

fn losing(run: &BusyRun) -> impl IntoView + use<> {
    view! {
        <li>
            <b>{copy::banner::run_name(run)}</b>
            " "
            {copy::banner::loses(run)}
        </li>
    }
}

/// A reload waits until nothing is running.
#[component]
pub(super) fn Waiting() -> impl IntoView {
    let app = App::here();
    let actions = move || {
        view! {
            <button
                class="button"
                data-testid="cancel-reload"
                on:click=move |_| app.run(backend::cancel_reload())
            >
                {copy::CANCEL}
            </button>
        }
    };
    view! { <Frame actions /> }
}

/// The engine belongs to someone else: ask them.
#[component]
pub(super) fn Client() -> impl IntoView {
    let app = App::here();
    let request = move |_| {
        let text = app.state.with_untracked(|state| match &state.banner {
            Banner::Client { host } => copy::changes::request(host, &state.status),
            _ => String::new(),
        });
        app.copy_text(text);
    };
    let actions = move || {
        view! {
            <Dismiss />
            <button class="button" data-testid="copy-request" on:click=request>
                {copy::COPY_REQUEST}
            </button>
        }
    };
    view! {
        <Frame actions>
            <Changes />
        </Frame>
    }
}
