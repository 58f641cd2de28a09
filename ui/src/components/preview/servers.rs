//! What would be declared of MCP servers, and which of it is meant.

use std::collections::BTreeSet;

use leptos::{ev::SubmitEvent, html, prelude::*};
use rekindle_domain::{ChosenServers, Made, ServerPreview};

use crate::{
    backend,
    components::{dialog::Dialog, icon::Caution},
    copy::{self, servers as words},
    state::{Adding, App},
};

/// The dialog; up while servers are looked at.
#[component]
pub(crate) fn AskToAddServers() -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    Effect::new(move || open.set(app.adding.with(Option::is_some)));
    // Closed by a key, too.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            app.adding.set(None);
        }
        is_open
    });
    view! {
        <Dialog open title=words::TITLE class="preview">
            {move || app.adding.get().map(|adding| view! { <Look adding open /> })}
        </Dialog>
    }
}

#[component]
fn Look(adding: Adding, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let Adding { chosen: pasted, preview, said } = adding;
    let is_one = preview.servers.len() == 1;
    let first = preview.servers.first().filter(|_| preview.is_named).map(|server| server.name.clone());
    // A name that nobody gave is the person's to say.
    let new = preview.servers.iter().filter(|server| server.declared.is_none());
    let is_again = said.is_some();
    let (first, new) =
        said.unwrap_or_else(|| (first.unwrap_or_default(), new.map(|server| server.name.clone()).collect()));
    let (name, chosen) = (RwSignal::new(first), RwSignal::new(new));
    let has_secrets = preview.notices.iter().any(words::is_secret) || pasted.takes_variables;
    let asked = pasted.clone();
    let is_reading = RwSignal::new(false);
    let variables = has_secrets.then(|| view! { <Variables asked name chosen is_again is_reading /> });
    let add = Action::new_unsync(move |names: &Vec<String>| {
        let (chosen, names) = (pasted.clone(), names.clone());
        async move {
            let name = names.first().filter(|_| is_one).cloned();
            let token = backend::add_servers(chosen, name, names.clone()).await?;
            app.adding.set(None);
            app.server.text.set(String::new());
            let text = words::added(&names);
            app.tell(text, Made { token, remark: None });
            Ok(())
        }
    });
    let meant = move || -> Vec<String> {
        if !is_one {
            return chosen.with(|chosen| chosen.iter().cloned().collect());
        }
        let name = name.with(|name| name.trim().to_owned());
        Some(name).filter(|name| !name.is_empty()).into_iter().collect()
    };
    let error = move || add.value().get().and_then(Result::err);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let names = untrack(meant);
        if !names.is_empty() && !is_reading.get_untracked() {
            add.value().set(None);
            add.dispatch_local(names);
        }
    };
    let named = is_one.then(|| {
        view! {
            <label class="preview-name">
                {words::NAME}
                <input
                    class="field"
                    type="text"
                    spellcheck="false"
                    autocomplete="off"
                    data-testid="server-name"
                    prop:value=move || name.get()
                    on:input:target=move |event| {
                        name.set(event.target().value());
                        add.value().set(None);
                    }
                />
            </label>
        }
    });
    let notices = preview.notices.iter().map(|notice| {
        view! {
            <li class="row-remark" data-testid="server-notice" data-weight="caution">
                <Caution />
                <span>{words::notice(notice)}</span>
            </li>
        }
    });
    let notices = notices.collect_view();
    let servers = preview.servers.into_iter().map(|server| view! { <Server server is_one chosen /> }).collect_view();
    view! {
        <form on:submit=submit>
            <p>{words::ADVICE}</p>
            <p>{words::place(&preview.place)}</p>
            {named}
            <ul class="dialog-list" data-testid="preview-servers">{servers}</ul>
            {variables}
            <ul class="row-remarks preview-remarks">{notices}</ul>
            <div role="alert">
                {move || {
                    error()
                        .map(|error| {
                            view! {
                                <p class="preview-error" data-testid="preview-error">
                                    {copy::full_error(&error)}
                                </p>
                            }
                        })
                }}
            </div>
            <div class="dialog-actions">
                <button class="button" type="button" autofocus data-testid="cancel-servers" on:click=move |_| open.set(false)>
                    {copy::CANCEL}
                </button>
                <button
                    class="button primary"
                    type="submit"
                    data-testid="confirm-servers"
                    disabled=move || add.pending().get() || is_reading.get() || meant().is_empty()
                >
                    {move || words::add(meant().len())}
                </button>
            </div>
        </form>
    }
}

#[component]
fn Server(server: ServerPreview, is_one: bool, chosen: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let ServerPreview { name, entry, declared } = server;
    let title = (!is_one).then(|| super::choice(name.clone(), declared.is_none(), chosen));
    let declared = declared.map(|path| {
        view! {
            <p class="row-remark" data-testid="server-declared" data-weight="caution">
                <Caution />
                <span>{words::declared(&path)}</span>
            </p>
        }
    });
    view! {
        <li class="preview-skill" data-testid="preview-server" data-name=name.clone()>
            {title}
            {declared}
            <pre class="preview-entry">{entry}</pre>
        </li>
    }
}

/// Whether secrets are read from variables. What would be declared is read anew.
#[component]
fn Variables(
    asked: ChosenServers,
    name: RwSignal<String>,
    chosen: RwSignal<BTreeSet<String>>,
    is_again: bool,
    is_reading: RwSignal<bool>,
) -> impl IntoView {
    let app = App::here();
    let takes_variables = asked.takes_variables;
    let place = NodeRef::<html::Input>::new();
    let switch = move |_| {
        let asked = ChosenServers { takes_variables: !takes_variables, ..asked.clone() };
        is_reading.set(true);
        app.run(async move {
            let preview = backend::preview_servers(asked.clone()).await.inspect_err(|_| {
                // It is as it was.
                is_reading.try_set(false);
                place.try_get_untracked().flatten().iter().for_each(|input| input.set_checked(takes_variables));
            })?;
            let said = name.try_get_untracked().zip(chosen.try_get_untracked());
            // Unless the person has closed it meanwhile.
            app.adding.update(|adding| {
                if let Some(adding) = adding {
                    *adding = Adding { chosen: asked, preview, said };
                }
            });
            Ok(())
        });
    };
    Effect::new(move || {
        if let Some(input) = place.get().filter(|_| is_again)
            && let Err(error) = input.focus()
        {
            leptos::logging::warn!("the focus stays: {error:?}");
        }
    });
    view! {
        <label class="check preview-variables">
            <input
                type="checkbox"
                node_ref=place
                data-testid="server-variables"
                prop:checked=takes_variables
                on:change=switch
            />
            {words::TAKE_VARIABLES}
        </label>
    }
}
