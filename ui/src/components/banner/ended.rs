//! A reload that ended: proved, partly proved, or failed.
//!
//! Invariant: what is not proved, and what is left to do, is named without being asked for; the rest is
//! one click away.

use leptos::prelude::*;
use rekindle_domain::{EngineMode, ItemState, Receipt, ReceiptResult};

use super::{Dismiss, Frame};
use crate::{
    components::{
        receipt::{ReceiptDetails, aftermath::Aftermath},
        restore::RestoreButton,
    },
    copy,
    state::App,
};

/// What the reload did.
#[component]
pub(super) fn Ended(receipt: Receipt) -> impl IntoView {
    let app = App::here();
    let host = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let detailed = RwSignal::new(false);
    let is_whole = receipt.result == ReceiptResult::Proved;
    let again = again(&receipt);
    let unproved = unproved(&receipt);
    let after = receipt.clone();

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
            <Show when=move || !is_whole>
                <RestoreButton />
            </Show>
            {again.map(|(test_id, label)| {
                view! {
                    <Show when=move || host.get()>
                        <button class="button primary" data-testid=test_id on:click=move |_| app.reload()>
                            {label}
                        </button>
                    </Show>
                }
            })}
        }
    };
    view! {
        <Frame actions>
            {unproved}
            <Aftermath receipt=after />
            <Show when=move || detailed.get()>
                <div class="banner-more">
                    <ReceiptDetails receipt=receipt.clone() />
                </div>
            </Show>
        </Frame>
    }
}

/// The button that tries it again: its test id and what it is called.
fn again(receipt: &Receipt) -> Option<(&'static str, &'static str)> {
    let wants_restart = receipt.items.iter().any(|item| item.state == ItemState::NeedsRestart);
    match receipt.result {
        ReceiptResult::Failed if !receipt.restored => Some(("try-again", copy::TRY_AGAIN)),
        // What waits for a restart makes a reload one.
        ReceiptResult::Partial if wants_restart => Some(("restart-engine", copy::RESTART_ENGINE)),
        _ => None,
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
