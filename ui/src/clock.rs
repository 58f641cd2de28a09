//! Telling times by the person's clock and language.
//!
//! Invariant: the core's times are RFC 3339 in UTC; what is shown is local.

use js_sys::Date;
use wasm_bindgen::JsValue;

use crate::copy;

/// How long ago a moment was, or its date where that says more.
pub(crate) fn when(at: &str) -> String {
    let seconds = (Date::now() - Date::parse(at)) / 1000.0;
    copy::ago(seconds).unwrap_or_else(|| local(at))
}

/// A moment's time if it is today, otherwise its date and time.
pub(crate) fn short(at: &str) -> String {
    let (now, then) = (Date::new_0(), Date::new(&JsValue::from_str(at)));
    if now.to_date_string() == then.to_date_string() {
        return then.to_locale_time_string("default").into();
    }
    local(at)
}

/// A clock that nobody can set, in milliseconds; only differences mean something.
pub(crate) fn steady() -> f64 {
    leptos::prelude::window().performance().map_or(0.0, |clock| clock.now())
}

/// A moment's date and time.
pub(crate) fn local(at: &str) -> String {
    Date::new(&JsValue::from_str(at)).to_locale_string("default", &JsValue::UNDEFINED).into()
}
