//! What can be done with an item.
//!
//! Invariant: every item leads to its source; only what Rekindle can bring back is removed.

use leptos::{html, prelude::*};
use rekindle_domain::{EngineMode, Kind, Row, RowState};

use super::more::More;
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
    let retry = (row.kind == Kind::Mcp && matches!(row.state, RowState::Failed { .. }))
        .then(|| view! { <Retry row=row.clone() /> });
    let deeds = row.deeds();
    let more = (!deeds.is_empty()).then(|| view! { <More row=row.clone() deeds /> });
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
            {retry}
            {switch}
            {more}
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

/// Connects a server that failed anew, without a reload; never one of someone else's engine.
#[component]
fn Retry(row: Row) -> impl IntoView {
    let app = App::here();
    let is_ours = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let label = words::action(copy::RETRY, &row);
    let name = StoredValue::new(row.name);
    view! {
        <Show when=move || is_ours.get()>
            <button
                class="button ghost"
                data-testid="row-retry"
                aria-label=label.clone()
                title=label.clone()
                on:click=move |_| app.run(backend::retry_server(name.get_value()))
            >
                {copy::RETRY}
            </button>
        </Show>
    }
}
