use proptest::prelude::*;
use serde_json::json;

use super::*;

/// What the leaves are of: the same as a value.
fn together(leaves: &[Leaf]) -> Value {
    let mut whole = Value::Object(Map::new());
    for leaf in leaves {
        let Some((last, parents)) = leaf.path.split_last() else { continue };
        let mut at = &mut whole;
        for key in parents {
            at = &mut at[key];
        }
        match leaf.entry {
            Some(index) => {
                let list = &mut at[last];
                if list.is_null() {
                    *list = json!([]);
                }
                let list = list.as_array_mut().expect("a list");
                assert_eq!(list.len(), index);
                list.push(leaf.value.clone());
            }
            None => at[last] = leaf.value.clone(),
        }
    }
    whole
}

/// `key = value < winner; overridden, …`, for each leaf that a layer says.
fn told(layers: &[Value], global: usize) -> Vec<String> {
    let layers: Vec<_> = layers.iter().collect();
    let line = |leaf: Leaf| {
        let said = leaf.said?;
        let place = |said: &Said| format!("{}:{}", said.layer, said.at.join("."));
        let entry = leaf.entry.map(|index| format!("[{index}]")).unwrap_or_default();
        let overridden: Vec<_> = leaf.overridden.iter().map(place).collect();
        let line =
            format!("{}{entry} = {} < {}; {}", leaf.path.join("."), leaf.value, place(&said), overridden.join(", "));
        Some(line.trim_end_matches("; ").to_owned())
    };
    leaves(&layers, global).into_iter().filter_map(line).collect()
}

/// V5, H4: of each value the layer that wins, and those that do not.
#[test]
fn every_value_has_its_layer() {
    let check = |layers: &[Value], global: usize, expected: &[&str]| assert_eq!(told(layers, global), expected);
    check(&[json!({"model": "a"}), json!({"model": "b"})], 1, &[r#"model = "b" < 1:model; 0:model"#]);
    check(
        &[json!({"x": {"a": 1, "b": 1}}), json!({"x": {"a": 2}}), json!({"x": {"b": {}}})],
        1,
        &["x.a = 2 < 1:x.a; 0:x.a", "x.b = {} < 2:x.b; 0:x.b"],
    );
    // What is no object takes the place of all before it.
    check(&[json!({"x": {"a": 1}}), json!({"x": 5}), json!({"x": {"b": 2}})], 0, &["x.b = 2 < 2:x.b; 1:x"]);
    check(&[json!({"x": {"a": 1}}), json!({"x": 5}), json!({"x": {"a": 2}})], 0, &["x.a = 2 < 2:x.a; 1:x, 0:x.a"]);
    check(&[json!({"x": {"a": 1}}), json!({"x": 5})], 0, &["x = 5 < 1:x; 0:x"]);
    // Lists that layers add to have a layer for each entry; those of the global files replace each other.
    let plugin = |list: &[&str]| json!({ "plugin": list });
    check(
        &[plugin(&["old"]), plugin(&["p@1", "q"]), plugin(&["p@2"])],
        2,
        &[r#"plugin[0] = "q" < 1:plugin.1"#, r#"plugin[1] = "p@2" < 2:plugin.0; 1:plugin.0"#],
    );
    check(&[plugin(&["p"]), plugin(&[])], 0, &["plugin = [] < 1:plugin; 0:plugin"]);
    let instructions = |list: &[&str]| json!({ "instructions": list });
    check(
        &[instructions(&["a"]), instructions(&["b", "a"])],
        1,
        &[r#"instructions[0] = "a" < 0:instructions.0"#, r#"instructions[1] = "b" < 1:instructions.0"#],
    );
    check(
        &[json!({"watcher": {"ignore": ["a"]}}), json!({"watcher": {"ignore": ["b"]}})],
        1,
        &[r#"watcher.ignore = ["b"] < 1:watcher.ignore; 0:watcher.ignore"#],
    );
    // What is said in an older way.
    check(
        &[json!({"mode": {"m": {"prompt": "p"}}}), json!({"agent": {"m": {"prompt": "x", "model": "y"}}})],
        1,
        &[
            r#"mode.m.prompt = "p" < 0:mode.m.prompt"#,
            r#"agent.m.prompt = "p" < 0:mode.m.prompt; 1:agent.m.prompt"#,
            r#"agent.m.model = "y" < 1:agent.m.model"#,
            r#"agent.m.mode = "primary" < 0:mode.m"#,
        ],
    );
    check(
        &[json!({"tools": {"write": false, "bash": true}}), json!({"permission": {"bash": "ask"}})],
        1,
        &[
            "tools.write = false < 0:tools.write",
            "tools.bash = true < 0:tools.bash",
            r#"permission.edit = "deny" < 0:tools.write"#,
            r#"permission.bash = "ask" < 1:permission.bash; 0:tools.bash"#,
        ],
    );
    check(&[json!({"autoshare": true})], 1, &["autoshare = true < 0:autoshare", r#"share = "auto" < 0:autoshare"#]);
}

fn any_value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![Just(json!(1)), Just(json!("a")), Just(json!(null)), Just(json!(true)), Just(json!(["b"]))];
    plain.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]|mode|edit|write|prompt|type|url", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_layer() -> impl Strategy<Value = Value> {
    let keys = "model|agent|mode|command|mcp|permission|tools|plugin|instructions|share|autoshare|compaction";
    proptest::collection::btree_map(keys, any_value(), 0..5).prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// Without what the engine fills in.
fn without_empty(mut config: Value, leaves: &[Leaf]) -> Value {
    let filled: Vec<_> = leaves.iter().filter(|leaf| leaf.said.is_none()).map(|leaf| leaf.path.clone()).collect();
    if let Value::Object(map) = &mut config {
        map.retain(|key, _| !filled.contains(&vec![key.clone()]));
    }
    config
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// V5, H4: what is listed is what the merge gives, whatever the files say; only what is empty has no layer.
    #[test]
    fn the_leaves_are_the_whole(layers in proptest::collection::vec(any_layer(), 0..5), global in 0_usize..3) {
        let global = global.min(layers.len());
        let mut merged = json!({});
        layers[..global].iter().for_each(|layer| merge(&mut merged, layer));
        let whole = effective(&merged, &layers[global..]);
        let found = leaves(&layers.iter().collect::<Vec<_>>(), global);
        for leaf in &found {
            let is_empty = leaf.value == json!({}) || leaf.value == json!([]);
            prop_assert!(leaf.said.is_some() || is_empty, "{leaf:?}");
        }
        let said: Vec<_> = found.iter().filter(|leaf| leaf.said.is_some()).cloned().collect();
        prop_assert_eq!(together(&said), without_empty(whole, &found));
    }

    /// V5, H4: the layer that is named has the value, or the one that stands for it.
    #[test]
    fn who_wins_says_it(layers in proptest::collection::vec(any_layer(), 0..5), global in 0_usize..3) {
        let found = leaves(&layers.iter().collect::<Vec<_>>(), global.min(layers.len()));
        for leaf in found {
            let Some(said) = &leaf.said else { continue };
            let in_layer = said.at.iter().try_fold(&layers[said.layer], |value, key| match value {
                Value::Array(list) => list.get(key.parse::<usize>().ok()?),
                value => value.get(key),
            });
            let stands_for = said.at != leaf.path && leaf.entry.is_none();
            prop_assert!(in_layer.is_some_and(|value| *value == leaf.value || value.is_null() || stands_for), "{leaf:?}");
        }
    }
}
