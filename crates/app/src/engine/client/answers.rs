//! Everything that an engine is asked about what it has loaded.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rekindle_domain::{AgentAnswer, Answers, McpAnswer, Question, SkillAnswer, chain};
use rekindle_opencode::{decoded, plugin_spec, put_in_order};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{ANSWER, CONNECTING, Client, ClientError, words::in_short};

/// An agent, of which one of another shape is one, too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Agent {
    Told(AgentAnswer),
    Other(IgnoredAny),
}

fn agents_of(list: Vec<Agent>) -> Vec<AgentAnswer> {
    let agent = |agent| match agent {
        Agent::Told(agent) => agent,
        Agent::Other(_) => AgentAnswer::default(),
    };
    list.into_iter().map(agent).collect()
}

impl Client {
    /// Everything that the engine reports. `bound` is for the first answer, which may have to wait
    /// until the instance is created.
    pub async fn answers(&self, bound: Duration) -> Result<Answers, ClientError> {
        self.answers_within(bound, CONNECTING).await
    }

    /// The same with another bound for what waits for MCP servers.
    pub async fn answers_within(&self, bound: Duration, connecting: Duration) -> Result<Answers, ClientError> {
        let config = self.config(bound).await?;
        let (global_config, skills, rest) = tokio::join!(
            self.get_again::<Map<String, Value>>("/global/config", ANSWER, bound),
            self.get_again::<Vec<SkillAnswer>>("/skill", ANSWER, bound),
            self.hear(Question::ALL, bound, connecting),
        );
        let mut answers = Answers {
            plugins: plugins(&config).map(|(spec, _)| spec).collect(),
            plugin_options: plugins(&config).filter_map(|(spec, options)| Some((spec, options?.clone()))).collect(),
            global_config: Value::Object(global_config?),
            skills: skills?.into_iter().filter(has_place).collect(),
            config,
            ..rest
        };
        put_in_order(&mut answers);
        Ok(answers)
    }

    /// The answers to these questions alone, as far as they come: in `connecting` what waits for MCP servers, in
    /// `bound` the rest.
    pub async fn hear(&self, questions: &[Question], bound: Duration, connecting: Duration) -> Answers {
        let is_asked = |question| questions.contains(&question);
        let (agents, commands, mcp, tools, providers) = tokio::join!(
            when(is_asked(Question::Agents), self.get_again("/agent", ANSWER, bound)),
            when(is_asked(Question::Commands), self.get("/command", connecting)),
            when(is_asked(Question::Servers), self.get::<BTreeMap<String, McpAnswer>>("/mcp", connecting)),
            when(is_asked(Question::Tools), self.get_again("/experimental/tool/ids", ANSWER, bound)),
            when(is_asked(Question::Providers), self.get_again::<ProvidersAnswer>("/config/providers", ANSWER, bound)),
        );
        let mut refused = BTreeSet::new();
        Answers {
            agents: heard(Question::Agents, agents, &mut refused).map(agents_of),
            // They are only counted, and not kept: the texts of all skills are among them.
            commands: heard::<Vec<IgnoredAny>>(Question::Commands, commands, &mut refused).map(|list| list.len()),
            mcp: heard(Question::Servers, mcp, &mut refused).map(told),
            tools: heard(Question::Tools, tools, &mut refused),
            providers: heard(Question::Providers, providers, &mut refused).map(|answer| answer.providers.len()),
            refused,
            ..Answers::default()
        }
    }
}

/// What `GET /config/providers` answers, as far as it concerns us.
#[derive(Deserialize)]
struct ProvidersAnswer {
    #[serde(default)]
    providers: Vec<IgnoredAny>,
}

/// Waits for an answer that is wanted.
async fn when<T>(is_wanted: bool, answer: impl Future<Output = T>) -> Option<T> {
    if is_wanted { Some(answer.await) } else { None }
}

/// What was answered. An error in place of an answer is noted: the engine refuses all of a kind when one of it
/// is broken, and would again. What only did not come in time is neither.
fn heard<T>(question: Question, answer: Option<Result<T, ClientError>>, refused: &mut BTreeSet<Question>) -> Option<T> {
    let error = match answer? {
        Ok(answer) => return Some(answer),
        Err(error) => error,
    };
    tracing::debug!(error = chain(&error), ?question, "not heard");
    if matches!(error, ClientError::Status { .. } | ClientError::TooLong { .. }) {
        refused.insert(question);
    }
    None
}

/// Why servers failed, for people.
fn told(servers: BTreeMap<String, McpAnswer>) -> BTreeMap<String, McpAnswer> {
    let short = |server: McpAnswer| McpAnswer { error: server.error.as_deref().map(in_short), ..server };
    servers.into_iter().map(|(name, server)| (name, short(server))).collect()
}

/// True when a skill is where the engine says, and not by way of somewhere else.
fn has_place(skill: &SkillAnswer) -> bool {
    let is_plain = skill.location.split(['/', '\\']).all(|part| part != "..");
    if !is_plain {
        tracing::warn!(skill.location, "a skill in no place");
    }
    is_plain
}

/// The plugins of a configuration as the engine names them, with their options; `file:` URLs are
/// decoded.
fn plugins(config: &Value) -> impl Iterator<Item = (String, Option<&Value>)> {
    let entries = config["plugin"].as_array().into_iter().flatten();
    entries.map(|entry| (decoded(plugin_spec(entry)), entry.get(1)))
}
