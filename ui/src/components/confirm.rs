//! The question before what runs is interrupted.
//!
//! Invariant: only what is on the list is agreed to; when more began to run meanwhile, nothing is
//! reloaded and the question comes again.

use std::collections::BTreeSet;

use leptos::prelude::*;
use rekindle_domain::{BusyRun, Refusal, Refused};

use crate::{
    components::dialog::Dialog,
    copy::{self, banner as words},
    state::App,
    wish::interrupts,
};

/// The question; up while the state says that it is asked.
#[component]
pub(crate) fn AskToInterrupt() -> impl IntoView {
    let app = App::here();
    let runs = app.part(interrupts);
    let goes_on = RwSignal::<BTreeSet<String>>::default();
    let again = RwSignal::new(false);
    let refused = app.part(|state| {
        let is_meant = |refused: &&Refused| refused.insisted && matches!(refused.refusal, Refusal::Busy { .. });
        state.refused.as_ref().filter(is_meant).map(|refused| refused.attempt.clone())
    });
    Effect::new(move |before: Option<Option<String>>| {
        let now = refused.get();
        // Once for each refusal, and not for one from before the window was there.
        if now.is_some() && before.is_some_and(|before| before != now) {
            again.set(true);
            app.is_confirming.set(true);
        }
        now
    });
    let close = move || {
        again.set(false);
        app.is_confirming.set(false);
    };
    let reload = move |_| {
        close();
        let named: Vec<_> = runs.with_untracked(|runs| runs.iter().map(|run| run.session.clone()).collect());
        let resume =
            goes_on.with_untracked(|goes_on| named.iter().filter(|id| goes_on.contains(*id)).cloned().collect());
        app.reload_anyway(named, resume);
    };
    view! {
        <Dialog open=app.is_confirming title=words::CONFIRM_TITLE>
            <Show when=move || again.get()>
                <p class="dialog-note" role="alert" data-testid="confirm-again">
                    {words::CONFIRM_AGAIN}
                </p>
            </Show>
            <Show
                when=move || !runs.with(Vec::is_empty)
                fallback=|| view! { <p data-testid="confirm-idle">{words::CONFIRM_IDLE}</p> }
            >
                <p>{words::CONFIRM_BODY}</p>
                <ul class="dialog-list">
                    <For each=move || runs.get() key=|run| format!("{run:?}") let:run>
                        <Run run goes_on />
                    </For>
                </ul>
            </Show>
            <div class="dialog-actions">
                <button class="button" autofocus data-testid="cancel-confirm" on:click=move |_| close()>
                    {copy::CANCEL}
                </button>
                <button class="button danger" data-testid="confirm-reload" on:click=reload>
                    {move || if runs.with(Vec::is_empty) { copy::RELOAD } else { copy::CONFIRM_RELOAD }}
                </button>
            </div>
        </Dialog>
    }
}

/// What is interrupted, what it loses, and whether it goes on.
#[component]
fn Run(run: BusyRun, goes_on: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let id = run.session.clone();
    let tick = words::can_go_on(&run).then(|| {
        let (ticked, id) = (id.clone(), id.clone());
        let toggle = move |_| {
            goes_on.update(|goes_on| {
                if !goes_on.remove(&id) {
                    goes_on.insert(id.clone());
                }
            });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="goes-on"
                    prop:checked=move || goes_on.with(|goes_on| goes_on.contains(&ticked))
                    on:change=toggle
                />
                {words::GOES_ON}
            </label>
        }
    });
    view! {
        <li class="dialog-run" data-testid="confirm-run" data-id=id title=run.directory.clone()>
            <div>
                <b>{words::doing(&run)}</b>
                <p>{words::loses(run.state)}</p>
            </div>
            {tick}
        </li>
    }
}
