//! An update of a plugin: to which version, and what its package says of it.

use leptos::prelude::*;
use rekindle_domain::{Changelog, Deed, PluginUpdate, Row};

use super::wrong;
use crate::{
    backend,
    copy::{self, deeds, update as words},
    state::App,
};

/// The question.
#[component]
pub(super) fn Update(row: Row, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let Row { id, name, .. } = row;
    let latest = RwSignal::new(false);
    let asked = {
        let id = id.clone();
        LocalResource::new(move || backend::plugin_offer(id.clone(), latest.get()))
    };
    let offer = Memo::new(move |_| asked.get());
    // Which one the entry does not allow is known from the first answer.
    let beyond = RwSignal::new(None::<String>);
    Effect::new(move || {
        if let Some(Ok(offer)) = offer.get()
            && offer.beyond.is_some()
        {
            beyond.set(offer.beyond);
        }
    });
    let possible = move || match offer.get() {
        Some(Ok(offer)) => Some(offer.update).filter(|update| update.to.is_some()),
        _ => None,
    };
    let take = Action::new_unsync(move |update: &PluginUpdate| {
        let (id, name, update) = (id.clone(), name.clone(), PluginUpdate { changelog: None, ..update.clone() });
        async move {
            let made = backend::update_plugin(id, update).await?;
            app.task.set(None);
            app.tell(deeds::done(Deed::Update, &name), made);
            Ok(())
        }
    });
    let error = move || {
        let asked = offer.with(|offer| offer.as_ref().and_then(|answer| answer.as_ref().err().cloned()));
        asked.or_else(|| take.value().get().and_then(Result::err))
    };
    let shown = move || match offer.get() {
        None => view! { <p role="status">{words::ASKING}</p> }.into_any(),
        Some(Err(_)) => ().into_any(),
        Some(Ok(offer)) => {
            let changes = offer.update.changelog.as_ref().map(changelog);
            view! {
                <p data-testid="update-versions">{words::versions(&offer.update)}</p>
                {changes}
            }
            .into_any()
        }
    };
    let choice = move || {
        beyond.get().map(|version| {
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="update-beyond"
                        on:change=move |event| latest.set(event_target_checked(&event))
                    />
                    {words::beyond(&version)}
                </label>
            }
        })
    };
    view! {
        {shown}
        {choice}
        {wrong(error)}
        <div class="dialog-actions">
            <button class="button" autofocus data-testid="cancel-task" on:click=move |_| open.set(false)>
                {copy::CANCEL}
            </button>
            <button
                class="button primary"
                data-testid="confirm-update"
                disabled=move || take.pending().get() || possible().is_none()
                on:click=move |_| {
                    if let Some(update) = untrack(possible) {
                        take.dispatch_local(update);
                    }
                }
            >
                {words::UPDATE}
            </button>
        </div>
    }
}

fn changelog(changelog: &Changelog) -> impl IntoView + use<> {
    let sections = changelog.sections.iter().map(|section| {
        view! {
            <h3>{section.title.clone()}</h3>
            <p class="changelog-text">{section.text.clone()}</p>
        }
    });
    let sections = (!changelog.sections.is_empty()).then(|| {
        view! {
            // The focus, so that the keyboard can scroll it.
            <div class="dialog-list changelog" tabindex="0" role="group" aria-label=words::CHANGELOG data-testid="changelog">
                {sections.collect_view()}
                {changelog.is_cut.then_some(words::CUT)}
            </div>
        }
    });
    view! {
        {words::silence(changelog).map(|text| view! { <p data-testid="no-changelog">{text}</p> })}
        {sections}
    }
}
