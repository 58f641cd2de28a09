//! The MCP servers that are declared, for the project and for every project in one list.
//!
//! Invariant: nothing is declared or removed here; the row leads to the file where that is done.

use leptos::prelude::*;

use crate::{
    components::rows::Rows,
    copy,
    state::{App, Page},
};

/// The page.
#[component]
pub(crate) fn McpServers() -> impl IntoView {
    let all = App::here().part(|state| state.mcp.clone());
    let rows = Memo::new(move |_| all.with(|all| all.to_vec()));
    view! { <Rows label=copy::page(Page::Mcp) rows nothing=Signal::stored(copy::rows::NO_MCP) /> }
}
