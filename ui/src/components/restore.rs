//! Restoring the last good files.
//!
//! Invariant: offered exactly while the core offers it; nothing is changed before the person has seen
//! what happens to each file.

use leptos::prelude::*;
use rekindle_domain::RestoredFile;

use crate::{
    backend, clock,
    components::dialog::Dialog,
    copy::{self, last_good as words},
    state::{App, Message},
};

/// The button that asks.
#[component]
pub(crate) fn RestoreButton(
    /// How it looks: `button`, or `text-button` in a line of text.
    #[prop(default = "button")]
    class: &'static str,
) -> impl IntoView {
    let app = App::here();
    let is_offered = app.part(|state| state.last_good.is_some());
    view! {
        <Show when=move || is_offered.get()>
            <button class=class data-testid="restore-last-good" on:click=move |_| app.is_restoring.set(true)>
                {words::RESTORE_ASK}
            </button>
        </Show>
    }
}

/// The question; up while the state says that it is asked.
#[component]
pub(crate) fn AskToRestore() -> impl IntoView {
    let app = App::here();
    let offer = app.part(|state| state.last_good.clone());
    let body = move || offer.with(|offer| offer.as_ref().map(|offer| words::body(&clock::when(&offer.at))));
    let files = move || offer.get().map(|offer| offer.files.into_iter().map(file).collect_view());
    let restore = move |_| {
        app.is_restoring.set(false);
        let Some(offer) = offer.get_untracked() else { return };
        app.run(async move {
            let restored = backend::restore_last_good(offer.id).await?;
            app.toast(Message::Done(words::done(restored.files.len())));
            Ok(())
        });
    };
    view! {
        <Dialog open=app.is_restoring title=words::TITLE>
            <p>{body}</p>
            <ul class="dialog-list">{files}</ul>
            <p>{words::KEPT}</p>
            <div class="dialog-actions">
                <button class="button" autofocus data-testid="cancel-restore" on:click=move |_| app.is_restoring.set(false)>
                    {copy::CANCEL}
                </button>
                <button
                    class="button primary"
                    data-testid="confirm-restore"
                    disabled=move || offer.with(Option::is_none)
                    on:click=restore
                >
                    {words::RESTORE}
                </button>
            </div>
        </Dialog>
    }
}

fn file(file: RestoredFile) -> impl IntoView {
    view! {
        <li data-testid="restored-file" title=file.path>
            <code>{file.place}</code>
            " "
            {words::change(file.change)}
        </li>
    }
}
