//! What can be done with an item.
//!
//! Invariant: every item that has a source leads to it; only what Rekindle can bring back is removed.

use leptos::{html, prelude::*};
use rekindle_domain::{Kind, Row};

use super::{more::More, server::ServerActions};
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
    let switch = row.is_on().map(|is_on| view! { <Switch row=row.clone() is_on /> });
    let server = (row.kind == Kind::Mcp).then(|| view! { <ServerActions row=row.clone() /> });
    let deeds = row.deeds();
    let more = (!deeds.is_empty()).then(|| view! { <More row=row.clone() deeds /> });
    let Row { id, name, source, removable, .. } = row;
    let is_somewhere = !source.is_empty();
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
    let places = is_somewhere.then(|| {
        view! {
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
        }
    });
    view! {
        <span class="row-actions">
            {server}
            {switch}
            {more}
            {places}
            {remove}
        </span>
    }
}

/// Turns the item on or off, which can be taken back.
#[component]
fn Switch(row: Row, is_on: bool) -> impl IntoView {
    let app = App::here();
    let word = if is_on { copy::TURN_OFF } else { copy::TURN_ON };
    let label = words::action(word, &row);
    let switch = move |_| {
        let (id, name) = (row.id.clone(), row.name.clone());
        focus::expect_back(&id, "row-switch");
        app.run(async move {
            let made = backend::switch_item(id, !is_on).await?;
            app.tell(copy::switched(&name, !is_on), made);
            Ok(())
        });
    };
    view! {
        <button class="button ghost" data-testid="row-switch" aria-label=label.clone() title=label on:click=switch>
            {word}
        </button>
    }
}
