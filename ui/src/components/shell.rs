//! The frame of the window: connecting, then navigation, title, banner and page.
//!
//! Invariant: the frame is drawn once; a new state changes only what shows the changed part.

use leptos::{ev, html, prelude::*};
use rekindle_domain::{Theme, UserError, WindowState};

use crate::{
    components::{
        banner::BannerPlace,
        confirm::AskToInterrupt,
        icon::Note,
        preview::{AskToInstall, servers::AskToAddServers},
        rail::Rail,
        restore::AskToRestore,
        sign_in::AskToSignIn,
        task::Tasks,
        toasts::Toasts,
        undo::AskHowToUndo,
    },
    copy, focus, pages,
    state::{App, Link, Page},
};

/// The whole window.
#[component]
pub(crate) fn Root() -> impl IntoView {
    let link = Link::open();
    move || match link.get() {
        Link::Connecting => view! { <Connecting /> }.into_any(),
        Link::Broken(error) => view! { <Unreachable error /> }.into_any(),
        Link::Open(state) => view! { <Shell state /> }.into_any(),
    }
}

#[component]
fn Connecting() -> impl IntoView {
    view! {
        <div class="shell" aria-busy="true">
            <div class="rail">
                <span class="ghost-line wide"></span>
                {Page::ALL.iter().map(|_| view! { <span class="ghost-line"></span> }).collect_view()}
            </div>
            <main class="main">
                <h1>{copy::APP}</h1>
                <p class="sub" role="status">
                    {copy::CONNECTING}
                </p>
            </main>
        </div>
    }
}

#[component]
fn Unreachable(error: UserError) -> impl IntoView {
    view! {
        <div class="shell">
            <div class="rail"></div>
            <main class="main">
                <h1>{copy::APP}</h1>
                <p class="sub" role="alert">
                    {copy::full_error(&error)}
                </p>
            </main>
        </div>
    }
}

#[component]
fn Shell(state: ArcRwSignal<WindowState>) -> impl IntoView {
    focus::follow_pointer();
    let app = App::provide(state);
    let main = NodeRef::<html::Main>::new();
    follow_theme(app);
    switch_pages_by_key(app);
    Effect::new(move || {
        app.page.track();
        if let Some(main) = main.get_untracked() {
            main.set_scroll_top(0);
        }
    });

    view! {
        <div class="shell">
            <Rail />
            <main class="main" node_ref=main>
                <h1>{move || copy::page(app.page.get())}</h1>
                <p class="sub">{move || copy::page_sub(app.page.get())}</p>
                <Show when=move || app.page.get() != Page::Settings>
                    <BannerPlace />
                    <Notices />
                </Show>
                {move || match app.page.get() {
                    Page::Overview => view! { <pages::overview::Overview /> }.into_any(),
                    Page::Plugins => view! { <pages::plugins::Plugins /> }.into_any(),
                    Page::Skills => view! { <pages::skills::Skills /> }.into_any(),
                    Page::Mcp => view! { <pages::mcp::McpServers /> }.into_any(),
                    Page::Agents => view! { <pages::agents::Agents /> }.into_any(),
                    Page::Configuration => view! { <pages::configuration::Configuration /> }.into_any(),
                    Page::Activity => view! { <pages::activity::Activity /> }.into_any(),
                    Page::Settings => view! { <pages::settings::SettingsPage /> }.into_any(),
                }}
            </main>
            <Toasts />
            <AskHowToUndo />
            <AskToInterrupt />
            <AskToRestore />
            <AskToInstall />
            <AskToAddServers />
            <AskToSignIn />
            <Tasks />
        </div>
    }
}

/// What people should know about what is shown.
#[component]
fn Notices() -> impl IntoView {
    let app = App::here();
    let notices = app.part(|state| state.status.notices.iter().map(copy::remark).collect::<Vec<_>>());
    view! {
        <For each=move || notices.get() key=Clone::clone let:notice>
            <p class="notice" role="note" data-testid="notice">
                <Note />
                <span>{notice}</span>
            </p>
        </For>
    }
}

/// The tokens follow the system unless `<html>` says otherwise.
fn follow_theme(app: App) {
    let theme = app.part(|state| state.settings.theme);
    Effect::new(move || {
        let Some(root) = document().document_element() else { return };
        let set = match theme.get() {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light => root.set_attribute("data-theme", "light"),
            Theme::Dark => root.set_attribute("data-theme", "dark"),
        };
        if let Err(error) = set {
            leptos::logging::warn!("the theme was not set: {error:?}");
        }
    });
}

/// Ctrl+1 is the first page, Ctrl+8 the last; ⌘ does the same.
fn switch_pages_by_key(app: App) {
    let listener = window_event_listener(ev::keydown, move |event| {
        if !(event.ctrl_key() || event.meta_key()) || event.alt_key() || event.shift_key() {
            return;
        }
        let wanted = Page::ALL.iter().zip(1..).find(|(_, digit)| event.key() == digit.to_string());
        if let Some((page, _)) = wanted {
            event.prevent_default();
            app.page.set(*page);
        }
    });
    on_cleanup(move || listener.remove());
}
