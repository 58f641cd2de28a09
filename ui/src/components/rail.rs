//! The navigation on the left: workspace, pages, engine.
//!
//! Invariant: exactly one page is marked as current.

use leptos::prelude::*;

use crate::{
    components::{engine_card::EngineCard, workspace_menu::WorkspaceMenu},
    copy,
    state::{App, Page},
};

/// The rail.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    view! {
        <div class="rail">
            <WorkspaceMenu />
            <nav aria-label=copy::NAVIGATION>
                <ul class="nav">{Page::ALL.iter().map(|&page| view! { <Link page /> }).collect_view()}</ul>
            </nav>
            <EngineCard />
        </div>
    }
}

#[component]
fn Link(page: Page) -> impl IntoView {
    let app = App::here();
    let testid = match page {
        Page::Overview => "nav-overview",
        Page::Plugins => "nav-plugins",
        Page::Skills => "nav-skills",
        Page::Mcp => "nav-mcp",
        Page::Agents => "nav-agents",
        Page::Configuration => "nav-configuration",
        Page::Activity => "nav-activity",
        Page::Settings => "nav-settings",
    };
    let pending = app.part(move |state| {
        state.status.changes.iter().any(|change| page.kinds().contains(&change.kind) && change.action.needs_reload())
    });
    view! {
        <li>
            <button
                class="nav-link"
                data-testid=testid
                aria-current=move || (app.page.get() == page).then_some("page")
                on:click=move |_| app.page.set(page)
            >
                {copy::page(page)}
                <Show when=move || pending.get()>
                    <span class="dot" role="img" aria-label=copy::PENDING_DOT></span>
                </Show>
            </button>
        </li>
    }
}
