//! A file that would not load.
//!
//! Invariant: the place in the file is shown, and one click leads to it.

use leptos::prelude::*;
use rekindle_domain::{Banner, Problem};

use super::{Now, RestoreNow};
use crate::{backend, copy, state::App};

/// What is wrong, and where.
#[component]
pub(super) fn Blocked() -> impl IntoView {
    let app = App::here();
    let problem = app.part(|state| match &state.banner {
        Banner::Blocked { problem, .. } => Some(problem.clone()),
        _ => None,
    });
    let open = move |_| {
        if let Some(problem) = problem.get_untracked() {
            app.run(backend::open_path(problem.path));
        }
    };
    let actions = move || {
        view! {
            <button class="button primary" data-testid="open-file" on:click=open>
                {copy::OPEN_FILE}
            </button>
            <RestoreNow />
        }
    };
    view! {
        <Now actions>{move || problem.get().as_ref().map(excerpt)}</Now>
    }
}

fn excerpt(problem: &Problem) -> impl IntoView + use<> {
    let excerpt = copy::banner::excerpt(problem);
    let excerpt = (!excerpt.is_empty())
        .then(|| view! { <pre class="excerpt" tabindex="0" data-testid="excerpt">{excerpt}</pre> });
    let hint = copy::banner::hint(problem);
    let hint = (!hint.is_empty()).then(|| view! { <p class="banner-hint">{hint}</p> });
    view! {
        {excerpt}
        {hint}
        <p class="banner-path">{problem.path.clone()}</p>
    }
}
