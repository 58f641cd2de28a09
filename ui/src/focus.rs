//! Where the focus goes when what had it is about to go.
//!
//! Invariant: a focus that a person has moved meanwhile is left alone.

use std::cell::RefCell;

use leptos::{ev, html, prelude::*};
use rekindle_domain::ItemId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Puts the focus on the first button of `next`; where there is none, into the first field of the
/// page. `leaving` is what had the focus.
pub(crate) fn pass_on(leaving: &Element, next: Option<&Element>) {
    let has_it = document().active_element();
    let moved = has_it.is_some_and(|element| element.tag_name() != "BODY" && !leaving.contains(Some(&element)));
    if moved {
        return;
    }
    let button = next.filter(|next| next.is_connected()).and_then(|next| next.query_selector("button").ok().flatten());
    let target = button.or_else(|| document().query_selector("main .field").ok().flatten());
    if let Some(target) = target {
        put_on(&target);
    }
}

/// Puts the focus on an element. What cannot take it leaves it where it is.
pub(crate) fn put_on(target: &Element) {
    if let Some(target) = target.dyn_ref::<HtmlElement>() {
        let _ = target.focus();
    }
}

/// Puts the focus on an element as soon as it is there: what had it before is gone.
pub(crate) fn begin_on<E>(place: NodeRef<E>)
where
    E: html::ElementType + 'static,
    E::Output: JsCast + Clone + AsRef<Element> + 'static,
{
    Effect::new(move || {
        if let Some(element) = place.get() {
            put_on(element.as_ref());
        }
    });
}

thread_local! {
    /// The item whose row is about to be drawn anew, and its button that has the focus.
    static EXPECTED: RefCell<Option<(ItemId, &'static str)>> = const { RefCell::new(None) };
}

/// From a press of a pointer on, it is where the person put it.
pub(crate) fn follow_pointer() {
    let _ = window_event_listener(ev::pointerdown, |_| EXPECTED.set(None));
}

/// The row of this item will be drawn anew, and its button of this test id has the focus.
pub(crate) fn expect_back(id: &ItemId, button: &'static str) {
    EXPECTED.set(Some((id.clone(), button)));
}

/// Gives the focus back to a row that was drawn anew, unless a person has moved it meanwhile.
pub(crate) fn bring_back(id: ItemId, row: NodeRef<html::Li>) {
    Effect::new(move || {
        let Some(row) = row.get() else { return };
        let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        let Some((expected, button)) = EXPECTED.with_borrow(Clone::clone) else { return };
        if is_lost && expected == id {
            let button = row.query_selector(&format!("[data-testid='{button}']")).ok().flatten();
            button.or_else(|| row.query_selector("button").ok().flatten()).iter().for_each(put_on);
        }
    });
}
