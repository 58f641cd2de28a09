//! The order of permissions, in which the last that fits decides.
//!
//! `GET /config` and `GET /global/config` answer permissions in an order of their own; `GET /agent` lists the rules of
//! each agent in the order that counts: those of the engine, those of the configuration, the agent's own. Source:
//! `docs/engine.md`, "Where order counts".
//!
//! Invariant: only the order of keys is changed, and only to one that the engine shows; where it shows none, nothing is
//! claimed.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use rekindle_domain::{AgentAnswer, Answers, PermissionRule, is_wide};
use serde_json::{Map, Value};

/// Takes in what was heard later; what was heard before stays as it was.
pub fn hear(answers: &mut Answers, later: Answers) {
    if answers.agents.is_none() && later.agents.is_some() {
        answers.agents = later.agents;
        put_in_order(answers);
    }
    answers.commands = answers.commands.or(later.commands);
    answers.mcp = answers.mcp.take().or(later.mcp);
    answers.tools = answers.tools.take().or(later.tools);
    answers.providers = answers.providers.or(later.providers);
    answers.refused.extend(later.refused);
}

/// Puts the permissions of both configurations into the order that the agents show.
pub fn put_in_order(answers: &mut Answers) {
    let Some(agents) = &answers.agents else { return };
    let mut unordered = BTreeSet::new();
    let shown = Shown::new(agents);
    let own = answers.config.get("agent").and_then(Value::as_object);
    let is_plain = |agent: &&AgentAnswer| {
        own.and_then(|own| own.get(&agent.name)).and_then(|own| own.get("permission")).is_none_or(is_empty)
    };
    let mut places = Vec::new();
    if let Some(map) = in_question(&answers.config) {
        let found = agents.iter().filter(is_plain).find_map(|agent| shown.places(map, &agent.name));
        places.push((None, found));
    }
    for (name, agent) in own.into_iter().flatten() {
        if let Some(map) = in_question(agent) {
            let shown_as = agent.get("name").and_then(Value::as_str).unwrap_or(name);
            places.push((Some(name.clone()), shown.places(map, shown_as)));
        }
    }
    for (agent, places) in places {
        match places {
            Some(places) => {
                for config in [&mut answers.config, &mut answers.global_config] {
                    for map in permissions_mut(config, agent.as_deref()) {
                        arrange(map, |key| places.get(key).copied());
                    }
                }
            }
            None => drop(unordered.insert(agent)),
        }
    }
    answers.unordered = Some(unordered);
}

/// The answers with the permissions whose order the engine does not show in the order in which the files have them.
pub(super) fn beside<'a>(answers: &'a Answers, expected: &Value, global: &Value) -> Cow<'a, Answers> {
    let is_shown = |agent: Option<&str>| {
        let agent = agent.map(str::to_owned);
        answers.unordered.as_ref().is_some_and(|unordered| !unordered.contains(&agent))
    };
    let own = answers.config.get("agent").and_then(Value::as_object);
    let agents = own.into_iter().flatten().filter(|(_, agent)| in_question(agent).is_some());
    let root = in_question(&answers.config).is_some().then_some(None);
    let named = agents.map(|(name, _)| Some(name.as_str()));
    let open: Vec<_> =
        root.into_iter().chain(named).filter(|agent| !is_shown(*agent)).map(|agent| agent.map(str::to_owned)).collect();
    if open.is_empty() {
        return Cow::Borrowed(answers);
    }
    let mut changed = answers.clone();
    for agent in open {
        for (config, like) in [(&mut changed.config, expected), (&mut changed.global_config, global)] {
            let like = permissions(like, agent.as_deref());
            let place = |key: &str| like.iter().find_map(|like| like.keys().position(|other| other == key));
            for map in permissions_mut(config, agent.as_deref()) {
                arrange(map, place);
            }
        }
    }
    Cow::Owned(changed)
}

/// Where the rules of each agent stand, found out when it is asked for.
struct Shown<'a>(HashMap<&'a str, &'a [PermissionRule]>);

impl<'a> Shown<'a> {
    fn new(agents: &'a [AgentAnswer]) -> Self {
        Self(agents.iter().map(|agent| (agent.name.as_str(), agent.permission.as_slice())).collect())
    }

    /// The place of each permission among the rules of an agent; `None`: not all of them are there.
    fn places(&self, map: &Map<String, Value>, agent: &str) -> Option<HashMap<String, usize>> {
        let rules = self.0.get(agent)?;
        // What comes later takes the place of the same before it.
        let last: HashMap<_, _> = rules.iter().enumerate().map(|(at, rule)| (*rule, at)).collect();
        let place = |(key, value): (&String, &Value)| {
            let found: Option<Vec<_>> = match value {
                Value::Object(patterns) => patterns
                    .iter()
                    .map(|(pattern, action)| last.get(&PermissionRule::new(key, pattern, action.as_str()?)).copied())
                    .collect(),
                Value::String(action) => last.get(&PermissionRule::new(key, "*", action)).map(|at| vec![*at]),
                _ => None,
            };
            Some((key.clone(), found?.into_iter().max().unwrap_or_default()))
        };
        map.iter().map(place).collect()
    }
}

/// The permission of a configuration, or of an agent, if its order makes a difference.
fn in_question(value: &Value) -> Option<&Map<String, Value>> {
    let map = value.get("permission")?.as_object()?;
    (map.len() > 1 && map.keys().any(|key| is_wide(key))).then_some(map)
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

/// The permissions of an agent, also under its old name, or of the whole configuration.
fn permissions<'a>(config: &'a Value, agent: Option<&str>) -> Vec<&'a Map<String, Value>> {
    let places = match agent {
        None => vec![config.get("permission")],
        Some(agent) => ["agent", "mode"].map(|kind| config.get(kind)?.get(agent)?.get("permission")).to_vec(),
    };
    places.into_iter().flatten().filter_map(Value::as_object).collect()
}

