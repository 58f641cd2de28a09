//! The skills that the engine finds, and installing one.
//!
//! Invariant: the scope that is chosen is both where a skill is installed and what is listed.

use leptos::prelude::*;
use rekindle_domain::Kind;

use crate::{
    components::{add_bar::AddBar, rows::Rows},
    copy,
    state::{App, Page},
};

/// The page.
#[component]
pub(crate) fn Skills() -> impl IntoView {
    let app = App::here();
    let scope = app.skill.scope;
    let all = app.part(|state| state.skills.clone());
    let rows = Memo::new(move |_| {
        let scope = scope.get();
        all.with(|all| all.iter().filter(|row| row.scope == scope).cloned().collect())
    });
    view! {
        <AddBar kind=Kind::Skill />
        <Rows label=copy::page(Page::Skills) rows nothing=move || copy::rows::no_skills(scope.get()) />
    }
}
