//! The MCP servers that are declared, for the project and for every project in one list, and adding some.

use leptos::prelude::*;

use crate::{
    components::{rows::Rows, server_bar::ServerBar},
    copy,
    state::{App, Page},
};

/// The page.
#[component]
pub(crate) fn McpServers() -> impl IntoView {
    let all = App::here().part(|state| state.mcp.clone());
    let rows = Memo::new(move |_| all.with(|all| all.to_vec()));
    view! {
        <ServerBar />
        <Rows label=copy::page(Page::Mcp) rows nothing=Signal::stored(copy::rows::NO_MCP) />
    }
}
