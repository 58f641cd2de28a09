//! What else can be done with an item, behind one button.
//!
//! Invariant: the list lies over the page, so that nothing moves; it is closed by a choice, by Escape and by leaving it.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use rekindle_domain::{Deed, Kind, Made, Row};
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, Node};

use crate::{
    backend::{self, Answer},
    copy::{deeds as words, rows},
    focus,
    state::{App, Task},
};

/// The button and its list.
#[component]
pub(super) fn More(row: Row, deeds: Vec<Deed>) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Span>::new();
    let button = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let label = rows::action(words::MORE, &row);
    // The focus goes in, and so what is below the edge is scrolled to.
    Effect::new(move || {
        if let Some(first) = list.get().and_then(|list| list.first_element_child()) {
            focus::put_on(&first);
        }
    });
    let keys = move |event: KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        let now = document().active_element();
        let next = match event.key().as_str() {
            "Escape" => {
                open.set(false);
                button.get_untracked().map(Into::into)
            }
            "ArrowDown" => now.and_then(|now| now.next_element_sibling()),
            "ArrowUp" => now.and_then(|now| now.previous_element_sibling()),
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next {
            focus::put_on(&next);
        }
    };
    let leave = move |event: FocusEvent| {
        let towards = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        if !place.get_untracked().is_some_and(|place| place.contains(towards.as_ref())) {
            open.set(false);
        }
    };
    let row = StoredValue::new(row);
    let choices = move || {
        let choice = |deed: Deed| {
            let choose = move |_| {
                // Before the list goes, and the focus with it.
                if let Some(button) = button.get_untracked() {
                    focus::put_on(&button);
                }
                open.set(false);
                row.with_value(|row| begin(app, deed, row));
            };
            view! {
                <button class="workspace-choice" role="menuitem" data-testid="deed" data-deed=format!("{deed:?}") on:click=choose>
                    {words::deed(deed)}
                </button>
            }
        };
        deeds.iter().copied().map(choice).collect_view()
    };
    view! {
        <span class="row-more" node_ref=place on:keydown=keys on:focusout=leave>
            <button
                class="button ghost"
                node_ref=button
                data-testid="row-more"
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=label.clone()
                title=label
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {words::MORE}
            </button>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class="workspace-list" role="menu" tabindex="-1" node_ref=list data-testid="deeds">
                                {choices()}
                            </div>
                        }
                    })
            }}
        </span>
    }
}

fn begin(app: App, deed: Deed, row: &Row) {
    let (id, name) = (row.id.clone(), row.name.clone());
    focus::expect_back(&id, "row-more");
    match deed {
        Deed::Pin | Deed::Unpin => at_once(app, deed, name, backend::pin_plugin(id, deed == Deed::Pin)),
        Deed::Reinstall => at_once(app, deed, name, backend::reinstall_plugin(id)),
        Deed::Update if row.kind == Kind::Skill => app.task.set(Some(Task::UpdateSkill(row.clone()))),
        Deed::Update => app.task.set(Some(Task::UpdatePlugin(row.clone()))),
        Deed::Edit => app.task.set(Some(Task::EditSkill(row.clone()))),
    }
}

/// Does what needs no question, because it can be taken back.
fn at_once(app: App, deed: Deed, name: String, made: impl Future<Output = Answer<Made>> + 'static) {
    app.run(async move {
        let made = made.await?;
        app.tell(words::done(deed, &name), made);
        Ok(())
    });
}
