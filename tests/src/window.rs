//! The real window, driven by WebDriver.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

use crate::{wait, world::World};

/// Windows are driven one at a time: they share a display.
static ONE: Mutex<()> = Mutex::const_new(());

/// A window on a world's project.
pub struct Window {
    /// For what has no method of its own.
    pub client: Client,
    driver: Driver,
    _one: MutexGuard<'static, ()>,
}

impl Window {
    /// Opens the window and waits until its page is there.
    pub async fn open(world: &World) -> Self {
        Self::open_with(world, &[], &[]).await
    }

    /// Opens it with more arguments and environment.
    pub async fn open_with(world: &World, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        // `npm test` runs these apart from all others, by their names.
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        assert!(test.starts_with("window::") || test.starts_with("pictures::"), "{test} opens a window: move it there");
        let one = ONE.lock().await;
        let driver = Driver::start(world, environment).await;
        let directory = world.project().display().to_string();
        let arguments: Vec<_> = ["--directory", &directory].into_iter().chain(arguments.iter().copied()).collect();
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": World::program("rekindle-desktop"), "args": arguments },
        });
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().expect("an object").clone())
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a window");
        let window = Self { client, driver, _one: one };
        window.find("engine-card").await;
        window
    }

    /// The element with this test id, once it is there.
    pub async fn find(&self, id: &str) -> Element {
        self.find_css(&format!("[data-testid='{id}']")).await
    }

    /// The element that fits a selector, once it is there.
    pub async fn find_css(&self, css: &str) -> Element {
        wait::until(css, async || self.client.find(Locator::Css(css)).await.ok()).await
    }

    /// Whether an element is there now.
    pub async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// Waits until an element is gone.
    pub async fn gone(&self, css: &str) {
        wait::until(&format!("the end of {css}"), async || (!self.has(css).await).then_some(())).await;
    }

    /// Clicks, once the element can be clicked.
    pub async fn click(&self, id: &str) {
        // The page may draw the element anew between finding and clicking it.
        wait::until(&format!("a click on {id}"), async || {
            let element = self.client.find(Locator::Css(&format!("[data-testid='{id}']"))).await.ok()?;
            if !element.is_enabled().await.ok()? {
                return None;
            }
            element.click().await.ok()
        })
        .await;
    }

    /// Presses what a selector finds, as the keyboard does.
    pub async fn press(&self, css: &str) {
        self.find_css(css).await.send_keys("\u{e007}").await.expect("Enter");
    }

    /// What stands in a field.
    pub async fn value(&self, id: &str) -> String {
        self.find(id).await.prop("value").await.expect("a field").unwrap_or_default()
    }

    /// Puts a text into a field.
    pub async fn type_into(&self, id: &str, text: &str) {
        let field = self.find(id).await;
        field.clear().await.expect("cleared");
        // Set as a whole: the driver types no characters outside of a keyboard's.
        let script =
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))";
        let field = serde_json::to_value(&field).expect("an element");
        self.client.execute(script, vec![field, json!(text)]).await.expect("typed");
    }

    /// The text of an element.
    pub async fn text(&self, id: &str) -> String {
        let css = format!("[data-testid='{id}']");
        wait::until(&css, async || self.client.find(Locator::Css(&css)).await.ok()?.text().await.ok()).await
    }

    /// Gives the core a command as the window does, past what the window shows; what it answers is not looked at.
    pub async fn command(&self, name: &str, arguments: serde_json::Value) {
        let script = "const [name, given, done] = arguments; \
            window.__TAURI__.core.invoke(name, given).then(() => done(null), done)";
        self.client.execute_async(script, vec![json!(name), arguments]).await.expect("a command");
    }

    /// Waits until so many elements of this test id are there.
    pub async fn count(&self, id: &str, number: usize) {
        let css = format!("[data-testid='{id}']");
        wait::until(&format!("{number} of {id}"), async || {
            let found = self.client.find_all(Locator::Css(&css)).await.ok()?;
            (found.len() == number).then_some(())
        })
        .await;
    }

    /// Waits until the text of an element has this part; the whole text.
    pub async fn text_with(&self, id: &str, part: &str) -> String {
        let css = format!("[data-testid='{id}']");
        wait::until(&format!("{part} in {css}"), async || {
            let text = self.client.find(Locator::Css(&css)).await.ok()?.text().await.ok()?;
            text.contains(part).then_some(text)
        })
        .await
    }

    /// Closes the dialog as the keyboard does.
    pub async fn escape(&self) {
        self.client.active_element().await.expect("focus").send_keys("\u{e00c}").await.expect("Escape");
        self.gone("[role='dialog'][open]").await;
    }

    /// Waits for a banner, for example `pending`; its text.
    pub async fn banner(&self, kind: &str) -> String {
        let css = format!("[data-testid='banner'][data-banner='{kind}']");
        // Without a text while it fades in.
        let text = async || self.client.find(Locator::Css(&css)).await.ok()?.text().await.ok();
        wait::until(&css, async || text().await.filter(|text| !text.is_empty())).await
    }

    /// Waits until a row of this name is in a state.
    pub async fn row(&self, name: &str, state: &str) {
        self.find_css(&format!("[data-testid='row'][data-name='{name}'][data-state='{state}']")).await;
    }

    /// Opens or closes the difference of a pending item, as the keyboard does.
    pub async fn toggle_difference(&self, id: &str) {
        self.press(&format!("[data-testid='change'][data-id='{id}'] [data-testid='change-toggle']")).await;
    }

    /// The lines of the open difference of a pending item, each with its sign, once one has `part`.
    pub async fn difference(&self, id: &str, part: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll('[data-testid=change]')] \
            .filter((change) => change.dataset.id === arguments[0]) \
            .flatMap((change) => [...change.querySelectorAll('[data-testid=diff-line]')]) \
            .map((line) => line.textContent)";
        wait::until(&format!("{part} in the difference of {id}"), async || {
            let lines = self.client.execute(script, vec![json!(id)]).await.ok()?;
            let lines: Vec<String> = serde_json::from_value(lines).ok()?;
            lines.iter().any(|line| line.contains(part)).then_some(lines)
        })
        .await
    }

    /// Waits until the focus is in the row of this name.
    pub async fn focus_in_row(&self, name: &str) {
        self.find_css(&format!("[data-testid='row'][data-name='{name}']:focus-within")).await;
    }

    /// Waits until the engine runs.
    pub async fn engine_runs(&self) {
        self.find_css("[data-testid='engine-card'][data-state='running']").await;
        // And has told what it has loaded.
        self.click("nav-overview").await;
        wait::until("counts", async || {
            let count = self.client.find(Locator::Css("[data-testid='count-agents']")).await.ok()?;
            count.text().await.ok()?.chars().any(|c| c.is_ascii_digit()).then_some(())
        })
        .await;
    }

    /// Makes the window of this size.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.expect("resized");
        let is_so = "return window.innerWidth === arguments[0] && window.innerHeight === arguments[1]";
        wait::until("the new size", async || {
            let fits = self.client.execute(is_so, vec![json!(width), json!(height)]).await.ok()?;
            (fits == json!(true)).then_some(())
        })
        .await;
    }

    /// Writes a picture for people to look at.
    pub async fn picture(&self, name: &str) {
        let drawn = "const done = arguments[0]; document.fonts.ready.then(() => \
            requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
        self.client.execute_async(drawn, vec![]).await.expect("drawn");
        // The driver takes its picture with the next frame, and a window at rest draws none.
        let blink = "const dot = document.body.appendChild(document.createElement('i')); let on = 0; \
            dot.style.cssText = 'position:fixed;right:0;bottom:0;width:1px;height:1px'; \
            window.blinking = setInterval(() => dot.style.background = `rgb(0 0 0 / .0${1 + (on ^= 1)})`, 30); \
            window.blinker = dot";
        self.client.execute(blink, vec![]).await.expect("frames");
        let png = tokio::time::timeout(wait::BOUND, self.client.screenshot()).await;
        let png = png.expect("a picture in time").expect("a picture");
        let rest = "clearInterval(window.blinking); window.blinker.remove()";
        self.client.execute(rest, vec![]).await.expect("rest");
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        let folder = output();
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("written");
    }

    /// What does not fit the window or is cut off without an ellipsis, in words; empty when all is
    /// well.
    pub async fn misfits(&self) -> String {
        let found = self.client.execute(include_str!("misfits.js"), vec![]).await.expect("looked");
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Closes the window as a person does.
    pub async fn close(self) {
        self.client.clone().close().await.expect("closed");
        drop(self.driver);
    }
}

/// Where pictures go.
fn output() -> PathBuf {
    std::env::var_os("REKINDLE_TEST_OUTPUT")
        .map_or_else(|| std::env::temp_dir().join("rekindle-test-output"), PathBuf::from)
}

struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    async fn start(world: &World, environment: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a port").port();
        let child = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .envs(world.environment())
            .envs(environment.iter().copied())
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .stdout(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver is not installed: run npm test");
        wait::until("the driver", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
        Self { child, port }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // TERM, so that it ends the window, too.
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        for _ in 0..200 {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        drop(self.child.kill());
    }
}
