//! A choice between a few values that are all in sight.
//!
//! Invariant: exactly the shown value is pressed; the choice itself lives elsewhere.

use leptos::prelude::*;

/// One value: what it is, what it is called, and its test id.
pub(crate) type Choice<T> = (T, &'static str, &'static str);

/// The choice.
#[component]
pub(crate) fn Segmented<T>(
    /// What the choice is about.
    label: &'static str,
    /// The values in their order.
    choices: Vec<Choice<T>>,
    /// The value that is chosen.
    #[prop(into)]
    chosen: Signal<T>,
    /// Called with another value.
    choose: impl Fn(T) + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let choices = choices.into_iter().map(|(value, name, testid)| {
        view! {
            <button
                type="button"
                class="segment"
                data-testid=testid
                aria-pressed=move || (chosen.get() == value).to_string()
                on:click=move |_| choose(value)
            >
                {name}
            </button>
        }
    });
    view! {
        <div class="segmented" role="group" aria-label=label>
            {choices.collect_view()}
        </div>
    }
}
