//! One case of the table: a change, a reload under a fault, and everything that has to hold
//! afterwards.
//!
//! Invariants, checked after each case: exactly one engine is alive, or none when it is said to be
//! stopped; nothing else of an earlier engine is; what is pending is what the engine, asked past all
//! faults, has not loaded.

use std::time::{Duration, Instant};

use rekindle_tests::{
    faulty::{FaultyEngine, START},
    proxy::{self, Faults, Rule},
    world::{Engine, Ran, World, skill},
};
use serde_json::{Value, json};

/// The route of a dispose.
pub(super) const DISPOSE: &str = "POST /instance/dispose";

/// How long no fault may keep a person waiting, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(40);

/// One line of the table.
#[derive(Clone)]
pub(super) struct Case {
    /// What goes wrong.
    pub(super) name: &'static str,
    /// The same for the machine.
    pub(super) rules: Vec<Rule>,
    /// What comes of it.
    pub(super) expected: Expected,
}

/// What comes of a reload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expected {
    /// The exit code.
    pub(super) code: i32,
    /// The receipt's result.
    pub(super) result: &'static str,
    /// A part of what a person reads.
    pub(super) told: &'static str,
    /// The exit code of `status` once nothing goes wrong any more.
    pub(super) status: i32,
    /// The engine's state then.
    pub(super) state: &'static str,
    /// How many disposes were sent.
    pub(super) disposes: usize,
    /// How often the engine was restarted.
    pub(super) restarts: usize,
}

/// All well, by one dispose.
pub(super) const PROVED: Expected =
    Expected { code: 0, result: "proved", told: "", status: 0, state: "running", disposes: 1, restarts: 0 };
/// All well in the end: the dispose was not to be had, and a restart was.
pub(super) const RESTARTED: Expected = Expected { restarts: 1, ..PROVED };
/// Nothing was touched, and the change is still pending.
pub(super) const UNTOUCHED: Expected = Expected { code: 2, result: "failed", status: 1, disposes: 0, ..PROVED };

/// How many cases of a table run at a time: most of them wait, but a start keeps a core busy.
const BEDS: usize = 3;

/// Who is asked to reload.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    /// Rekindle, its own engine.
    Host,
    /// Rekindle with `--yes`, an engine that is someone else's.
    Client,
}

