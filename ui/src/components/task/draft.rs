//! The form in which a skill is begun and edited, with what is to be said of it while it is written.
//!
//! Invariants: what is checked is what would be written; what was typed stays when it cannot be saved.

use std::time::Duration;

use leptos::{ev::SubmitEvent, html, leptos_dom::helpers::debounce, prelude::*};
use rekindle_domain::{Deed, Row, Scope, SkillDraft, SkillFinding};

use super::wrong;
use crate::{
    backend::{self, Answer},
    components::preview::skill::finding,
    copy::{self, deeds, draft as words},
    focus,
    state::App,
};

/// How long nobody may type before it is checked.
const PAUSE: Duration = Duration::from_millis(250);

/// A new skill: its name and its description.
#[component]
pub(super) fn New(scope: Scope, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = RwSignal::new(SkillDraft::default());
    let typed = typed(draft);
    let text = |draft: &SkillDraft| words::skeleton(&draft.name, Some(&draft.description));
    let checked = LocalResource::new(move || {
        let draft = typed.get();
        async move {
            match draft.name.is_empty() {
                true => Ok(Vec::new()),
                false => backend::check_new_skill(draft.name.clone(), text(&draft)).await,
            }
        }
    });
    let save = Action::new_unsync(move |draft: &SkillDraft| {
        let draft = draft.clone();
        async move {
            let made = backend::new_skill(draft.name.clone(), text(&draft), scope).await?;
            app.task.set(None);
            app.tell(words::created(&draft.name), made);
            Ok(())
        }
    });
    let error = move || save.value().get().and_then(Result::err);
    let is_ready = move || draft.with(|draft| !draft.name.is_empty() && !draft.description.is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if untrack(is_ready) {
            save.value().set(None);
            save.dispatch_local(draft.get_untracked());
        }
    };
    view! {
        <form class="draft" on:submit=submit>
            <p>{words::place(scope)}</p>
            <Fields draft has_body=false />
            <Findings checked=Memo::new(move |_| checked.get()) />
            {wrong(error)}
            <Answers open word=words::CREATE is_ready=Signal::derive(move || is_ready() && !save.pending().get()) />
        </form>
    }
}

/// A skill as it is, to be edited.
#[component]
pub(super) fn Edit(row: Row, open: RwSignal<bool>) -> impl IntoView {
    let id = StoredValue::new(row.id.clone());
    let read = LocalResource::new(move || backend::skill_draft(id.get_value()));
    // What a person has typed is not read again.
    let answer = Memo::new(move |_| read.get());
    let row = StoredValue::new(row);
    move || match answer.get() {
        None => view! { <p role="status">{words::READING}</p> }.into_any(),
        Some(Ok(was)) => view! { <Form row=row.get_value() was open /> }.into_any(),
        Some(Err(error)) => view! {
            {wrong(move || Some(error.clone()))}
            <div class="dialog-actions">
                <button class="button" autofocus data-testid="cancel-task" on:click=move |_| open.set(false)>
                    {copy::CANCEL}
                </button>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Form(row: Row, was: SkillDraft, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let Row { id, name, place, .. } = row;
    let id = StoredValue::new(id);
    let draft = RwSignal::new(was.clone());
    let typed = typed(draft);
    let checked = LocalResource::new(move || backend::check_draft(id.get_value(), typed.get()));
    let save = Action::new_unsync(move |draft: &SkillDraft| {
        let (draft, name) = (draft.clone(), name.clone());
        async move {
            let made = backend::save_skill(id.get_value(), draft).await?;
            app.task.set(None);
            app.tell(deeds::done(Deed::Edit, &name), made);
            Ok(())
        }
    });
    let error = move || save.value().get().and_then(Result::err);
    let is_other = move || draft.with(|draft| *draft != was);
    let is_other = Memo::new(move |_| is_other());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_other.get_untracked() {
            save.value().set(None);
            save.dispatch_local(draft.get_untracked());
        }
    };
    view! {
        <form class="draft" on:submit=submit>
            <p class="preview-from">{place}</p>
            <Fields draft has_body=true />
            <Findings checked=Memo::new(move |_| checked.get()) />
            {wrong(error)}
            <Answers open word=words::SAVE is_ready=Signal::derive(move || is_other.get() && !save.pending().get()) />
        </form>
    }
}

/// What was typed when nobody typed for a moment.
fn typed(draft: RwSignal<SkillDraft>) -> RwSignal<SkillDraft> {
    let typed = RwSignal::new(draft.get_untracked());
    // The dialog may be gone by then.
    let mut take = debounce(PAUSE, move |draft: SkillDraft| drop(typed.try_set(draft)));
    Effect::new(move || take(draft.get()));
    typed
}

#[component]
fn Fields(draft: RwSignal<SkillDraft>, has_body: bool) -> impl IntoView {
    let first = NodeRef::<html::Input>::new();
    focus::begin_on(first);
    let text = |label: &'static str,
                test_id: &'static str,
                rows: &'static str,
                get: fn(&SkillDraft) -> &String,
                set: fn(&mut SkillDraft) -> &mut String| {
        view! {
            <label>
                {label}
                <textarea
                    class="field"
                    rows=rows
                    data-testid=test_id
                    prop:value=move || draft.with(|draft| get(draft).clone())
                    on:input:target=move |event| draft.update(|draft| *set(draft) = event.target().value())
                />
            </label>
        }
    };
    view! {
        <label>
            {words::NAME}
            <input
                class="field"
                node_ref=first
                type="text"
                spellcheck="false"
                autocomplete="off"
                data-testid="draft-name"
                prop:value=move || draft.with(|draft| draft.name.clone())
                on:input:target=move |event| draft.update(|draft| draft.name = event.target().value())
            />
        </label>
        {text(words::DESCRIPTION, "draft-description", "2", |draft| &draft.description, |draft| &mut draft.description)}
        {has_body.then(|| text(words::BODY, "draft-body", "10", |draft| &draft.body, |draft| &mut draft.body))}
    }
}

/// What is to be said of it as it is typed.
#[component]
fn Findings(checked: Memo<Option<Answer<Vec<SkillFinding>>>>) -> impl IntoView {
    let findings = move || match checked.get() {
        Some(Ok(findings)) => findings.iter().map(finding).collect_view().into_any(),
        Some(Err(error)) => wrong(move || Some(error.clone())).into_any(),
        None => ().into_any(),
    };
    view! { <ul class="row-remarks draft-findings" aria-live="polite" data-testid="draft-findings">{findings}</ul> }
}

#[component]
fn Answers(open: RwSignal<bool>, word: &'static str, is_ready: Signal<bool>) -> impl IntoView {
    view! {
        <div class="dialog-actions">
            <button class="button" type="button" data-testid="cancel-task" on:click=move |_| open.set(false)>
                {copy::CANCEL}
            </button>
            <button class="button primary" type="submit" data-testid="confirm-draft" disabled=move || !is_ready.get()>
                {word}
            </button>
        </div>
    }
}
