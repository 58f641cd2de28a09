//! A reload under way.
//!
//! Invariant: it can be cancelled only as long as that costs nothing.

use leptos::prelude::*;
use rekindle_domain::{Banner, BannerStep, StepState};

use super::Frame;
use crate::{backend, copy, state::App};

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
            <Show
                when=move || cancellable.get()
                fallback=move || {
                    view! {
                        <Show when=move || !follows.get()>
                            <button
                                class="button ghost"
                                data-testid="reload-once-more"
                                on:click=move |_| app.reload_once_more()
                            >
                                {copy::RELOAD_ONCE_MORE}
                            </button>
                        </Show>
                    }
                }
            >
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
        <Frame actions>
            <Show when=move || follows.get()>
                <p class="banner-hint" data-testid="follows">{copy::banner::ONE_MORE}</p>
            </Show>
            <ol class="steps">{move || steps.get().into_iter().map(step).collect_view()}</ol>
        </Frame>
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
