//! What people publish today, fetched as npm on this machine is set up to: a collection of skills and a plugin go their whole
//! way, and every file is as it was. `npm run test:network`; everything else of the tests needs no network.

use std::process::Command;

use rekindle_tests::world::{Ran, World};
use serde_json::{Value, json};

/// A package with a collection of skills, and the shortest of its skills.
const COLLECTION: &str = "npm:claude-skills";
const SKILL: &str = "check-translations";
/// A package that has a skill with more of them in its folders.
const NESTED: &str = "npm:@tanstack/router-core";
/// A package that is a plugin.
const PLUGIN: &str = "opencode-wakatime";

/// A project on this machine's registry.
struct Online {
    world: World,
    registry: String,
}

impl Online {
    fn new() -> Self {
        let asked = Command::new("npm").args(["config", "get", "registry"]).output().expect("npm");
        let registry = String::from_utf8(asked.stdout).expect("an address").trim().to_owned();
        Self { world: World::new(), registry }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.world.rekindle_with(arguments, &[("NPM_CONFIG_REGISTRY", &self.registry)]).await;
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).await.json()
    }
}

/// S1, S2, S3: of a collection that is looked at first, one skill is installed, proved, and taken away again.
#[tokio::test(flavor = "multi_thread")]
async fn a_collection_of_skills_comes_and_goes() {
    let online = Online::new();
    let before = online.world.files();
    online.run(&["engine", "start"]).await;
    let seen = online.json(&["skill", "install", COLLECTION, "--all", "--dry-run"]).await;
    assert!(seen["skills"].as_array().is_some_and(|skills| skills.len() > 1), "{seen}");
    assert!(seen["source"]["resolved"].as_str().is_some_and(|resolved| resolved.contains('@')), "{seen}");
    let nested = online.json(&["skill", "install", NESTED, "--dry-run"]).await;
    let findings = nested["skills"][0]["findings"].to_string();
    assert!(findings.contains("skill-within"), "{findings}");
    assert_eq!(online.world.files(), before, "who looks changes nothing");

    online.run(&["skill", "install", COLLECTION, "--skill", SKILL]).await;
    let receipt = online.json(&["reload"]).await;
    assert_eq!((&receipt["result"], &receipt["items"][0]["state"]), (&json!("proved"), &json!("active")), "{receipt}");
    let checked = online.json(&["skill", "update", "--check"]).await;
    assert_eq!(checked["skills"][0]["state"], "up-to-date", "{checked}");
    online.run(&["skill", "disable", SKILL]).await;
    online.run(&["undo"]).await;
    online.run(&["skill", "remove", SKILL]).await;
    assert_eq!(online.json(&["reload"]).await["result"], "proved");
    assert_eq!(online.world.files(), before, "every file is as it was");
}

/// G1, G2, G3: a plugin is added, installed by the engine, proved, known in its versions, turned off and on, and removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_comes_and_goes() {
    let online = Online::new();
    let text = "{\n  // mine\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"share\": \"manual\",\n}\n";
    online.world.write("opencode.jsonc", text);
    online.run(&["engine", "start"]).await;
    online.run(&["plugin", "add", PLUGIN]).await;
    let receipt = online.json(&["reload"]).await;
    assert_eq!((&receipt["result"], &receipt["items"][0]["state"]), (&json!("proved"), &json!("active")), "{receipt}");
    let listed = online.json(&["plugin", "list", "--published"]).await;
    let row = listed.as_array().and_then(|rows| rows.iter().find(|row| row["name"] == PLUGIN)).expect("listed");
    assert_eq!(row["cached"]["state"], "whole", "{row}");
    assert_eq!(row["cached"]["version"], row["published"]["latest"], "{row}");
    let declared = online.world.read("opencode.jsonc");
    online.run(&["plugin", "pin", PLUGIN]).await;
    online.run(&["plugin", "disable", PLUGIN]).await;
    assert_eq!(online.json(&["reload"]).await["result"], "proved");
    online.run(&["plugin", "enable", PLUGIN]).await;
    online.run(&["plugin", "unpin", PLUGIN]).await;
    assert_eq!(online.world.read("opencode.jsonc"), declared);
    online.run(&["plugin", "remove", PLUGIN]).await;
    assert_eq!(online.world.read("opencode.jsonc"), text, "every byte is as it was");
}