fn permissions_mut<'a>(config: &'a mut Value, agent: Option<&str>) -> Vec<&'a mut Map<String, Value>> {
    let Some(config) = config.as_object_mut() else { return Vec::new() };
    let of = |value: &'a mut Value| value.get_mut("permission").and_then(Value::as_object_mut);
    match agent {
        None => config.get_mut("permission").and_then(Value::as_object_mut).into_iter().collect(),
        Some(agent) => config
            .iter_mut()
            .filter(|(kind, _)| ["agent", "mode"].contains(&kind.as_str()))
            .filter_map(|(_, agents)| of(agents.get_mut(agent)?))
            .collect(),
    }
}

/// Sorts keys by their places; those that have none stay behind them.
fn arrange(map: &mut Map<String, Value>, place: impl Fn(&str) -> Option<usize>) {
    let mut entries: Vec<_> = std::mem::take(map).into_iter().collect();
    entries.sort_by_cached_key(|(key, _)| place(key).unwrap_or(usize::MAX));
    map.extend(entries);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Told<'a> = &'a [(&'a str, &'a str, &'a str)];

    fn rules(all: Told<'_>) -> Vec<PermissionRule> {
        all.iter().map(|(permission, pattern, action)| PermissionRule::new(permission, pattern, action)).collect()
    }

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    fn answers(config: &str, global: &str, agents: &[(&str, Told<'_>)]) -> Answers {
        let agent = |(name, all): &(&str, Told<'_>)| AgentAnswer { name: (*name).to_owned(), permission: rules(all) };
        let of = |text| serde_json::from_str(text).expect("JSON");
        let agents = Some(agents.iter().map(agent).collect());
        let mut answers = Answers { config: of(config), global_config: of(global), agents, ..Answers::default() };
        put_in_order(&mut answers);
        answers
    }

    /// N1: the order is that of the rules that the engine shows, of the configuration's and of each agent's own.
    #[test]
    fn the_order_is_the_one_that_the_engine_shows() {
        let own: Told<'_> = &[("*", "*", "allow"), ("bash", "*", "ask")];
        let root: Told<'_> =
            &[("mcp_*", "*", "allow"), ("bash", "git *", "allow"), ("bash", "*", "deny"), ("*", "*", "deny")];
        let first = &[own, root, &[("edit", "*", "ask"), ("x", "*", "allow"), ("*", "*", "ask"), ("a", "*", "deny")]];
        let told = answers(
            r#"{"permission": {"bash": {"git *": "allow", "*": "deny"}, "*": "deny", "mcp_*": "allow"},
                "agent": {"a": {"permission": {"edit": "ask", "*": "ask", "x": "allow", "a": "deny"}}, "b": {}}}"#,
            r#"{"permission": {"*": "deny", "mcp_*": "allow"}, "mode": {"a": {"permission": {"*": "ask", "edit": "deny"}}}}"#,
            &[("a", &first.concat()), ("b", &[own, root].concat())],
        );
        assert_eq!(keys(&told.config["permission"]), ["mcp_*", "bash", "*"]);
        assert_eq!(keys(&told.config["permission"]["bash"]), ["git *", "*"]);
        assert_eq!(keys(&told.config["agent"]["a"]["permission"]), ["edit", "x", "*", "a"]);
        assert_eq!(keys(&told.global_config["permission"]), ["mcp_*", "*"]);
        assert_eq!(keys(&told.global_config["mode"]["a"]["permission"]), ["edit", "*"]);
        assert_eq!(told.unordered, Some(BTreeSet::new()));
    }

    /// N1: where the engine does not show the order, that of the files is taken for it.
    #[test]
    fn an_order_that_is_not_shown_is_not_claimed() {
        let config = r#"{"permission": {"bash": "allow", "*": "deny"}, "agent": {"gone": {"permission": {"a": "ask", "*": "deny"}}}}"#;
        let expected = json!({"permission": {"*": "deny", "bash": "allow"}, "agent": {"gone": {"permission": {"*": "deny", "a": "ask"}}}});
        let other: Told<'_> = &[("*", "*", "deny")];
        for told in [answers(config, "{}", &[]), answers(config, "{}", &[("build", other)]), {
            let config = serde_json::from_str(config).expect("JSON");
            Answers { config, ..Answers::default() }
        }] {
            let told = beside(&told, &expected, &Value::Null);
            assert_eq!(keys(&told.config["permission"]), ["*", "bash"]);
            assert_eq!(keys(&told.config["agent"]["gone"]["permission"]), ["*", "a"]);
        }
        let shown = answers(config, "{}", &[("build", &[("bash", "*", "allow"), ("*", "*", "deny")])]);
        assert_eq!(keys(&beside(&shown, &expected, &Value::Null).config["permission"]), ["bash", "*"]);
        assert_eq!(shown.unordered, Some([Some("gone".to_owned())].into()));
    }

    #[test]
    fn an_agent_is_read_whatever_else_it_has() {
        let text = r#"{"name": "a\n", "mode": "primary", "permission": [{"permission": "*", "pattern": "x\"", "action": "ask", "y": 1}, {}]}"#;
        let agent: AgentAnswer = serde_json::from_str(text).expect("an agent");
        assert_eq!(
            agent,
            AgentAnswer {
                name: "a\n".to_owned(),
                permission: vec![PermissionRule::new("*", "x\"", "ask"), PermissionRule::new("", "", "")]
            }
        );
    }
}
