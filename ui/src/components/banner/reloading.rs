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
        <Frame actions>
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
