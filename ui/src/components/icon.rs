//! The few drawings of the window.
//!
//! Invariant: an icon never stands alone: a text or a label beside it says the same.

use leptos::prelude::*;

/// Points at what can be unfolded.
#[component]
pub(crate) fn Chevron() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M4.5 6.5 8 10l3.5-3.5" />
        </svg>
    }
}

/// Everything is in order.
#[component]
pub(crate) fn Tick() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="m3.5 8.5 3 3 6-7" />
        </svg>
    }
}
