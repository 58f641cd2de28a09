//! A reload that ended: proved, partly proved, or failed.
//!
//! Invariant: what is not proved is named without being asked for; the rest is one click away.

use leptos::prelude::*;
use rekindle_domain::{Consent, EngineMode, ItemState, Receipt, ReceiptResult};

use super::{Dismiss, Frame};
use crate::{backend, components::receipt::ReceiptDetails, copy, state::App};

/// What the reload did.
#[component]
pub(super) fn Ended(receipt: Receipt) -> impl IntoView {
    let app = App::here();
    let host = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let detailed = RwSignal::new(false);
    let failed = receipt.result == ReceiptResult::Failed;
    let wants_restart = receipt.items.iter().any(|item| item.state == ItemState::NeedsRestart);
    let unproved = unproved(&receipt);

    let actions = move || {
        view! {
            <button
                class="button ghost"
                data-testid="details"
                aria-expanded=move || detailed.get().to_string()
                on:click=move |_| detailed.update(|detailed| *detailed = !*detailed)
            >
                {move || if detailed.get() { copy::HIDE_DETAILS } else { copy::DETAILS }}
            </button>
            <Dismiss />
            <Show when=move || failed>
                <button
                    class="button primary"
                    data-testid="try-again"
                    on:click=move |_| app.run(backend::reload(Consent::IfIdle))
                >
                    {copy::TRY_AGAIN}
                </button>
            </Show>
            <Show when=move || wants_restart && host.get()>
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
    view! {
        <Frame actions>
            {unproved}
            <Show when=move || detailed.get()>
                <div class="banner-more">
                    <ReceiptDetails receipt=receipt.clone() />
                </div>
            </Show>
        </Frame>
    }
}

fn unproved(receipt: &Receipt) -> Option<impl IntoView + use<>> {
    let items: Vec<_> = receipt.items.iter().filter(|item| !copy::receipt::is_proved(item)).collect();
    let lines = items.iter().map(|item| {
        view! {
            <li data-testid="unproved" data-id=item.id.to_string()>
                <b>{item.name.clone()}</b>
                <span>{copy::receipt::explained(item, receipt)}</span>
            </li>
        }
    });
    (!items.is_empty()).then(|| view! { <ul class="unproved">{lines.collect_view()}</ul> })
}
