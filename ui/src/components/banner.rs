//! The banner: one frame with two parts, how the last reload ended and what is now; one file for each family
//! of variants.
//!
//! Invariants: the banner is drawn from `WindowState::past` and `WindowState::banner` alone, and neither hides
//! the other. While a part stays what it is its buttons stay the same elements, so that focus survives a new
//! state. Nothing moves under the pointer: the past is above what is now; buttons are laid out from the right,
//! the way to put the banner away first, and one that appears later takes a place in which there was none.

mod blocked;
mod ended;
mod engine;
mod pending;
mod reloading;

use leptos::prelude::*;
use rekindle_domain::{Banner, EngineState, Receipt, ReceiptResult, WindowState};

use crate::{
    backend,
    components::restore::RestoreButton,
    copy::{self, banner::Words},
    state::App,
};

/// Where the banner appears; always there, so that what appears in it is announced.
#[component]
pub(crate) fn BannerPlace() -> impl IntoView {
    let app = App::here();
    let is_there = app.part(|state| state.past.is_some() || state.banner != Banner::None);
    view! {
        <div class="banner-place" aria-live="polite">
            <Show when=move || is_there.get()>
                <Frame />
            </Show>
        </div>
    }
}

/// Both parts, as one thing that can be put away.
#[component]
fn Frame() -> impl IntoView {
    let app = App::here();
    // Another reload is another part; what is heard of the same one only changes its words.
    let past = app.part(|state| state.past.as_ref().map(|past| past.id.clone()));
    let now = app.part(|state| family(&state.banner));
    let word = app.part(copy::banner::state_word);
    let result = app.part(|state| state.past.as_ref().map(|past| copy::receipt::result_word(past.result)));
    let tone = app.part(|state| state.past.as_ref().map_or_else(|| now_tone(&state.banner), past_tone));
    let alert = app.part(|state| {
        now_tone(&state.banner) == "bad" || state.past.as_ref().is_some_and(|past| past_tone(past) == "bad")
    });
    let slim =
        app.part(|state| state.banner == Banner::None && state.past.as_ref().is_some_and(copy::receipt::is_quiet));
    view! {
        <section
            class="banner"
            class:slim=move || slim.get()
            data-testid="banner"
            data-banner=move || word.get()
            data-result=move || result.get()
            data-tone=move || tone.get()
            role=move || if alert.get() { "alert" } else { "status" }
            aria-live=move || if alert.get() { "assertive" } else { "polite" }
        >
            {move || past.get().map(|_| view! { <ended::Ended /> })}
            {move || match now.get() {
                Family::None => ().into_any(),
                Family::Pending => view! { <pending::Pending /> }.into_any(),
                Family::Waiting => view! { <pending::Waiting /> }.into_any(),
                Family::Client => view! { <pending::Client /> }.into_any(),
                Family::Reloading => view! { <reloading::Reloading /> }.into_any(),
                Family::Blocked => view! { <blocked::Blocked /> }.into_any(),
                Family::Stuck => view! { <engine::Stuck /> }.into_any(),
                Family::EngineDown => view! { <engine::EngineDown /> }.into_any(),
            }}
        </section>
    }
}

/// What is drawn by one component.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    None,
    /// Something waits, whether or not something runs.
    Pending,
    Waiting,
    Client,
    Reloading,
    Blocked,
    Stuck,
    EngineDown,
}

fn family(banner: &Banner) -> Family {
    match banner {
        Banner::None => Family::None,
        Banner::Pending | Banner::Busy { .. } => Family::Pending,
        Banner::Waiting { .. } => Family::Waiting,
        Banner::Client { .. } => Family::Client,
        Banner::Reloading { .. } => Family::Reloading,
        Banner::Blocked { .. } => Family::Blocked,
        Banner::Stuck { .. } => Family::Stuck,
        Banner::EngineDown { .. } => Family::EngineDown,
    }
}

/// Title, body and buttons, and what a variant adds below them.
#[component]
fn Part(
    /// What it is, for tests and styles.
    id: &'static str,
    /// Its two lines.
    words: Memo<Words>,
    /// How it is coloured.
    tone: Memo<&'static str>,
    /// The buttons, from the right to the left.
    #[prop(into)]
    actions: ViewFn,
    /// What stands right under the lines.
    #[prop(optional, into)]
    under: ViewFn,
    /// What stands below all that.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="banner-part" data-testid=id data-tone=move || tone.get()>
            <header class="banner-head">
                <div class="banner-words">
                    <h2 data-testid="banner-title">{move || words.get().title}</h2>
                    <p data-testid="banner-body">{move || words.get().body}</p>
                    {under.run()}
                </div>
                <div class="banner-actions">{actions.run()}</div>
            </header>
            {children.map(|children| children())}
        </div>
    }
}

/// The part that tells of now.
#[component]
fn Now(
    /// The buttons, from the right to the left.
    #[prop(into)]
    actions: ViewFn,
    /// What stands below.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let app = App::here();
    let words = app.part(|state| copy::banner::words(&state.banner, &state.status));
    let tone = app.part(|state| now_tone(&state.banner));
    view! {
        <Part id="banner-now" words tone actions>
            {children.map(|children| children())}
        </Part>
    }
}

/// Puts away what is on the screen, both parts of it.
#[component]
fn Dismiss() -> impl IntoView {
    let app = App::here();
    let dismiss = move |_| app.run(backend::dismiss(app.state.with_untracked(WindowState::shown)));
    view! {
        <button class="button ghost" data-testid="dismiss" on:click=dismiss>
            {copy::DISMISS}
        </button>
    }
}

/// The same in the part that tells of now, where the other one has none.
#[component]
fn DismissAlone() -> impl IntoView {
    let is_alone = App::here().part(|state| state.past.is_none());
    view! {
        <Show when=move || is_alone.get()>
            <Dismiss />
        </Show>
    }
}

/// The last good files, offered once in the whole banner.
#[component]
fn RestoreNow() -> impl IntoView {
    let is_offered_above = App::here().part(|state| state.past.as_ref().is_some_and(offers_restore));
    view! {
        <Show when=move || !is_offered_above.get()>
            <RestoreButton />
        </Show>
    }
}

/// True when the end of a reload is a reason to restore files.
fn offers_restore(past: &Receipt) -> bool {
    past.result != ReceiptResult::Proved
}

fn now_tone(banner: &Banner) -> &'static str {
    match banner {
        Banner::Pending | Banner::Busy { .. } | Banner::Stuck { .. } => "amber",
        Banner::Blocked { .. }
        | Banner::EngineDown { state: EngineState::Unreachable | EngineState::Unauthorized, .. } => "bad",
        Banner::None
        | Banner::Waiting { .. }
        | Banner::Reloading { .. }
        | Banner::Client { .. }
        | Banner::EngineDown { .. } => "calm",
    }
}

fn past_tone(past: &Receipt) -> &'static str {
    match past.result {
        _ if copy::receipt::is_quiet(past) => "calm",
        ReceiptResult::Proved => "good",
        ReceiptResult::Partial => "amber",
        ReceiptResult::Failed | ReceiptResult::Refused => "bad",
    }
}
