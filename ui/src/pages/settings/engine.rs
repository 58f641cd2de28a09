//! Which engine host mode starts.
//!
//! Invariant: a file is only chosen together with its path.

use leptos::{ev::SubmitEvent, prelude::*};
use rekindle_domain::EngineChoice;

use crate::{copy::settings as words, state::App};

/// The choice.
#[component]
pub(super) fn EngineChooser() -> impl IntoView {
    let app = App::here();
    let chosen = app.part(|state| state.settings.engine.clone());
    let naming = RwSignal::new(false);
    let path = RwSignal::new(match chosen.get_untracked() {
        EngineChoice::File(path) => path,
        EngineChoice::Bundled | EngineChoice::Path => String::new(),
    });
    let is_file = move || naming.get() || matches!(chosen.get(), EngineChoice::File(_));
    let use_file = move |event: SubmitEvent| {
        event.prevent_default();
        let path = path.with_untracked(|path| path.trim().to_owned());
        if !path.is_empty() {
            choose_engine(app, EngineChoice::File(path));
            naming.set(false);
        }
    };
    let choose = move |choice: EngineChoice| {
        naming.set(false);
        choose_engine(app, choice);
    };

    view! {
        <section class="card panel">
            <header class="panel-head">
                <div>
                    <h2>{words::ENGINE}</h2>
                    <p>{words::ENGINE_HINT}</p>
                </div>
            </header>
            <fieldset class="choices">
                <legend class="offscreen">{words::ENGINE}</legend>
                <Choice
                    choice=EngineChoice::Bundled
                    testid="engine-bundled"
                    checked=move || !is_file() && chosen.get() == EngineChoice::Bundled
                    choose=move || choose(EngineChoice::Bundled)
                />
                <Choice
                    choice=EngineChoice::Path
                    testid="engine-path"
                    checked=move || !is_file() && chosen.get() == EngineChoice::Path
                    choose=move || choose(EngineChoice::Path)
                />
                <Choice
                    choice=EngineChoice::File(String::new())
                    testid="engine-file"
                    checked=is_file
                    choose=move || naming.set(true)
                />
            </fieldset>
            <Show when=is_file>
                <form class="engine-file" on:submit=use_file>
                    <input
                        class="field mono"
                        type="text"
                        spellcheck="false"
                        placeholder=words::FILE_FIELD
                        aria-label=words::FILE_FIELD
                        data-testid="engine-file-path"
                        prop:value=move || path.get()
                        on:input:target=move |event| path.set(event.target().value())
                    />
                    <button
                        class="button"
                        type="submit"
                        data-testid="engine-file-use"
                        disabled=move || path.with(|path| path.trim().is_empty())
                    >
                        {words::USE_FILE}
                    </button>
                </form>
            </Show>
        </section>
    }
}

fn choose_engine(app: App, engine: EngineChoice) {
    super::choose(app, rekindle_domain::Choice::Engine(engine));
}

#[component]
fn Choice(
    choice: EngineChoice,
    testid: &'static str,
    checked: impl Fn() -> bool + Send + Sync + 'static,
    choose: impl Fn() + 'static,
) -> impl IntoView {
    let (name, meaning) = words::engine(&choice);
    view! {
        <label class="choice">
            <input type="radio" name="engine" data-testid=testid prop:checked=checked on:change=move |_| choose() />
            <span>
                <b>{name}</b>
                <small>{meaning}</small>
            </span>
        </label>
    }
}
