//! Editing one key, or taking it out of its file.
//!
//! Invariant: what is wrong stands below the field until the next letter; put away, the dialog leaves everything as it was.

use leptos::{ev::SubmitEvent, html, prelude::*};
use rekindle_domain::{KeyHelp, KeyLine, UserError};

use crate::{
    backend,
    components::{add_bar::Wrong, dialog::Dialog},
    copy::{self, config as words},
    focus,
    state::App,
};

/// The dialog; up while a key is edited.
#[component]
pub(super) fn EditKey(edited: RwSignal<Option<KeyLine>>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move || open.set(edited.with(Option::is_some)));
    // Closed by a key, too.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            edited.set(None);
        }
        is_open
    });
    let form = move || edited.get().map(|line| view! { <Form line open /> });
    view! { <Dialog open title=words::TITLE>{form}</Dialog> }
}

#[component]
fn Form(line: KeyLine, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let was = line.typed.clone().unwrap_or_default();
    let text = RwSignal::new(was.clone());
    let (key, place) = (line.key.clone(), words::where_to(&line.source));
    let help = LocalResource::new({
        let key = key.clone();
        move || backend::key_help(key.clone())
    });
    // `None`: take it away.
    let save = Action::new_unsync(move |typed: &Option<String>| {
        let (line, typed) = (line.clone(), typed.clone());
        async move {
            let is_set = typed.is_some();
            let made = backend::set_config_key(line.key.clone(), line.source.scope, typed).await?;
            focus::expect_back(&super::id(&line), "key-edit");
            open.set(false);
            app.edits.update(|edits| *edits += 1);
            app.tell(if is_set { words::set(&line.key) } else { words::removed(&line.key, &line.source) }, made);
            Ok::<_, UserError>(())
        }
    });
    let error = Signal::derive(move || save.value().get().and_then(Result::err));
    let is_same = Memo::new(move |_| text.with(|text| *text == was));
    let is_idle = move || is_same.get() || save.pending().get();
    let begin = move |typed| {
        save.value().set(None);
        save.dispatch_local(typed);
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(is_idle) {
            begin(Some(text.get_untracked()));
        }
    };
    let take = move |typed: String| {
        text.set(typed);
        save.value().set(None);
    };
    // Where there is no help, anything can be typed.
    let field = move || help.get().map(|help| fields(&help.unwrap_or_default(), text, take));
    view! {
        <form on:submit=submit>
            <code class="key-name">{key}</code>
            {field}
            <Wrong error id="key-error" />
            <p class="preview-note">{place}</p>
            <div class="dialog-actions">
                <button class="button" type="button" on:click=move |_| open.set(false)>
                    {copy::CANCEL}
                </button>
                <button
                    class="button"
                    type="button"
                    data-testid="key-reset"
                    disabled=move || save.pending().get()
                    on:click=move |_| begin(None)
                >
                    {words::RESET}
                </button>
                <button class="button primary" type="submit" data-testid="key-save" disabled=is_idle>
                    {words::SAVE}
                </button>
            </div>
        </form>
    }
}

/// What the engine says of the key, and the words to choose from, or a field.
fn fields(help: &KeyHelp, text: RwSignal<String>, take: impl Fn(String) + Copy + Send + Sync + 'static) -> AnyView {
    let said = help.description.clone().map(|said| view! { <p class="preview-note">{said}</p> });
    let Some(choices) = words::choices(help) else {
        let first = NodeRef::<html::Input>::new();
        focus::begin_on(first);
        let accepts = words::accepts(help).map(|accepts| view! { <small>{accepts}</small> });
        return view! {
            {said}
            <label class="entry-field">
                {words::VALUE}
                <input
                    class="field mono"
                    node_ref=first
                    type="text"
                    spellcheck="false"
                    autocomplete="off"
                    data-testid="key-text"
                    prop:value=move || text.get()
                    on:input:target=move |event| take(event.target().value())
                />
                {accepts}
            </label>
        }
        .into_any();
    };
    let choices = choices.into_iter().map(|word| {
        let (shown, test_id, chosen) = (word.clone(), format!("key-{word}"), word.clone());
        view! {
            <button
                type="button"
                class="segment"
                data-testid=test_id
                aria-pressed=move || text.with(|text| *text == word).to_string()
                on:click=move |_| take(chosen.clone())
            >
                {shown}
            </button>
        }
    });
    view! {
        {said}
        <div class="segmented key-choices" role="group" aria-label=words::VALUE>
            {choices.collect_view()}
        </div>
    }
    .into_any()
}
