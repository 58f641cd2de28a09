//! The engine's truth table as data: what makes a change of an item take effect.
//!
//! Invariant: no other module knows that an engine needs a dispose or a restart for something;
//! it asks [`Profile::rule`]. Source of every row: measured on OpenCode 1.18.33, see
//! `docs/engine.md`, "What makes a change live"; `tests/end_to_end/truth.rs` asks the engine again.

use rekindle_domain::{Action, Aspect, ChangeKind, HabitNotice, Habits, Kind, Place, Rule};

/// How well a profile fits the engine that it was chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Its rows were measured on this series of versions.
    Measured,
    /// Nobody measured this version; the rows are those of the nearest one.
    Nearest,
}

/// What a version of the engine does with changes.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The version on which the rows were measured.
    pub measured_on: &'static str,
    /// How well the rows fit the engine.
    pub fit: Fit,
    /// The tables, one after the other: where the first has no row that fits, the next is asked.
    tables: &'static [Table],
}

type Table = &'static [(Match, Rule)];

/// Which changes a row is about. `None`, and no kinds, stand for all.
#[derive(Clone, Copy, Debug)]
struct Match {
    kinds: &'static [Kind],
    place: Option<Place>,
    aspect: Aspect,
    change: Option<ChangeKind>,
}

impl Match {
    /// Any change of this part of any item in any place.
    const fn any(aspect: Aspect) -> Self {
        Self { kinds: &[], place: None, aspect, change: None }
    }

    const fn of(self, kinds: &'static [Kind]) -> Self {
        Self { kinds, ..self }
    }

    const fn within(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    #[cfg(test)]
    const fn when(self, change: ChangeKind) -> Self {
        Self { change: Some(change), ..self }
    }

    fn fits(&self, kind: Kind, place: Place, aspect: Aspect, change: ChangeKind) -> bool {
        self.aspect == aspect
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && self.place.is_none_or(|wanted| wanted == place)
            && self.change.is_none_or(|wanted| wanted == change)
    }
}

const DECLARED: Match = Match::any(Aspect::Declared);
const CODE: Match = Match::any(Aspect::Code);
const SUPPORT: Match = Match::any(Aspect::Support);

const fn rule(action: Action, why: HabitNotice) -> Rule {
    Rule { action, why }
}

/// OpenCode 1.18.
const OPENCODE_1_18: Table = &[
    (CODE.of(&[Kind::Plugin]), rule(Action::Restart, HabitNotice::PluginCodeStays)),
    (CODE.of(&[Kind::Tool]), rule(Action::Restart, HabitNotice::ToolCodeStays)),
    (CODE.of(&[Kind::Skill, Kind::Agent, Kind::Command]), rule(Action::Restart, HabitNotice::FrontMatterReadOnce)),
    (CODE, rule(Action::Restart, HabitNotice::CodeStays)),
    (DECLARED.within(Place::GlobalConfig), rule(Action::Restart, HabitNotice::GlobalConfigReadOnce)),
    (DECLARED.of(&[Kind::Plugin]), rule(Action::Dispose, HabitNotice::PluginsPerInstance)),
    (DECLARED.of(&[Kind::Skill]), rule(Action::Dispose, HabitNotice::SkillsPerInstance)),
    (DECLARED.of(&[Kind::Mcp]), rule(Action::Dispose, HabitNotice::ServersPerInstance)),
    (DECLARED.of(&[Kind::Agent, Kind::Command]), rule(Action::Dispose, HabitNotice::AgentsPerInstance)),
    (DECLARED.of(&[Kind::Tool]), rule(Action::Dispose, HabitNotice::ToolsPerInstance)),
    (SUPPORT.of(&[Kind::Instructions]), rule(Action::None, HabitNotice::InstructionsPerPrompt)),
    (SUPPORT.of(&[Kind::Skill]), rule(Action::None, HabitNotice::SkillFilesPerUse)),
    (DECLARED.of(&[Kind::Instructions]), rule(Action::Dispose, HabitNotice::InstructionListPerInstance)),
    (DECLARED, rule(Action::Dispose, HabitNotice::ConfigPerInstance)),
];

#[cfg(test)]
/// Where an engine that reads a `SKILL.md` at each use differs from OpenCode 1.18.
const REREADS_SKILLS: Table =
    &[(DECLARED.of(&[Kind::Skill]).when(ChangeKind::Changed), rule(Action::None, HabitNotice::SkillsPerUse))];

/// Major, minor and patch.
type Version = [u32; 3];

/// A measured series: its first version, the first one after it, the version that was measured,
/// and what came out.
type Series = (Version, Version, &'static str, &'static [Table]);

/// All that was measured, the oldest first.
const SERIES: &[Series] = &[([1, 18, 0], [1, 19, 0], "1.18.33", &[OPENCODE_1_18])];

impl Profile {
    /// The profile for an engine's version, as `/global/health` tells it. A version that nobody
    /// measured gets the newest profile below it, or the oldest; one that can't be read gets the
    /// newest of all.
    pub fn for_version(version: &str) -> Self {
        choose(SERIES, version)
    }

    /// The newest that was measured.
    pub fn newest() -> Self {
        choose(SERIES, "")
    }

    #[cfg(test)]
    /// An engine that is like OpenCode 1.18, but reads a `SKILL.md` each time it is used. There is
    /// none so far: it shows what a further profile costs.
    pub fn rereads_skills() -> Self {
        Self { measured_on: "no engine", fit: Fit::Nearest, tables: &[REREADS_SKILLS, OPENCODE_1_18] }
    }

    /// What people have to know when the rows were not measured on their engine.
    pub fn caveat(&self, version: &str) -> Option<HabitNotice> {
        let not_measured = || HabitNotice::NotMeasured { version: version.to_owned(), by: self.measured_on.to_owned() };
        (self.fit == Fit::Nearest).then(not_measured)
    }
}

impl Habits for Profile {
    /// The first row that fits.
    fn rule(&self, kind: Kind, place: Place, aspect: Aspect, change: ChangeKind) -> Rule {
        self.tables
            .iter()
            .flat_map(|table| table.iter())
            .find(|(row, _)| row.fits(kind, place, aspect, change))
            .map_or(rule(Action::Restart, HabitNotice::NotKnown), |(_, rule)| rule.clone())
    }
}

fn choose(all: &[Series], version: &str) -> Profile {
    let version = read(version);
    let nearest = match version {
        Some(version) => all.iter().rev().find(|(from, ..)| *from <= version).or(all.first()),
        None => all.last(),
    };
    let unknown = Profile { measured_on: "no engine", fit: Fit::Nearest, tables: &[] };
    nearest.map_or(unknown, |(from, end, measured_on, tables)| {
        let measured = version.is_some_and(|version| (*from..*end).contains(&version));
        Profile { measured_on, fit: if measured { Fit::Measured } else { Fit::Nearest }, tables }
    })
}

/// `1.18.33` of `v1.18.33-beta.2+build`.
fn read(version: &str) -> Option<Version> {
    let plain = version.trim().trim_start_matches('v').split(['-', '+']).next()?;
    let numbers: Vec<u32> = plain.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests;
