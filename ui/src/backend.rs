//! The window's side of the border to the core: every command, and the one event.
//!
//! Invariant: no other module knows `window.__TAURI__`, a command's name or the shape of its
//! arguments. What a command rejects with always arrives as a [`UserError`].

use js_sys::{Function, Reflect};
use rekindle_domain::{
    AgentMode, Choice, ChosenServers, DiffLine, Finding, ItemId, Keep, KeyHelp, KeyList, Kind, Leftover, List, Made,
    Page, PluginOffer, PluginUpdate, Previewed, Receipt, Received, Restored, Scope, ServersPreview, Shown,
    SkillComparison, SkillDraft, SkillFinding, UndoChoice, UserError, WindowEvent, Wish,
};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

use crate::copy;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI__", "core"], js_name = invoke)]
    async fn tauri_invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI__", "event"], js_name = listen)]
    async fn tauri_listen(event: &str, handler: &Function) -> Result<JsValue, JsValue>;
}

/// What a command answers: its value, or what to tell the person.
pub(crate) type Answer<T> = Result<T, UserError>;

/// What a successful command without a value answers: `null`.
type Nothing = ();

/// Takes back a removal.
pub(crate) type UndoToken = String;

#[derive(Serialize)]
struct NoArguments {}

/// Hands each event to `take`, for as long as the window lives.
pub(crate) async fn listen(take: impl Fn(WindowEvent) + 'static) -> Answer<()> {
    let handler = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let payload = Reflect::get(&event, &"payload".into()).unwrap_or_default();
        match serde_wasm_bindgen::from_value(payload) {
            Ok(event) => take(event),
            Err(error) => leptos::logging::error!("a state that this window does not understand: {error}"),
        }
    });
    tauri_listen("state", handler.as_ref().unchecked_ref()).await.map_err(rejection)?;
    // The window has one listener, and it lives as long as the window.
    handler.forget();
    Ok(())
}

/// Everything the window shows, with the beginning of each list.
pub(crate) async fn state() -> Answer<WindowEvent> {
    invoke("state", &NoArguments {}).await
}

/// Some rows of a list, from this one on.
pub(crate) async fn page(list: List, from: usize) -> Answer<Option<Page>> {
    #[derive(Serialize)]
    struct Arguments {
        list: List,
        from: usize,
    }
    invoke("page", &Arguments { list, from }).await
}

/// Declares a plugin in the configuration of `scope`.
pub(crate) async fn add_plugin(spec: String, scope: Scope) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        spec: String,
        scope: Scope,
    }
    invoke("add_plugin", &Arguments { spec, scope }).await
}

/// Fetches a source of skills, and tells what it would install.
pub(crate) async fn preview_skills(source: String, scope: Scope) -> Answer<Previewed> {
    #[derive(Serialize)]
    struct Arguments {
        source: String,
        scope: Scope,
    }
    invoke("preview_skills", &Arguments { source, scope }).await
}

/// The text of a file that is previewed, with everything in it visible; `None`: it is too large, or no text.
pub(crate) async fn preview_text(id: String, skill: String, path: String) -> Answer<Option<String>> {
    #[derive(Serialize)]
    struct Arguments {
        id: String,
        skill: String,
        path: String,
    }
    invoke("preview_text", &Arguments { id, skill, path }).await
}

/// How much has come of what is fetched.
pub(crate) async fn preview_received() -> Answer<Option<Received>> {
    invoke("preview_received", &NoArguments {}).await
}

/// Cancels what is fetched or previewed.
pub(crate) async fn cancel_preview() -> Answer<Nothing> {
    invoke("cancel_preview", &NoArguments {}).await
}

/// Puts skills that are previewed where the engine looks for them.
pub(crate) async fn install_skills(id: String, names: Vec<String>) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        id: String,
        names: Vec<String>,
    }
    invoke("install_skills", &Arguments { id, names }).await
}

/// What a text would declare of MCP servers.
pub(crate) async fn preview_servers(chosen: ChosenServers) -> Answer<ServersPreview> {
    #[derive(Serialize)]
    struct Arguments {
        chosen: ChosenServers,
    }
    invoke("preview_servers", &Arguments { chosen }).await
}

/// Declares MCP servers that a text has, by their names. `name`: that of a single one, if the person gave it another.
pub(crate) async fn add_servers(
    chosen: ChosenServers,
    name: Option<String>,
    names: Vec<String>,
) -> Answer<Option<UndoToken>> {
    #[derive(Serialize)]
    struct Arguments {
        chosen: ChosenServers,
        name: Option<String>,
        names: Vec<String>,
    }
    invoke("add_servers", &Arguments { chosen, name, names }).await
}

/// Removes an item.
pub(crate) async fn remove_item(id: ItemId) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
    }
    invoke("remove_item", &Arguments { id }).await
}

/// Turns a plugin, a skill or a server on or off.
pub(crate) async fn switch_item(id: ItemId, is_on: bool) -> Answer<Made> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Arguments {
        id: ItemId,
        is_on: bool,
    }
    invoke("switch_item", &Arguments { id, is_on }).await
}

