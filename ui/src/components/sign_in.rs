//! Waiting for a person who signs in to an MCP server in their browser.
//!
//! Invariant: up while it is waited for; whoever closes it waits no more.

use leptos::prelude::*;

use crate::{
    backend,
    components::dialog::Dialog,
    copy::{self, servers as words},
    state::App,
};

/// The dialog.
#[component]
pub(crate) fn AskToSignIn() -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    Effect::new(move || open.set(app.signing_in.with(Option::is_some)));
    // Closed by a person.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open && app.signing_in.with_untracked(Option::is_some) {
            app.signing_in.set(None);
            app.run(backend::cancel_sign_in());
        }
        is_open
    });
    let name = move || app.signing_in.with(|now| now.as_ref().map(|now| now.name.clone()).unwrap_or_default());
    let address = move || app.signing_in.with(|now| now.as_ref().and_then(|now| now.address.clone()));
    view! {
        <Dialog open title=words::SIGN_IN>
            <div role="status" data-testid="sign-in">
                <p>{move || words::signing_in(&name())}</p>
                {move || {
                    address()
                        .map(|address| {
                            let copied = address.clone();
                            view! {
                                <p>{words::NO_BROWSER}</p>
                                <pre class="preview-entry" data-testid="sign-in-address">
                                    {address}
                                </pre>
                                <button
                                    class="button"
                                    type="button"
                                    on:click=move |_| app.copy_text(copied.clone(), words::COPIED_ADDRESS)
                                >
                                    {words::COPY_ADDRESS}
                                </button>
                            }
                        })
                }}
            </div>
            <div class="dialog-actions">
                <button class="button" type="button" autofocus data-testid="cancel-sign-in" on:click=move |_| open.set(false)>
                    {copy::CANCEL}
                </button>
            </div>
        </Dialog>
    }
}