/// Runs the cases, a few at a time, and fails with all that are wrong.
pub(super) async fn check(mode: Mode, cases: Vec<Case>) {
    let cases = std::sync::Arc::new(std::sync::Mutex::new(cases.into_iter().rev().collect::<Vec<_>>()));
    let beds = (0..BEDS).map(|_| {
        let cases = cases.clone();
        tokio::spawn(async move {
            let mut wrong = Vec::new();
            let mut bed = None;
            let next = || cases.lock().expect("the cases").pop();
            while let Some(case) = next() {
                let name = case.name;
                let ready = bed.take();
                let ran = tokio::spawn(async move {
                    let mut ready = match ready {
                        Some(ready) => ready,
                        None => Bed::start(mode).await,
                    };
                    let found = ready.run(case).await;
                    (ready, found)
                });
                // What a case breaks does not concern the next one.
                match ran.await {
                    Ok((ready, found)) if found.is_empty() => bed = Some(ready),
                    Ok((_, found)) => wrong.push(format!("{name}: {}", found.join("; "))),
                    Err(panic) => wrong.push(format!("{name}: {panic}")),
                }
            }
            wrong
        })
    });
    let mut wrong = Vec::new();
    for bed in beds.collect::<Vec<_>>() {
        wrong.extend(bed.await.expect("a bed"));
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A world with an engine, and faults between the two.
pub(super) struct Bed {
    world: World,
    faults: Faults,
    engine: Behind,
    changes: usize,
}

enum Behind {
    Host(FaultyEngine),
    Client { engine: Engine, url: String },
}

impl Bed {
    async fn start(mode: Mode) -> Self {
        let world = World::new();
        let (faults, engine) = match mode {
            Mode::Host => {
                let faulty = world.start_faulty_engine(Vec::new()).await;
                (faulty.faults.clone(), Behind::Host(faulty))
            }
            Mode::Client => {
                let (engine, faults) = (world.start_engine().await, Faults::default());
                let url = proxy::start(&engine.url, &faults).await;
                (faults, Behind::Client { engine, url })
            }
        };
        Self { world, faults, engine, changes: 0 }
    }

    /// Everything that is not as expected, in words.
    async fn run(&mut self, case: Case) -> Vec<String> {
        if self.world.try_engine().is_none() {
            // The case before this one ended with an engine that had died.
            let ran = self.world.rekindle(&["engine", "start"]).await;
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        self.change();
        let (disposes, starts) = (self.faults.count(DISPOSE), self.faults.count(START));
        case.rules.into_iter().for_each(|rule| self.faults.add(rule));
        let began = Instant::now();
        let ran = self.reload().await;
        let took = began.elapsed();
        let told = format!("{} {}", ran.out, ran.err);
        let receipt: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        let sent = self.faults.count(DISPOSE) - disposes;
        let restarts = self.faults.count(START) - starts;
        self.faults.clear();
        let status = self.world.rekindle(&["status", "--json"]).await;
        let seen = Expected {
            code: ran.code,
            result: RESULTS.iter().find(|result| receipt["result"] == **result).unwrap_or(&"none"),
            told: if told.contains(case.expected.told) { case.expected.told } else { "something else" },
            status: status.code,
            state: STATES.iter().find(|state| status.json()["engine"]["state"] == **state).unwrap_or(&"none"),
            disposes: sent,
            restarts,
        };
        let mut found = Vec::new();
        if took > PATIENCE {
            found.push(format!("it took {took:?}: {}", receipt["steps"]));
        }
        if seen != case.expected {
            let message = receipt["message"].as_str().unwrap_or(&ran.err).trim();
            let steps = receipt["steps"].to_string();
            found.push(format!("{seen:?}, expected {:?}; {message:?} {steps} {took:?}", case.expected));
        }
        found.extend(self.what_must_not_be(&seen).await);
        found
    }

    /// A setting and a skill, each with what it never had before.
    fn change(&mut self) {
        self.changes += 1;
        let name = format!("number {}", self.changes);
        self.world.write("opencode.json", &json!({ "username": name }).to_string());
        self.world.write(".opencode/skills/count/SKILL.md", &skill("count", &name));
    }

    async fn reload(&self) -> Ran {
        match &self.engine {
            Behind::Host(_) => self.world.rekindle(&["reload", "--json"]).await,
            Behind::Client { engine, url } => {
                let password = [("REKINDLE_ENGINE_PASSWORD", engine.password())];
                self.world.rekindle_with(&["--engine", url, "reload", "--yes", "--json"], &password).await
            }
        }
    }

    async fn what_must_not_be(&self, seen: &Expected) -> Vec<String> {
        let mut found = Vec::new();
        let running = usize::from(seen.state == "running");
        let engines = self.world.engines();
        if engines.len() != running {
            found.push(format!("the engines {engines:?} of {:?}", self.world.processes()));
        }
        if running == 1 {
            let engine = match &self.engine {
                Behind::Host(faulty) => faulty.past_faults(&self.world),
                Behind::Client { .. } => self.world.engine(),
            };
            let name = format!("number {}", self.changes);
            let has_setting = engine.get("/config").await["username"] == *name;
            let is_live = has_setting && engine.has_skill("count", &name).await;
            if is_live != (seen.status == 0) {
                found.push(format!("live: {is_live}, and status ends with {}", seen.status));
            }
        }
        found
    }
}

const RESULTS: [&str; 4] = ["proved", "partial", "failed", "refused"];
const STATES: [&str; 6] = ["running", "starting", "stopped", "unreachable", "unauthorized", "stuck"];
