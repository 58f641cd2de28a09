//! Adding an item: whom it is for, what it is, and the button.
//!
//! Invariant: what was typed stays until it is done, on other pages too; an error stands below the
//! field until the next letter.

use leptos::{ev::SubmitEvent, prelude::*};
use rekindle_domain::{Kind, Scope, UserError};

use crate::{
    backend::{self, Answer},
    components::segmented::Segmented,
    copy,
    state::{App, Draft, Message, Task},
};

/// What differs between adding a plugin and installing a skill.
struct Labels {
    field: &'static str,
    action: &'static str,
    input_id: &'static str,
    action_id: &'static str,
    error_id: &'static str,
}

const PLUGIN: Labels = Labels {
    field: copy::PLUGIN_FIELD,
    action: copy::ADD_PLUGIN,
    input_id: "plugin-input",
    action_id: "plugin-add",
    error_id: "plugin-error",
};

const SKILL: Labels = Labels {
    field: copy::SKILL_FIELD,
    action: copy::INSTALL_SKILL,
    input_id: "skill-input",
    action_id: "skill-import",
    error_id: "skill-error",
};

/// The bar above a list of plugins or of skills.
#[component]
pub(crate) fn AddBar(kind: Kind) -> impl IntoView {
    let app = App::here();
    let is_skill = kind == Kind::Skill;
    let labels = if is_skill { SKILL } else { PLUGIN };
    let Draft { text, scope } = if is_skill { app.skill } else { app.plugin };
    let add = Action::new_unsync(move |(what, scope): &(String, Scope)| {
        let (what, scope) = (what.clone(), *scope);
        async move {
            let answer: Answer<()> = match kind {
                // What was typed stays until it is installed.
                Kind::Skill => app.preview_skills(what, scope).await,
                _ => backend::add_plugin(what, scope).await.map(|()| text.set(String::new())),
            };
            answer
        }
    });
    let error = move || add.value().get().and_then(Result::err);
    let nothing_to_do = move || add.pending().get() || text.with(|text| text.trim().is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !nothing_to_do() {
            add.dispatch_local((text.with_untracked(|text| text.trim().to_owned()), scope.get_untracked()));
        }
    };
    let type_text = move |typed: String| {
        text.set(typed);
        add.value().set(None);
    };
    let choose = move |_| {
        leptos::task::spawn_local(async move {
            match backend::choose_folder().await {
                Ok(Some(path)) => type_text(path),
                Ok(None) => {}
                Err(error) => app.toast(Message::Failed(error)),
            }
        });
    };

    view! {
        <form class="add-bar" on:submit=submit>
            <Scopes scope />
            <input
                class="field"
                type="text"
                spellcheck="false"
                autocomplete="off"
                placeholder=labels.field
                aria-label=labels.field
                aria-invalid=move || error().map(|_| "true")
                aria-describedby=labels.error_id
                data-testid=labels.input_id
                prop:value=move || text.get()
                on:input:target=move |event| type_text(event.target().value())
            />
            <Show when=move || is_skill>
                <button class="button" type="button" data-testid="skill-choose" on:click=choose>
                    {copy::CHOOSE}
                </button>
                <button
                    class="button"
                    type="button"
                    data-testid="skill-new"
                    on:click=move |_| app.task.set(Some(Task::NewSkill(scope.get_untracked())))
                >
                    {copy::draft::NEW}
                </button>
            </Show>
            <button
                class="button"
                type="submit"
                data-testid=labels.action_id
                disabled=nothing_to_do
                aria-busy=move || add.pending().get().to_string()
            >
                {labels.action}
            </button>
            <Wrong error=Signal::derive(error) id=labels.error_id />
        </form>
    }
}

/// For which projects.
#[component]
pub(super) fn Scopes(scope: RwSignal<Scope>) -> impl IntoView {
    view! {
        <Segmented
            label=copy::SCOPE
            choices=vec![
                (Scope::Project, copy::scope(Scope::Project), "scope-project"),
                (Scope::Global, copy::scope(Scope::Global), "scope-global"),
            ]
            chosen=scope
            choose=move |chosen| scope.set(chosen)
        />
    }
}

/// What is wrong with what was typed, and what to do about it.
#[component]
pub(crate) fn Wrong(error: Signal<Option<UserError>>, id: &'static str) -> impl IntoView {
    view! {
        <div class="add-error" id=id role="alert">
            {move || {
                error
                    .get()
                    .map(|error| {
                        let hint = copy::advice(&error.what).map(|hint| view! { <small>{hint}</small> });
                        view! {
                            <p data-testid=id>
                                <b>{copy::told(&error.what)}</b>
                                {hint}
                            </p>
                        }
                    })
            }}
        </div>
    }
}
