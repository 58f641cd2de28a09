//! Past reloads.
//!
//! Invariant: an entry never changes once it is there; a new one does not fold up what is unfolded.

use std::time::Duration;

use leptos::prelude::*;
use rekindle_domain::{Receipt, ReceiptResult};

use crate::{
    clock,
    components::{
        icon::Chevron,
        receipt::{ReceiptDetails, aftermath::Aftermath},
    },
    copy,
    state::App,
};

/// How often `5 minutes ago` is reckoned anew.
const TICK: Duration = Duration::from_secs(30);

/// The page.
#[component]
pub(crate) fn Activity() -> impl IntoView {
    let history = App::here().part(|state| state.history.clone());
    let now = Trigger::new();
    if let Ok(ticking) = set_interval_with_handle(move || now.notify(), TICK) {
        on_cleanup(move || ticking.clear());
    }
    view! {
        <Show when=move || !history.with(Vec::is_empty) fallback=|| view! { <Nothing /> }>
            <ul class="card activity">
                <For each=move || history.get() key=|receipt| receipt.id.clone() let:receipt>
                    <Entry receipt now />
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="card empty">
            <h2>{copy::NO_RECEIPTS}</h2>
            <p>{copy::NO_RECEIPTS_HINT}</p>
        </div>
    }
}

#[component]
fn Entry(receipt: Receipt, now: Trigger) -> impl IntoView {
    let result = receipt.result;
    let tone = match result {
        ReceiptResult::Proved => "good",
        ReceiptResult::Partial => "amber",
        ReceiptResult::Failed => "bad",
        ReceiptResult::Refused => "calm",
    };
    let at = receipt.at.clone();
    let when = move || {
        now.track();
        clock::when(&at)
    };
    let date = clock::local(&receipt.at);
    let summary = copy::receipt::summary(&receipt);
    view! {
        <li data-testid="receipt" data-result=copy::receipt::result_word(result)>
            <details class="entry">
                <summary class="entry-head">
                    <Chevron />
                    <span class="pill" data-tone=tone>
                        {copy::receipt::result(result)}
                    </span>
                    <span class="entry-summary" title=summary.clone()>
                        {summary.clone()}
                    </span>
                    <small title=date>{when}</small>
                    <code>{copy::duration(receipt.duration_ms)}</code>
                </summary>
                <Aftermath receipt=receipt.clone() />
                <ReceiptDetails receipt />
            </details>
        </li>
    }
}
