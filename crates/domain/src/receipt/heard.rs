//! What a receipt learns after its reload has ended: the engine had not said everything yet.
//!
//! Invariant: only what was not heard is judged anew; what was proved or refuted stays, and a receipt
//! becomes proved only when nothing but silence stood against it.

use super::{Counts, ItemState, Receipt, ReceiptItem, ReceiptResult};
use crate::{Answers, Change, Kind, Notice, Question, ReloadNotice};

/// What versions that only said in words what they had not heard wrote down.
const UNHEARD_IN_WORDS: [&str; 2] = ["it is still connecting", "the engine has not listed its tools yet"];

impl Receipt {
    /// True while the engine has not said everything that this receipt is about.
    pub fn is_open(&self) -> bool {
        let is_counted = self.counts.errors.is_some();
        let Counts { agents, commands, mcp, tools, providers, .. } = self.counts;
        self.awaits() || (is_counted && [agents, commands, mcp, tools, providers].iter().any(Option::is_none))
    }

    /// True while an item is neither proved nor refuted because the engine has not answered.
    pub fn awaits(&self) -> bool {
        self.items.iter().any(|item| item.unheard)
    }

    /// Takes in what the engine says now. `pending`: what is on disk and not in it. True when that made a
    /// difference.
    pub fn hear(&mut self, answers: &Answers, pending: &[Change]) -> bool {
        let before = (self.items.clone(), self.counts);
        let has_awaited = self.awaits();
        for item in self.items.iter_mut().filter(|item| item.unheard) {
            item.hear(answers, pending);
        }
        if before.1.errors.is_some() {
            self.counts.fill(Counts::of(answers, 0));
        }
        let is_whole = self.message.is_none()
            && self.left_out.unproved == 0
            && self.counts.errors == Some(0)
            && !answers.has_broken_tools();
        if self.result == ReceiptResult::Partial && has_awaited && is_whole {
            self.result = ReceiptResult::of(&self.items);
        }
        before != (self.items.clone(), self.counts)
    }
}

impl ReceiptItem {
    fn hear(&mut self, answers: &Answers, pending: &[Change]) {
        let is_tool = self.id.is_of(Kind::Tool);
        let is_answered = if is_tool {
            answers.tools.is_some() || answers.has_broken_tools()
        } else {
            answers.mcp.is_some() || answers.is_turned_off(&self.name) || answers.refused.contains(&Question::Servers)
        };
        if pending.iter().any(|change| change.id == self.id && change.action.needs_reload()) {
            (self.detail, self.unheard) = (Some(ReloadNotice::ChangedUnheard.into()), false);
        } else if is_answered {
            (self.state, self.detail, self.unheard) = (ItemState::Active, None, false);
            match is_tool {
                true => self.judge_tool(answers),
                false => self.judge_server(answers),
            }
        }
    }

    fn judge_tool(&mut self, answers: &Answers) {
        if answers.has_broken_tools() {
            (self.state, self.detail) = (ItemState::Failed, Some(ReloadNotice::NoTools.into()));
        } else if !answers.tool_names().has(&self.name) {
            self.detail = Some(ReloadNotice::NoTool.into());
        }
    }
}

impl Counts {
    /// Takes over what was not known.
    fn fill(&mut self, later: Self) {
        self.agents = self.agents.or(later.agents);
        self.commands = self.commands.or(later.commands);
        self.mcp = self.mcp.or(later.mcp);
        self.tools = self.tools.or(later.tools);
        self.providers = self.providers.or(later.providers);
    }
}

