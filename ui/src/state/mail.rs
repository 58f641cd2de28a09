//! Events as they come, and the lists that they only name.
//!
//! Invariant: a state is shown with the very lists that it was published with, or not at all: then a newer one is on its way.
//! An older one never takes the place of a newer one.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::{prelude::*, task::spawn_local};
use rekindle_domain::{Head, List, WindowEvent, WindowState};

use super::Link;
use crate::backend;

/// What came and is not shown yet, and the lists that are here.
#[derive(Default)]
pub(super) struct Mail {
    newest: RefCell<Option<WindowEvent>>,
    is_opening: Cell<bool>,
    shown: RefCell<Option<Shown>>,
}

/// The last state that was shown.
#[derive(Clone)]
struct Shown {
    state: WindowState,
    /// Which lists it has.
    revisions: Vec<(List, u64)>,
}

impl Mail {
    /// Takes an event, and shows its state once its lists are here.
    pub(super) fn take(mail: &Rc<Self>, link: RwSignal<Link>, event: WindowEvent) {
        let is_newer = |other: &WindowEvent| event.state.sequence > other.state.sequence;
        if mail.newest.borrow().as_ref().is_some_and(|other| !is_newer(other)) {
            return;
        }
        // Its lists are those of the one before it, whose beginnings it does not tell again.
        let before = mail.newest.borrow_mut().take();
        *mail.newest.borrow_mut() = Some(with_beginnings(event, before));
        if mail.is_opening.replace(true) {
            return;
        }
        let mail = mail.clone();
        spawn_local(async move {
            loop {
                let Some(event) = mail.newest.borrow_mut().take() else { break };
                if let Some(state) = mail.open(event).await {
                    Link::show(link, state);
                }
            }
            mail.is_opening.set(false);
        });
    }

    /// The state with its lists; `None`: one of them is another one by now, or it is older than what is shown.
    async fn open(&self, event: WindowEvent) -> Option<WindowState> {
        let WindowEvent { mut state, lists } = event;
        let shown = self.shown.borrow().clone();
        if shown.as_ref().is_some_and(|shown| shown.state.sequence >= state.sequence) {
            return None;
        }
        let mut revisions = Vec::new();
        for Head { list, revision, total, first } in lists {
            revisions.push((list, revision));
            match &shown {
                Some(shown) if shown.revisions.contains(&(list, revision)) => {
                    state.take_over(list, &shown.state);
                    continue;
                }
                _ => {}
            }
            let mut rows = first;
            while rows.as_ref().is_none_or(|rows| rows.len() < total) {
                let from = rows.as_ref().map_or(0, |rows| rows.len());
                let page = backend::page(list, from).await.ok()??;
                if page.revision != revision || (page.rows.is_empty() && total > 0) {
                    return None;
                }
                match &mut rows {
                    Some(rows) => rows.extend(page.rows),
                    None => rows = Some(page.rows),
                }
                if total == 0 {
                    break;
                }
            }
            if let Some(rows) = rows {
                state.put(list, rows);
            }
        }
        *self.shown.borrow_mut() = Some(Shown { state: state.clone(), revisions });
        Some(state)
    }
}

/// An event that overtakes another takes over what that one told of the same lists.
fn with_beginnings(mut event: WindowEvent, before: Option<WindowEvent>) -> WindowEvent {
    for told in before.into_iter().flat_map(|before| before.lists) {
        let same = event.lists.iter_mut().find(|head| head.list == told.list && head.revision == told.revision);
        if let Some(head) = same.filter(|head| head.first.is_none()) {
            head.first = told.first;
        }
    }
    event
}
