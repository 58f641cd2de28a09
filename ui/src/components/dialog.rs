//! A question that has to be answered before anything else.
//!
//! Invariant: the browser's own modal dialog does the hard part: it keeps the focus inside, gives it
//! back afterwards, and closes on Escape.

use leptos::{html, prelude::*};

/// The dialog; shown while `open` is true.
#[component]
pub(crate) fn Dialog(
    /// Whether it is up.
    open: RwSignal<bool>,
    /// What it asks.
    #[prop(into)]
    title: Signal<&'static str>,
    /// How it looks beside what every dialog looks like.
    #[prop(default = "")]
    class: &'static str,
    /// What is at stake, and the answers.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                if let Err(error) = dialog.show_modal() {
                    leptos::logging::warn!("the dialog was not shown: {error:?}");
                }
            }
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    view! {
        <dialog
            class=format!("dialog {class}")
            node_ref=dialog
            role="dialog"
            aria-modal="true"
            aria-label=move || title.get()
            on:close=move |_| open.set(false)
        >
            <h2>{move || title.get()}</h2>
            {children()}
        </dialog>
    }
}
