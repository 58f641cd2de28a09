//! Adding MCP servers: for which projects, and what a README shows of them.
//!
//! Invariant: what was pasted stays until it is declared, on other pages too; an error stands below the field until the next
//! letter.

use leptos::{ev::SubmitEvent, prelude::*};
use rekindle_domain::{ChosenServers, Scope, UserError};

use crate::{
    backend,
    components::add_bar::{Scopes, Wrong},
    copy::servers as words,
    state::{Adding, App, Draft},
};

/// The most lines that are in sight.
const MOST_LINES: usize = 8;

/// The bar above the list of servers.
#[component]
pub(crate) fn ServerBar() -> impl IntoView {
    let app = App::here();
    let Draft { text, scope } = app.server;
    let preview = Action::new_unsync(move |(text, scope): &(String, Scope)| {
        let chosen = ChosenServers { text: text.clone(), scope: *scope, takes_variables: false };
        async move {
            let preview = backend::preview_servers(chosen.clone()).await?;
            app.adding.set(Some(Adding { chosen, preview, said: None }));
            Ok::<_, UserError>(())
        }
    });
    let error = Signal::derive(move || preview.value().get().and_then(Result::err));
    let nothing_to_do = move || preview.pending().get() || text.with(|text| text.trim().is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(nothing_to_do) {
            preview.value().set(None);
            preview.dispatch_local((text.get_untracked(), scope.get_untracked()));
        }
    };
    // What was wrong for one scope need not be for the other.
    Effect::new(move || {
        scope.track();
        preview.value().set(None);
    });
    let lines = move || text.with(|text| text.lines().count()).clamp(1, MOST_LINES).to_string();
    view! {
        <form class="add-bar server-bar" on:submit=submit>
            <Scopes scope />
            <textarea
                class="field"
                rows=lines
                spellcheck="false"
                autocomplete="off"
                placeholder=words::FIELD
                aria-label=words::FIELD
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby="server-error"
                data-testid="server-input"
                prop:value=move || text.get()
                on:input:target=move |event| {
                    text.set(event.target().value());
                    preview.value().set(None);
                }
            />
            <button class="button" type="submit" data-testid="server-add" disabled=nothing_to_do>
                {words::ADD_SERVER}
            </button>
            <Wrong error id="server-error" />
        </form>
    }
}
