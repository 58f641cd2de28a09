//! What differs between the engine and the disk, line by line.
//!
//! Invariant: it is asked for when it is opened and with each new state; what is shown stays until
//! the next answer, and stays the same elements where that answer is the same.

use leptos::prelude::*;
use rekindle_domain::{DiffLine, ItemId};

use crate::{
    backend,
    copy::{self, difference as words},
    state::App,
};

/// The difference of a pending item.
#[component]
pub(crate) fn Difference(
    /// Which item.
    id: ItemId,
    /// What it is called.
    name: String,
) -> impl IntoView {
    let status = App::here().part(|state| state.status.clone());
    let asked = LocalResource::new(move || {
        status.track();
        backend::difference(id.clone())
    });
    let answer = Memo::new(move |_| asked.get());
    let label = StoredValue::new(words::label(&name));
    let shown = move || match answer.get() {
        None => view! { <p class="difference-note">{words::LOADING}</p> }.into_any(),
        Some(Err(error)) => view! { <p class="difference-note problem">{copy::full_error(&error)}</p> }.into_any(),
        Some(Ok(lines)) if lines.is_empty() => view! { <p class="difference-note">{words::EMPTY}</p> }.into_any(),
        Some(Ok(lines)) => view! { <Lines lines label=label.get_value() sides=words::SIDES /> }.into_any(),
    };
    view! {
        // The banner is read aloud when it changes; this is read by whoever opened it.
        <div
            class="difference"
            data-testid="difference"
            aria-live="off"
            aria-busy=move || answer.with(Option::is_none).to_string()
        >
            {shown}
        </div>
    }
}

/// The lines of a difference, with what their signs mean.
#[component]
pub(crate) fn Lines(lines: Vec<DiffLine>, label: String, sides: [&'static str; 2]) -> impl IntoView {
    let legend = words::legend(&lines, sides).map(|(mark, meaning)| {
        view! {
            <span data-mark=words::word(mark)>
                <b>{words::sign(mark)}</b>
                " "
                {meaning}
            </span>
        }
    });
    let lines = lines.iter().map(|line| {
        view! {
            <span class="diff-line" data-testid="diff-line" data-mark=words::word(line.mark)>
                <b>{words::sign(line.mark)}</b>
                <span>{words::text(line)}</span>
            </span>
        }
    });
    view! {
        <p class="difference-legend">{legend.collect_view()}</p>
        // The focus, so that the keyboard can scroll it.
        <pre class="diff" tabindex="0" role="group" aria-label=label>
            {lines.collect_view()}
        </pre>
    }
}
