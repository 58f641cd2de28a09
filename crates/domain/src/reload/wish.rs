//! What a person wants of a reload: one type, from the click to the journal.
//!
//! Invariant: a wish that joins another never takes consent away from it, and never widens whom it may interrupt
//! beyond what one of the two persons saw.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{Cause, Fingerprint};

/// What a person agreed to about running sessions. The later agrees to more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Reload only if nothing is running.
    #[default]
    IfIdle,
    /// Wait until nothing is running, then reload.
    WhenIdle,
    /// Interrupt what is running; the person saw what it is.
    Force,
}

/// What is done to the engine at the least. The later does more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtLeast {
    /// What is pending needs, and nothing when nothing is.
    #[default]
    WhatIsPending,
    /// Its process is replaced.
    Restart,
}

/// Whose engine a reload may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Only one of ours.
    #[default]
    Ours,
    /// Also someone else's: the person said so.
    Anyones,
}

/// Which interrupted sessions are told to go on afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "which", content = "sessions", rename_all = "kebab-case")]
pub enum Resume {
    /// None.
    #[default]
    None,
    /// Those with these ids.
    These(Vec<String>),
    /// All.
    All,
}

impl Resume {
    /// True when this session goes on.
    pub fn includes(&self, session: &String) -> bool {
        match self {
            Self::None => false,
            Self::These(sessions) => sessions.contains(session),
            Self::All => true,
        }
    }

    /// What both ask for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, one) | (one, Self::None) => one,
            (Self::These(mut sessions), Self::These(more)) => {
                sessions.extend(more);
                Self::These(sessions)
            }
        }
    }
}

/// What a person, or a program of theirs, wants of a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Why there is to be a reload.
    pub cause: Cause,
    /// What they agreed to.
    #[serde(default)]
    pub consent: Consent,
    /// What is done at the least.
    #[serde(default)]
    pub at_least: AtLeast,
    /// The fingerprint of the plan that they saw; `None`: any plan is fine.
    #[serde(default)]
    pub agreed: Option<Fingerprint>,
    /// The ids of the runs that they saw before they said `Force`; `None`: all, whatever they are.
    #[serde(default)]
    pub named: Option<Vec<String>>,
    /// How long to wait for idle at the most, in seconds; `None`: as long as it takes.
    #[serde(default)]
    pub patience: Option<u64>,
    /// Whose engine may be touched.
    #[serde(default)]
    pub whose: Whose,
    /// Which interrupted sessions go on afterwards.
    #[serde(default)]
    pub resume: Resume,
}

impl Wish {
    /// A reload that interrupts nothing and waits for nothing.
    pub fn new(cause: Cause) -> Self {
        Self {
            cause,
            consent: Consent::IfIdle,
            at_least: AtLeast::WhatIsPending,
            agreed: None,
            named: None,
            patience: None,
            whose: Whose::Ours,
            resume: Resume::None,
        }
    }

    /// What both want. Whoever agrees to more says how long to wait, and why.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let named = match self.consent.cmp(&other.consent) {
            Ordering::Less => other.named,
            Ordering::Greater => self.named,
            Ordering::Equal => self.named.zip(other.named).map(|(mine, theirs)| [mine, theirs].concat()),
        };
        let (consent, patience, cause) = if other.consent >= self.consent {
            (other.consent, other.patience, other.cause)
        } else {
            (self.consent, self.patience, self.cause)
        };
        Self {
            cause,
            consent,
            at_least: self.at_least.max(other.at_least),
            // Whoever saw no plan agrees to any; who joins with the plan of today replaces a stale one.
            agreed: other.agreed.or(self.agreed),
            named,
            patience,
            // What was not begun for someone else's engine is not widened to it.
            whose: self.whose,
            resume: self.resume.and(other.resume),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P9: what joins takes nothing away, and interrupts nobody whom neither person saw.
    #[test]
    fn a_wish_that_joins_takes_nothing_away() {
        let wish = |consent, named: Option<&[&str]>| Wish {
            consent,
            named: named.map(|named| named.iter().map(|&name| name.to_owned()).collect()),
            ..Wish::new(Cause::Window)
        };
        let check = |one: Wish, other: Wish, consent, named: Option<&[&str]>| {
            let both = one.joined(other);
            let is = both.named.as_ref().map(|named| named.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!((both.consent, is.as_deref()), (consent, named));
        };
        use Consent::*;
        check(wish(WhenIdle, None), wish(IfIdle, None), WhenIdle, None);
        check(wish(IfIdle, None), wish(Force, Some(&["a"])), Force, Some(&["a"]));
        check(wish(Force, Some(&["a"])), wish(WhenIdle, None), Force, Some(&["a"]));
        check(wish(Force, Some(&["a"])), wish(Force, Some(&["b"])), Force, Some(&["a", "b"]));
        check(wish(Force, Some(&["a"])), wish(Force, None), Force, None);

        let plain = || Wish::new(Cause::Window);
        let restart = Wish { at_least: AtLeast::Restart, ..plain() };
        assert_eq!(restart.clone().joined(plain()).at_least, AtLeast::Restart);
        assert_eq!(plain().joined(restart).at_least, AtLeast::Restart);
        let anyones = Wish { whose: Whose::Anyones, ..plain() };
        assert_eq!(plain().joined(anyones).whose, Whose::Ours);
        let these = |session: &str| Resume::These(vec![session.to_owned()]);
        assert_eq!(these("a").and(these("b")), Resume::These(vec!["a".to_owned(), "b".to_owned()]));
        assert!(these("a").and(Resume::All).includes(&"b".to_owned()));
        assert!(!Resume::None.and(these("a")).includes(&"b".to_owned()));
    }
}
