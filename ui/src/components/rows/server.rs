//! What the engine can do with a server that it has loaded, without a reload; never someone else's engine.

use leptos::prelude::*;
use rekindle_domain::{EngineMode, Notice, ReloadNotice, Row, RowState};

use crate::{
    backend,
    copy::{self, rows as words},
    state::App,
};

/// A server that failed is connected anew or signed in to; one that was signed in to is signed out of.
#[component]
pub(super) fn ServerActions(row: Row) -> impl IntoView {
    let app = App::here();
    let is_ours = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let needs_sign_in = Notice::Reload(ReloadNotice::ServerNeedsAuth);
    let deed = match &row.state {
        RowState::Failed { message } if *message == needs_sign_in => Some((copy::SIGN_IN, "row-sign-in")),
        RowState::Failed { .. } => Some((copy::RETRY, "row-retry")),
        RowState::Loaded if row.is_signed_in => Some((copy::SIGN_OUT, "row-sign-out")),
        _ => None,
    };
    deed.map(|(word, test_id)| {
        let label = words::action(word, &row);
        let name = StoredValue::new(row.name);
        let act = move |_| match word {
            copy::SIGN_IN => app.sign_in(name.get_value()),
            copy::SIGN_OUT => app.run(backend::sign_out(name.get_value())),
            _ => app.run(backend::retry_server(name.get_value())),
        };
        view! {
            <Show when=move || is_ours.get()>
                <button class="button ghost" data-testid=test_id aria-label=label.clone() title=label.clone() on:click=act>
                    {word}
                </button>
            </Show>
        }
    })
}
