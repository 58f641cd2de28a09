//! Putting text on the clipboard.
//!
//! Invariant: works with and without the asynchronous clipboard; a web view may lack it or refuse
//! it, and then the text goes through a selection.

use leptos::prelude::*;
use rekindle_domain::UserError;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::copy;

/// Puts `text` on the clipboard. To be called while a click is being handled.
pub(crate) async fn write(text: &str) -> Result<(), UserError> {
    let clipboard = window().navigator().clipboard();
    // Where a page has no clipboard, the property is `undefined` and a call of it would throw.
    if !JsValue::from(&clipboard).is_undefined() && JsFuture::from(clipboard.write_text(text)).await.is_ok() {
        return Ok(());
    }
    match through_selection(text) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(copy::no_clipboard()),
    }
}

fn through_selection(text: &str) -> Result<bool, JsValue> {
    let document: HtmlDocument = document().dyn_into()?;
    let Some(body) = document.body() else { return Ok(false) };
    let area: HtmlTextAreaElement = document.create_element("textarea")?.dyn_into()?;
    area.set_value(text);
    area.set_class_name("offscreen");
    body.append_child(&area)?;
    area.select();
    let copied = document.exec_command("copy");
    area.remove();
    copied
}
