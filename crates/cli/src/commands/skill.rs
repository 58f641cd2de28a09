//! `rekindle skill`.

use std::process::ExitCode;

use rekindle_app::{
    edit::{self, Chosen, Landing, There, UpdateWish},
    files::locate::Places,
    install::{self, All, Stop, Wanted, candidate},
    state::settings,
};
use rekindle_domain::{Kind, PreviewSource, Scope, SkillUpdate, UpdateState, UserError};
use serde_json::json;

use super::{list, print_change, print_turned, remove, scope};
use crate::{
    arguments::{Arguments, SkillCommand, Turn},
    context, print,
    words::{self, edits},
};

pub(super) async fn run(arguments: &Arguments, command: &SkillCommand) -> Result<ExitCode, UserError> {
    let places = context::places_of_engine(arguments)?;
    match command {
        SkillCommand::Install { source, skills, all, name, global, to, dry_run, yes } => {
            let all = if *all { All::Wanted } else { All::NotWanted };
            print::progress(arguments, &edits::fetching(source));
            let (wanted, stop) =
                (Wanted { source, scope: global.then_some(Scope::Global), skills, all }, Stop::default());
            let far = || stop.received().map(edits::received);
            let fetched = print::while_working(arguments, far, || install::fetch_until(&places, &wanted, &stop))?;
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
        SkillCommand::Update { name, check, keep, global } => {
            let keep = keep.map(Into::into);
            let wish = UpdateWish { name: name.as_deref(), scope: scope(*global), is_check: *check, keep };
            print::progress(arguments, words::update::LOOKING);
            let updated = edit::update_skills(&places, &wish)?;
            let value = json!({ "undo": updated.token, "skills": updated.skills });
            print::result(arguments, &value, || words::update::updated(&updated.skills, *check));
            let is_open = |one: &SkillUpdate| matches!(one.state, UpdateState::Conflict | UpdateState::Failed { .. });
            let is_done = *check || !updated.skills.iter().any(is_open);
            return Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(print::ERROR) });
        }
        SkillCommand::New { name, description, global, to } => {
            let landing = Landing { to: (*to).into(), ..Landing::default() };
            let text = words::skeleton::skill(name, description.as_deref());
            let made = edit::new_skill(&places, name, &text, scope(*global), &landing)?;
            let files: Vec<_> = made.places.iter().map(|place| places.short(&place.join(candidate::SKILL))).collect();
            let value = json!({ "undo": made.token, "places": made.places });
            print_change(arguments, &value, edits::begun(&files.join(", ")));
        }
        SkillCommand::Disable(which) => turn(arguments, &places, which, false)?,
        SkillCommand::Enable(which) => turn(arguments, &places, which, true)?,
        SkillCommand::Set { name, skills, .. } => {
            edit::name_set(&places, name, skills)?;
            print_change(arguments, &json!({ "name": name, "skills": skills }), edits::named_set(name, skills));
        }
        SkillCommand::Sets => {
            let sets = settings::read(&places).sets;
            print::result(arguments, &sets, || sets.iter().map(|(name, skills)| edits::set(name, skills)).collect());
        }
        SkillCommand::List => return list(arguments, Some(Kind::Skill)).await,
        SkillCommand::Check { path } => {
            let checked = candidate::check(path)?;
            let folder = checked.folder.file_name().unwrap_or_default().to_string_lossy();
            let findings = install::findings(&checked, &folder);
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

fn turn(arguments: &Arguments, places: &Places, which: &Turn, on: bool) -> Result<(), UserError> {
    let Turn { names, sets, sources, global } = which;
    let (names, missing) = edit::chosen_skills(places, &Chosen { names, sets, sources })?;
    let turned = edit::turn_skills(places, &names, on, scope(*global))?;
    if let Some(missing) = &missing {
        print::warn(arguments, &words::note(missing));
    }
    print_turned(arguments, places, &names, on, &turned);
    Ok(())
}
