//! Creating an agent or a command: a button, and the form behind it.
//!
//! Invariant: what was typed stays until it is done; an error stands below it until the next letter.

use leptos::{ev::SubmitEvent, prelude::*};
use rekindle_domain::{AgentMode, Kind, Scope, UserError};

use crate::{
    backend,
    components::{
        add_bar::{Scopes, Wrong},
        dialog::Dialog,
        segmented::Segmented,
    },
    copy::{self, agents as words},
    state::App,
};

/// The button, called `action`.
#[component]
pub(crate) fn NewEntry(kind: Kind, action: &'static str) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let (name, description) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (scope, mode) = (RwSignal::new(Scope::Project), RwSignal::new(AgentMode::default()));
    let create = Action::new_unsync(move |(): &()| async move {
        let (typed, about) = (name.get_untracked().trim().to_owned(), description.get_untracked().trim().to_owned());
        let about = Some(about).filter(|about| !about.is_empty());
        let made = backend::new_entry(kind, typed.clone(), about, mode.get_untracked(), scope.get_untracked()).await?;
        open.set(false);
        [name, description].iter().for_each(|text| text.set(String::new()));
        app.tell(words::created(&typed), made);
        Ok::<_, UserError>(())
    });
    let error = Signal::derive(move || create.value().get().and_then(Result::err));
    let nothing_to_do = move || create.pending().get() || name.with(|name| name.trim().is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(nothing_to_do) {
            create.value().set(None);
            create.dispatch_local(());
        }
    };
    // What was wrong for one scope need not be for the other.
    Effect::new(move || {
        scope.track();
        create.value().set(None);
    });
    let field = move |label: &'static str, text: RwSignal<String>, testid: &'static str| {
        view! {
            <label class="entry-field">
                {label}
                <input
                    class="field"
                    type="text"
                    spellcheck="false"
                    autocomplete="off"
                    data-testid=testid
                    prop:value=move || text.get()
                    on:input:target=move |event| {
                        text.set(event.target().value());
                        create.value().set(None);
                    }
                />
            </label>
        }
    };
    let form = move || {
        view! {
            <form on:submit=submit>
                <p>{words::advice(kind)}</p>
                {field(words::NAME, name, "entry-name")}
                {field(words::DESCRIPTION, description, "entry-description")}
                <div class="add-bar entry-choices">
                    <Scopes scope />
                        {(kind == Kind::Agent).then(|| view! { <Modes mode /> })}
                    <Wrong error id="entry-error" />
                </div>
                <div class="dialog-actions">
                    <button class="button" type="button" on:click=move |_| open.set(false)>
                        {copy::CANCEL}
                    </button>
                    <button class="button primary" type="submit" data-testid="entry-create" disabled=nothing_to_do>
                        {words::CREATE}
                    </button>
                </div>
            </form>
        }
    };
    view! {
        <button class="button" data-testid=format!("new-{}", kind.word()) on:click=move |_| open.set(true)>
            {action}
        </button>
        <Dialog open title=words::title(kind)>{move || open.get().then(form)}</Dialog>
    }
}

/// Where an agent can be used.
#[component]
fn Modes(mode: RwSignal<AgentMode>) -> impl IntoView {
    let choice = |mode, testid| (mode, words::mode(mode), testid);
    view! {
        <Segmented
            label=words::MODE
            choices=vec![
                choice(AgentMode::All, "mode-all"),
                choice(AgentMode::Primary, "mode-primary"),
                choice(AgentMode::Subagent, "mode-subagent"),
            ]
            chosen=mode
            choose=move |chosen| mode.set(chosen)
        />
    }
}