impl Receipt {
    /// As versions that only said in words what they had not heard would have written it by now, so that it settles.
    #[must_use]
    pub fn of_any_version(mut self) -> Self {
        let is_unheard = |item: &ReceiptItem| {
            item.state == ItemState::Unknown
                && matches!(&item.detail, Some(Notice::Verbatim(words)) if UNHEARD_IN_WORDS.contains(&words.as_str()))
        };
        self.items.iter_mut().for_each(|item| item.unheard |= is_unheard(item));
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{ChangeKind, ItemId, McpAnswer, Scope};

    fn item(kind: Kind, name: &str, state: ItemState, detail: impl Into<Notice>) -> ReceiptItem {
        let detail = Some(detail.into());
        let is_silence =
            |detail: &Notice| *detail == ReloadNotice::Connecting || *detail == ReloadNotice::ToolsNotListed;
        let unheard = detail.as_ref().is_some_and(is_silence);
        let id = ItemId::new(kind, Scope::Project, name);
        ReceiptItem { id, name: name.to_owned(), change: ChangeKind::Added, state, detail, unheard }
    }

    fn receipt(items: Vec<ReceiptItem>) -> Receipt {
        let counts = Counts { plugins: Some(1), skills: Some(1), errors: Some(0), ..Counts::default() };
        let value = json!({
            "version": 1, "id": "r", "at": "", "cause": "window", "result": ReceiptResult::of(&items),
            "action": "dispose", "durationMs": 1, "steps": [], "items": items, "counts": counts, "stillPending": [],
        });
        serde_json::from_value(value).expect("a receipt")
    }

    fn servers(all: &[(&str, &str)]) -> Answers {
        let told = |(name, status): &(&str, &str)| {
            ((*name).to_owned(), McpAnswer { status: (*status).to_owned(), error: None })
        };
        Answers { mcp: Some(all.iter().map(told).collect()), ..Answers::default() }
    }

    /// N16: what was not heard settles by itself when it is, and nothing else of a receipt changes.
    #[test]
    fn a_receipt_settles_when_the_rest_is_heard() {
        use ItemState::{Active, Failed, Unknown};
        use ReceiptResult::{Partial, Proved};
        let slow = || item(Kind::Mcp, "slow", Unknown, ReloadNotice::Connecting);
        let check = |items: Vec<ReceiptItem>, answers: Answers, expected: (ReceiptResult, &[ItemState], bool)| {
            let mut receipt = receipt(items);
            receipt.hear(&answers, &[]);
            let states: Vec<_> = receipt.items.iter().map(|item| item.state).collect();
            assert_eq!((receipt.result, states.as_slice(), receipt.awaits()), expected, "{receipt:?}");
        };
        check(vec![slow()], servers(&[("slow", "connected")]), (Proved, &[Active], false));
        check(vec![slow()], servers(&[("slow", "disabled")]), (Proved, &[Active], false));
        check(vec![slow()], servers(&[("slow", "failed")]), (Partial, &[Failed], false));
        check(vec![slow()], servers(&[("slow", "needs_auth")]), (Partial, &[Failed], false));
        check(vec![slow()], Answers::default(), (Partial, &[Unknown], true));
        let off = Answers { config: json!({"mcp": {"slow": {"enabled": false}}}), ..Answers::default() };
        check(vec![slow()], off, (Proved, &[Active], false));
        let refused = Answers { refused: [Question::Servers].into(), ..Answers::default() };
        check(vec![slow()], refused, (Partial, &[Unknown], false));
        // What failed stays failed, and what nobody can tell stays unknown.
        let failed = || item(Kind::Plugin, "bad", Failed, "boom");
        let lost = || item(Kind::Config, "share", Unknown, "the engine does not tell");
        check(vec![slow(), failed()], servers(&[("slow", "connected")]), (Partial, &[Active, Failed], false));
        check(vec![slow(), lost()], servers(&[("slow", "connected")]), (Partial, &[Active, Unknown], false));
        check(vec![failed()], servers(&[("slow", "connected")]), (Partial, &[Failed], false));
        let tool = || item(Kind::Tool, "hello", Unknown, ReloadNotice::ToolsNotListed);
        let listed = |names: &[&str]| Answers {
            tools: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Answers::default()
        };
        check(vec![tool()], listed(&["bash", "hello"]), (Proved, &[Active], false));
        check(vec![tool()], listed(&["bash"]), (Proved, &[Active], false));
        check(vec![tool()], servers(&[]), (Partial, &[Unknown], true));
        let broken = Answers { refused: [Question::Tools].into(), ..Answers::default() };
        check(vec![tool()], broken, (Partial, &[Failed], false));
    }

    /// N16: a change that came after the reload is not proved by what is there without it.
    #[test]
    fn what_changed_again_is_not_proved_by_hearing() {
        let mut receipt = receipt(vec![item(Kind::Mcp, "slow", ItemState::Unknown, ReloadNotice::Connecting)]);
        let change = json!({
            "id": "mcp:project:slow", "kind": "mcp", "name": "slow", "change": "changed", "scope": "project",
            "source": "", "action": "dispose", "why": "", "before": null, "after": null, "reason": "mcp-changed",
            "signature": "0",
        });
        let pending: Change = serde_json::from_value(change).expect("a change");
        assert!(receipt.hear(&servers(&[("slow", "connected")]), &[pending]));
        assert_eq!((receipt.result, receipt.awaits()), (ReceiptResult::Partial, false));
        assert_eq!(receipt.items[0].state, ItemState::Unknown);
    }

    /// N16: what an earlier version wrote down settles, too.
    #[test]
    fn words_of_earlier_versions_are_understood() {
        let heard_nothing = |item: ReceiptItem| ReceiptItem { unheard: true, ..item };
        let connecting = || item(Kind::Mcp, "slow", ItemState::Unknown, UNHEARD_IN_WORDS[0]);
        let silent = || item(Kind::Tool, "hello", ItemState::Unknown, UNHEARD_IN_WORDS[1]);
        let other = || item(Kind::Plugin, "p", ItemState::Unknown, "nobody saw it load");
        let mut known = receipt(vec![connecting(), silent(), other()]).of_any_version();
        assert_eq!(known.items, [heard_nothing(connecting()), heard_nothing(silent()), other()]);
        assert!(known.hear(&servers(&[("slow", "connected")]), &[]));
        assert_eq!(known.items[0].state, ItemState::Active);
    }

    /// N16: counts that were null become what was heard; those that were known stay, and a reload of which
    /// nobody asked the engine anything stays without.
    #[test]
    fn counts_are_filled_in() {
        let mut receipt = receipt(vec![]);
        assert!(receipt.is_open());
        let heard = Answers {
            commands: Some(5),
            agents: Some(vec![crate::AgentAnswer::default(); 4]),
            ..servers(&[("a", "connected")])
        };
        assert!(receipt.hear(&heard, &[]));
        let expected = json!({"plugins": 1, "skills": 1, "agents": 4, "commands": 5, "mcp": 1, "tools": null,
                              "providers": null, "errors": 0});
        assert_eq!(serde_json::to_value(receipt.counts).expect("JSON"), expected);
        assert_eq!((receipt.result, receipt.is_open()), (ReceiptResult::Proved, true));
        assert!(!receipt.hear(&heard, &[]), "nothing new");
        receipt.counts = Counts::default();
        assert!(!receipt.is_open() && !receipt.hear(&heard, &[]));
        let counts = serde_json::to_value(receipt.counts).expect("JSON");
        assert!(counts.as_object().expect("an object").values().all(Value::is_null));
    }

    /// N16: a reload that was partial for another reason is not proved by what is heard later.
    #[test]
    fn what_stands_against_it_stays() {
        let slow = || vec![item(Kind::Mcp, "slow", ItemState::Unknown, ReloadNotice::Connecting)];
        let heard = servers(&[("slow", "connected")]);
        let mut worse = receipt(slow());
        worse.counts.errors = Some(1);
        worse.hear(&heard, &[]);
        assert_eq!(worse.result, ReceiptResult::Partial);
        let mut toolless = receipt(slow());
        toolless.hear(&Answers { refused: [Question::Tools].into(), ..heard.clone() }, &[]);
        assert_eq!(toolless.result, ReceiptResult::Partial);
        let mut cut = receipt(vec![]);
        cut.result = ReceiptResult::Partial;
        cut.hear(&heard, &[]);
        assert_eq!(cut.result, ReceiptResult::Partial, "nothing of it was waited for");
    }
}
