//! What can be done with an item.
//!
//! Invariant: every item leads to its source; only what Rekindle can bring back is removed.

use leptos::{html, prelude::*};
use rekindle_domain::Row;

use crate::{
    backend,
    copy::{self, rows as words},
    focus,
    state::App,
};

/// The buttons of a row. `place` is the row.
#[component]
pub(super) fn Actions(row: Row, place: NodeRef<html::Li>) -> impl IntoView {
    let app = App::here();
    let labels = [copy::OPEN, copy::REVEAL, copy::REMOVE].map(|action| words::action(action, &row));
    let [open_label, reveal_label, remove_label] = labels;
    let Row { id, name, source, removable, .. } = row;
    let revealed = source.clone();
    let remove = removable.then(|| {
        let remove = move |_| {
            let Some(row) = place.get_untracked() else { return };
            let next = row.next_element_sibling().or_else(|| row.previous_element_sibling());
            app.remove(id.clone(), name.clone(), move || focus::pass_on(&row, next.as_ref()));
        };
        view! {
            <button class="button ghost" data-testid="row-remove" aria-label=remove_label on:click=remove>
                {copy::REMOVE}
            </button>
        }
    });
    view! {
        <span class="row-actions">
            <button
                class="button ghost"
                data-testid="row-open"
                aria-label=open_label.clone()
                title=open_label
                on:click=move |_| app.run(backend::open_path(source.clone()))
            >
                {copy::OPEN}
            </button>
            <button
                class="button ghost"
                data-testid="row-reveal"
                aria-label=reveal_label.clone()
                title=reveal_label
                on:click=move |_| app.run(backend::reveal(revealed.clone()))
            >
                {copy::REVEAL}
            </button>
            {remove}
        </span>
    }
}
