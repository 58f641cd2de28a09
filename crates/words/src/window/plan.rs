//! What a reload would do, in words.
//!
//! Invariant: the line says what is done to the engine and what that costs; where it costs nothing, it
//! says so.

use rekindle_domain::{BusyRun, BusyState, PlanSummary, Refusal};

pub use crate::plan::{DIRECTORIES, ENDS, INTERRUPTS, PACKAGES, RETURNS, SERVERS};
use crate::{
    notice::{self, Front},
    plan::action,
    text::{capital, counted, sentence},
};

/// `Disposes the instance · interrupts nothing · usually takes 1 to 3 seconds`.
pub fn line(plan: &PlanSummary) -> String {
    let part = |verb: &str, number: usize, noun: &str, end: &str| {
        (number > 0).then(|| format!("{verb} {}{end}", counted(number, noun)))
    };
    let costs = [
        interrupts(&plan.interrupts),
        part("reconnects", plan.servers.len(), "MCP server", ""),
        part("affects", plan.directories.len(), "other directory", ""),
        part("drops", plan.ends.len(), "MCP server", ""),
    ];
    let costs: Vec<_> = costs.into_iter().flatten().collect();
    let costs = if costs.is_empty() { vec!["interrupts nothing".to_owned()] } else { costs };
    let installs = part("installs", plan.installs.len(), "package", " first");
    let takes = plan.takes.map(|takes| format!("usually takes {}", takes.words()));
    [capital(action(plan.action))].into_iter().chain(costs).chain(installs).chain(takes).collect::<Vec<_>>().join(" · ")
}

/// `interrupts 2 runs and 1 terminal`; `None` when there is nothing.
fn interrupts(runs: &[BusyRun]) -> Option<String> {
    let terminals = runs.iter().filter(|run| run.state == BusyState::Terminal).count();
    let parts = [(runs.len() - terminals, "run"), (terminals, "terminal")];
    let parts: Vec<_> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| counted(number, noun)).collect();
    (!parts.is_empty()).then(|| format!("interrupts {}", parts.join(" and ")))
}

/// Why the last wish came to nothing, where nothing else on the screen says it.
pub fn refused(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::StalePlan { .. } => Some("The files just changed; this is the new plan.".to_owned()),
        Refusal::AlreadyRunning | Refusal::NotWritten { .. } | Refusal::CutOff => {
            Some(format!("Nothing was reloaded. {}", sentence(&notice::reload::refused(refusal, Front::Window))))
        }
        Refusal::Problems { .. } | Refusal::Busy { .. } | Refusal::ClientMode | Refusal::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{
        Action,
        BusyState::{Busy, Retry, Terminal},
        Fingerprint, Takes,
    };

    use super::*;

    #[test]
    fn a_plan_is_one_line() {
        let check = |action, states: &[BusyState], servers: usize, folders: usize, takes: Option<u64>, expected| {
            let run = |state: &BusyState| BusyRun {
                session: "ses_1".to_owned(),
                title: "a".to_owned(),
                state: *state,
                directory: None,
            };
            let plan = PlanSummary {
                action,
                fingerprint: Fingerprint::of_bytes(b"a"),
                interrupts: states.iter().map(run).collect(),
                servers: vec!["s".to_owned(); servers],
                ends: if servers == 3 { vec!["rt".to_owned()] } else { vec![] },
                returns: vec![],
                directories: vec!["/d".to_owned(); folders],
                installs: if servers == 3 { vec!["acme@latest".to_owned()] } else { vec![] },
                takes: takes.and_then(|ms| Takes::of(vec![ms])),
            };
            assert_eq!(line(&plan), expected);
        };
        use Action::{Dispose, Restart};
        check(
            Dispose,
            &[],
            0,
            0,
            Some(940),
            "Disposes the instance · interrupts nothing · usually takes less than a second",
        );
        check(Dispose, &[Busy], 0, 0, None, "Disposes the instance · interrupts 1 run");
        check(
            Restart,
            &[Terminal],
            1,
            0,
            None,
            "Restarts the engine · interrupts 1 terminal · reconnects 1 MCP server",
        );
        check(
            Dispose,
            &[],
            3,
            0,
            None,
            "Disposes the instance · reconnects 3 MCP servers · drops 1 MCP server · installs 1 package first",
        );
        check(
            Restart,
            &[Busy, Retry, Terminal],
            2,
            1,
            Some(2_000),
            "Restarts the engine · interrupts 2 runs and 1 terminal · reconnects 2 MCP servers · affects 1 other directory · \
             usually takes about 2 seconds",
        );
    }
}
