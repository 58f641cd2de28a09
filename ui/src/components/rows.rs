//! A list of items with their states.
//!
//! Invariant: every row says how the item is; what can be taken back is done without a question.

use leptos::prelude::*;
use rekindle_domain::{Kind, Row, RowState, Scope};

use crate::{
    backend,
    copy::{self, rows as words},
    state::App,
};

/// The list, or what to do while it is empty.
#[component]
pub(crate) fn Rows(kind: Kind, scope: RwSignal<Scope>, rows: Memo<Vec<Row>>) -> impl IntoView {
    view! {
        <Show when=move || !rows.with(Vec::is_empty) fallback=move || view! { <Nothing kind scope /> }>
            <ul class="card rows">
                // A row is drawn anew when anything of it changed.
                <For each=move || rows.get() key=|row| format!("{row:?}") let:row>
                    <Line row />
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Nothing(kind: Kind, scope: RwSignal<Scope>) -> impl IntoView {
    let words = move || words::none(kind, scope.get());
    view! {
        <div class="card empty">
            <h2>{move || words().0}</h2>
            <p>{move || words().1}</p>
        </div>
    }
}

#[component]
fn Line(row: Row) -> impl IntoView {
    let app = App::here();
    let note = app.state.with_untracked(|state| words::note(&row.state, &state.workspace.directory));
    let origin = words::origin(&row);
    let place = format!("{origin}\n{}", row.source);
    let version = words::version(&row).map(|version| view! { <code>{version.to_owned()}</code>" · " });
    let Row { id, name, source, state, removable, .. } = row;
    let action = if removable {
        let name = name.clone();
        view! {
            <button
                class="button ghost"
                data-testid="row-remove"
                aria-label=format!("{} {name}", copy::REMOVE)
                on:click=move |_| app.remove(id.clone(), name.clone())
            >
                {copy::REMOVE}
            </button>
        }
        .into_any()
    } else {
        view! {
            <button
                class="button ghost"
                data-testid="row-reveal"
                aria-label=format!("{} {name}", copy::REVEAL)
                on:click=move |_| app.run(backend::reveal(source.clone()))
            >
                {copy::REVEAL}
            </button>
        }
        .into_any()
    };
    view! {
        <li class="row" data-testid="row" data-name=name.clone() data-state=words::state_word(&state)>
            <div class="row-what">
                <b title=name.clone()>{name.clone()}</b>
                <small title=place>{version}{origin}</small>
            </div>
            <small class="row-note" title=note.clone()>
                {note.clone()}
            </small>
            <span class="pill" data-tone=tone(&state) data-testid="row-state" title=note>
                {words::state(&state)}
            </span>
            {action}
        </li>
    }
}

fn tone(state: &RowState) -> &'static str {
    match state {
        RowState::Loaded => "good",
        RowState::Waiting { .. } => "amber",
        RowState::Failed { .. } => "bad",
        RowState::Overridden { .. } | RowState::NotRead { .. } | RowState::Unknown => "calm",
    }
}