/// Declares the version that the engine keeps of a plugin, or none.
pub(crate) async fn pin_plugin(id: ItemId, is_pinned: bool) -> Answer<Made> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Arguments {
        id: ItemId,
        is_pinned: bool,
    }
    invoke("pin_plugin", &Arguments { id, is_pinned }).await
}

/// Has the engine install a plugin again.
pub(crate) async fn reinstall_plugin(id: ItemId) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
    }
    invoke("reinstall_plugin", &Arguments { id }).await
}

/// What an update of a plugin would bring. `latest`: beyond what its entry allows.
pub(crate) async fn plugin_offer(id: ItemId, latest: bool) -> Answer<PluginOffer> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
        latest: bool,
    }
    invoke("plugin_offer", &Arguments { id, latest }).await
}

/// Makes an update that was shown.
pub(crate) async fn update_plugin(id: ItemId, update: PluginUpdate) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
        update: PluginUpdate,
    }
    invoke("update_plugin", &Arguments { id, update }).await
}

/// Compares a skill with its source.
pub(crate) async fn compare_skill(id: ItemId) -> Answer<SkillComparison> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
    }
    invoke("compare_skill", &Arguments { id }).await
}

/// What differs in a file of a skill that is compared.
pub(crate) async fn compared_lines(id: String, path: String) -> Answer<Vec<DiffLine>> {
    #[derive(Serialize)]
    struct Arguments {
        id: String,
        path: String,
    }
    invoke("compared_lines", &Arguments { id, path }).await
}

/// Puts what was compared in place. `keep`: what is kept where both changed.
pub(crate) async fn update_skill(id: String, keep: Option<Keep>) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        id: String,
        keep: Option<Keep>,
    }
    invoke("update_skill", &Arguments { id, keep }).await
}

/// What a skill says now.
pub(crate) async fn skill_draft(id: ItemId) -> Answer<SkillDraft> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
    }
    invoke("skill_draft", &Arguments { id }).await
}

#[derive(Serialize)]
struct DraftArguments {
    id: ItemId,
    draft: SkillDraft,
}

/// What is to be known of a skill as it would be.
pub(crate) async fn check_draft(id: ItemId, draft: SkillDraft) -> Answer<Vec<SkillFinding>> {
    invoke("check_draft", &DraftArguments { id, draft }).await
}

/// Writes what a skill is to say.
pub(crate) async fn save_skill(id: ItemId, draft: SkillDraft) -> Answer<Made> {
    invoke("save_skill", &DraftArguments { id, draft }).await
}

/// What is to be known of a skill that is not there yet.
pub(crate) async fn check_new_skill(name: String, text: String) -> Answer<Vec<SkillFinding>> {
    #[derive(Serialize)]
    struct Arguments {
        name: String,
        text: String,
    }
    invoke("check_new_skill", &Arguments { name, text }).await
}

/// Begins a skill.
pub(crate) async fn new_skill(name: String, text: String, scope: Scope) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        name: String,
        text: String,
        scope: Scope,
    }
    invoke("new_skill", &Arguments { name, text, scope }).await
}

/// Puts away what was compared.
pub(crate) async fn forget_comparison() -> Answer<Nothing> {
    invoke("forget_comparison", &NoArguments {}).await
}

/// Creates an agent or a command.
pub(crate) async fn new_entry(
    kind: Kind,
    name: String,
    description: Option<String>,
    mode: AgentMode,
    scope: Scope,
) -> Answer<Made> {
    #[derive(Serialize)]
    struct Arguments {
        kind: Kind,
        name: String,
        description: Option<String>,
        mode: AgentMode,
        scope: Scope,
    }
    invoke("new_entry", &Arguments { kind, name, description, mode, scope }).await
}

/// Has the engine connect a server anew.
pub(crate) async fn retry_server(name: String) -> Answer<Nothing> {
    invoke("retry_server", &NameArgument { name }).await
}

#[derive(Serialize)]
struct NameArgument {
    name: String,
}

/// Signs in to a server: an address that the person has to open, or `None` once it is done.
pub(crate) async fn sign_in(name: String) -> Answer<Option<String>> {
    invoke("sign_in", &NameArgument { name }).await
}

/// Waits for what comes after an address.
pub(crate) async fn sign_in_goes_on() -> Answer<Option<String>> {
    invoke("sign_in_goes_on", &NoArguments {}).await
}

/// Nobody wants to sign in any more.
pub(crate) async fn cancel_sign_in() -> Answer<Nothing> {
    invoke("cancel_sign_in", &NoArguments {}).await
}

/// Signs out of a server.
pub(crate) async fn sign_out(name: String) -> Answer<Nothing> {
    invoke("sign_out", &NameArgument { name }).await
}

/// Takes back what the token stands for; how, if somebody else changed the same file since.
pub(crate) async fn undo(token: UndoToken, choice: Option<UndoChoice>) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        token: UndoToken,
        choice: Option<UndoChoice>,
    }
    invoke("undo", &Arguments { token, choice }).await
}

