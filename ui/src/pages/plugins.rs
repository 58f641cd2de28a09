//! The plugins that are declared or found, and adding one.
//!
//! Invariant: the scope that is chosen is both where a plugin is added and what is listed.

use leptos::prelude::*;
use rekindle_domain::{Kind, Scope};

use crate::{
    components::{add_bar::AddBar, rows::Rows},
    state::App,
};

/// The page.
#[component]
pub(crate) fn Plugins() -> impl IntoView {
    let app = App::here();
    let scope = RwSignal::new(Scope::Project);
    let rows = app.part(move |state| {
        let scope = scope.get();
        state.plugins.iter().filter(|row| row.scope == scope).cloned().collect()
    });
    view! {
        <AddBar kind=Kind::Plugin scope />
        <Rows kind=Kind::Plugin scope rows />
    }
}
