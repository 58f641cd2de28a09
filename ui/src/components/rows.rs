//! A list of items with their states.
//!
//! Invariant: every row says how the item is, why, and where it comes from, in words that need no
//! pointer; what can be taken back is done without a question.

mod actions;
mod more;
mod server;

use leptos::{html, prelude::*};
use rekindle_domain::{Row, RowState};

use self::actions::Actions;
use crate::{
    clock,
    components::icon::{Caution, Note},
    copy::rows::{self as words, Nothing, Remark, Weight},
    focus,
    state::App,
};

/// The list, or what to do while it is empty.
#[component]
pub(crate) fn Rows(
    /// What the list is called.
    label: &'static str,
    /// The items.
    rows: Memo<Vec<Row>>,
    /// What an empty list is called, and what to do about it.
    #[prop(into)]
    nothing: Signal<Nothing>,
) -> impl IntoView {
    view! {
        <Show when=move || !rows.with(Vec::is_empty) fallback=move || view! { <Empty nothing /> }>
            <ul class="card rows" aria-label=label>
                // A row is drawn anew when anything of it changed.
                <For each=move || rows.get() key=|row| format!("{row:?}") let:row>
                    <Line row />
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Empty(nothing: Signal<Nothing>) -> impl IntoView {
    view! {
        <div class="card empty">
            <h2>{move || nothing.get().title}</h2>
            <p>{move || nothing.get().hint}</p>
        </div>
    }
}

#[component]
fn Line(row: Row) -> impl IntoView {
    let app = App::here();
    let place = NodeRef::<html::Li>::new();
    focus::bring_back(row.id.clone(), place);
    // Without counts, the engine was not asked.
    let asked = app.part(|state| state.counts.is_some());
    let state = app.state.with_untracked(|state| words::state(&row.state, &state.workspace));
    let since = row.since.as_ref().map(|at| words::since(&clock::short(at)));
    let note = {
        let (kind, state) = (row.kind, row.state.clone());
        move || since.clone().unwrap_or_else(|| words::note(kind, &state, asked.get()).to_owned())
    };
    let origin = words::origin(&row);
    let source = format!("{origin}\n{}", row.source);
    let version = words::version(&row).map(|version| view! { <code>{version.to_owned()}</code>" · " });
    let remarks = words::remarks(&row);
    let remarks = (!remarks.is_empty())
        .then(|| view! { <ul class="row-remarks">{remarks.into_iter().map(remark).collect_view()}</ul> });
    view! {
        <li
            class="row"
            node_ref=place
            data-testid="row"
            data-id=row.id.to_string()
            data-name=row.name.clone()
            data-state=words::state_word(&row.state)
        >
            <b class="row-name" title=row.name.clone()>
                {row.name.clone()}
            </b>
            <small class="row-origin" title=source>
                {version}
                {origin}
            </small>
            <span class="row-state">
                <small>{note}</small>
                <span class="pill" data-tone=tone(&row.state) data-testid="row-state" title=state.clone()>
                    {state.clone()}
                </span>
            </span>
            <Actions row=row.clone() place />
            {remarks}
        </li>
    }
}

fn remark(remark: Remark) -> impl IntoView {
    let (word, icon) = match remark.weight {
        Weight::Note => ("note", view! { <Note /> }.into_any()),
        Weight::Caution => ("caution", view! { <Caution /> }.into_any()),
        Weight::Failure => ("failure", view! { <Caution /> }.into_any()),
    };
    view! {
        <li class="row-remark" data-testid="row-remark" data-weight=word>
            {icon}
            <span>{remark.text}</span>
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
