// Starts the window. `compiled/` is what `ui/bindgen` makes of the Rust code; the bundler puts both beside index.html.
import start from 'compiled/rekindle-ui.js';
import module from 'compiled/rekindle-ui_bg.wasm';

start({ module_or_path: module });
