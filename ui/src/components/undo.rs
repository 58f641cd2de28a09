//! How a change is taken back when somebody else changed the same file since.
//!
//! Invariant: what is not chosen is not done; closing the question leaves everything as it is.

use leptos::prelude::*;
use rekindle_domain::UndoChoice;

use crate::{components::dialog::Dialog, copy, state::App};

/// The question; up while the state says that it is asked.
#[component]
pub(crate) fn AskHowToUndo() -> impl IntoView {
    let app = App::here();
    let answer = move |choice: UndoChoice| {
        let test_id = match choice {
            UndoChoice::Ours => "undo-ours",
            UndoChoice::Before => "undo-before",
            UndoChoice::Leave => "undo-leave",
        };
        let choose = move |_| {
            app.is_asking.set(false);
            app.undo(app.contested.with_untracked(|contested| contested.token.clone()), Some(choice));
        };
        view! {
            <button class="button" data-testid=test_id on:click=choose>
                {copy::undo::choice(choice)}
            </button>
        }
    };
    view! {
        <Dialog open=app.is_asking title=copy::undo::TITLE>
            <p>{move || app.contested.with(|contested| copy::undo::body(&contested.path))}</p>
            <div class="dialog-actions">
                {move || app.contested.with(|contested| contested.choices.iter().rev().copied().map(answer).collect_view())}
            </div>
        </Dialog>
    }
}
