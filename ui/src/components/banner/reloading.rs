//! A reload under way.
//!
//! Invariants: it can be cancelled only as long as that costs nothing; how long it takes is measured and not
//! promised.

use std::time::Duration;

use leptos::prelude::*;
use rekindle_domain::{Banner, BannerStep, Progress, StepState, WindowState};

use super::Now;
use crate::{backend, clock, copy, state::App};

/// How often the time is told anew.
const TICK: Duration = Duration::from_millis(250);

/// The steps, and where the reload is.
#[component]
pub(super) fn Reloading() -> impl IntoView {
    let app = App::here();
    let steps = app.part(|state| match &state.banner {
        Banner::Reloading { steps, .. } => steps.clone(),
        _ => Vec::new(),
    });
    let cancellable = app.part(|state| matches!(state.banner, Banner::Reloading { cancellable: true, .. }));
    let follows = app.part(|state| state.follows);
    let actions = move || {
        view! {
            <Show when=move || cancellable.get()>
                <button
                    class="button ghost"
                    data-testid="cancel-reload"
                    on:click=move |_| app.run(backend::cancel_reload())
                >
                    {copy::CANCEL}
                </button>
            </Show>
        }
    };
    view! {
        <Now actions>
            <ol class="steps">{move || steps.get().into_iter().map(step).collect_view()}</ol>
            <footer class="banner-foot">
                <Elapsed />
                <Show
                    when=move || follows.get()
                    fallback=move || {
                        view! {
                            <Show when=move || !cancellable.get()>
                                <button
                                    class="text-button"
                                    data-testid="reload-once-more"
                                    on:click=move |_| app.reload_once_more()
                                >
                                    {copy::RELOAD_ONCE_MORE}
                                </button>
                            </Show>
                        }
                    }
                >
                    <span data-testid="follows">{copy::banner::ONE_MORE}</span>
                </Show>
            </footer>
        </Now>
    }
}

/// How long it has been at it, and what the engine is seen to do meanwhile.
#[component]
fn Elapsed() -> impl IntoView {
    let app = App::here();
    let installing = app.part(|state| progress(state).installing.as_ref().map(copy::banner::installing));
    // Each state says how long it was when it was published; from then on, time goes by here.
    let began = app.part(|state| clock::steady() - progress(state).elapsed_ms as f64);
    let now = RwSignal::new(clock::steady());
    if let Ok(ticking) = set_interval_with_handle(move || now.set(clock::steady()), TICK) {
        on_cleanup(move || ticking.clear());
    }
    let elapsed = Memo::new(move |_| copy::banner::elapsed((now.get() - began.get()).max(0.0) as u64));
    view! {
        <p>
            // Not read out each second.
            <span role="timer" aria-live="off" data-testid="elapsed">{move || elapsed.get()}</span>
            {move || installing.get().map(|text| view! { <span data-testid="installing">{text}</span> })}
        </p>
    }
}

fn progress(state: &WindowState) -> Progress {
    match &state.banner {
        Banner::Reloading { progress, .. } => progress.clone(),
        _ => Progress::default(),
    }
}

fn step(step: BannerStep) -> impl IntoView {
    let (word, current) = match step.state {
        StepState::Done => ("done", None),
        StepState::Now => ("now", Some("step")),
        StepState::Later => ("later", None),
    };
    view! {
        <li class="step" data-state=word aria-current=current>
            {copy::banner::step(step)}
        </li>
    }
}
