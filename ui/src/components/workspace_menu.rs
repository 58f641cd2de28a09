//! The directory shown, and the way to another one.
//!
//! Invariant: the list is closed by a choice, by Escape and by leaving it.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, Node};

use crate::{backend, components::icon::Chevron, copy, state::App};

/// The workspace's block with its menu.
#[component]
pub(crate) fn WorkspaceMenu() -> impl IntoView {
    let app = App::here();
    let workspace = app.part(|state| state.workspace.clone());
    let recent = app.part(|state| {
        let others = state.settings.recent.iter().filter(|path| **path != state.workspace.directory);
        others.cloned().collect::<Vec<_>>()
    });
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();

    let close_on_escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            open.set(false);
            if let Some(button) = button.get_untracked() {
                // Focus goes back to where it came from; a button that is gone needs none.
                let _ = button.focus();
            }
        }
    };
    let close_on_leaving = move |event: FocusEvent| {
        let towards = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        let stays = place.get_untracked().is_some_and(|place| place.contains(towards.as_ref()));
        if !stays {
            open.set(false);
        }
    };
    let choose = move |path: String| {
        open.set(false);
        app.run(backend::open_workspace(path));
    };

    view! {
        <div class="workspace" node_ref=place on:keydown=close_on_escape on:focusout=close_on_leaving>
            <button
                class="workspace-button"
                node_ref=button
                data-testid="workspace-menu"
                aria-expanded=move || open.get().to_string()
                aria-label=move || copy::switch_workspace(&workspace.get().name)
                title=move || workspace.get().directory
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <span class="workspace-initial" aria-hidden="true">
                    {move || initial(&workspace.get().name)}
                </span>
                <span class="workspace-words">
                    <b>{move || workspace.get().name}</b>
                    <small>{move || workspace.get().short}</small>
                </span>
                <Chevron />
            </button>
            <Show when=move || open.get()>
                // A click on what takes no focus must not count as leaving.
                <div class="workspace-list" data-testid="workspace-list" tabindex="-1">
                    <Show when=move || !recent.with(Vec::is_empty)>
                        <h2>{copy::RECENT}</h2>
                    </Show>
                    <For each=move || recent.get() key=|path| path.clone() let:path>
                        <button
                            class="workspace-choice"
                            title=path.clone()
                            data-testid="workspace-recent"
                            on:click={
                                let path = path.clone();
                                move |_| choose(path.clone())
                            }
                        >
                            <b>{copy::file_name(&path).to_owned()}</b>
                            <small>{path.clone()}</small>
                        </button>
                    </For>
                    <button
                        class="workspace-choice"
                        data-testid="workspace-open"
                        on:click=move |_| {
                            open.set(false);
                            app.open_another_folder();
                        }
                    >
                        {copy::OPEN_ANOTHER}
                    </button>
                </div>
            </Show>
        </div>
    }
}

fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}
