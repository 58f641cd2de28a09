//! `rekindle skill`.

use std::process::ExitCode;

use rekindle_app::{
    edit::{self, Landing, There},
    install::{self, All, Wanted, candidate},
};
use rekindle_domain::{Kind, PreviewSource, Scope, UserError};
use serde_json::json;

use super::{list, print_change, remove, scope};
use crate::{
    arguments::{Arguments, SkillCommand},
    context, print,
    words::{self, edits},
};

pub(super) async fn run(arguments: &Arguments, command: &SkillCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        SkillCommand::Install { source, skills, all, name, global, to, dry_run, yes } => {
            let all = if *all { All::Wanted } else { All::NotWanted };
            print::progress(arguments, &edits::fetching(source));
            let fetched =
                install::fetch(&places, &Wanted { source, scope: global.then_some(Scope::Global), skills, all })?;
            if !fetched.left_out.is_empty() {
                print::warn(arguments, &edits::left_out(&fetched.left_out));
            }
            for broken in &fetched.broken {
                print::warn(arguments, &edits::not_installed(broken));
            }
            let there = if *yes { There::IsReplaced } else { There::Stays };
            let landing = Landing { name: name.as_deref(), to: (*to).into(), there };
            let skills = places.skills_to_edit(fetched.scope, landing.to);
            if !places.reads_skills_in(&skills) {
                print::warn(arguments, &edits::not_read(&places.short(&skills)));
            }
            if *dry_run {
                let preview = install::preview(&places, &fetched, &landing)?;
                print::result(arguments, &preview, || words::preview::preview(&preview));
                return Ok(ExitCode::SUCCESS);
            }
            let installed = edit::install_skills(&places, &fetched, &landing)?;
            if let Some(remark) = &installed.remark {
                print::warn(arguments, &words::note(remark));
            }
            let shown: Vec<_> = installed.places.iter().map(|place| places.short(place)).collect();
            let PreviewSource { resolved, digest, .. } = &fetched.source;
            let value = json!({
                "undo": installed.token, "places": installed.places, "resolved": resolved, "digest": digest,
            });
            print_change(arguments, &value, edits::installed(&shown));
        }
        SkillCommand::Remove { name, global } => remove(arguments, &places, Kind::Skill, name, scope(*global))?,
        SkillCommand::List => return list(arguments, Some(Kind::Skill)).await,
        SkillCommand::Check { path } => {
            let checked = candidate::check(path)?;
            let findings = install::findings(&checked);
            let (name, description) = (&checked.skill.name, &checked.skill.description);
            let value = json!({ "name": name, "description": description, "findings": findings });
            print::result(arguments, &value, || {
                let first = edits::would_load(&checked.skill.name);
                [first].into_iter().chain(findings.iter().map(words::preview::finding)).collect()
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}
