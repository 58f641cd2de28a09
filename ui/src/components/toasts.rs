//! Short messages at the foot of the window.
//!
//! Invariant: a message that offers something stays while it is looked at: the pointer or the focus
//! on it stops its clock.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::{
    copy,
    state::{App, Message, Toast},
};

const STAY: Duration = Duration::from_secs(10);

/// All toasts.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let app = App::here();
    view! {
        <div class="toasts" role="region" aria-label=copy::NOTIFICATIONS aria-live="polite">
            <For each=move || app.toasts.get() key=|toast| toast.id let:toast>
                <ToastCard toast />
            </For>
        </div>
    }
}

#[component]
fn ToastCard(toast: Toast) -> impl IntoView {
    let app = App::here();
    let Toast { id, message } = toast;
    let clock = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(handle) = clock.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    let start = move || {
        stop();
        clock.set_value(set_timeout_with_handle(move || app.drop_toast(id), STAY).ok());
    };
    start();
    on_cleanup(stop);

    let (failed, text, token) = match message {
        Message::Done(text) => (false, text, None),
        Message::Undoable { text, token } => (false, text, Some(token)),
        Message::Failed(error) => (true, copy::full_error(&error), None),
    };
    let undo = token.map(|token| {
        view! {
            <button
                class="button"
                data-testid="toast-undo"
                on:click=move |_| {
                    app.drop_toast(id);
                    app.undo(token.clone(), None);
                }
            >
                {copy::UNDO}
            </button>
        }
    });
    view! {
        <div
            class="toast"
            class:failed=failed
            data-testid="toast"
            role=if failed { "alert" } else { "status" }
            on:mouseenter=move |_| stop()
            on:mouseleave=move |_| start()
            on:focusin=move |_| stop()
            on:focusout=move |_| start()
        >
            <p>{text}</p>
            {undo}
            <button class="button ghost" on:click=move |_| app.drop_toast(id)>
                {copy::DISMISS}
            </button>
        </div>
    }
}
