//! Agents, commands and tools, a group for each, and creating agents and commands.
//!
//! Invariant: each group is there, also when it is empty: then it says how to fill it.

use leptos::prelude::*;
use rekindle_domain::Kind;

use crate::{
    components::{new_entry::NewEntry, rows::Rows},
    copy::{agents, rows as words},
    state::{App, Page},
};

/// The page.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    Page::Agents.kinds().iter().map(|kind| view! { <Group kind=*kind /> }).collect_view()
}

#[component]
fn Group(kind: Kind) -> impl IntoView {
    let app = App::here();
    let all = app.part(|state| state.agents.clone());
    let rows = Memo::new(move |_| all.with(|all| all.iter().filter(|row| row.kind == kind).cloned().collect()));
    let (name, nothing) = words::group(kind);
    view! {
        <section class="group" data-testid=format!("group-{}", kind.word())>
            <header class="group-head">
                <h2>{name}</h2>
                {agents::new(kind).map(|action| view! { <NewEntry kind action /> })}
            </header>
            <Rows label=name rows nothing=Signal::stored(nothing) />
        </section>
    }
}
