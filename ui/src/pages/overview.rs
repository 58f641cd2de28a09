//! The workspace at a glance: the engine, what it has loaded, what waits.
//!
//! Invariant: a dismissed banner hides nothing: what is pending is listed here, with the way to
//! reload it.

use leptos::prelude::*;
use rekindle_domain::{Banner, EngineMode};

use crate::{
    backend,
    components::{changes::Changes, icon::Tick, plan::PlanLine},
    copy,
    state::App,
    wish::interrupts,
};

/// The page.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    view! {
        <div class="overview">
            <PendingCard />
            <EngineFacts />
            <LoadedCounts />
        </div>
    }
}

#[component]
fn PendingCard() -> impl IntoView {
    let app = App::here();
    let waiting = app.part(|state| {
        let changes = state.status.changes.iter();
        changes.filter(|change| change.action.needs_reload()).cloned().collect::<Vec<_>>()
    });
    // While there is a banner, it has the list and the buttons.
    let alone = app.part(|state| state.banner == Banner::None);
    let host = app.part(|state| state.status.engine.mode == EngineMode::Host);
    let is_busy = app.part(|state| !interrupts(state).is_empty());
    let known = app.part(|state| state.counts.is_some() && state.status.problems.is_empty());
    let not_live = app.part(copy::not_live);
    view! {
        <section class="card panel wide" data-testid="pending-card">
            <header class="panel-head">
                <h2>{copy::PENDING}</h2>
                <Show when=move || alone.get() && host.get() && !waiting.with(Vec::is_empty)>
                    <div class="panel-actions">
                        <Show when=move || is_busy.get()>
                            <button
                                class="button"
                                data-testid="overview-when-idle"
                                on:click=move |_| app.reload_when_idle()
                            >
                                {copy::RELOAD_WHEN_IDLE}
                            </button>
                        </Show>
                        <button class="button primary" data-testid="reload-now" on:click=move |_| app.reload()>
                            {move || if is_busy.get() { copy::RELOAD_ANYWAY } else { copy::RELOAD }}
                        </button>
                    </div>
                </Show>
            </header>
            <Show
                when=move || !waiting.with(Vec::is_empty)
                fallback=move || {
                    view! {
                        <Show when=move || known.get() fallback=|| view! { <p>{copy::NOT_KNOWN}</p> }>
                            <Show
                                when=move || not_live.with(Option::is_none)
                                fallback=move || view! { <p data-testid="not-live">{move || not_live.get()}</p> }
                            >
                                <p class="all-live">
                                    <Tick />
                                    {copy::ALL_LIVE}
                                </p>
                            </Show>
                        </Show>
                    }
                }
            >
                <p>{move || waiting.with(|waiting| copy::changes::summary(waiting))}</p>
                <Show when=move || alone.get()>
                    <Changes />
                    <PlanLine />
                </Show>
            </Show>
        </section>
    }
}

#[component]
fn EngineFacts() -> impl IntoView {
    let app = App::here();
    let engine = app.part(|state| state.status.engine.clone());
    let host = move || engine.with(|engine| engine.mode == EngineMode::Host);
    let facts = move || {
        engine.with(copy::engine::facts).map(|(label, value)| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd title=value.clone()>{value.clone()}</dd>
                </div>
            }
        })
    };
    view! {
        <section class="card panel" data-testid="overview-engine">
            <header class="panel-head">
                <h2>{move || copy::engine::state(engine.get().state)}</h2>
                <Show when=host>
                    <button
                        class="button"
                        data-testid="overview-restart"
                        on:click=move |_| app.run(backend::restart_engine())
                    >
                        {copy::RESTART_ENGINE}
                    </button>
                </Show>
            </header>
            <dl class="facts">{facts}</dl>
            {move || engine.get().message.map(|message| view! { <p class="engine-message">{copy::told(&message)}</p> })}
        </section>
    }
}

#[component]
fn LoadedCounts() -> impl IntoView {
    let counts = App::here().part(|state| state.counts);
    let tiles = move || {
        copy::counts(counts.get().as_ref()).map(|(word, label, number)| {
            let unheard = (counts.get().is_some() && number == copy::UNHEARD).then_some(copy::NOT_HEARD_YET);
            view! {
                <div class="count" title=unheard>
                    <dd data-testid=format!("count-{word}")>{number}</dd>
                    <dt>{label}</dt>
                </div>
            }
        })
    };
    view! {
        <section class="card panel">
            <header class="panel-head">
                <h2>{copy::LOADED_NOW}</h2>
            </header>
            <dl class="counts" title=move || counts.get().is_none().then_some(copy::COUNTS_UNKNOWN)>
                {tiles}
            </dl>
        </section>
    }
}
