//! What a reload would do, in words.
//!
//! Invariant: the line says what is done to the engine and what that costs; where it costs nothing, it
//! says so.

use rekindle_domain::{Action, BusyRun, BusyState, PlanSummary, Refusal};

use crate::text::{be, counted, sentence};

pub const INTERRUPTED: &str = "Interrupted";
pub const SERVERS: &str = "MCP servers, loaded anew";
pub const ENDS: &str = "MCP servers of no file, gone afterwards";
pub const RETURNS: &str = "MCP servers, switched on again";
pub const FOLDERS: &str = "Other folders, loaded anew";
pub const PACKAGES: &str = "Packages, installed first";

/// `Dispose the instance · nothing is interrupted · usually 1 to 3 seconds`.
pub fn line(plan: &PlanSummary) -> String {
    let action = match plan.action {
        Action::Restart => "Restart the engine",
        Action::None | Action::Dispose | Action::NeverRead => "Dispose the instance",
    };
    let costs =
        [interrupted(&plan.interrupts), loaded_anew(plan), ended(plan)].into_iter().flatten().collect::<Vec<_>>();
    let costs = if costs.is_empty() { vec!["nothing is interrupted".to_owned()] } else { costs };
    let installs = match plan.installs.len() {
        0 => None,
        number => Some(format!("{} {} installed first", counted(number, "package"), be(number))),
    };
    let takes = plan.takes.map(|takes| format!("usually {}", takes.words()));
    [action.to_owned()].into_iter().chain(costs).chain(installs).chain(takes).collect::<Vec<_>>().join(" · ")
}

fn interrupted(runs: &[BusyRun]) -> Option<String> {
    let terminals = runs.iter().filter(|run| run.state == BusyState::Terminal).count();
    let parts = [(runs.len() - terminals, "run"), (terminals, "terminal")];
    enumerated(parts).map(|parts| format!("{parts} {} interrupted", if runs.len() == 1 { "is" } else { "are" }))
}

fn loaded_anew(plan: &PlanSummary) -> Option<String> {
    let is_one = plan.servers.len() + plan.directories.len() == 1;
    let parts = [(plan.servers.len(), "MCP server"), (plan.directories.len(), "other folder")];
    enumerated(parts).map(|parts| format!("{parts} {} loaded anew", if is_one { "is" } else { "are" }))
}

fn ended(plan: &PlanSummary) -> Option<String> {
    let number = plan.ends.len();
    let (is, verb) = if number == 1 { ("server", "is") } else { ("servers", "are") };
    (number > 0).then(|| format!("{number} MCP {is} of no file {verb} gone afterwards"))
}

/// `2 runs and 1 terminal`; `None` when there is nothing.
fn enumerated(parts: [(usize, &str); 2]) -> Option<String> {
    let parts: Vec<_> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| counted(number, noun)).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Why the last wish came to nothing, where nothing else on the screen says it.
pub fn refused(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::StalePlan { .. } => Some("The files changed a moment ago; this is the plan now.".to_owned()),
        Refusal::AlreadyRunning | Refusal::NotWritten { .. } | Refusal::CutOff => {
            Some(format!("Nothing was reloaded. {}", sentence(&refusal.explain())))
        }
        Refusal::Problems { .. } | Refusal::Busy { .. } | Refusal::ClientMode | Refusal::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{
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
            "Dispose the instance · nothing is interrupted · usually less than a second",
        );
        check(Dispose, &[Busy], 0, 0, None, "Dispose the instance · 1 run is interrupted");
        check(
            Restart,
            &[Terminal],
            1,
            0,
            None,
            "Restart the engine · 1 terminal is interrupted · 1 MCP server is loaded anew",
        );
        check(
            Dispose,
            &[],
            3,
            0,
            None,
            "Dispose the instance · 3 MCP servers are loaded anew · 1 MCP server of no file is gone afterwards · \
             1 package is installed first",
        );
        check(
            Restart,
            &[Busy, Retry, Terminal],
            2,
            1,
            Some(2_000),
            "Restart the engine · 2 runs and 1 terminal are interrupted · \
             2 MCP servers and 1 other folder are loaded anew · usually about 2 seconds",
        );
    }
}
