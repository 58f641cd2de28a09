//! Where the focus goes when what had it is about to go.
//!
//! Invariant: a focus that a person has moved meanwhile is left alone.

use leptos::prelude::*;
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
    if let Some(target) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        // What cannot take the focus leaves it where it is.
        let _ = target.focus();
    }
}