/// Restores the files that the published state offers under this id.
pub(crate) async fn restore_last_good(id: String) -> Answer<Restored> {
    #[derive(Serialize)]
    struct Arguments {
        id: String,
    }
    invoke("restore_last_good", &Arguments { id }).await
}

/// Lets the person choose a folder; `None` when they think better of it.
pub(crate) async fn choose_folder() -> Answer<Option<String>> {
    invoke("choose_folder", &NoArguments {}).await
}

/// Shows another directory.
pub(crate) async fn open_workspace(path: String) -> Answer<Nothing> {
    invoke("open_workspace", &PathArgument { path }).await
}

/// Begins a reload; its progress arrives as states.
pub(crate) async fn reload(wish: Wish) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        wish: Wish,
    }
    invoke("reload", &Arguments { wish }).await
}

/// Cancels a reload that has not touched the engine yet.
pub(crate) async fn cancel_reload() -> Answer<Nothing> {
    invoke("cancel_reload", &NoArguments {}).await
}

/// Puts away what was on the screen of the banner.
pub(crate) async fn dismiss(shown: Shown) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        shown: Shown,
    }
    invoke("dismiss", &Arguments { shown }).await
}

/// Starts the engine, or replaces its process.
pub(crate) async fn restart_engine() -> Answer<Nothing> {
    invoke("restart_engine", &NoArguments {}).await
}

/// Ends a process that an engine left behind.
pub(crate) async fn end_leftovers(leftovers: Vec<Leftover>) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        leftovers: Vec<Leftover>,
    }
    invoke("end_leftovers", &Arguments { leftovers }).await
}

/// Opens a file in the person's editor.
pub(crate) async fn open_path(path: String) -> Answer<Nothing> {
    invoke("open_path", &PathArgument { path }).await
}

/// Shows a file in the file manager.
pub(crate) async fn reveal(path: String) -> Answer<Nothing> {
    invoke("reveal", &PathArgument { path }).await
}

/// What the engine has of a pending item, and what is on disk.
pub(crate) async fn difference(id: ItemId) -> Answer<Vec<DiffLine>> {
    #[derive(Serialize)]
    struct Arguments {
        id: ItemId,
    }
    invoke("difference", &Arguments { id }).await
}

/// Keeps what the person chose.
pub(crate) async fn choose(choice: Choice) -> Answer<Nothing> {
    #[derive(Serialize)]
    struct Arguments {
        choice: Choice,
    }
    invoke("choose", &Arguments { choice }).await
}

/// What is configured, and by which file.
pub(crate) async fn config_keys() -> Answer<KeyList> {
    invoke("config_keys", &NoArguments {}).await
}

/// What a command on one key is given; what it does not take is not looked at.
#[derive(Serialize)]
struct KeyArguments {
    key: String,
    scope: Scope,
    text: String,
}

/// What may be written at a key.
pub(crate) async fn key_help(key: String) -> Answer<KeyHelp> {
    invoke("key_help", &KeyArguments { key, scope: Scope::Project, text: String::new() }).await
}

/// Sets a key to what the person typed; `None`: takes it out of the file that sets it.
pub(crate) async fn set_config_key(key: String, scope: Scope, text: Option<String>) -> Answer<Made> {
    let command = if text.is_some() { "set_config_key" } else { "unset_config_key" };
    invoke(command, &KeyArguments { key, scope, text: text.unwrap_or_default() }).await
}

/// What is wrong, and how to mend it.
pub(crate) async fn doctor() -> Answer<Vec<Finding>> {
    invoke("doctor", &NoArguments {}).await
}

/// The last lines that the engine printed.
pub(crate) async fn engine_output() -> Answer<Vec<String>> {
    invoke("engine_output", &NoArguments {}).await
}

/// A receipt as JSON, for a person to pass on.
pub(crate) fn json(receipt: &Receipt) -> Answer<String> {
    let value = receipt.serialize(&serde_wasm_bindgen::Serializer::json_compatible());
    let value = value.map_err(|error| copy::unexpected(error.to_string()))?;
    js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into())
        .map(String::from)
        .map_err(rejection)
}

#[derive(Serialize)]
struct PathArgument {
    path: String,
}

async fn invoke<T: DeserializeOwned>(command: &str, arguments: &impl Serialize) -> Answer<T> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let arguments = arguments.serialize(&serializer).map_err(|error| copy::unexpected(error.to_string()))?;
    let answer = tauri_invoke(command, arguments).await.map_err(rejection)?;
    serde_wasm_bindgen::from_value(answer).map_err(|error| copy::unexpected(error.to_string()))
}

/// Commands reject with a [`UserError`]; Tauri itself rejects with a string; what is left is a
/// JavaScript error, most likely because there is no core behind this window.
fn rejection(reason: JsValue) -> UserError {
    if let Some(text) = reason.as_string() {
        return copy::unexpected(text);
    }
    serde_wasm_bindgen::from_value(reason).unwrap_or_else(|_| copy::no_core())
}
