//! What a source would install, and which of it is meant.
//!
//! Invariants: nothing is installed that was not on the screen, and what was fetched is put away when the dialog closes; an
//! error leaves everything as it is.

pub(crate) mod servers;
pub(crate) mod skill;

use std::{collections::BTreeSet, time::Duration};

use leptos::{html, leptos_dom::helpers::IntervalHandle, prelude::*, task::spawn_local};
use rekindle_domain::Previewed;

use self::skill::Skill;
use crate::{
    backend,
    components::dialog::Dialog,
    copy::{self, preview as words},
    state::{App, Message, Step},
};

/// What is fetched faster does not show that it is.
const QUICK: Duration = Duration::from_millis(150);

/// How often it is asked how much has come.
const OFTEN: Duration = Duration::from_millis(500);

/// The dialog; up while something is fetched or looked at.
#[component]
pub(crate) fn AskToInstall() -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    Effect::new(move || {
        let step = app.preview.get();
        match step {
            Step::None => open.set(false),
            Step::Looking(_) => open.set(true),
            Step::Fetching { .. } => set_timeout(
                move || {
                    if app.preview.get_untracked() == step {
                        open.set(true);
                    }
                },
                QUICK,
            ),
        }
    });
    // Closed by a key, too.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open && app.preview.get_untracked() != Step::None {
            app.preview.set(Step::None);
            app.run(backend::cancel_preview());
        }
        is_open
    });
    let content = move || match app.preview.get() {
        Step::None => ().into_any(),
        Step::Fetching { source, .. } => view! { <Fetching source open /> }.into_any(),
        Step::Looking(previewed) => view! { <Look previewed open /> }.into_any(),
    };
    view! {
        <Dialog open title=words::TITLE class="preview">
            {content}
        </Dialog>
    }
}

#[component]
fn Fetching(source: String, open: RwSignal<bool>) -> impl IntoView {
    let received = RwSignal::new(None);
    let ask = move || {
        spawn_local(async move {
            // Of a fetch that is over nobody asks any more, and one that says nothing goes on all the same.
            if let Ok(now) = backend::preview_received().await {
                received.try_set(now);
            }
        });
    };
    let clock = set_interval_with_handle(ask, OFTEN).ok();
    on_cleanup(move || clock.iter().for_each(IntervalHandle::clear));
    view! {
        <p role="status" data-testid="preview-fetching">
            {words::fetching(&source)}
        </p>
        <p class="preview-received" data-testid="preview-received">
            {move || received.get().map(words::received)}
        </p>
        <div class="dialog-actions">
            <button class="button" autofocus data-testid="cancel-preview" on:click=move |_| open.set(false)>
                {copy::CANCEL}
            </button>
        </div>
    }
}

#[component]
fn Look(previewed: Previewed, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let id = previewed.id.clone();
    let possible = previewed.preview.skills.iter().filter(|skill| skill.is_possible());
    let possible: BTreeSet<_> = possible.map(|skill| skill.name.clone()).collect();
    let is_one = previewed.preview.skills.len() == 1;
    // Of several, the person says which.
    let chosen = RwSignal::new(if is_one { possible.clone() } else { BTreeSet::new() });
    let install = Action::new_unsync(move |names: &Vec<String>| {
        let (id, names) = (id.clone(), names.clone());
        async move {
            let answer = backend::install_skills(id.clone(), names.clone()).await;
            // The dialog may have been closed, and another source be looked at, by then.
            let is_shown = app.preview.with_untracked(|step| matches!(step, Step::Looking(seen) if seen.id == id));
            match answer {
                Ok(made) => {
                    if is_shown {
                        app.preview.set(Step::None);
                        app.skill.text.set(String::new());
                    }
                    app.tell(words::installed(&names), made);
                    Ok(())
                }
                Err(error) if is_shown => Err(error),
                Err(error) => {
                    app.toast(Message::Failed(error));
                    Ok(())
                }
            }
        }
    });
    let error = move || install.value().get().and_then(Result::err);
    // What had the focus while it was fetched is gone.
    let cancel = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(button) = cancel.get()
            && let Err(error) = button.focus()
        {
            leptos::logging::warn!("the focus stays: {error:?}");
        }
    });
    let submit = move |_| {
        let names = chosen.with_untracked(|chosen| chosen.iter().cloned().collect());
        install.value().set(None);
        install.dispatch_local(names);
    };
    let all = (!is_one && !possible.is_empty()).then(|| {
        let (every, is_all) = (possible.clone(), possible);
        let toggle = move |event| {
            chosen.set(if event_target_checked(&event) { every.clone() } else { BTreeSet::new() });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="preview-all"
                    prop:checked=move || chosen.with(|chosen| *chosen == is_all)
                    on:change=toggle
                />
                {words::CHOOSE_ALL}
            </label>
        }
    });
    let notes = [(!previewed.left_out.is_empty()).then(|| words::left_out(&previewed.left_out))];
    let notes: Vec<_> = notes.into_iter().flatten().chain(previewed.broken.iter().map(words::skipped)).collect();
    let from = words::from(&previewed);
    let skills = previewed.preview.skills.into_iter().map(|skill| {
        let id = previewed.id.clone();
        view! { <Skill id skill is_one chosen /> }
    });
    view! {
        <p class="preview-from" data-testid="preview-from">{from}</p>
        <p>{words::ADVICE}</p>
        {all}
        <ul class="dialog-list" data-testid="preview-skills">{skills.collect_view()}</ul>
        {notes.into_iter().map(|note| view! { <p class="preview-note">{note}</p> }).collect_view()}
        <div role="alert">
            {move || {
                error().map(|error| view! { <p class="preview-error" data-testid="preview-error">{copy::full_error(&error)}</p> })
            }}
        </div>
        <div class="dialog-actions">
            <button class="button" node_ref=cancel data-testid="cancel-preview" on:click=move |_| open.set(false)>
                {copy::CANCEL}
            </button>
            <button
                class="button primary"
                data-testid="confirm-install"
                disabled=move || install.pending().get() || chosen.with(BTreeSet::is_empty)
                on:click=submit
            >
                {move || words::install(chosen.with(BTreeSet::len))}
            </button>
        </div>
    }
}

/// What a person chooses by its name, if it can be chosen.
fn choice(name: String, is_possible: bool, chosen: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let (ticked, toggled) = (name.clone(), name.clone());
    let toggle = move |event| {
        chosen.update(|chosen| match event_target_checked(&event) {
            true => drop(chosen.insert(toggled.clone())),
            false => drop(chosen.remove(&toggled)),
        });
    };
    view! {
        <label class="check">
            <input
                type="checkbox"
                data-testid="preview-choose"
                disabled=!is_possible
                prop:checked=move || chosen.with(|chosen| chosen.contains(&ticked))
                on:change=toggle
            />
            <b>{name}</b>
        </label>
    }
}
