//! The skills that the engine finds, and importing one.
//!
//! Invariant: the scope that is chosen is both where a skill is imported to and what is listed.

use leptos::prelude::*;
use rekindle_domain::{Kind, Scope};

use crate::{
    components::{add_bar::AddBar, rows::Rows},
    state::App,
};

/// The page.
#[component]
pub(crate) fn Skills() -> impl IntoView {
    let app = App::here();
    let scope = RwSignal::new(Scope::Project);
    let rows = app.part(move |state| {
        let scope = scope.get();
        state.skills.iter().filter(|row| row.scope == scope).cloned().collect()
    });
    view! {
        <AddBar kind=Kind::Skill scope />
        <Rows kind=Kind::Skill scope rows />
    }
}
