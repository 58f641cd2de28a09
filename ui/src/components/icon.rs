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

/// Something to know.
#[component]
pub(crate) fn Note() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6" />
            <path d="M8 7.5v3.5M8 5v.1" />
        </svg>
    }
}

/// Something to look at.
#[component]
pub(crate) fn Caution() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2.5 14 13H2ZM8 6.5v3M8 11.2v.1" />
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
