//! How Rekindle looks, what it does by itself, which engine it starts, and finding out what is wrong.
//!
//! Invariant: a choice is shown once the core has kept it.

mod doctor;
mod engine;
mod output;
mod reloading;

use leptos::prelude::*;
use rekindle_domain::{Choice, Theme};

use crate::{backend, components::segmented::Segmented, copy::settings as words, state::App};

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    view! {
        <div class="settings">
            <Appearance />
            <reloading::Reloading />
            <engine::EngineChooser />
            <doctor::Doctor />
            <output::EngineOutput />
        </div>
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let app = App::here();
    let theme = app.part(|state| state.settings.theme);
    let choices = [(Theme::System, "theme-system"), (Theme::Light, "theme-light"), (Theme::Dark, "theme-dark")];
    view! {
        <section class="card panel">
            <header class="panel-head">
                <h2>{words::APPEARANCE}</h2>
                <Segmented
                    label=words::THEME
                    choices=choices.map(|(theme, testid)| (theme, words::theme(theme), testid)).to_vec()
                    chosen=theme
                    choose=move |theme| choose(app, Choice::Theme(theme))
                />
            </header>
        </section>
    }
}

/// Keeps one choice.
fn choose(app: App, choice: Choice) {
    app.run(backend::choose(choice));
}
