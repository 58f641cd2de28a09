//! What the window can ask for. A command is one line; its work is in the core.

mod agent;
mod config;
mod deeds;
mod engine;
mod key;
mod reload;
mod server;
mod skill;
mod workspace;

use tauri::{Wry, ipc::Invoke};

/// All commands.
pub(crate) fn all() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        agent::new_entry,
        config::add_plugin,
        config::remove_item,
        config::switch_item,
        config::undo,
        config::restore_last_good,
        config::choose,
        deeds::pin_plugin,
        deeds::reinstall_plugin,
        deeds::plugin_offer,
        deeds::update_plugin,
        deeds::compare_skill,
        deeds::compared_lines,
        deeds::update_skill,
        deeds::forget_comparison,
        engine::restart_engine,
        engine::end_leftovers,
        engine::doctor,
        engine::engine_output,
        key::config_keys,
        key::key_help,
        key::set_config_key,
        key::unset_config_key,
        reload::reload,
        reload::cancel_reload,
        reload::dismiss,
        server::preview_servers,
        server::add_servers,
        server::retry_server,
        server::sign_in,
        server::sign_in_goes_on,
        server::cancel_sign_in,
        server::sign_out,
        skill::preview_skills,
        skill::preview_text,
        skill::preview_received,
        skill::cancel_preview,
        skill::install_skills,
        skill::skill_draft,
        skill::check_draft,
        skill::save_skill,
        skill::check_new_skill,
        skill::new_skill,
        workspace::state,
        workspace::page,
        workspace::difference,
        workspace::choose_folder,
        workspace::open_workspace,
        workspace::open_path,
        workspace::reveal,
    ]
}
