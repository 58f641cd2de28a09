//! What is running, from the answers to four questions.

use std::collections::BTreeMap;

use rekindle_domain::{BusyRun, BusyState, masked_text};
use serde_json::{Map, Value};

/// What `GET /session/status`, `/permission`, `/question` and `/pty` say, each session once.
pub(super) fn busy_runs(
    status: &Map<String, Value>,
    permissions: &[Value],
    questions: &[Value],
    terminals: &[Value],
) -> Vec<BusyRun> {
    let run = |session: &str, state| BusyRun {
        session: session.to_owned(),
        title: session.to_owned(),
        state,
        directory: None,
    };
    let mut runs = BTreeMap::new();
    for (session, state) in status {
        match state["type"].as_str() {
            Some("idle") => {}
            Some("retry") => drop(runs.insert(session.clone(), run(session, BusyState::Retry))),
            _ => drop(runs.insert(session.clone(), run(session, BusyState::Busy))),
        }
    }
    // A session that waits for a person is also busy; what it waits for says more.
    for (requests, state) in [(permissions, BusyState::Permission), (questions, BusyState::Question)] {
        for request in requests {
            if let Some(session) = request["sessionID"].as_str() {
                runs.insert(session.to_owned(), run(session, state));
            }
        }
    }
    let running = terminals.iter().filter(|terminal| terminal["status"] == "running");
    let terminals = running.filter_map(|terminal| {
        Some(BusyRun {
            session: terminal["id"].as_str()?.to_owned(),
            title: shown(terminal["title"].as_str().unwrap_or("terminal")),
            state: BusyState::Terminal,
            directory: None,
        })
    });
    runs.into_values().chain(terminals).collect()
}

/// A title as it is shown: short, and without what may be a secret.
fn shown(title: &str) -> String {
    masked_text(&title.chars().take(200).collect::<String>())
}

/// The titles of sessions, as far as they are in the answer.
pub(super) fn add_titles(runs: &mut [BusyRun], sessions: &Value) {
    for session in sessions.as_array().into_iter().flatten() {
        let run = runs.iter_mut().find(|run| session["id"] == *run.session);
        if let (Some(run), Some(title)) = (run, session["title"].as_str()) {
            run.title = shown(title);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// P8: each state is seen, and a session is named once.
    #[test]
    fn what_runs_is_named_once() {
        let status = json!({"ses_1": {"type": "busy"}, "ses_2": {"type": "retry"}, "ses_3": {"type": "idle"}});
        let mut runs = busy_runs(
            status.as_object().expect("an object"),
            &[json!({"id": "per_1", "sessionID": "ses_1"})],
            &[json!({"id": "q_1", "sessionID": "ses_4"})],
            &[json!({"id": "pty_1", "title": "zsh", "status": "running"}), json!({"id": "pty_2", "status": "exited"})],
        );
        add_titles(&mut runs, &json!([{"id": "ses_0", "title": "Other"}, {"id": "ses_1", "title": "Fix login"}]));
        let found: Vec<_> = runs.iter().map(|run| (run.title.as_str(), run.state)).collect();
        assert_eq!(
            found,
            [
                ("Fix login", BusyState::Permission),
                ("ses_2", BusyState::Retry),
                ("ses_4", BusyState::Question),
                ("zsh", BusyState::Terminal)
            ]
        );
    }
}
