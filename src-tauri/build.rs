//! Reads `tauri.conf.json` and prepares the resources.
fn main() {
    tauri_build::build();
}
