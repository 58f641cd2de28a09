//! The last lines that the engine printed.
//!
//! Invariant: read when the page opens and when asked to; never on a timer.

use leptos::prelude::*;

use crate::{
    backend,
    copy::{self, settings as words},
};

/// The output.
#[component]
pub(super) fn EngineOutput() -> impl IntoView {
    let read = Action::new_unsync(|(): &()| backend::engine_output());
    read.dispatch_local(());
    let lines = move || match read.value().get() {
        None => ().into_any(),
        Some(Ok(lines)) if lines.is_empty() => view! { <p>{words::NO_OUTPUT}</p> }.into_any(),
        Some(Ok(lines)) => {
            view! { <pre class="output" tabindex="0" data-testid="engine-output">{lines.join("\n")}</pre> }.into_any()
        }
        Some(Err(error)) => view! { <p class="problem">{copy::full_error(&error)}</p> }.into_any(),
    };
    view! {
        <section class="card panel">
            <header class="panel-head">
                <div>
                    <h2>{words::OUTPUT}</h2>
                    <p>{words::OUTPUT_HINT}</p>
                </div>
                <button
                    class="button"
                    data-testid="output-refresh"
                    disabled=move || read.pending().get()
                    on:click=move |_| {
                        read.dispatch_local(());
                    }
                >
                    {words::REFRESH}
                </button>
            </header>
            {lines}
        </section>
    }
}
