//! What a person does with an item in a dialog.
//!
//! Invariant: nothing is done that was not on the screen; put away, the dialog leaves everything as it was.

mod draft;
mod plugin;
mod skill;

use leptos::prelude::*;
use rekindle_domain::UserError;

use crate::{
    backend,
    components::dialog::Dialog,
    copy::{self, update as words},
    state::{App, Task},
};

/// The dialog; up while there is something to do.
#[component]
pub(crate) fn Tasks() -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    Effect::new(move || open.set(app.task.with(Option::is_some)));
    // Closed by a key, too.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            app.task.set(None);
            app.run(backend::forget_comparison());
        }
        is_open
    });
    let title = Signal::derive(move || {
        app.task.with(|task| match task {
            Some(Task::UpdateSkill(_)) => words::SKILL_TITLE,
            Some(Task::EditSkill(_)) => copy::draft::EDIT_TITLE,
            Some(Task::NewSkill(_)) => copy::draft::NEW_TITLE,
            Some(Task::UpdatePlugin(_)) | None => words::PLUGIN_TITLE,
        })
    });
    let content = move || match app.task.get() {
        None => ().into_any(),
        Some(Task::UpdatePlugin(row)) => view! { <plugin::Update row open /> }.into_any(),
        Some(Task::EditSkill(row)) => view! { <draft::Edit row open /> }.into_any(),
        Some(Task::NewSkill(scope)) => view! { <draft::New scope open /> }.into_any(),
        Some(Task::UpdateSkill(row)) => view! { <skill::Update row open /> }.into_any(),
    };
    view! {
        <Dialog open title class="preview">
            {content}
        </Dialog>
    }
}

/// What keeps it from being done.
fn wrong(error: impl Fn() -> Option<UserError> + Send + 'static) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                error()
                    .map(|error| {
                        view! { <p class="preview-error" data-testid="task-error">{copy::full_error(&error)}</p> }
                    })
            }}
        </div>
    }
}
