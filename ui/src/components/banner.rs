//! The banner: one place, one frame, one file for each family of variants.
//!
//! Invariant: the banner is drawn from `WindowState::banner` alone. While its variant stays the same
//! its buttons stay the same elements, so that focus survives a new state.

mod blocked;
mod ended;
mod engine;
mod pending;
mod reloading;

use leptos::prelude::*;
use rekindle_domain::{Banner, EngineState, ReceiptResult};

use crate::{backend, copy, state::App};

/// Where the banner appears; always there, so that what appears in it is announced.
#[component]
pub(crate) fn BannerPlace() -> impl IntoView {
    let app = App::here();
    let banner = Memo::new_with_compare(
        move |_| app.state.with(|state| state.banner.clone()),
        |before, after| before.map(identity) != after.map(identity),
    );
    view! {
        <div class="banner-place" aria-live="polite">
            {move || match banner.get() {
                    Banner::None => ().into_any(),
                    Banner::Pending => view! { <pending::Pending /> }.into_any(),
                    Banner::Busy { .. } => view! { <pending::Busy /> }.into_any(),
                    Banner::Waiting { .. } => view! { <pending::Waiting /> }.into_any(),
                    Banner::Client { .. } => view! { <pending::Client /> }.into_any(),
                    Banner::Reloading { .. } => view! { <reloading::Reloading /> }.into_any(),
                    Banner::Ended { receipt } => view! { <ended::Ended receipt /> }.into_any(),
                    Banner::Blocked { .. } => view! { <blocked::Blocked /> }.into_any(),
                    Banner::Stuck { .. } => view! { <engine::Stuck /> }.into_any(),
                    Banner::EngineDown { .. } => view! { <engine::EngineDown /> }.into_any(),
            }}
        </div>
    }
}

/// Title, body and buttons, and what a variant adds below them.
#[component]
fn Frame(
    /// The buttons, the most important one last.
    #[prop(into)]
    actions: ViewFn,
    /// What stands below.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let app = App::here();
    let banner = app.part(|state| state.banner.clone());
    let words = app.part(|state| copy::banner::words(&state.banner, &state.status));
    let alert = move || banner.with(is_alert);
    let result = move || match banner.get() {
        Banner::Ended { receipt } => Some(copy::receipt::result_word(receipt.result)),
        _ => None,
    };
    view! {
        <section
            class="banner"
            class:slim=move || banner.with(is_quiet)
            data-testid="banner"
            data-banner=move || banner.with(copy::banner::word)
            data-result=result
            data-tone=move || banner.with(tone)
            role=move || if alert() { "alert" } else { "status" }
            aria-live=move || if alert() { "assertive" } else { "polite" }
        >
            <header class="banner-head">
                <div class="banner-words">
                    <h2 data-testid="banner-title">{move || words.get().title}</h2>
                    <p data-testid="banner-body">{move || words.get().body}</p>
                </div>
                <div class="banner-actions">{actions.run()}</div>
            </header>
            {children.map(|children| children())}
        </section>
    }
}

/// Puts the banner away.
#[component]
fn Dismiss() -> impl IntoView {
    let app = App::here();
    view! {
        <button class="button ghost" data-testid="dismiss" on:click=move |_| app.run(backend::dismiss())>
            {copy::DISMISS}
        </button>
    }
}

/// What makes a banner another one: its variant, and the reload it tells of.
fn identity(banner: &Banner) -> (&'static str, Option<&str>) {
    let receipt = match banner {
        Banner::Ended { receipt } => Some(receipt.id.as_str()),
        _ => None,
    };
    (copy::banner::word(banner), receipt)
}

/// True for what is told in passing.
fn is_quiet(banner: &Banner) -> bool {
    matches!(banner, Banner::Ended { receipt } if copy::receipt::is_quiet(receipt))
}

fn is_alert(banner: &Banner) -> bool {
    tone(banner) == "bad"
}

fn tone(banner: &Banner) -> &'static str {
    match banner {
        Banner::Pending | Banner::Busy { .. } | Banner::Stuck { .. } => "amber",
        Banner::Ended { .. } if is_quiet(banner) => "calm",
        Banner::Ended { receipt } => match receipt.result {
            ReceiptResult::Proved => "good",
            ReceiptResult::Partial => "amber",
            ReceiptResult::Failed | ReceiptResult::Refused => "bad",
        },
        Banner::Blocked { .. }
        | Banner::EngineDown { state: EngineState::Unreachable | EngineState::Unauthorized, .. } => "bad",
        Banner::None
        | Banner::Waiting { .. }
        | Banner::Reloading { .. }
        | Banner::Client { .. }
        | Banner::EngineDown { .. } => "calm",
    }
}
