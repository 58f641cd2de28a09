//! The plugins that are declared or found, and adding one.
//!
//! Invariant: the scope that is chosen is both where a plugin is added and what is listed.

use leptos::prelude::*;
use rekindle_domain::Kind;

use crate::{
    components::{add_bar::AddBar, rows::Rows},
    copy,
    state::{App, Page},
};

/// The page.
#[component]
pub(crate) fn Plugins() -> impl IntoView {
    let app = App::here();
    let scope = app.plugin.scope;
    let rows = app.part(move |state| {
        let scope = scope.get();
        state.plugins.iter().filter(|row| row.scope == scope).cloned().collect()
    });
    view! {
        <AddBar kind=Kind::Plugin />
        <Rows label=copy::page(Page::Plugins) rows nothing=move || copy::rows::no_plugins(scope.get()) />
    }
}
