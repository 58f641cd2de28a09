//! A reload that ended: proved, partly proved, or failed.
//!
//! Invariants: what is not proved, and what is left to do, is named without being asked for; the rest is one
//! click away. What is heard later changes the words in place.

use std::collections::BTreeSet;

use leptos::prelude::*;
use rekindle_domain::{Banner, ItemId, Receipt, ReceiptResult, WindowState};

use super::{Dismiss, Part, offers_restore, past_tone};
use crate::{
    components::{
        receipt::{ReceiptDetails, aftermath::Aftermath},
        restore::RestoreButton,
    },
    copy::{self, banner::Words},
    state::App,
};

/// What the reload did.
#[component]
pub(super) fn Ended() -> impl IntoView {
    let app = App::here();
    let receipt = app.part(|state| state.past.clone());
    let words = app.part(|state| state.past.as_ref().map(words).unwrap_or_default());
    let tone = app.part(|state| state.past.as_ref().map_or("calm", past_tone));
    let is_restorable = app.part(|state| state.past.as_ref().is_some_and(offers_restore));
    let again = app.part(again);
    let detailed = RwSignal::new(false);
    // These stay what they were when it ended. What is proved later keeps its line, so that nothing below moves.
    let after = receipt.get_untracked();
    let items = after.iter().flat_map(|receipt| &receipt.items);
    let open: BTreeSet<_> = items.filter(|item| !item.is_proved()).map(|item| item.id.clone()).collect();

    let actions = move || {
        view! {
            <Dismiss />
            {move || {
                again.get().map(|(test_id, label)| {
                    view! {
                        <button class="button primary" data-testid=test_id on:click=move |_| app.reload()>
                            {label}
                        </button>
                    }
                })
            }}
        }
    };
    let under = move || {
        view! {
            <button
                class="text-button"
                data-testid="details"
                aria-expanded=move || detailed.get().to_string()
                on:click=move |_| detailed.update(|detailed| *detailed = !*detailed)
            >
                {move || if detailed.get() { copy::HIDE_DETAILS } else { copy::DETAILS }}
            </button>
            // It comes later, and makes nothing wider or higher that is there.
            <Show when=move || is_restorable.get()>
                <RestoreButton class="text-button" />
            </Show>
        }
    };
    view! {
        <Part id="banner-past" words tone actions under>
            {move || receipt.with(|receipt| receipt.as_ref().and_then(|receipt| unproved(receipt, &open)))}
            {after.map(|receipt| view! { <Aftermath receipt /> })}
            <Show when=move || detailed.get()>
                <div class="banner-more">
                    {move || receipt.get().map(|receipt| view! { <ReceiptDetails receipt /> })}
                </div>
            </Show>
        </Part>
    }
}

fn words(receipt: &Receipt) -> Words {
    Words { title: copy::receipt::title(receipt), body: copy::receipt::body(receipt) }
}

/// The button that tries it again, its test id and what it is called; where something else waits, that has the
/// button, for all of it.
fn again(state: &WindowState) -> Option<(&'static str, &'static str)> {
    let past = state.past.as_ref().filter(|_| state.banner == Banner::None)?;
    past.can_be_tried_again(state.status.engine.mode).then_some(match past.result {
        ReceiptResult::Failed => ("try-again", copy::TRY_AGAIN),
        // What waits for a restart makes a reload one.
        _ => ("restart-engine", copy::RESTART_ENGINE),
    })
}

/// What is not proved, and what was not when it ended.
fn unproved(receipt: &Receipt, open: &BTreeSet<ItemId>) -> Option<impl IntoView + use<>> {
    let items: Vec<_> = receipt.items.iter().filter(|item| !item.is_proved() || open.contains(&item.id)).collect();
    let lines = items.iter().map(|item| {
        let (word, text) = match item.is_proved() {
            true => ("settled", copy::receipt::settled(item).to_owned()),
            false => ("unproved", copy::receipt::explained(item, receipt)),
        };
        view! {
            <li data-testid=word data-id=item.id.to_string()>
                <b>{item.name.clone()}</b>
                <span>{text}</span>
            </li>
        }
    });
    (!items.is_empty()).then(|| view! { <ul class="unproved">{lines.collect_view()}</ul> })
}
