//! `rekindle-ui-bindgen MODULE FOLDER`: writes the compiled window and its JavaScript side into a folder.
//!
//! The library behind the `wasm-bindgen` command, without the command: it must have the very version of the crate that
//! the window is compiled with, and as a dependency cargo keeps the two together.

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let module = arguments.next().context("the compiled module is missing: rekindle-ui-bindgen MODULE FOLDER")?;
    let folder = arguments.next().context("the folder is missing: rekindle-ui-bindgen MODULE FOLDER")?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
}
