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
    let all = app.part(|state| state.plugins.clone());
    let rows = Memo::new(move |_| {
        let scope = scope.get();
        all.with(|all| all.iter().filter(|row| row.scope == scope).cloned().collect())
    });
    view! {
        <AddBar kind=Kind::Plugin />
        <Rows label=copy::page(Page::Plugins) rows nothing=move || copy::rows::no_plugins(scope.get()) />
    }
}
