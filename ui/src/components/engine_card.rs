//! The engine at the foot of the rail.
//!
//! Invariant: the colour of the light never says more than the words beside it.

use leptos::prelude::*;

use crate::{copy, state::App};

/// The card.
#[component]
pub(crate) fn EngineCard() -> impl IntoView {
    let engine = App::here().part(|state| state.status.engine.clone());
    let line = move || engine.with(copy::engine::line);
    view! {
        <section
            class="engine-card"
            aria-label=copy::ENGINE
            data-testid="engine-card"
            data-state=move || copy::engine::state_word(engine.get().state)
            title=move || engine.get().message.as_ref().map(copy::told)
        >
            <div class="engine-state" role="status">
                <span class="led"></span>
                {move || copy::engine::state(engine.get().state)}
            </div>
            <div class="engine-line" title=line>
                {line}
            </div>
        </section>
    }
}
