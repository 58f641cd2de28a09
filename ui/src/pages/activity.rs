//! Past reloads.
//!
//! Invariant: an entry changes only by what is heard of it later, in its place; neither that nor a new one folds up
//! what is unfolded.

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
        <Show when=move || !history.with(|history| history.is_empty()) fallback=|| view! { <Nothing /> }>
            <ul class="card activity">
                <For each=move || history.get().to_vec() key=|receipt| receipt.id.clone() let:receipt>
                    <Entry first=receipt now />
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
fn Entry(first: Receipt, now: Trigger) -> impl IntoView {
    let app = App::here();
    let (at, date) = (first.at.clone(), clock::local(&first.at));
    let when = move || {
        now.track();
        clock::when(&at)
    };
    let duration = copy::duration(first.duration_ms);
    let after = first.clone();
    let receipt =
        app.part(move |state| state.history.iter().find(|receipt| receipt.id == first.id).unwrap_or(&first).clone());
    let result = move || receipt.with(|receipt| receipt.result);
    let summary = Memo::new(move |_| receipt.with(copy::receipt::summary));
    view! {
        <li data-testid="receipt" data-result=move || copy::receipt::result_word(result())>
            <details class="entry">
                <summary class="entry-head">
                    <Chevron />
                    <span class="pill" data-tone=move || tone(result())>
                        {move || copy::receipt::result(result())}
                    </span>
                    <span class="entry-summary" title=move || summary.get()>
                        {move || summary.get()}
                    </span>
                    <small title=date>{when}</small>
                    <code>{duration}</code>
                </summary>
                <Aftermath receipt=after />
                {move || view! { <ReceiptDetails receipt=receipt.get() /> }}
            </details>
        </li>
    }
}

fn tone(result: ReceiptResult) -> &'static str {
    match result {
        ReceiptResult::Proved => "good",
        ReceiptResult::Partial => "amber",
        ReceiptResult::Failed => "bad",
        ReceiptResult::Refused => "calm",
    }
}
