//! The list of pending changes; each unfolds to what differs.
//!
//! Invariant: every change is in the list; a long list scrolls. While a change pends, its row stays
//! the same element, so that focus and what is unfolded survive a new state.

use leptos::prelude::*;
use rekindle_domain::{Change, ItemId};

use crate::{
    components::{difference::Difference, icon::Chevron},
    copy::{self, changes as words},
    state::App,
};

/// From this length on, the list scrolls by itself.
const LONG: usize = 8;

/// What is on disk and not in the engine.
#[component]
pub(crate) fn Changes() -> impl IntoView {
    let app = App::here();
    let ids = app.part(|state| state.status.changes.iter().map(|change| change.id.clone()).collect::<Vec<_>>());
    let unfolded = move || app.unfolded.with(|unfolded| ids.with(|ids| ids.iter().any(|id| unfolded.contains(id))));
    view! {
        <ul
            class="changes"
            class:long=move || ids.with(|ids| ids.len() > LONG)
            class:unfolded=unfolded
            aria-label=copy::PENDING
        >
            <For each=move || ids.get() key=|id| id.clone() let:id>
                <Line id />
            </For>
        </ul>
    }
}

#[component]
fn Line(id: ItemId) -> impl IntoView {
    let app = App::here();
    let change = {
        let id = id.clone();
        app.part(move |state| state.status.changes.iter().find(|change| change.id == id).cloned())
    };
    let open = {
        let id = id.clone();
        Memo::new(move |_| app.unfolded.with(|unfolded| unfolded.contains(&id)))
    };
    let toggle = {
        let id = id.clone();
        move |_| {
            app.unfolded.update(|unfolded| {
                if !unfolded.remove(&id) {
                    unfolded.insert(id.clone());
                }
            });
        }
    };
    let name = move || change.with(|change| change.as_ref().map(|change| words::name(change).to_owned()));
    let word = id.to_string();
    view! {
        <li class="change" data-testid="change" data-id=word>
            <button
                class="change-head"
                data-testid="change-toggle"
                aria-expanded=move || open.get().to_string()
                title=move || change.with(|change| change.as_ref().map(|change| copy::told(&change.why)))
                on:click=toggle
            >
                {move || change.with(|change| change.as_ref().map(told))}
                <Chevron />
            </button>
            <Show when=move || open.get()>
                <Difference id=id.clone() name=name().unwrap_or_default() />
            </Show>
        </li>
    }
}

/// A change in one line.
fn told(change: &Change) -> impl IntoView + use<> {
    let name = words::name(change).to_owned();
    let value = words::value(change);
    let whole = [Some(name.as_str()), value.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("  ");
    let value = value.map(|value| view! { <span class="change-value">{value}</span> });
    view! {
        <span class="change-sign" data-change=words::word(change.change) aria-hidden="true">
            {words::sign(change.change)}
        </span>
        <span class="offscreen">{words::word(change.change)}</span>
        <span class="change-subject">{words::subject(change)}</span>
        <span class="change-what" title=whole>
            <code>{name}</code>
            {value}
        </span>
        <span class="tag" title=change.source.clone()>
            {words::tag(change).to_owned()}
        </span>
    }
}
