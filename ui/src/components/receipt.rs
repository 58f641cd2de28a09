//! What a reload did, in full: items, steps with times, counts.
//!
//! Invariant: shows what the receipt says and nothing that is true only now.

use leptos::prelude::*;
use rekindle_domain::{ItemState, Receipt, ReceiptItem};

use crate::copy::{self, receipt as words};

/// The details.
#[component]
pub(crate) fn ReceiptDetails(receipt: Receipt) -> impl IntoView {
    let items = receipt.items.iter().map(|item| line(item, &receipt)).collect_view();
    let steps = receipt.steps.iter().map(|step| {
        view! {
            <li>
                <span>{words::step(&step.name).to_owned()}</span>
                <code>{copy::fine_duration(step.ms)}</code>
            </li>
        }
    });
    let counts = copy::counts(Some(&receipt.counts)).map(|(_, label, number)| {
        view! {
            <li>
                <span>{label}</span>
                <code>{number}</code>
            </li>
        }
    });
    view! {
        <div class="receipt">
            <ul class="receipt-items">{items}</ul>
            <div class="receipt-columns">
                <section>
                    <h3>{words::STEPS}</h3>
                    <ol class="receipt-facts">{steps.collect_view()}</ol>
                </section>
                <section>
                    <h3>{words::COUNTS}</h3>
                    <ul class="receipt-facts">{counts.collect_view()}</ul>
                </section>
            </div>
        </div>
    }
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
                {words::item_state(item.state)}
            </span>
        </li>
    }
}
