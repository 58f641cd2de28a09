//! The configuration key by key: what each comes to, and which file says so.
//!
//! Invariant: the list is read when the page opens, and again after every change; what is listed stays until then.

mod edit;

use leptos::{html, prelude::*};
use rekindle_domain::{ItemId, KeyLine, KeyOrigin, Kind, Scope};

use crate::{
    backend,
    components::icon::{Caution, Note},
    copy::{self, config as words},
    focus,
    state::App,
};

/// More lines are not drawn.
const MOST: usize = 500;

/// The page.
#[component]
pub(crate) fn Configuration() -> impl IntoView {
    let app = App::here();
    let typed = RwSignal::new(String::new());
    let edited = RwSignal::new(None::<KeyLine>);
    let read = Action::new_unsync(|(): &()| backend::config_keys());
    let (sequence, edits) = (app.part(|state| state.sequence), app.edits);
    Effect::new(move |read_at: Option<(u64, u32)>| {
        let now = (sequence.get(), edits.get());
        // One at a time; what changed meanwhile is read afterwards.
        if read.pending().get() {
            return read_at.unwrap_or(now);
        }
        if read_at != Some(now) {
            read.dispatch_local(());
        }
        now
    });
    let answer = Memo::new(move |_| read.value().get());
    let keys = Memo::new(move |_| answer.with(|answer| answer.clone().and_then(Result::ok).unwrap_or_default().keys));
    let found = Memo::new(move |_| {
        let part = typed.with(|typed| typed.trim().to_lowercase());
        let fits = |line: &&KeyLine| [&line.key, &line.value].iter().any(|text| text.to_lowercase().contains(&part));
        keys.with(|keys| keys.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let lines = move || found.with(|found| found.iter().take(MOST).cloned().collect::<Vec<_>>());
    let more = move || found.with(Vec::len).checked_sub(MOST).filter(|more| *more > 0).map(words::more);
    let nothing = move || {
        let nothing = typed.with(|typed| words::nothing(typed.trim()));
        view! {
            <div class="card empty">
                <h2>{nothing.title}</h2>
                <p>{nothing.hint}</p>
            </div>
        }
    };
    let problems = move || match answer.get() {
        None => view! { <p class="key-reading" role="status">{words::READING}</p> }.into_any(),
        Some(Ok(list)) => {
            let problems = list.problems.iter();
            let told = app.state.with_untracked(|state| {
                problems.map(|problem| words::problem(problem, &state.workspace)).collect::<Vec<_>>()
            });
            told.into_iter().map(wrong).collect_view().into_any()
        }
        Some(Err(error)) => wrong(copy::full_error(&error)).into_any(),
    };
    view! {
        <div class="add-bar">
            <input
                class="field"
                type="search"
                spellcheck="false"
                autocomplete="off"
                placeholder=words::SEARCH
                aria-label=words::SEARCH
                data-testid="key-search"
                prop:value=move || typed.get()
                on:input:target=move |event| typed.set(event.target().value())
            />
        </div>
        {problems}
        <Show when=move || answer.with(|answer| matches!(answer, Some(Ok(_))))>
            <Show when=move || !found.with(Vec::is_empty) fallback=nothing>
                <ul class="card rows" aria-label=words::LIST>
                    <For each=lines key=|line| format!("{line:?}") let:line>
                        <Line line edited />
                    </For>
                </ul>
            </Show>
        </Show>
        <p class="key-more" role="status">{more}</p>
        <edit::EditKey edited />
    }
}

fn wrong(text: String) -> impl IntoView {
    view! {
        <p class="notice" role="alert" data-testid="key-problem">
            <Caution />
            <span>{text}</span>
        </p>
    }
}

/// What stands for a key where items have an id.
fn id(line: &KeyLine) -> ItemId {
    ItemId::new(Kind::Config, line.source.scope, &line.key)
}

#[component]
fn Line(line: KeyLine, edited: RwSignal<Option<KeyLine>>) -> impl IntoView {
    let app = App::here();
    let row = NodeRef::<html::Li>::new();
    focus::bring_back(id(&line), row);
    let KeyLine { key, value, source, .. } = line.clone();
    let overrides = line.overrides.iter().map(|(value, source)| {
        view! {
            <li class="row-remark">
                <Note />
                <span>{words::overridden(value, source)}</span>
            </li>
        }
    });
    let overrides =
        (!line.overrides.is_empty()).then(|| view! { <ul class="row-remarks">{overrides.collect_view()}</ul> });
    let button = |action: &'static str, test_id: &'static str, act: Box<dyn Fn()>| {
        let label = words::action(action, &line.key);
        view! {
            <button class="button ghost" data-testid=test_id aria-label=label.clone() title=label on:click=move |_| act()>
                {action}
            </button>
        }
    };
    let edit = line.typed.is_some().then(|| {
        let line = line.clone();
        button(words::EDIT, "key-edit", Box::new(move || edited.set(Some(line.clone()))))
    });
    let path = source.source.clone();
    let open = (source.origin != KeyOrigin::Environment)
        .then(|| button(copy::OPEN, "key-open", Box::new(move || app.run(backend::open_path(path.clone())))));
    let is_global = source.scope == Scope::Global;
    let scope = is_global.then(|| view! { <span class="pill" data-tone="calm">{words::GLOBAL}</span> });
    view! {
        <li class="row" node_ref=row data-testid="key" data-key=key.clone()>
            <code class="row-name">{key.clone()}</code>
            <code class="row-origin" data-testid="key-value" title=value.clone()>{value.clone()}</code>
            <span class="row-state">
                <small class="key-place" title=source.source.clone()>{words::place(&source)}</small>
                {scope}
            </span>
            <span class="row-actions">{edit} {open}</span>
            {overrides}
        </li>
    }
}
