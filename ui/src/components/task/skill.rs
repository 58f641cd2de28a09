//! An update of a skill: what changed in it, by whom, and what is kept.

use leptos::{html, prelude::*};
use rekindle_domain::{DiffLine, Keep, Row, SkillComparison, UpdateState, UpdatedFile};

use super::wrong;
use crate::{
    backend::{self, Answer},
    components::difference::Lines,
    copy::{self, deeds, difference, update as words},
    focus,
    state::{App, Message},
};

/// The question.
#[component]
pub(super) fn Update(row: Row, open: RwSignal<bool>) -> impl IntoView {
    let Row { id, name, .. } = row;
    let title = name.clone();
    let asked = LocalResource::new(move || backend::compare_skill(id.clone()));
    let answer = Memo::new(move |_| asked.get());
    let error = move || answer.with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().err().cloned()));
    let content = move || match answer.get() {
        Some(Ok(comparison)) => view! { <Compared comparison name=name.clone() open /> }.into_any(),
        other => view! {
            {other.is_none().then(|| view! { <p role="status">{words::COMPARING}</p> })}
            {wrong(error)}
            <div class="dialog-actions">
                <button class="button" autofocus data-testid="cancel-task" on:click=move |_| open.set(false)>
                    {copy::CANCEL}
                </button>
            </div>
        }
        .into_any(),
    };
    view! { <b>{title}</b> {content} }
}

#[component]
fn Compared(comparison: SkillComparison, name: String, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let SkillComparison { id, update } = comparison;
    let take = {
        let id = id.clone();
        Action::new_unsync(move |keep: &Option<Keep>| {
            let (id, name, keep) = (id.clone(), name.clone(), *keep);
            async move {
                let made = backend::update_skill(id, keep).await?;
                app.task.set(None);
                app.tell(deeds::updated(&name, keep), made);
                Answer::Ok(())
            }
        })
    };
    let error = move || take.value().get().and_then(Result::err);
    let choices: &[(Option<Keep>, &str, &str)] = match update.state {
        UpdateState::Available => &[(None, words::UPDATE, "confirm-update")],
        UpdateState::Conflict => &[
            (Some(Keep::Mine), words::KEEP_MINE, "keep-mine"),
            (Some(Keep::Theirs), words::TAKE_THEIRS, "keep-theirs"),
        ],
        UpdateState::Kept => &[(Some(Keep::Theirs), words::TAKE_THEIRS, "keep-theirs")],
        _ => &[],
    };
    let cancel = if choices.is_empty() { words::CLOSE } else { copy::CANCEL };
    let choices = choices.iter().map(|(keep, word, test_id)| {
        view! {
            <button
                class="button primary"
                data-testid=*test_id
                disabled=move || take.pending().get()
                on:click=move |_| {
                    take.dispatch_local(*keep);
                }
            >
                {*word}
            </button>
        }
    });
    let choices = choices.collect_view();
    let state = words::state(&update);
    let first = NodeRef::<html::Button>::new();
    focus::begin_on(first);
    view! {
        <p class="preview-from">{update.source}</p>
        <p data-testid="update-state">{state}</p>
        <Files id files=update.files />
        {wrong(error)}
        <div class="dialog-actions">
            <button class="button" node_ref=first data-testid="cancel-task" on:click=move |_| open.set(false)>
                {cancel}
            </button>
            {choices}
        </div>
    }
}

/// The files that differ, and the difference of the one that is looked at.
#[component]
fn Files(id: String, files: Vec<UpdatedFile>) -> impl IntoView {
    let app = App::here();
    let shown = RwSignal::<Option<(String, Vec<DiffLine>)>>::new(None);
    let show = move |path: String| {
        let id = id.clone();
        leptos::task::spawn_local(async move {
            match backend::compared_lines(id, path.clone()).await {
                Ok(lines) => shown.set(Some((path, lines))),
                Err(error) => app.toast(Message::Failed(error)),
            }
        });
    };
    let is_empty = files.is_empty();
    let files = files.into_iter().map(|file| {
        let (path, of, show) = (file.path.clone(), file.path.clone(), show.clone());
        let is_shown = move || shown.with(|shown| shown.as_ref().is_some_and(|(path, _)| *path == of));
        view! {
            <li>
                <button
                    class="text-button"
                    data-testid="update-file"
                    data-path=file.path.clone()
                    aria-pressed=move || is_shown().to_string()
                    on:click=move |_| show(path.clone())
                >
                    <code>{file.path.clone()}</code>
                </button>
                " "
                <small>{words::file(&file)}</small>
            </li>
        }
    });
    let files = (!is_empty)
        .then(|| view! { <ul class="dialog-list update-files" data-testid="update-files">{files.collect_view()}</ul> });
    let lines = move || {
        shown.get().map(|(path, lines)| {
            let label = difference::label(&path);
            match lines.is_empty() {
                true => view! { <p>{difference::EMPTY}</p> }.into_any(),
                false => view! { <div class="difference"><Lines lines label sides=words::SIDES /></div> }.into_any(),
            }
        })
    };
    view! { {files} {lines} }
}
