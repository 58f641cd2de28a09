//! The list of pending changes.
//!
//! Invariant: every change is in the list; a long list scrolls, by keyboard too.

use leptos::prelude::*;
use rekindle_domain::Change;

use crate::{
    copy::{self, changes as words},
    state::App,
};

/// From this length on, the list scrolls and so takes the focus.
const LONG: usize = 8;

/// What is on disk and not in the engine.
#[component]
pub(crate) fn Changes() -> impl IntoView {
    let changes = App::here().part(|state| state.status.changes.clone());
    view! {
        <ul
            class="changes"
            aria-label=copy::PENDING
            tabindex=move || changes.with(|changes| (changes.len() > LONG).then_some("0"))
        >
            <For
                each=move || changes.get()
                key=|change| (change.id.clone(), change.signature.as_str().to_owned())
                let:change
            >
                <Line change />
            </For>
        </ul>
    }
}

#[component]
fn Line(change: Change) -> impl IntoView {
    let name = words::name(&change).to_owned();
    let value = words::value(&change);
    let whole = [Some(name.as_str()), value.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("  ");
    let value = value.map(|value| view! { <span class="change-value">{value}</span> });
    view! {
        <li class="change" data-testid="change" data-id=change.id.to_string() title=change.why.clone()>
            <span class="change-sign" data-change=words::word(change.change) aria-hidden="true">
                {words::sign(change.change)}
            </span>
            <span class="offscreen">{words::word(change.change)}</span>
            <span class="change-subject">{words::subject(&change)}</span>
            <span class="change-what" title=whole>
                <code>{name}</code>
                {value}
            </span>
            <span class="tag" title=change.source.clone()>
                {words::tag(&change).to_owned()}
            </span>
        </li>
    }
}
