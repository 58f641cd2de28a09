//! What a reload did, in full: why it was, its items, its steps in time, counts.
//!
//! Invariant: shows what the receipt says and nothing that is true only now.

pub(crate) mod aftermath;

use leptos::prelude::*;
use rekindle_domain::{ItemState, Receipt, ReceiptItem, StepTime};

use crate::{
    backend,
    copy::{self, receipt as words},
    state::{App, Message},
};

/// The details.
#[component]
pub(crate) fn ReceiptDetails(receipt: Receipt) -> impl IntoView {
    let app = App::here();
    let items = receipt.items.iter().map(|item| line(item, &receipt)).collect_view();
    let steps = timeline(&receipt.steps);
    let counts = copy::counts(Some(&receipt.counts)).map(|(_, label, number)| {
        view! {
            <li>
                <span>{label}</span>
                <code>{number}</code>
            </li>
        }
    });
    let cause = words::cause(receipt.cause);
    let more = words::left_out(&receipt).map(|text| view! { <p class="receipt-more">{text}</p> });
    let export = move |_| match backend::json(&receipt) {
        Ok(json) => app.copy_text(json, copy::COPIED_JSON),
        Err(error) => app.toast(Message::Failed(error)),
    };
    view! {
        <div class="receipt">
            <ul class="receipt-items">{items}</ul>
            {more}
            <div class="receipt-columns">
                <section>
                    <h3>{words::STEPS}</h3>
                    <ol class="receipt-facts timeline" data-testid="timeline">
                        {steps}
                    </ol>
                </section>
                <section>
                    <h3>{words::COUNTS}</h3>
                    <ul class="receipt-facts">{counts.collect_view()}</ul>
                </section>
            </div>
            <footer class="receipt-foot">
                <small data-testid="receipt-cause">{cause}</small>
                <button class="button" data-testid="copy-json" on:click=export>
                    {copy::COPY_JSON}
                </button>
            </footer>
        </div>
    }
}

/// The steps, each with a bar from its beginning to its end.
fn timeline(steps: &[StepTime]) -> impl IntoView + use<> {
    let whole = steps.iter().map(|step| step.ms).sum::<u64>().max(1);
    let percent = move |ms: u64| ms * 100 / whole;
    let mut began = 0;
    let lines = steps.iter().map(|step| {
        let bar = format!("left: {}%; width: max(2px, {}%)", percent(began).min(99), percent(step.ms));
        began += step.ms;
        view! {
            <li>
                <span>{words::step(&step.name).to_owned()}</span>
                <code>{copy::fine_duration(step.ms)}</code>
                <span class="timeline-track" aria-hidden="true">
                    <span class="timeline-bar" style=bar></span>
                </span>
            </li>
        }
    });
    lines.collect_view()
}

fn line(item: &ReceiptItem, receipt: &Receipt) -> impl IntoView + use<> {
    let tone = match item.state {
        ItemState::Active | ItemState::Removed => "good",
        ItemState::Failed => "bad",
        ItemState::NeedsRestart | ItemState::Unknown => "amber",
    };
    let why = words::explained(item, receipt);
    view! {
        <li class="receipt-item" data-testid="receipt-item" data-id=item.id.to_string()>
            <span class="receipt-name">
                <code>{item.name.clone()}</code>
                <small title=why.clone()>{why.clone()}</small>
            </span>
            <span class="pill" data-tone=tone>
                {words::item_state(item)}
            </span>
        </li>
    }
}
